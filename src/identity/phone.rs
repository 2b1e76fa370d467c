//! Phone numbers: any writing to E.164, then hashed. (TikTok `phone`: E.164 with the `+`, no spaces, no
//! trunk zero, SHA-256.)
//!
//! The numbering plans are `phonelib`'s, which are made from the metadata of Google's libphonenumber.
//! The choice, measured against Google's own library (Python `phonenumbers` 9.0.43) over its example
//! numbers in the writings of `tests/data/phones.tsv`:
//!
//! | | as Google | left out | different | each | gzipped wasm |
//! |---|---|---|---|---|---|
//! | `phonelib` 2.1 with this file | 13,389 | 11 | 6 | 1.2 µs | 41 kB (35 of them `phonelib`) |
//! | `phonelib` 2.1 alone | 11,612 | 1,540 | 254 | 0.8 µs | 35 kB |
//! | `rlibphonenumber` 2.2 alone | 13,220 | 178 | 8 | 27 µs, 5 to 17 ms at first use | 136 kB (`lite`), 415 kB |
//! | `phonenumber` 0.3 alone | 10,084 | 3,311 | 11 | 59 µs | 532 kB |
//!
//! The 11 and the 6 are international numbers without their `+` that are national numbers too, and
//! Belarus's toll-free ones (`tests/event_phones.rs` names them). A Worker has 10 ms on the free plan.
//!
//! What `phonelib` does not do is done here, before it is asked: digits of other scripts, a `+` that
//! became a space, `00` from countries that dial something else, `(0)` behind a country code, and
//! telling a national number from an international one that lost its `+`. It knows the lengths of each
//! plan and not every block, so it reads a few numbers that Google calls possible but not assigned.

use super::noted::trimmed;
use super::person::{hash, hashed_before};
use super::phone_lengths::may_begin_with_own_code;
use super::text::{decoded, with_ascii_digits};
use super::{Country, Noted, Sha256Hex, Unusable};
use crate::raw::RawText;
use phonelib::{PhoneNumber, PhoneNumberType};
use std::fmt;

/// Longest text taken for a number, in bytes: 15 digits, generous separators, an extension.
const MAX_BYTES: usize = 100;

/// A phone number in E.164: `+`, country code, national number, digits only. It is raw personal data:
/// `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct E164(String);

impl E164 {
    /// Reads a number in any writing. `region` is where a national number belongs; without one only
    /// international writings can be read.
    ///
    /// None when no number can be read for sure.
    ///
    /// ```
    /// use clickjoin::identity::{Country, E164};
    /// let read = |text, region| E164::parse(text, Country::parse(region)).unwrap().expose().to_owned();
    /// assert_eq!(read("0812-3456-7890", "ID"), "+6281234567890");
    /// assert_eq!(read("+44 (0)20 7946 0958 ext. 12", "US"), "+442079460958");
    /// ```
    pub fn parse(text: &str, region: Option<Country>) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let written = Written::new(text);
        let number = match written.start {
            Start::Plus => international(&written.rest),
            Start::Space => assigned(&written.rest).or_else(|| written.national(region)),
            Start::DoubleZero => written
                .rest
                .strip_prefix("00")
                .and_then(assigned)
                .or_else(|| written.national(region)),
            Start::Digit => written.national(region),
        };
        number.map(|number| Self(number.e164().to_owned()))
    }

    /// The number with its `+`.
    pub fn expose(&self) -> &str {
        &self.0
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
    // No number is written with percent codes, and their digits are none of its own.
    let (text, note) = decoded(raw.expose());
    let number = E164::parse(&text, region).ok_or(Unusable(match region {
        Some(_) => "not a phone number that can be read for sure, left out",
        None => "not a phone number that can be read for sure without knowing the country, left out: send \
                 it with + and country code, or send country",
    }))?;
    Ok(Noted { value: hash(number.expose(), "empty, left out")?, note })
}

/// How a number begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// With `+`.
    Plus,
    /// With a space and then a digit that is no trunk zero: a `+` that an unencoded URL lost.
    Space,
    /// With `00`, which is a `+` in most of the world and the start of a number nearly nowhere.
    DoubleZero,
    /// With anything else.
    Digit,
}

/// A number as it was written, cleaned of what says nothing.
struct Written {
    start: Start,
    /// Digits, then perhaps an extension; without the plus.
    rest: String,
}

