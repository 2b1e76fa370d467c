//! The address that a click is sent to. Destinations come from the configuration, or from a `url=`
//! whose host the configuration allows; what else the visitor brings can fill macros and add
//! parameters, and nothing else.

use crate::click::ClickId;
use crate::config::{Piece, WebAddress, pieces};
use crate::query;
use crate::slug::Slug;
use crate::urlencoded::{self, Plus};
use std::fmt::Write;

/// TikTok's parameter.
const TTCLID: &str = "ttclid";
/// The parameter that names a destination, where a campaign allows it.
pub(super) const URL: &str = "url";

/// What goes into an address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Click<'a> {
    pub(super) id: ClickId,
    /// The names under which the id is appended.
    pub(super) id_params: &'a [String],
    pub(super) campaign: &'a Slug,
    /// The visitor's raw query string.
    pub(super) query: &'a str,
    /// Whether `url=` is for us and not for the landing page.
    pub(super) takes_url: bool,
}

/// The destination with its macros filled, the visitor's parameters and the click id:
///
/// 1. the destination's own parameters first, but for a `ttclid` that the visitor brings too;
/// 2. then the visitor's, in their order and encoding, but for names the destination has;
/// 3. then the click id, under names that nobody else can set.
pub(super) fn location(destination: &WebAddress, click: &Click<'_>) -> String {
    let own = destination.query().unwrap_or_default();
    let is_ours = |name: &str| click.id_params.iter().any(|ours| query::is_named(name, ours));
    let visitor_has_ttclid = has(click.query, TTCLID);
    let keep_own =
        |name: &str| !(is_ours(name) || visitor_has_ttclid && query::is_named(name, TTCLID));
    let keep_visitors = |name: &str| {
        let for_us = is_ours(name) || click.takes_url && query::is_named(name, URL);
        !for_us
            && (query::is_named(name, TTCLID) || name.is_empty() || !has(own, &query::decode(name)))
    };
    let mut location = destination.origin();
    fill(&mut location, destination.path(), click, push_segment);
    let mut separator = '?';
    for pair in query::pairs(own).filter(|pair| !pair.raw.is_empty() && keep_own(pair.name)) {
        location.push(separator);
        fill(&mut location, pair.raw, click, push_as_written);
        separator = '&';
    }
    let visitors = query::pairs(click.query);
    for pair in visitors.filter(|pair| !pair.raw.is_empty() && keep_visitors(pair.name)) {
        location.push(separator);
        push_visible(&mut location, pair.raw);
        separator = '&';
    }
    for name in click.id_params {
        location.push(separator);
        // Writing to a String cannot fail.
        let _ = write!(location, "{name}={}", click.id);
        separator = '&';
    }
    if let Some(fragment) = destination.fragment() {
        location.push('#');
        fill(&mut location, fragment, click, push_segment);
    }
    location
}

fn has(query: &str, name: &str) -> bool {
    query::pairs(query).any(|pair| !pair.raw.is_empty() && query::is_named(pair.name, name))
}

/// Writes a text of the destination with its macros filled; a parameter that the visitor does not
/// have is nothing. `push` writes the visitor's encoded value of the name.
fn fill(location: &mut String, text: &str, click: &Click<'_>, push: fn(&mut String, &str, &str)) {
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => location.push_str(text),
            Piece::Macro("click_id") => {
                let _ = write!(location, "{}", click.id);
            }
            Piece::Macro("campaign") => location.push_str(click.campaign.as_str()),
            Piece::Macro(name) => {
                push(location, name, query::encoded_value(click.query, name).unwrap_or_default());
            }
        }
    }
}

/// In a query a value stays as it was written: nothing is encoded twice.
fn push_as_written(location: &mut String, _name: &str, value: &str) {
    push_visible(location, value);
}

/// In a path or a fragment a value is one piece of text: it cannot add a `/`, nor be a `.` or `..`
/// that leads out of its folder (browsers read `%2e` as a dot too, so escaping would not help).
fn push_segment(location: &mut String, name: &str, value: &str) {
    let plus = if name == TTCLID { Plus::IsPlus } else { Plus::IsSpace };
    let bytes = urlencoded::to_bytes(value, plus);
    if !bytes.iter().all(|byte| *byte == b'.') {
        location.push_str(&query::encode_bytes(&bytes));
    }
}

/// Adds a segment to a header value. The runtime hands query strings over percent-encoded, so
/// nothing is escaped as a rule; what could end a header or a query is, wherever it comes from.
fn push_visible(location: &mut String, raw: &str) {
    let is_visible = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
    if raw.bytes().all(is_visible) {
        return location.push_str(raw);
    }
    for byte in raw.bytes() {
        if is_visible(byte) {
            location.push(char::from(byte));
        } else {
            query::push_escape(location, byte);
        }
    }
}
