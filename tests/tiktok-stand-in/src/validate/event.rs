//! One event of the batch: its name, time, id, page and lead.
//!
//! Leaves the match keys to `user` and the money to `properties`.

use serde_json::{Map, Value};
use url::Url;

use super::{
    AcceptedEvent, EventSource, FindingKind, MAX_AHEAD_SECONDS, Notes, OLD_AFTER_SECONDS, Refusal,
    names, object, properties, text, user,
};

const KEYS: [&str; 8] =
    ["event", "event_time", "event_id", "user", "page", "properties", "limited_data_use", "lead"];

/// Judges one member of `data`.
pub(super) fn check(
    item: &Value,
    source: EventSource,
    now: i64,
    notes: &mut Notes,
) -> Result<AcceptedEvent, Refusal> {
    let item = item
        .as_object()
        .ok_or_else(|| Refusal::new("event", "must be in an object", Some(item)))?;
    if let Some(code) = item.get("test_event_code") {
        let reason = "belongs to the top level of the request";
        return Err(Refusal::new("test_event_code", reason, Some(code)));
    }
    let event = name(item, source, notes)?;
    let event_time = time(item, now, notes)?;
    // TikTok takes an event without an id; our contract is that there always is one, because without it
    // a second try counts twice.
    let event_id = text(item, "event_id")?.ok_or_else(|| Refusal::missing("event_id"))?;
    let keys = object(item, "user")?.ok_or_else(|| Refusal::missing("user"))?;
    if keys.is_empty() {
        return Err(Refusal::new("user", "must hold at least one key", None));
    }
    user::check(keys, notes).map_err(|refusal| refusal.under("user"))?;
    page(item, source, notes)?;
    if let Some(given) = object(item, "properties")? {
        properties::check(given, notes).map_err(|refusal| refusal.under("properties"))?;
    }
    limited_data_use(item, source)?;
    lead(item, source, notes)?;
    notes.unknown_keys(item, &KEYS, "");
    Ok(AcceptedEvent { event: event.to_owned(), event_id: event_id.to_owned(), event_time })
}

fn name<'a>(
    item: &'a Map<String, Value>,
    source: EventSource,
    notes: &mut Notes,
) -> Result<&'a str, Refusal> {
    let name = text(item, "event")?.ok_or_else(|| Refusal::missing("event"))?;
    let got = item.get("event");
    if source == EventSource::Offline && !names::is_standard(name) {
        let reason = "must be a standard event: offline sets take no other";
        return Err(Refusal::new("event", reason, got));
    }
    if !names::is_custom(name) {
        let reason =
            "must be up to 50 letters, digits, underscores or hyphens, starting with a letter";
        return Err(Refusal::new("event", reason, got));
    }
    if names::differs_in_case_only(name) {
        notes.add(FindingKind::NameCase, "event");
    }
    Ok(name)
}

fn time(item: &Map<String, Value>, now: i64, notes: &mut Notes) -> Result<i64, Refusal> {
    let value = item.get("event_time").ok_or_else(|| Refusal::missing("event_time"))?;
    let refuse = |reason: &str| Refusal::new("event_time", reason, Some(value));
    // `as_i64` answers for integers only: 1700000000.0 and "1700000000" are none.
    let seconds = value.as_i64().ok_or_else(|| refuse("must be an integer of unix seconds"))?;
    if seconds < 0 {
        return Err(refuse("must not be negative"));
    }
    // Milliseconds end here too.
    if seconds > now.saturating_add(MAX_AHEAD_SECONDS) {
        return Err(refuse("is in the future"));
    }
    if seconds < now.saturating_sub(OLD_AFTER_SECONDS) {
        notes.add(FindingKind::OldEvent, "event_time");
    }
    Ok(seconds)
}

fn page(item: &Map<String, Value>, source: EventSource, notes: &mut Notes) -> Result<(), Refusal> {
    let Some(page) = object(item, "page")? else {
        return match source {
            EventSource::Web => Err(Refusal::missing("page.url")),
            EventSource::Offline | EventSource::Crm => Ok(()),
        };
    };
    if source != EventSource::Web {
        notes.add(FindingKind::PageOutsideWeb, "page");
    }
    let url = text(page, "url").map_err(|refusal| refusal.under("page"))?;
    match url {
        Some(url) if !is_absolute(url) => {
            let reason = "must be an absolute http or https URL";
            return Err(Refusal::new("page.url", reason, page.get("url")));
        }
        None if source == EventSource::Web => return Err(Refusal::missing("page.url")),
        _ => {}
    }
    let referrer = text(page, "referrer").map_err(|refusal| refusal.under("page"))?;
    if referrer.is_some_and(|referrer| !is_absolute(referrer)) {
        notes.add(FindingKind::RelativeReferrer, "page.referrer");
    }
    notes.unknown_keys(page, &["url", "referrer"], "page");
    Ok(())
}

fn is_absolute(url: &str) -> bool {
    // The parser forgives spaces around a URL and leaves them out; TikTok is not known to.
    url.trim() == url
        && Url::parse(url)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn limited_data_use(item: &Map<String, Value>, source: EventSource) -> Result<(), Refusal> {
    match item.get("limited_data_use") {
        None => Ok(()),
        Some(Value::Bool(_)) if source == EventSource::Web => Ok(()),
        Some(value @ Value::Bool(_)) => {
            Err(Refusal::new("limited_data_use", "is for web events only", Some(value)))
        }
        Some(value) => Err(Refusal::new("limited_data_use", "must be true or false", Some(value))),
    }
}

fn lead(item: &Map<String, Value>, source: EventSource, notes: &mut Notes) -> Result<(), Refusal> {
    let Some(lead) = object(item, "lead")? else {
        return match source {
            EventSource::Crm => Err(Refusal::missing("lead.lead_id")),
            EventSource::Web | EventSource::Offline => Ok(()),
        };
    };
    if source != EventSource::Crm {
        notes.add(FindingKind::LeadOutsideCrm, "lead");
    }
    let id = text(lead, "lead_id").map_err(|refusal| refusal.under("lead"))?;
    if id.is_none() {
        return Err(Refusal::missing("lead.lead_id"));
    }
    text(lead, "lead_event_source").map_err(|refusal| refusal.under("lead"))?;
    notes.unknown_keys(lead, &["lead_id", "lead_event_source"], "lead");
    Ok(())
}
