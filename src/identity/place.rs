//! Where the lead lives: city and state, which TikTok takes in plain.

use super::hash::Digested;
use super::noted::trimmed;
use super::text::{decoded, letters};
use super::{Noted, Unusable};
use crate::raw::RawText;

/// Longest city or state, in characters of TikTok's form. The longest place name on earth has 168
/// letters; more is no city, and would go out in plain.
const MAX_CHARS: usize = 200;

/// TikTok `city` and `state`: lower-case, no spaces, no punctuation; letters of any script kept.
///
/// # Errors
/// When nothing is left, or what is there is no name of a place: these keys go out in plain, so an
/// e-mail address that a wrong mapping put here must not.
pub fn place(raw: &RawText) -> Result<Noted<String>, Unusable> {
    let text = trimmed(raw)?;
    if Digested::recognise(text).is_some() {
        return Err(Unusable("a hash, left out: TikTok takes this in plain, so send the name"));
    }
    let (text, note) = decoded(text);
    if text.contains('@') {
        return Err(Unusable("looks like an e-mail address, left out: it would be sent in plain"));
    }
    let place = letters(&text);
    if place.is_empty() || place.chars().count() > MAX_CHARS {
        return Err(Unusable("not the name of a place, left out"));
    }
    Ok(Noted { value: place, note })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        for (given, wanted, noted) in [
            (" São Paulo ", "sãopaulo", false),
            ("D.C.", "dc", false),
            ("S%C3%A3o%20Paulo", "sãopaulo", true),
        ] {
            let read = place(&given.into()).expect(given);
            assert_eq!((read.value.as_str(), read.note.is_some()), (wanted, noted), "{given}");
        }
        let hash = "a".repeat(64);
        for bad in
            ["", " ", "--", "alice@example.com", "alice%40example.com", &hash, &"x".repeat(201)]
        {
            assert!(place(&bad.into()).is_err(), "{bad}");
        }
    }
}
