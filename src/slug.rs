//! The names that people give to pixels, campaigns and sources in the configuration.

use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::fmt;

/// Longest name, in bytes: it goes into URLs, keys and log lines.
const MAX_BYTES: usize = 64;

/// A name of 1 to 64 ASCII letters, digits, `-`, `_` and `.`, not starting with a dot. It can stand
/// in a URL path, a log line or a page as it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

impl Slug {
    /// The name, if it keeps to the rule above.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        let valid = (1..=MAX_BYTES).contains(&text.len())
            && !text.starts_with('.')
            && text.bytes().all(allowed);
        valid.then(|| Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Slug {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Slug {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a name of letters, digits, '-', '_' and '.'")
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "spring", "Spring-2026_b.1", &"x".repeat(64)] {
            assert_eq!(Slug::parse(good).expect(good).as_str(), good);
        }
        for bad in ["", ".hidden", "a b", "a/b", "é", "a\n", "a%20", &"x".repeat(65)] {
            assert_eq!(Slug::parse(bad), None, "{bad:?}");
        }
    }
}
