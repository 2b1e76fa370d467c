//! The click id: 16 random bytes, written as 32 lower-case hex digits.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A click id of ours. 128 random bits cannot be guessed or enumerated.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClickId([u8; 16]);

impl ClickId {
    /// The id made of 16 random bytes.
    pub const fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Reads 32 hex digits, in either case: some platforms upper-case what they pass on.
    ///
    /// ```
    /// use clickjoin::click::ClickId;
    /// let id = ClickId::parse("00112233445566778899AABBCCDDEEFF").unwrap();
    /// assert_eq!(id.to_string(), "00112233445566778899aabbccddeeff");
    /// assert_eq!(ClickId::parse("001122"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// What the keys of clicks in KV begin with.
    pub const KV_PREFIX: &str = "click:";

    /// The key of the click's record in KV.
    pub fn kv_key(&self) -> String {
        format!("{}{self}", Self::KV_PREFIX)
    }
}

impl fmt::Display for ClickId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 32];
        hex::encode_to_slice(self.0, &mut digits).map_err(|_| fmt::Error)?;
        f.write_str(str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for ClickId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClickId({self})")
    }
}

impl TryFrom<String> for ClickId {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a click id of 32 hex digits")
    }
}

impl From<ClickId> for String {
    fn from(id: ClickId) -> Self {
        id.to_string()
    }
}
