//! Reads the query and body of a postback, in whatever format it came: JSON, a form, multipart, XML,
//! or a query alone.
//!
//! Decisions, each of them tested:
//! - The first characters of a body say its format; the content type only helps where they do not.
//! - Query and body are both kept with their [`Origin`]; which one wins is decided per field, after
//!   the names have been understood (`resolve`).
//! - A name may come more than once, and a list of plain values is the same as the name repeated.
//! - A value whose bytes are no UTF-8 is left out with a warning, a body as a whole is refused.
//! - Commas too many in JSON are forgiven with a warning.
//!
//! Time and memory are linear in the body, and the body is at most [`MAX_BODY_BYTES`].

mod charset;
mod error;
mod format;
mod json;
mod multipart;
mod pair;
mod xml;

pub use error::BodyError;
pub use pair::{MAX_BODY_BYTES, MAX_FIELDS, Origin, Pair, Parsed};

use crate::raw::RawValue;
use crate::urlencoded;
use format::{Declared, Format};

const NOT_UTF8: &str = "its bytes are not UTF-8, so it was left out; send UTF-8";

/// Reads a postback. `query` is the raw query string, with or without its `?`; it may hold a second
/// one. An empty body is no body, whatever its content type.
///
/// # Errors
/// See [`BodyError`]: each says its status and what to do.
pub fn parse(content_type: Option<&str>, query: &str, body: &[u8]) -> Result<Parsed, BodyError> {
    if body.len() > MAX_BODY_BYTES || query.len() > MAX_BODY_BYTES {
        return Err(BodyError::TooLarge);
    }
    let mut parsed = Parsed::default();
    pairs_of(query, true, &mut parsed)?;
    if body.iter().any(|b| !b.is_ascii_whitespace()) {
        parse_body(&Declared::parse(content_type), body, &mut parsed)?;
    }
    Ok(parsed)
}

fn parse_body(declared: &Declared<'_>, body: &[u8], parsed: &mut Parsed) -> Result<(), BodyError> {
    if declared.is_other() {
        return Err(BodyError::UnsupportedType);
    }
    if declared.is_multipart()
        && let Some(boundary) = declared.boundary.as_deref()
    {
        return multipart::parse(boundary, body, parsed);
    }
    if let Some(boundary) = format::sniffed_boundary(body) {
        return multipart::parse(boundary, body, parsed);
    }
    if declared.is_multipart() {
        return Err(BodyError::Multipart("there is no boundary, in the header or in the body"));
    }
    let text = charset::decode(body, declared.charset.as_deref())?;
    // Some senders count a C string's end as part of it.
    let text = text.trim_end_matches('\0');
    match format::of_text(text, declared) {
        Format::Json => json::parse(text, parsed),
        Format::Xml => xml::parse(text, parsed),
        Format::Form => pairs_of(text.trim_ascii_end(), false, parsed),
        Format::Unknown => Err(BodyError::Unreadable),
    }
}

/// Keeps each pair of an urlencoded text, which is the query or the body.
fn pairs_of(text: &str, is_query: bool, parsed: &mut Parsed) -> Result<(), BodyError> {
    urlencoded::pairs(text).try_for_each(|pair| match pair {
        urlencoded::Pair::Decoded(name, value, with_plus) => {
            let with_plus = with_plus.map(RawValue::text);
            parsed.push_form(&name, RawValue::text(value), with_plus, is_query)
        }
        urlencoded::Pair::NotUtf8(name) => {
            parsed.warn(&name, NOT_UTF8);
            Ok(())
        }
    })
}
