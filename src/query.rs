//! Query strings as they travel: cut into pairs without changing a byte, decoded only to be read.

use crate::urlencoded;
use std::borrow::Cow;

/// One `name=value` of a query string, still percent-encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pair<'a> {
    /// The whole segment between two `&`.
    pub raw: &'a str,
    /// What stands before the first `=`.
    pub name: &'a str,
    /// What stands behind it; empty where there is no `=`.
    pub value: &'a str,
}

/// The segments of a query string in order; empty ones (`a&&b`) included.
pub fn pairs(query: &str) -> impl Iterator<Item = Pair<'_>> {
    query.split('&').map(|raw| {
        let (name, value) = raw.split_once('=').unwrap_or((raw, ""));
        Pair { raw, name, value }
    })
}

/// Whether an encoded name means `name`: `%74tclid` is `ttclid` to whoever reads it.
pub fn is_named(encoded: &str, name: &str) -> bool {
    encoded == name || (encoded.contains(['%', '+']) && *decode(encoded) == *name)
}

/// The first value of a name as it is written; `None` if the name does not occur.
pub fn encoded_value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    pairs(query).find(|pair| is_named(pair.name, name)).map(|pair| pair.value)
}

/// The first value of a name, decoded; `None` if the name does not occur.
pub fn value<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    encoded_value(query, name).map(decode)
}

/// Percent-decodes, `+` meaning a space; bytes that are not UTF-8 become U+FFFD, and a `%` that
/// starts no code stays as it is (as browsers do it).
pub fn decode(encoded: &str) -> Cow<'_, str> {
    urlencoded::decode_lossy(encoded, urlencoded::Plus::IsSpace)
}

/// As [`decode`], but `+` stays `+`: for tokens such as a ttclid, in which a space cannot be.
pub fn decode_token(encoded: &str) -> Cow<'_, str> {
    urlencoded::decode_lossy(encoded, urlencoded::Plus::IsPlus)
}

/// Percent-encodes everything but letters, digits and `-._~`.
pub fn encode(text: &str) -> String {
    encode_bytes(text.as_bytes())
}

/// As [`encode`], for bytes that need not be UTF-8.
pub fn encode_bytes(bytes: &[u8]) -> String {
    let mut encoded = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            push_escape(&mut encoded, byte);
        }
    }
    encoded
}

/// Writes `%XX` for a byte.
pub fn push_escape(text: &mut String, byte: u8) {
    text.push('%');
    text.push_str(&hex::encode_upper([byte]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, proptest};

    #[test]
    fn decoding() {
        for (encoded, decoded) in [
            ("plain", "plain"),
            ("a%20b+c", "a b c"),
            ("%C3%A9", "é"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("%%34", "%4"),
            ("%ff", "\u{fffd}"),
            ("", ""),
        ] {
            assert_eq!(decode(encoded), decoded, "{encoded}");
        }
    }

    #[test]
    fn values_are_found_under_encoded_names() {
        assert_eq!(value("a=1&%74tclid=E.C.P", "ttclid").as_deref(), Some("E.C.P"));
        assert_eq!(value("a=1&ttclid", "ttclid").as_deref(), Some(""));
        assert_eq!(value("a=1&ttclid2=x", "ttclid"), None);
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(text in any::<String>()) {
            let encoded = encode(&text);
            assert!(encoded.bytes().all(|b| b.is_ascii_graphic()));
            assert_eq!(decode(&encoded), text);
        }

        #[test]
        fn the_segments_are_the_query(query in any::<String>()) {
            let joined: Vec<&str> = pairs(&query).map(|pair| pair.raw).collect();
            assert_eq!(joined.join("&"), query);
        }
    }
}
