//! `multipart/form-data`: text fields only. A file is no part of a lead.

use super::{BodyError, MAX_FIELDS, NOT_UTF8, Parsed};
use crate::raw::RawValue;

/// Reads a multipart body into `parsed`. Lines may end with CRLF or LF. What stands before the first
/// boundary and after the last one is no part, as RFC 2046 says.
///
/// One pass over the lines, each part copied once.
pub(super) fn parse(boundary: &str, body: &[u8], parsed: &mut Parsed) -> Result<(), BodyError> {
    let mut parts: usize = 0;
    // Where the current part begins, once there is one.
    let mut start = None;
    let mut at: usize = 0;
    for line in body.split_inclusive(|&b| b == b'\n') {
        let next = at.saturating_add(line.len());
        if let Some(last) = delimiter(line, boundary) {
            if let Some(start) = start {
                part(body.get(start..at).unwrap_or_default(), parsed)?;
            }
            if last {
                return Ok(());
            }
            // Parts without a name or with a file make no field, and are counted all the same.
            parts = parts.saturating_add(1);
            if parts > MAX_FIELDS {
                return Err(BodyError::TooManyFields);
            }
            start = Some(next);
        }
        at = next;
    }
    Err(BodyError::Multipart(match start {
        Some(_) => "its closing boundary is missing, so it may have been cut",
        None => "its boundary is not the one that the content type names",
    }))
}

/// Whether a line is a delimiter, and then whether it is the closing one.
fn delimiter(line: &[u8], boundary: &str) -> Option<bool> {
    match line.strip_prefix(b"--")?.strip_prefix(boundary.as_bytes())?.trim_ascii_end() {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

/// One part: headers, an empty line, the value. The line end before the next boundary belongs to
/// the boundary.
fn part(bytes: &[u8], parsed: &mut Parsed) -> Result<(), BodyError> {
    let mut disposition = None;
    let mut rest = bytes;
    loop {
        let Some(end) = rest.iter().position(|&b| b == b'\n') else {
            return Err(BodyError::Multipart("a part has no empty line after its headers"));
        };
        let (line, after) = rest.split_at_checked(end).unwrap_or_default();
        rest = after.strip_prefix(b"\n").unwrap_or_default();
        let line = line.trim_ascii();
        if line.is_empty() {
            break;
        }
        let name = b"content-disposition:";
        if let Some((head, value)) = line.split_at_checked(name.len())
            && head.eq_ignore_ascii_case(name)
        {
            disposition = std::str::from_utf8(value).ok();
        }
    }
    let value = rest.strip_suffix(b"\n").unwrap_or(rest);
    let value = value.strip_suffix(b"\r").unwrap_or(value);
    let Some(name) = disposition.and_then(|header| parameter(header, "name")) else {
        parsed.warn("body", "a part without a name was left out");
        return Ok(());
    };
    if disposition.and_then(|header| parameter(header, "filename")).is_some() {
        parsed.warn(&name, "a file was left out; only text fields are read");
        return Ok(());
    }
    match std::str::from_utf8(value) {
        Ok(value) => parsed.push_body(&name, RawValue::text(value)),
        Err(_) => {
            parsed.warn(&name, NOT_UTF8);
            Ok(())
        }
    }
}

/// A parameter of `form-data; name="a"; filename="b"`. Quotes are optional, `\"` and `%22` in them
/// are a quote.
fn parameter(header: &str, wanted: &str) -> Option<String> {
    let mut rest = header.split_once(';')?.1;
    loop {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted_text(quoted)?,
            None => {
                let (value, next) = after.split_once(';').unwrap_or((after, ""));
                (value.trim().to_owned(), next)
            }
        };
        if name.trim_matches([' ', '\t', ';']).eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = next;
    }
}

/// The text up to its closing quote, and what comes after it.
fn quoted_text(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            '"' => return Some((value.replace("%22", "\""), chars.as_str())),
            '\\' => value.push(chars.next()?),
            other => value.push(other),
        }
    }
}
