//! XML bodies: a small strict reader for elements that hold text. No document type, no entities but
//! the five of XML and numeric ones, so nothing can expand and nothing is fetched.
//!
//! Attributes, comments and processing instructions are passed over; prefixes of namespaces are
//! left out. An element inside an element is nested, its name a path (`lead.email`); the root's
//! name is no part of it.

use super::{BodyError, Parsed};
use crate::raw::RawValue;

/// How many elements may be open at once. A lead needs two; SOAP around it two more.
const MAX_DEPTH: usize = 8;

const UNFINISHED: &str = "it ends in the middle, so it may have been cut";

/// An element that has begun and not ended.
struct Open<'a> {
    /// The name as its end tag must repeat it.
    name: &'a str,
    text: String,
    /// Whether an element was inside it: then its own text is only the space between.
    parent: bool,
}

/// Reads an XML body into `parsed`. One pass; every character is looked at a fixed number of times.
pub(super) fn parse(text: &str, parsed: &mut Parsed) -> Result<(), BodyError> {
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut rest = text.trim_start();
    let mut done = false;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("<!--") {
            rest = after_first(after, "-->")?.1;
        } else if let Some(after) = rest.strip_prefix("<![CDATA[") {
            let (data, after) = after_first(after, "]]>")?;
            let top = open.last_mut().ok_or(BodyError::Xml("text stands outside the root"))?;
            top.text.push_str(data);
            rest = after;
        } else if let Some(after) = rest.strip_prefix("<?") {
            rest = after_first(after, "?>")?.1;
        } else if rest.starts_with("<!") {
            return Err(BodyError::Xml("a document type (<!DOCTYPE) is not read; leave it out"));
        } else if let Some(after) = rest.strip_prefix("</") {
            let (name, after) = after_first(after, ">")?;
            close(&mut open, name.trim_end(), parsed)?;
            done = open.is_empty();
            rest = after;
        } else if let Some(after) = rest.strip_prefix('<') {
            if done {
                return Err(BodyError::Xml("there is a second root element"));
            }
            let (tag, after) = tag(after)?;
            let name = tag.name;
            if let Some(top) = open.last_mut() {
                top.parent = true;
            }
            if open.len() >= MAX_DEPTH {
                return Err(BodyError::Xml("its elements are nested too deep; send them flat"));
            }
            open.push(Open { name, text: String::new(), parent: false });
            if tag.empty {
                close(&mut open, name, parsed)?;
                done = open.is_empty();
            }
            rest = after;
        } else {
            let (run, after) =
                rest.split_at_checked(rest.find('<').unwrap_or(rest.len())).unwrap_or((rest, ""));
            match open.last_mut() {
                Some(top) => unescape(run, &mut top.text)?,
                None if run.trim().is_empty() => {}
                None => return Err(BodyError::Xml("text stands outside the root")),
            }
            rest = after;
        }
    }
    if done { Ok(()) } else { Err(BodyError::Xml(UNFINISHED)) }
}

fn after_first<'a>(text: &'a str, end: &str) -> Result<(&'a str, &'a str), BodyError> {
    text.split_once(end).ok_or(BodyError::Xml(UNFINISHED))
}

struct Tag<'a> {
    name: &'a str,
    empty: bool,
}

/// Reads a start tag from behind its `<`, passing over attributes; a `>` inside quotes is theirs.
fn tag(text: &str) -> Result<(Tag<'_>, &str), BodyError> {
    let mut quote = None;
    let end = text.char_indices().find(|&(_, c)| match (quote, c) {
        (None, '"' | '\'') => {
            quote = Some(c);
            false
        }
        (None, c) => c == '>',
        (Some(open), c) => {
            if open == c {
                quote = None;
            }
            false
        }
    });
    let (inside, after) =
        end.and_then(|(at, _)| text.split_at_checked(at)).ok_or(BodyError::Xml(UNFINISHED))?;
    let after = after.strip_prefix('>').unwrap_or_default();
    let empty = inside.ends_with('/');
    let name = inside.split(|c: char| c.is_ascii_whitespace() || c == '/').next();
    let name = name.filter(|name| name.starts_with(|c: char| c.is_alphabetic() || c == '_'));
    let name = name.ok_or(BodyError::Xml("an element's name does not begin with a letter"))?;
    Ok((Tag { name, empty }, after))
}

/// Ends the innermost element, and keeps it as a field where it held no other.
fn close(open: &mut Vec<Open<'_>>, name: &str, parsed: &mut Parsed) -> Result<(), BodyError> {
    let element = open.pop().filter(|element| element.name == name);
    let element = element.ok_or(BodyError::Xml("an end tag does not match its start tag"))?;
    if element.parent || open.is_empty() {
        return Ok(());
    }
    let mut path = String::new();
    for outer in open.iter().skip(1) {
        path.push_str(local(outer.name));
        path.push('.');
    }
    path.push_str(local(element.name));
    parsed.push_body(&path, RawValue::text(element.text.trim()))
}

/// The name without its namespace's prefix.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// Adds a run of text with its entities replaced. An `&` that begins none stands for itself: many
/// senders put URLs in as they are.
fn unescape(run: &str, out: &mut String) -> Result<(), BodyError> {
    let mut pieces = run.split('&');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let entity = piece.split_once(';').filter(|(name, _)| is_entity_name(name));
        match entity {
            Some((name, after)) => {
                out.push(entity_char(name)?);
                out.push_str(after);
            }
            None => {
                out.push('&');
                out.push_str(piece);
            }
        }
    }
    Ok(())
}

fn is_entity_name(name: &str) -> bool {
    let name = name.strip_prefix('#').unwrap_or(name);
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn entity_char(name: &str) -> Result<char, BodyError> {
    let number = |digits: &str, radix| {
        u32::from_str_radix(digits, radix).ok().and_then(char::from_u32).filter(|&c| c != '\0')
    };
    let read = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => match name.strip_prefix("#x").or_else(|| name.strip_prefix("#X")) {
            Some(digits) => number(digits, 16),
            None => name.strip_prefix('#').and_then(|digits| number(digits, 10)),
        },
    };
    read.ok_or(BodyError::Xml("it uses an entity other than &amp; &lt; &gt; &quot; &apos; &#…;"))
}
