//! Values that are no values: empty ones, words for nothing, and macros that nobody replaced.
//! Whether a value is a good one is left to `event` and `identity`.

use crate::urlencoded::decode_percent;
use std::borrow::Cow;

/// Why a value counts as absent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Absence {
    /// Nothing, or white space only.
    Empty,
    /// `null`, `undefined`, `N/A`.
    Word,
    /// A template's macro (`{email}`, `__CLICKID__`) that came as it is.
    Macro,
}

impl Absence {
    /// What a warning says of it.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Empty => "empty, so it counts as absent",
            Self::Word => "a word for nothing (null, undefined, N/A), so it counts as absent",
            Self::Macro => {
                "a macro that was not replaced, so it counts as absent; look at its spelling in \
                 the platform's postback"
            }
        }
    }
}

/// Longest name inside a macro, in bytes. What is longer is somebody's text in brackets.
const MAX_NAME_BYTES: usize = 64;

/// The words that trackers' templates ship for people to overwrite. Upper case only: in lower case
/// they are English.
const TEMPLATE_WORDS: [&str; 2] = ["REPLACE", "OPTIONAL"];

/// What stands around a macro's name, and the rule for the name. The longer ones come first.
const FRAMES: [(&str, &str, Name); 13] = [
    ("{{{", "}}}", Name::Free),
    ("{{", "}}", Name::Free),
    ("${", "}", Name::Free),
    ("#{", "}", Name::Free),
    ("{", "}", Name::Free),
    ("[[", "]]", Name::Spaced),
    ("[", "]", Name::Spaced),
    ("<", ">", Name::Spaced),
    ("##", "##", Name::Plain),
    ("#", "#", Name::Plain),
    ("%%", "%%", Name::Plain),
    ("%", "%", Name::Plain),
    ("__", "__", Name::Plain),
];

/// What the name inside a frame may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    /// Braces: numbers too (`{0}`), and a filter behind the name (`{{ email | default }}`).
    Free,
    /// A letter first, spaces inside (`[First Name]`): `[1]` is a list of JSON.
    Spaced,
    /// A letter first, no spaces: `#1#` and `%20%` are values.
    Plain,
}

/// Whether a whole value is no value, and why. A text with a macro inside it is a value, except
/// where it is made of macros and separators only: `{transaction_id}-{offer_id}`, sent as it is,
/// would be the event id of every lead.
///
/// ```
/// use clickjoin::placeholder::{Absence, absent};
/// assert_eq!(absent("%7Bemail%7D"), Some(Absence::Macro));
/// assert_eq!(absent("N/A"), Some(Absence::Word));
/// assert_eq!(absent("alice@example.com"), None);
/// ```
pub fn absent(value: &str) -> Option<Absence> {
    let value = value.trim();
    if value.is_empty() {
        return Some(Absence::Empty);
    }
    if ["null", "undefined", "n/a", "(null)"].iter().any(|word| word.eq_ignore_ascii_case(value)) {
        return Some(Absence::Word);
    }
    if is_macro(value) {
        return Some(Absence::Macro);
    }
    // Encoded once more than it was decoded, at most twice.
    let mut text = Cow::Borrowed(value);
    for _ in 0..2 {
        let decoded = decode_percent(&text)?.trim().to_owned();
        if decoded == text {
            return None;
        }
        if is_macro(&decoded) {
            return Some(Absence::Macro);
        }
        text = decoded.into();
    }
    None
}

fn is_macro(value: &str) -> bool {
    TEMPLATE_WORDS.contains(&value) || is_underscored(value) || is_framed(value) || is_chain(value)
}

/// `_X_`: upper case only, because random ids may begin and end with `_`.
fn is_underscored(value: &str) -> bool {
    let inner = value.strip_prefix('_').and_then(|rest| rest.strip_suffix('_'));
    inner.is_some_and(|name| {
        name.len() <= MAX_NAME_BYTES
            && name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    })
}

fn is_framed(value: &str) -> bool {
    FRAMES.iter().any(|(open, close, rule)| {
        let inner = value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        inner.is_some_and(|name| is_name(name, *rule))
    })
}

