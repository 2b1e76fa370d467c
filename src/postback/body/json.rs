//! JSON bodies: one object, its inner objects opened, numbers kept digit for digit.

use super::{BodyError, MAX_FIELDS, NOT_UTF8, Parsed};
use crate::raw::{RawText, RawValue as Value};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// How many objects within each other are opened, the body's own included. `{"lead":{…}}` needs
/// two; TikTok's own shape, `{"data":[{"user":{…}}]}`, which Pingtree's guide tells people to send,
/// needs three. What is deeper stays JSON text.
const MAX_DEPTH: usize = 3;

/// Lists of one lead are opened under these names, and at the top.
const LEAD_LISTS: [&str; 3] = ["data", "events", "leads"];

/// Names whose objects are values, not a wrapping of fields.
const JSON_FIELDS: [&str; 1] = ["contents"];

/// Reads a JSON body into `parsed`.
pub(super) fn parse(text: &str, parsed: &mut Parsed) -> Result<(), BodyError> {
    match body(text, parsed) {
        // Syntax is checked before the first field is kept, so nothing has to be undone.
        Err(error @ BodyError::Json { .. }) => {
            let mended = without_stray_commas(text).ok_or(error)?;
            parsed.warn("body", "the JSON had a comma too many; it was read without it");
            body(&mended, parsed)
        }
        done => done,
    }
}

fn body(text: &str, parsed: &mut Parsed) -> Result<(), BodyError> {
    if text.trim_start().starts_with('[') {
        return match list(text)?.as_slice() {
            [one] if one.get().starts_with('{') => object("", one.get(), 1, parsed),
            [one, ..] if one.get().starts_with('{') => Err(BodyError::SeveralLeads),
            _ => Err(BodyError::JsonNoObject),
        };
    }
    object("", text, 1, parsed)
}

/// Reads one object; `path` is its name with a dot, or empty. `depth` counts from 1 and is at most
/// `MAX_DEPTH`, so the recursion is bounded.
fn object(path: &str, text: &str, depth: usize, parsed: &mut Parsed) -> Result<(), BodyError> {
    for (name, value) in members(text)? {
        let name: Cow<'_, str> =
            if path.is_empty() { name.into() } else { format!("{path}{name}").into() };
        field(&name, value.get(), depth, parsed)?;
    }
    Ok(())
}

fn field(name: &str, text: &str, depth: usize, parsed: &mut Parsed) -> Result<(), BodyError> {
    let last = name.rsplit('.').next().unwrap_or(name).trim();
    let is = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(last));
    match text.bytes().next() {
        Some(b'{') if depth < MAX_DEPTH && !is(&JSON_FIELDS) => {
            object(&format!("{name}."), text, depth.saturating_add(1), parsed)
        }
        Some(b'[') => {
            let items = list(text)?;
            match items.as_slice() {
                [] => parsed.push_body(name, Value::text("")),
                [one] if depth < MAX_DEPTH && is(&LEAD_LISTS) && one.get().starts_with('{') => {
                    object(&format!("{name}."), one.get(), depth.saturating_add(1), parsed)
                }
                [one, ..] if depth == 1 && is(&LEAD_LISTS) && one.get().starts_with('{') => {
                    Err(BodyError::SeveralLeads)
                }
                items if items.iter().any(|item| item.get().starts_with(['{', '['])) => {
                    parsed.push_body(name, Value::Json(RawText::new(text)))
                }
                items => items.iter().try_for_each(|item| scalar(name, item.get(), parsed)),
            }
        }
        _ => scalar(name, text, parsed),
    }
}

/// Keeps a value that is neither a list nor an opened object. `null` stays the word: it is absent,
/// and named as such.
fn scalar(name: &str, text: &str, parsed: &mut Parsed) -> Result<(), BodyError> {
    let value = match text.bytes().next() {
        Some(b'"') => match serde_json::from_str::<String>(text) {
            Ok(text) => Value::text(text),
            // Half of an emoji, which is what a column of limited width leaves of it.
            Err(_) => {
                parsed.warn(name, NOT_UTF8);
                return Ok(());
            }
        },
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'n') => Value::text("null"),
        Some(b'{' | b'[') => Value::Json(RawText::new(text)),
        _ => Value::Number(RawText::new(text)),
    };
    parsed.push_body(name, value)
}

fn place(error: &serde_json::Error) -> BodyError {
    BodyError::Json { line: error.line(), column: error.column() }
}

/// The members of an object in their order, duplicates included. One more than are allowed stops
/// the reading.
fn members(text: &str) -> Result<Vec<(String, &RawValue)>, BodyError> {
    struct Members<'de>(Vec<(String, &'de RawValue)>, bool);
    struct Collect;
    impl<'de> Visitor<'de> for Collect {
        type Value = Members<'de>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            let mut over = false;
            while let Some(member) = map.next_entry::<String, &'de RawValue>()? {
                over = members.len() >= MAX_FIELDS;
                if !over {
                    members.push(member);
                }
            }
            Ok(Members(members, over))
        }
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = reader.deserialize_map(Collect).and_then(|members| reader.end().map(|()| members));
    match read {
        Ok(Members(_, true)) => Err(BodyError::TooManyFields),
        Ok(Members(members, false)) => Ok(members),
        Err(error) if error.is_data() => Err(BodyError::JsonNoObject),
        Err(error) => Err(place(&error)),
    }
}

/// The items of a list. One more than are allowed stops the reading.
fn list(text: &str) -> Result<Vec<&RawValue>, BodyError> {
    struct Collect;
    impl<'de> Visitor<'de> for Collect {
        type Value = Vec<&'de RawValue>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = seq.next_element()? {
                if items.len() >= MAX_FIELDS {
                    return Err(A::Error::custom("too many"));
                }
                items.push(item);
            }
            Ok(items)
        }
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = reader.deserialize_seq(Collect).and_then(|items| reader.end().map(|()| items));
    match read {
        Ok(items) => Ok(items),
        Err(error) if error.is_data() => Err(BodyError::TooManyFields),
        Err(error) => Err(place(&error)),
    }
}

/// The text without commas that stand before `}`, `]` or the end: what templates with an optional
/// last line and joining proxies leave behind. `None` where there are none.
fn without_stray_commas(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    // Where in `out` the last comma is, while only white space came after it.
    let mut comma = None;
    let mut found = false;
    for c in text.chars() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else {
            match c {
                ' ' | '\t' | '\r' | '\n' => {}
                '}' | ']' => found |= drop_comma(&mut out, comma.take()),
                ',' => comma = Some(out.len()),
                other => {
                    in_string = other == '"';
                    comma = None;
                }
            }
        }
        out.push(c);
    }
    found |= drop_comma(&mut out, comma);
    found.then_some(out)
}

fn drop_comma(out: &mut String, at: Option<usize>) -> bool {
    // `at` is where an ASCII comma was written, so the cut falls between characters; what is cut
    // off with it is white space.
    at.inspect(|&at| out.truncate(at)).is_some()
}
