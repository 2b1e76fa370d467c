//! Where the lead lives: city and state, which TikTok takes in plain.

use super::Unusable;
use super::noted::trimmed;
use super::text::letters;
use crate::raw::RawText;

/// Longest city or state, in characters of TikTok's form. The longest place name on earth has 168
/// letters; more is no city, and would go out in plain.
const MAX_CHARS: usize = 200;

/// TikTok `city` and `state`: lower-case, no spaces, no punctuation; letters of any script kept.
///
/// # Errors
/// When nothing is left, or what is there is no name of a place: these keys go out in plain, so an
/// e-mail address that a wrong mapping put here must not.
pub fn place(raw: &RawText) -> Result<String, Unusable> {
    let text = trimmed(raw)?;
    if text.contains('@') {
        return Err(Unusable("looks like an e-mail address, left out: it would be sent in plain"));
    }
    let place = letters(text);
    if place.is_empty() || place.chars().count() > MAX_CHARS {
        return Err(Unusable("not the name of a place, left out"));
    }
    Ok(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        assert_eq!(place(&" São Paulo ".into()).as_deref(), Ok("sãopaulo"));
        assert_eq!(place(&"D.C.".into()).as_deref(), Ok("dc"));
        for bad in ["", " ", "--", "alice@example.com", &"x".repeat(201)] {
            assert!(place(&bad.into()).is_err(), "{bad}");
        }
    }
}
