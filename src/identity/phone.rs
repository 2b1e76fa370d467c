//! Phone numbers: any writing to E.164, then hashed.

use super::noted::trimmed;
use super::person::{hash, hashed_before};
use super::{Country, Noted, Sha256Hex, Unusable};
use crate::raw::RawText;
use phonelib::PhoneNumber;
use std::fmt;

/// A phone number in E.164: `+`, country code, national number, digits only. It is raw personal data:
/// `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct E164(String);

impl E164 {
    /// The number with its `+`.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Reads a number in any writing; `region` is where a national number belongs.
    pub fn parse(text: &str, region: Option<Country>) -> Option<Self> {
        let number = match region {
            Some(region) => PhoneNumber::parse_with_country(text, &region.upper()),
            None => PhoneNumber::parse(text),
        };
        number.map(|number| Self(number.e164().to_owned()))
    }
}

impl fmt::Debug for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("E164(…)")
    }
}

/// TikTok `phone`: E.164 with the `+`, hashed.
///
/// # Errors
/// When no number can be read for sure, or it is a hash that cannot be used.
pub fn phone(raw: &RawText, region: Option<Country>) -> Result<Noted<Sha256Hex>, Unusable> {
    if let Some(known) = hashed_before(trimmed(raw)?) {
        return known;
    }
    let number = E164::parse(raw.expose(), region)
        .ok_or(Unusable("not a phone number that can be read for sure, left out"))?;
    hash(number.expose(), "empty, left out").map(Noted::plain)
}
