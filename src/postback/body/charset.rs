//! From bytes to text: UTF-8, UTF-16 in both orders, and Windows-1252 where the sender says so.
//!
//! Bytes that are none of these are refused and not replaced: the hash of a mangled name matches
//! nobody.

use super::BodyError;
use std::borrow::Cow;

/// The characters that Windows-1252 has at 0x80 to 0x9F; the rest is Latin-1.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// How far into a body its own declaration of an encoding is looked for, in bytes.
const PROLOG_BYTES: usize = 200;

/// The text of a body. What the bytes show wins over `declared`, the `charset` of the content type:
/// a byte order mark first, then UTF-16's zero beside an ASCII character, then valid UTF-8.
///
/// # Errors
/// `NotText` where the bytes are none of these and nobody declares Latin-1 or Windows-1252.
pub(super) fn decode<'a>(
    bytes: &'a [u8],
    declared: Option<&str>,
) -> Result<Cow<'a, str>, BodyError> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest, declared),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [1..=255, 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0, 1..=255, ..] => utf16(bytes, u16::from_be_bytes),
        _ => utf8(bytes, declared),
    }
}

fn utf8<'a>(bytes: &'a [u8], declared: Option<&str>) -> Result<Cow<'a, str>, BodyError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.into()),
        Err(_) if declared.is_some_and(is_western) || prolog_is_western(bytes) => {
            Ok(bytes.iter().map(|&byte| western(byte)).collect::<String>().into())
        }
        Err(_) => Err(BodyError::NotText),
    }
}

fn utf16<'a>(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'a, str>, BodyError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(BodyError::NotText);
    }
    char::decode_utf16(pairs.iter().map(|&pair| unit(pair)))
        .collect::<Result<String, _>>()
        .map(Cow::Owned)
        .map_err(|_| BodyError::NotText)
}

fn western(byte: u8) -> char {
    byte.checked_sub(0x80)
        .and_then(|index| WINDOWS_1252.get(usize::from(index)))
        .copied()
        .unwrap_or(char::from(byte))
}

fn is_western(charset: &str) -> bool {
    ["iso-8859-1", "windows-1252", "latin1", "iso_8859-1", "cp1252"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(charset.trim().trim_matches(['"', '\''])))
}

/// `<?xml version="1.0" encoding="ISO-8859-1"?>`
fn prolog_is_western(bytes: &[u8]) -> bool {
    let head = bytes.get(..PROLOG_BYTES.min(bytes.len())).unwrap_or_default();
    let head: String = head.iter().map(|&byte| char::from(byte)).collect();
    let declared = head
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split_once("?>"))
        .and_then(|(declaration, _)| declaration.split_once("encoding="))
        .and_then(|(_, value)| value.split_ascii_whitespace().next());
    declared.is_some_and(is_western)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        let rows: [(&[u8], Option<&str>, Option<&str>); 14] = [
            (b"", None, Some("")),
            ("é".as_bytes(), None, Some("é")),
            ("é".as_bytes(), Some("iso-8859-1"), Some("é")),
            (b"\xEF\xBB\xBFa=1", None, Some("a=1")),
            (b"\xFF\xFEa\0=\0", None, Some("a=")),
            (b"\xFE\xFF\0a\0=", None, Some("a=")),
            (b"<\0a\0", None, Some("<a")),
            (b"\0<\0a", None, Some("<a")),
            (b"n=Jos\xE9", Some("ISO-8859-1"), Some("n=José")),
            (b"p=\x80\x8050", Some("\"windows-1252\""), Some("p=€€50")),
            (
                b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xE9</a>",
                None,
                Some("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>é</a>"),
            ),
            (b"n=Jos\xE9", None, None),
            (b"\xFF\xFEa", None, None),
            (b"\xFF\xFE\x00\xD8", None, None),
        ];
        for (bytes, declared, want) in rows {
            assert_eq!(decode(bytes, declared).ok().as_deref(), want, "{bytes:?}");
        }
    }
}