fn is_name(name: &str, rule: Name) -> bool {
    let name = if rule == Name::Plain { name } else { name.trim() };
    if name.is_empty() || name.len() > MAX_NAME_BYTES {
        return false;
    }
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '-');
    match rule {
        // No quotes or commas: `{"a":1}` is JSON.
        Name::Free => {
            name.chars().all(|c| plain(c) || matches!(c, ' ' | '|' | '$' | '@' | '/' | '\''))
        }
        Name::Spaced => {
            name.starts_with(|c: char| c.is_alphabetic() || c == '_')
                && name.chars().all(|c| plain(c) || c == ' ')
        }
        Name::Plain => {
            name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(plain)
        }
    }
}

/// Several macros with separators between them: `{a}-{b}`, `[a]_[b]`, `__A__|__B__`.
fn is_chain(value: &str) -> bool {
    let mut rest = value;
    let mut links: usize = 0;
    while !rest.is_empty() {
        let Some(after) = after_macro(rest) else { return false };
        links = links.saturating_add(1);
        rest = after.trim_start_matches(['-', '_', ':', '.', '|', '/', ',', ' ']);
        // A separator at the end belongs to no macro, and one must stand between two.
        if rest.len() == after.len() && !rest.is_empty() && !rest.starts_with(['{', '[', '$']) {
            return false;
        }
    }
    links > 1
}

fn after_macro(text: &str) -> Option<&str> {
    FRAMES.iter().find_map(|(open, close, rule)| {
        let (name, after) = text.strip_prefix(open)?.split_once(close)?;
        is_name(name, *rule).then_some(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_value() {
        use Absence::{Empty, Macro, Word};
        let rows = [
            ("", Empty),
            (" \t", Empty),
            ("null", Word),
            ("NULL", Word),
            ("undefined", Word),
            ("N/A", Word),
            (" n/a ", Word),
            ("{email}", Macro),
            ("{{email}}", Macro),
            ("{{{email}}}", Macro),
            ("{{ lead.email }}", Macro),
            ("{{ email | default }}", Macro),
            ("{0}", Macro),
            ("[email]", Macro),
            ("[[email]]", Macro),
            ("[First Name]", Macro),
            ("#email#", Macro),
            ("%email%", Macro),
            ("%ad_id%", Macro),
            ("%%email%%", Macro),
            ("${email}", Macro),
            ("__CLICKID__", Macro),
            ("__click_id__", Macro),
            ("_X_", Macro),
            ("_CLICK_ID_", Macro),
            ("REPLACE", Macro),
            ("OPTIONAL", Macro),
            ("%7Bemail%7D", Macro),
            ("%7B%7Bemail%7D%7D", Macro),
            ("%7bemail}", Macro),
            ("%257Bemail%257D", Macro),
            ("%5Bemail%5D", Macro),
            ("%23email%23", Macro),
            ("%25email%25", Macro),
            ("%24%7Bemail%7D", Macro),
            ("%5F%5FCLICKID%5F%5F", Macro),
            ("{transaction_id}-{offer_id}", Macro),
            ("[a]_[b]", Macro),
            ("{a}{b}", Macro),
        ];
        for (value, why) in rows {
            assert_eq!(absent(value), Some(why), "{value}");
        }
    }

    #[test]
    fn what_is_a_value() {
        for value in [
            "0",
            "-",
            "none",
            "nil",
            "replace",
            "optional",
            "Optional",
            "Nullmann",
            "order-{id}",
            "{id}x",
            "#1#",
            "#12",
            "%20%",
            "100%",
            "50%25",
            "[1]",
            "[1,2]",
            "[\"a\"]",
            "{\"a\":1}",
            "{\"a\":{\"b\":1}}",
            "_abc_",
            "_AbC_",
            "__",
            "____",
            "_",
            "{",
            "{}",
            "[]",
            "##",
            "%%",
            "E.C.P.abc_",
            "E_C_P_abc",
            "é",
            "%E9%E9",
            " 15550100",
            "a__b__c",
            "{a}b{c}",
            "{a}-b",
            "-{a}",
            "{}x{}",
        ] {
            assert_eq!(absent(value), None, "{value}");
        }
    }
}