impl Written {
    fn new(text: &str) -> Self {
        let ascii = with_ascii_digits(text);
        let trimmed =
            ascii.trim_start_matches(|c: char| !c.is_ascii_digit() && !is_plus(c) && c != '(');
        let number = trimmed.trim_start_matches('(');
        let plus = number.starts_with(is_plus);
        let number = number.trim_start_matches(|c: char| is_plus(c) || is_separator(c));
        // `+44 (0)20 …`: the zero is for callers inside the country; Italy's is part of the number, and
        // is never put in brackets.
        let number = if plus { number.replacen("(0)", "", 1) } else { number.to_owned() };
        let (digits, extension) =
            match number.find(|c: char| !c.is_ascii_digit() && !is_separator(c)) {
                Some(at) => number.split_at_checked(at).unwrap_or((&number, "")),
                None => (number.as_str(), ""),
            };
        let mut rest: String = digits.chars().filter(char::is_ascii_digit).collect();
        let space = ascii.starts_with(' ') && !rest.starts_with('0');
        let start = match () {
            () if plus => Start::Plus,
            () if rest.starts_with("00") => Start::DoubleZero,
            () if space => Start::Space,
            () => Start::Digit,
        };
        if !extension.is_empty() {
            rest.push(' ');
            rest.push_str(extension);
        }
        Self { start, rest }
    }

    /// The digits without the extension.
    fn digits(&self) -> &str {
        self.rest.split(' ').next().unwrap_or_default()
    }

    /// The number as one of `region`, or as an international one without its `+`.
    fn national(&self, region: Option<Country>) -> Option<PhoneNumber> {
        let Some(region) = region else {
            return PhoneNumber::parse(&self.rest);
        };
        let region = region.upper();
        let code = phonelib::country_by_code(&region)?.prefix;
        let national = match (region.as_str(), argentine_mobile(self.digits())) {
            ("AR", Some(mobile)) => international(&mobile),
            _ => PhoneNumber::parse_with_country(&self.rest, &region),
        };
        // North America needs no such care: a national number there never begins with its code, 1.
        if code == 1 || code > 1_000 || !self.rest.starts_with(&code.to_string()) {
            return national;
        }
        let Some(international) = international(&self.rest) else {
            return national;
        };
        if !may_begin_with_own_code(&region, self.digits().len()) {
            return Some(international);
        }
        let Some(national) = national else {
            return Some(international);
        };
        // Both readings hold. Leads leave mobile numbers, so a mobile one wins over another; else it
        // cannot be told, and no number is better than a wrong one.
        match (likelihood(&national), likelihood(&international)) {
            (one, other) if one > other => Some(national),
            (one, other) if one < other => Some(international),
            _ => (national.e164() == international.e164()).then_some(national),
        }
    }
}

/// Reads digits that begin with a country code.
fn international(digits: &str) -> Option<PhoneNumber> {
    PhoneNumber::parse(&format!("+{digits}"))
}

/// The same, if the number's block is one that is known to be in use.
fn assigned(digits: &str) -> Option<PhoneNumber> {
    international(digits).filter(|number| number.phone_type() != PhoneNumberType::Unknown)
}

/// Argentina writes a mobile number as `0`, area code, `15` and the rest, and from abroad as `+54 9`,
/// area code and the rest. This is the one rule of Google's that `phonelib` lacks.
///
/// Without the zero and the 15 there are always ten digits, so the 15 is behind an area code of two
/// (only `11`), three or four digits.
fn argentine_mobile(digits: &str) -> Option<String> {
    let digits = digits.strip_prefix('0').unwrap_or(digits);
    if digits.len() != 12 {
        return None;
    }
    let areas = if digits.starts_with("11") { [2, 2] } else { [3, 4] };
    areas.into_iter().find_map(|length| {
        let (area, rest) = digits.split_at_checked(length)?;
        rest.strip_prefix("15").map(|number| format!("549{area}{number}"))
    })
}

/// How likely a lead leaves a number of this kind.
fn likelihood(number: &PhoneNumber) -> u8 {
    match number.phone_type() {
        PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile => 2,
        PhoneNumberType::Unknown => 0,
        _ => 1,
    }
}

fn is_plus(c: char) -> bool {
    matches!(c, '+' | '\u{ff0b}')
}

/// What people write between digits: spaces, dots, brackets, slashes, dashes of every length, and the
/// invisible marks that copying brings along.
fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '.' | '-' | '/' | '(' | ')' | '[' | ']' | '~' | '_' | '\u{b7}' | '\u{ad}' | '\u{61c}'
            | '\u{200b}'..='\u{200f}' | '\u{2010}'..='\u{2015}' | '\u{202a}'..='\u{202e}' | '\u{2060}'
            | '\u{2212}' | '\u{30fc}' | '\u{fe63}' | '\u{feff}' | '\u{ff08}' | '\u{ff09}' | '\u{ff0d}' | '\u{ff0e}' | '\u{ff0f}')
}
