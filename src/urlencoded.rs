//! Percent-encoding and `name=value` lists, as queries and forms write them. What the names mean is
//! left to others.

use std::borrow::Cow;

/// One `name=value` of a query or a form, decoded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Pair<'a> {
    /// Name and value; a name without `=` has an empty value. Then, where a `+` was read as a space,
    /// the value with its `+`: what it is in a token, in which a space cannot be.
    Decoded(Cow<'a, str>, Cow<'a, str>, Option<Cow<'a, str>>),
    /// The name, and a value whose bytes are no UTF-8.
    NotUtf8(Cow<'a, str>),
}

/// The pairs of a query or form body. `&` separates them, and so does a second `?`: platforms glue
/// their parameters to a URL that already has some. Empty pieces are left out.
///
/// A `?` belongs to the value where what follows it is no `name=`: a text that ends with a question
/// is left whole.
pub fn pairs(text: &str) -> impl Iterator<Item = Pair<'_>> {
    text.trim_start_matches('?')
        .split('&')
        .flat_map(question_marks)
        .filter(|piece| !piece.is_empty() && *piece != "=")
        .map(pair)
}

/// Cuts one piece at each `?` that begins another `name=`. A URL as a value keeps its own query
/// (`page_url=https://x.example/?a=1`, sent without encoding), so nothing is cut behind a `://`.
///
/// Linear: every character is looked at a fixed number of times, whatever a stranger sends.
fn question_marks(piece: &str) -> impl Iterator<Item = &str> {
    // The length of what may not be cut.
    let url = piece.find("://").map_or(0, |at| piece.len().saturating_sub(at));
    let mut rest = Some(piece);
    std::iter::from_fn(move || {
        let text = rest?;
        let searched = text.len().saturating_sub(url);
        let cut =
            text.match_indices('?').take_while(|(at, _)| *at < searched).find_map(|(at, _)| {
                let after = text.get(at.checked_add(1)?..)?;
                begins_a_pair(after).then_some((text.get(..at)?, after))
            });
        match cut {
            Some((before, after)) => {
                rest = Some(after);
                Some(before)
            }
            None => rest.take(),
        }
    })
}

/// Whether a text begins with a field's name and `=`.
fn begins_a_pair(text: &str) -> bool {
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let name = text.bytes().take_while(|b| is_name(b)).count();
    name > 0 && text.as_bytes().get(name) == Some(&b'=')
}

fn pair(piece: &str) -> Pair<'_> {
    let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
    // A name that is no UTF-8 is nobody's field: its bytes are replaced, the name is only reported.
    let name = decode(name).unwrap_or_else(|| Cow::Owned(name.to_owned()));
    if is_percent_macro(value) {
        // `%ad_id%`: `%ad` would be read as a byte.
        return Pair::Decoded(name, value.into(), None);
    }
    let with_plus = if value.contains('+') { decode_percent(value) } else { None };
    match decode(value) {
        Some(value) => Pair::Decoded(name, value, with_plus),
        None => Pair::NotUtf8(name),
    }
}

/// Whether an undecoded value is one `%name%` macro.
fn is_percent_macro(value: &str) -> bool {
    let inner = value.strip_prefix('%').and_then(|rest| rest.strip_suffix('%'));
    inner.is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
    })
}

/// What a `+` means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Plus {
    /// In forms and queries.
    IsSpace,
    /// In paths, and in tokens that hold no spaces.
    IsPlus,
}

/// The bytes that an encoded text stands for, UTF-8 or not.
pub fn to_bytes(text: &str, plus: Plus) -> Vec<u8> {
    decode_bytes(text.as_bytes(), plus == Plus::IsSpace)
}

/// Decodes `%41`, and `+` as told. Bytes that are no UTF-8 become U+FFFD, as browsers do it.
pub fn decode_lossy(text: &str, plus: Plus) -> Cow<'_, str> {
    let plus_is_space = plus == Plus::IsSpace;
    if !text.bytes().any(|b| b == b'%' || (b == b'+' && plus_is_space)) {
        return text.into();
    }
    let bytes = decode_bytes(text.as_bytes(), plus_is_space);
    match String::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned().into(),
    }
}

/// Decodes `%41` and `+` (a space). A `%` without two hex digits behind it stands for itself.
/// `None` where the decoded bytes are no UTF-8.
pub fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|b| matches!(b, b'%' | b'+')) {
        return Some(text.into());
    }
    String::from_utf8(decode_bytes(text.as_bytes(), true)).ok().map(Cow::Owned)
}

/// Decodes `%41` only: a `+` stays a `+`. `None` where the decoded bytes are no UTF-8.
pub fn decode_percent(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(text.into());
    }
    String::from_utf8(decode_bytes(text.as_bytes(), false)).ok().map(Cow::Owned)
}

fn decode_bytes(bytes: &[u8], plus_is_space: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match (first, tail) {
            (b'+', _) if plus_is_space => out.push(b' '),
            (b'%', [high, low, after @ ..]) => match (nibble(*high), nibble(*low)) {
                (Some(high), Some(low)) => {
                    out.push((high << 4) | low);
                    rest = after;
                }
                _ => out.push(b'%'),
            },
            _ => out.push(first),
        }
    }
    out
}

const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit.wrapping_sub(b'0')),
        b'a'..=b'f' => Some(digit.wrapping_sub(b'a').wrapping_add(10)),
        b'A'..=b'F' => Some(digit.wrapping_sub(b'A').wrapping_add(10)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Option<String>)> {
        pairs(text)
            .map(|pair| match pair {
                Pair::Decoded(name, value, _) => (name.into_owned(), Some(value.into_owned())),
                Pair::NotUtf8(name) => (name.into_owned(), None),
            })
            .collect()
    }

    /// Names and values; no value where it is no UTF-8.
    type Want<'a> = &'a [(&'a str, Option<&'a str>)];

    #[test]
    fn pairs_as_people_write_them() {
        let rows: [(&str, Want<'_>); 16] = [
            ("", &[]),
            ("?", &[]),
            ("&&", &[]),
            ("a=1&b=2", &[("a", Some("1")), ("b", Some("2"))]),
            ("?a=1", &[("a", Some("1"))]),
            ("a", &[("a", Some(""))]),
            ("a=", &[("a", Some(""))]),
            ("a=b=c", &[("a", Some("b=c"))]),
            ("a=1?b=2?c=3", &[("a", Some("1")), ("b", Some("2")), ("c", Some("3"))]),
            ("a=what?&b=2", &[("a", Some("what?")), ("b", Some("2"))]),
            (
                "u=https://x.example/?a=1&b=2",
                &[("u", Some("https://x.example/?a=1")), ("b", Some("2"))],
            ),
            (
                "e=alice%40example.com&n=a+b%2Bc",
                &[("e", Some("alice@example.com")), ("n", Some("a b+c"))],
            ),
            ("p=100%&q=%zz&r=%4", &[("p", Some("100%")), ("q", Some("%zz")), ("r", Some("%4"))]),
            ("n=Jos%E9", &[("n", None)]),
            ("a=%ad_id%&b=%email%", &[("a", Some("%ad_id%")), ("b", Some("%email%"))]),
            ("%65mail=x", &[("email", Some("x"))]),
        ];
        for (text, want) in rows {
            let want: Vec<_> =
                want.iter().map(|(n, v)| ((*n).to_owned(), v.map(str::to_owned))).collect();
            assert_eq!(read(text), want, "{text}");
        }
    }
}
