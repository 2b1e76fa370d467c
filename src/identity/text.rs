//! How text of any script is brought into TikTok's form: lower case, no punctuation. And two ways of
//! undoing what happened to a text on its way here: digits of other scripts, one encoding too many.
//!
//! Lower case is Unicode's, not ASCII's. A character stays if it is a letter, a digit or a combining
//! mark in Unicode's sense; punctuation, symbols and invisible characters go. Composed and decomposed
//! writings (`é` as one character or as two) are left as they came: browsers and phones send the
//! composed one, and normalising costs 24 kB (`icu_normalizer`) to 72 kB (`unicode-normalization`) of
//! gzipped wasm.

use super::marks::is_mark;
use super::noted::DECODED;
use std::borrow::Cow;

/// Lower-case, without punctuation; words stay apart by one space. For people's names.
pub(super) fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let before = out.len();
        if before > 0 {
            out.push(' ');
        }
        let start = out.len();
        push_letters(word, &mut out);
        if out.len() == start {
            // A word of punctuation alone leaves no space behind.
            out.truncate(before);
        }
    }
    out
}

/// Lower-case, without spaces and punctuation. For cities and states.
pub(super) fn letters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_letters(text, &mut out);
    out
}

/// Appends the lower-case letters, digits and marks of a text.
fn push_letters(text: &str, out: &mut String) {
    if text.is_ascii() {
        let kept = text.bytes().filter(u8::is_ascii_alphanumeric);
        out.extend(kept.map(|byte| char::from(byte.to_ascii_lowercase())));
        return;
    }
    // The whole text at once, because a Greek sigma's form depends on its neighbours.
    let lower = text.to_lowercase();
    out.extend(lower.chars().filter(|c| c.is_alphanumeric() || is_mark(*c)));
}

/// The value of a decimal digit: ASCII, full-width (`１`), Arabic-Indic (`١`), Persian (`۱`),
/// Devanagari or Bengali.
pub(super) fn digit(c: char) -> Option<u32> {
    // The zeros of the scripts in which people type numbers; the other nine digits follow each.
    const ZEROS: [char; 6] = ['0', '\u{ff10}', '\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}'];
    ZEROS.into_iter().find_map(|zero| {
        let offset = u32::from(c).checked_sub(u32::from(zero))?;
        (offset < 10).then_some(offset)
    })
}

/// The text with every decimal digit in ASCII.
pub(crate) fn with_ascii_digits(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    let ascii = |c: char| digit(c).and_then(|value| char::from_digit(value, 10)).unwrap_or(c);
    text.chars().map(ascii).collect::<String>().into()
}

/// The text with `%40` and the like decoded; none if it has none or is no UTF-8 then.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    let mut decoded = false;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let hex_pair = (*first == b'%').then(|| after.split_at_checked(2)).flatten();
        let mut byte = [0];
        match hex_pair {
            Some((pair, behind)) if hex::decode_to_slice(pair, &mut byte).is_ok() => {
                out.extend_from_slice(&byte);
                rest = behind;
                decoded = true;
            }
            _ => out.push(*first),
        }
    }
    if decoded { String::from_utf8(out).ok() } else { None }
}

/// The text decoded once more, with a note, where it holds percent codes that make sense: no name and
/// no place is written with them.
pub(super) fn decoded(text: &str) -> (Cow<'_, str>, Option<&'static str>) {
    match percent_decoded(text) {
        Some(decoded) => (decoded.into(), Some(DECODED)),
        None => (text.into(), None),
    }
}

/// Marks that show nothing and come along when a text is copied: spaces of no width, joiners,
/// directions, byte order marks.
pub(super) const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_letters() {
        let table = [
            ("  Jane ", "jane"),
            ("O'Neil-Smith", "oneilsmith"),
            ("O’Neil‑Smith", "oneilsmith"),
            ("Mary  Ann", "mary ann"),
            ("J. R.\u{a0}R.", "j r r"),
            ("Mary - Ann", "mary ann"),
            ("ØRSTED", "ørsted"),
            ("MÜLLER", "müller"),
            ("Groß", "groß"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
            ("İpek", "i\u{307}pek"),
            ("ИВАН", "иван"),
            ("山田・太郎", "山田太郎"),
            ("佐々木", "佐々木"),
            ("प्रिया", "प्रिया"),
            ("สมชาย", "สมชาย"),
            ("محمّد", "محمّد"),
            ("Jose\u{301}", "jose\u{301}"),
            ("Jane\u{200b} 🎉™", "jane"),
            ("...", ""),
            ("1st", "1st"),
        ];
        for (given, wanted) in table {
            assert_eq!(words(given), wanted, "{given}");
            assert_eq!(words(wanted), wanted, "{given} again");
        }
    }

    #[test]
    fn places_lose_their_spaces() {
        let table = [
            ("São Paulo", "sãopaulo"),
            ("München", "münchen"),
            ("東京", "東京"),
            ("Ørsted", "ørsted"),
            ("St. John's", "stjohns"),
            ("Winston-Salem", "winstonsalem"),
            (" N.Y. ", "ny"),
            ("Москва", "москва"),
            ("القاهرة", "القاهرة"),
            ("Paris 16e", "paris16e"),
        ];
        for (given, wanted) in table {
            assert_eq!(letters(given), wanted, "{given}");
        }
    }

    #[test]
    fn digits_of_other_scripts() {
        assert_eq!(with_ascii_digits("٠١٢٣٤٥٦٧٨٩ ۰۹ ０９ ०९ ০৯ x"), "0123456789 09 09 09 09 x");
    }
}
