//! The event id: the text by which TikTok and the ledger know an event again.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest event id, in bytes. TikTok names no limit; ids of people are far shorter, and the ledger
/// keeps one for each event.
const MAX_BYTES: usize = 256;

/// A non-empty event id without control characters. It is always sent as a string: TikTok refuses
/// a number (40002).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventId(String);

impl EventId {
    /// The trimmed text, if it is 1 to 256 bytes without control characters.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let valid = (1..=MAX_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
        valid.then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for EventId {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not an event id of 1 to 256 bytes")
    }
}

impl From<EventId> for String {
    fn from(id: EventId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_strings_always() {
        let longest = "x".repeat(MAX_BYTES);
        for (given, kept) in [("txn_abc123", "txn_abc123"), (" 17 ", "17"), (&longest, &longest)] {
            let id = EventId::parse(given).expect(given);
            assert_eq!(id.as_str(), kept);
            assert_eq!(serde_json::to_string(&id).expect("JSON"), format!("\"{kept}\""));
        }
        for bad in ["", " ", "a\nb", "a\u{0}", &"x".repeat(257)] {
            assert_eq!(EventId::parse(bad), None, "{bad:?}");
        }
        assert!(serde_json::from_str::<EventId>("17").is_err(), "a number is no id");
    }
}
