//! The address that a click is sent to. Destinations come from the configuration only; what the
//! visitor brings can add parameters to it and nothing else.

use crate::click::ClickId;
use crate::config::WebAddress;
use crate::query;

/// The parameter that carries our click id to the landing page.
const CLICK_ID: &str = "click_id";
/// TikTok's parameter.
const TTCLID: &str = "ttclid";

/// The destination with the visitor's parameters and `click_id`:
///
/// 1. the destination's own parameters first, but for a `ttclid` that the visitor brings too;
/// 2. then the visitor's, in their order and encoding, but for names the destination has;
/// 3. then ours, which nobody else can set.
pub(super) fn location(destination: &WebAddress, visitor_query: &str, id: &ClickId) -> String {
    let own = destination.query().unwrap_or_default();
    let visitor_has_ttclid = has(visitor_query, TTCLID);
    let keep_own = |name: &str| {
        !(query::is_named(name, CLICK_ID) || visitor_has_ttclid && query::is_named(name, TTCLID))
    };
    let keep_visitors = |name: &str| {
        !query::is_named(name, CLICK_ID)
            && (query::is_named(name, TTCLID) || name.is_empty() || !has(own, &query::decode(name)))
    };
    let mut location = destination.origin();
    location.push_str(destination.path());
    let mut separator = '?';
    let own = query::pairs(own).filter(|pair| keep_own(pair.name));
    let visitors = query::pairs(visitor_query).filter(|pair| keep_visitors(pair.name));
    for pair in own.chain(visitors).filter(|pair| !pair.raw.is_empty()) {
        location.push(separator);
        push_visible(&mut location, pair.raw);
        separator = '&';
    }
    location.push(separator);
    location.push_str(CLICK_ID);
    location.push('=');
    location.push_str(&id.to_string());
    if let Some(fragment) = destination.fragment() {
        location.push('#');
        location.push_str(fragment);
    }
    location
}

fn has(query: &str, name: &str) -> bool {
    query::pairs(query).any(|pair| !pair.raw.is_empty() && query::is_named(pair.name, name))
}

/// Adds a segment to a header value. The runtime hands query strings over percent-encoded, so
/// nothing is escaped as a rule; what could end a header or a query is, wherever it comes from.
fn push_visible(location: &mut String, raw: &str) {
    for byte in raw.bytes() {
        if byte.is_ascii_graphic() && byte != b'#' {
            location.push(char::from(byte));
        } else {
            query::push_escape(location, byte);
        }
    }
}
