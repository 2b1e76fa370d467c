//! The hashed form of a personal value, and how it is told from a raw one.
//!
//! What is hashed is decided in `person` and `phone`; this file hashes, and recognises what others
//! hashed before.

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;

/// SHA-256 of nothing. A sender who hashes an empty field sends this, for every lead the same, and
/// TikTok would take all those leads for one person.
const OF_NOTHING: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// A SHA-256 digest of something, written as 64 lower-case hex digits (TikTok: "hashed with SHA-256").
///
/// It is never the digest of an empty text. `Debug` prints nothing of it: a hashed phone number can
/// be found by trying all numbers, so it is not for logs either.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256Hex([u8; 32]);

impl Sha256Hex {
    /// Hashes a normalised text; none if it is empty (TikTok: an empty value is left out, never
    /// hashed).
    pub(super) fn of(normalised: &str) -> Option<Self> {
        (!normalised.is_empty()).then(|| Self(Sha256::digest(normalised.as_bytes()).into()))
    }

    /// Reads 64 hex digits in either case, spaces around them allowed; not the hash of nothing.
    ///
    /// ```
    /// use clickjoin::identity::Sha256Hex;
    /// let upper = "848A771458438FC2EC420560D769FB9B9B86851EE338EC56517BAABD79D3BB4F";
    /// assert_eq!(Sha256Hex::parse(upper).unwrap().to_string(), upper.to_lowercase());
    /// assert_eq!(Sha256Hex::parse("848A77"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        match Digested::recognise(text) {
            Some(Digested::Sha256(hash)) => Some(hash),
            _ => None,
        }
    }
}

impl fmt::Display for Sha256Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 64];
        hex::encode_to_slice(self.0, &mut digits).map_err(|_| fmt::Error)?;
        f.write_str(std::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Sha256Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sha256Hex(…)")
    }
}

impl Serialize for Sha256Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut digits = [0; 64];
        hex::encode_to_slice(self.0, &mut digits).map_err(S::Error::custom)?;
        serializer.serialize_str(std::str::from_utf8(&digits).map_err(S::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for Sha256Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not a SHA-256 of 64 hex digits"))
    }
}

/// What a text is that looks like the output of a hash function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Digested {
    /// A usable SHA-256.
    Sha256(Sha256Hex),
    /// The SHA-256 of an empty text.
    Nothing,
    /// 32 hex digits.
    Md5,
    /// 40 hex digits.
    Sha1,
}

impl Digested {
    /// Recognises hex of 64, 40 or 32 digits, in either case, spaces around it allowed.
    pub(super) fn recognise(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.len() {
            64 => {
                let mut bytes = [0; 32];
                hex::decode_to_slice(text, &mut bytes).ok()?;
                Some(if bytes == OF_NOTHING {
                    Self::Nothing
                } else {
                    Self::Sha256(Sha256Hex(bytes))
                })
            }
            40 if is_hex(text) => Some(Self::Sha1),
            32 if is_hex(text) => Some(Self::Md5),
            _ => None,
        }
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_told_by_their_length() {
        let sha = "9f7ec22d72092cd3c0b58726ed9c2d91b92e51a3f29837508fb2948bb22dd2fd";
        for given in [sha.to_owned(), sha.to_uppercase(), format!("  {sha}\n")] {
            assert_eq!(Sha256Hex::parse(&given).expect(&given).to_string(), sha);
        }
        assert_eq!(
            Digested::recognise("E3B0C44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            Some(Digested::Nothing)
        );
        assert_eq!(Sha256Hex::of(""), None);
        assert_eq!(Digested::recognise("c3fcd3d76192e4007dfb496cca67e13b"), Some(Digested::Md5));
        assert_eq!(Digested::recognise(&"a".repeat(40)), Some(Digested::Sha1));
        for other in ["", "alice", &"a".repeat(63), &format!("{sha}0"), &"g".repeat(64)] {
            assert_eq!(Digested::recognise(other), None, "{other}");
        }
    }

    #[test]
    fn the_hash_of_nothing_is_known() {
        let digest: [u8; 32] = Sha256::digest(b"").into();
        assert_eq!(digest, OF_NOTHING);
    }

    #[test]
    fn debug_prints_nothing() {
        let hash = Sha256Hex::of("alice").expect("not empty");
        assert_eq!(format!("{hash:?}"), "Sha256Hex(…)");
    }
}
