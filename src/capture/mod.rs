//! Capturing a click: from a request's parts to the redirect that answers it and the record that is
//! kept of it. Nothing here waits, reads or writes: [`decide`] is one pure step, and `edge::capture`
//! does what it says.
//!
//! 1. The visitor gets the same destination whoever they are (TikTok bans accounts that vary it).
//! 2. Their own parameters arrive byte for byte, `ttclid` above all, and `click_id` is added.
//! 3. The same visitor with the same ttclid on the same campaign keeps the click id and costs no write.
//! 4. Only a click with a usable ttclid is kept, and only if a person made it.

mod cookie;
mod redirect;
mod visitor;

pub use visitor::Visitor;

use crate::click::{AdIds, ClickId, ClickRecord};
use crate::config::Campaign;
use crate::placeholder;
use crate::query;
use crate::slug::Slug;
use crate::time::UnixMillis;
use std::borrow::Cow;

/// Longest ttclid that is one, in bytes (TikTok: up to 1,000 characters).
const MAX_TTCLID: usize = 1_000;
/// Longest of the small values that are remembered (a `_ttp` cookie, an ad id), in bytes.
const MAX_SMALL: usize = 128;
/// Longest user agent that is remembered, in bytes; longer ones are no browser's.
const MAX_USER_AGENT: usize = 1_024;
/// Longest referrer and query string that are remembered, in bytes.
const MAX_LONG: usize = 4_096;

/// How a click is answered.
#[derive(Clone, PartialEq, Debug)]
pub struct Capture {
    /// Where the visitor goes: visible ASCII only.
    pub location: String,
    /// The `Set-Cookie` header, where there is one to set.
    pub set_cookie: Option<String>,
    /// What is to be stored, where there is something.
    pub click: Option<(ClickId, ClickRecord)>,
}

/// Decides on a click. `random` is only used where the visitor brings no click id of their own.
pub fn decide(
    name: &Slug,
    campaign: &Campaign,
    visitor: &Visitor<'_>,
    now: UnixMillis,
    random: [u8; 16],
) -> Capture {
    let ttclid = query::encoded_value(visitor.query, "ttclid")
        .map(query::decode_token)
        .filter(|ttclid| is_usable(ttclid));
    let known = cookie::read(visitor.cookies);
    let fresh = ClickId::from_random(random);

    // A visit that no person made must leave no trace: a cookie set here would make the visit that
    // follows look like a repeat, and its click would never be stored.
    if visitor.is_automatic() {
        return Capture {
            location: redirect::location(&campaign.destination, visitor.query, &fresh),
            set_cookie: None,
            click: None,
        };
    }
    let Some(ttclid) = ttclid else {
        let id = known.map_or(fresh, |known| known.id);
        return Capture {
            location: redirect::location(&campaign.destination, visitor.query, &id),
            set_cookie: known.is_none().then(|| cookie::write(id, name, "")),
            click: None,
        };
    };
    let repeat = known.filter(|known| known.matches(name, &ttclid));
    let id = repeat.map_or(fresh, |known| known.id);
    let location = redirect::location(&campaign.destination, visitor.query, &id);
    let click = repeat.is_none().then(|| (id, record(name, &ttclid, visitor, &location, now)));
    Capture { location, set_cookie: Some(cookie::write(id, name, &ttclid)), click }
}

/// A ttclid is opaque: whatever is there counts, but for a macro that nobody replaced.
fn is_usable(ttclid: &str) -> bool {
    ttclid.len() <= MAX_TTCLID && placeholder::absent(ttclid).is_none()
}

fn record(
    campaign: &Slug,
    ttclid: &str,
    visitor: &Visitor<'_>,
    location: &str,
    now: UnixMillis,
) -> ClickRecord {
    let mut record = ClickRecord::new(campaign.as_str(), now, location.to_owned());
    record.ttclid = Some(ttclid.to_owned());
    record.ttp = cookie::value(visitor.cookies, "_ttp")
        .filter(|ttp| placeholder::absent(ttp).is_none())
        .and_then(|ttp| capped(ttp, MAX_SMALL));
    record.ip = capped(visitor.ip, MAX_SMALL);
    record.user_agent = capped(visitor.user_agent, MAX_USER_AGENT);
    record.country = capped(visitor.country, 2);
    record.locale = visitor.locale().and_then(|locale| capped(locale, MAX_SMALL));
    record.referrer = capped(visitor.referrer, MAX_LONG);
    record.params = other_params(visitor.query);
    record.ad = ad_ids(visitor.query);
    record
}

/// The text, if there is one and it is not longer than `max` bytes. What is longer is left out and
/// never cut: half a value matches nothing.
fn capped(text: &str, max: usize) -> Option<String> {
    (!text.is_empty() && text.len() <= max).then(|| text.to_owned())
}

fn other_params(query: &str) -> String {
    let others: Vec<&str> = query::pairs(query)
        .filter(|pair| !pair.raw.is_empty() && !query::is_named(pair.name, "ttclid"))
        .map(|pair| pair.raw)
        .collect();
    capped(&others.join("&"), MAX_LONG).unwrap_or_default()
}

fn ad_ids(query: &str) -> AdIds {
    let id = |name| {
        query::value(query, name)
            .filter(|id| placeholder::absent(id).is_none())
            .map(Cow::into_owned)
            .filter(|id| id.len() <= MAX_SMALL)
    };
    AdIds {
        campaign_id: id("campaign_id"),
        aid: id("aid"),
        cid: id("cid"),
        placement: id("placement"),
    }
}

#[cfg(test)]
mod tests;
