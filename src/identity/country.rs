//! ISO 3166 two-letter country codes.

use serde::{Deserialize, Serialize};

/// A country code, kept upper-case; TikTok takes it in lower case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

impl Country {
    /// Reads a code in either case, spaces around it allowed.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().as_bytes() {
            [first, second] if first.is_ascii_alphabetic() && second.is_ascii_alphabetic() => {
                Some(Self([first.to_ascii_uppercase(), second.to_ascii_uppercase()]))
            }
            _ => None,
        }
    }

    /// The code in upper case (`US`).
    pub fn upper(self) -> String {
        self.0.iter().copied().map(char::from).collect()
    }

    /// The code in lower case (`us`), as TikTok takes it.
    pub fn lower(self) -> String {
        self.upper().to_ascii_lowercase()
    }
}

impl TryFrom<String> for Country {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a two-letter country code")
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.upper()
    }
}
