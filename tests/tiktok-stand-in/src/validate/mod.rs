//! Is this body what TikTok's Events API takes? Pure: a JSON value and the time go in, a verdict comes out.
//!
//! Here: the top level and the batch. One event is [`event`]'s business, its `user` and `properties`
//! those of the files of that name. Tokens, headers and paths are the server's; deduplication is the
//! store's.
//!
//! Two kinds of complaint leave this module. A [`Refusal`] is what TikTok refuses, and the first one
//! refuses the whole batch. A [`Finding`] is what TikTok swallows with an OK although something is lost,
//! or what nobody outside TikTok can be sure about: it refuses nothing, and tests can ask that there is
//! none.

mod address;
mod event;
mod names;
mod properties;
mod refusal;
mod user;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use refusal::{MessageStyle, Refusal};

/// Events that one request may carry; one more refuses them all.
pub const MAX_EVENTS: usize = 1_000;

/// How far ahead of now an event may be, in seconds. TikTok's own limit is not published; ours is this.
pub const MAX_AHEAD_SECONDS: i64 = 600;

/// How old an event may be before it becomes a finding, in seconds (28 days). TikTok's limit is not
/// published, so an older event is not refused.
pub const OLD_AFTER_SECONDS: i64 = 28 * 24 * 60 * 60;

/// Where events come from, as the request's `event_source` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventSource {
    /// A pixel: `event_source_id` is its code.
    Web,
    /// An offline event set: standard event names only.
    Offline,
    /// A CRM event set: every event names its lead.
    Crm,
}

/// A request that TikTok would take.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// The kind of event source.
    pub event_source: EventSource,
    /// The pixel code, offline set id or CRM set id.
    pub event_source_id: String,
    /// Set when the whole request consists of test events.
    pub test_event_code: Option<String>,
    /// What identifies each event, in the order of `data`.
    pub events: Vec<AcceptedEvent>,
    /// What was taken although it looks wrong.
    pub findings: Vec<Finding>,
}

/// What identifies an accepted event. Its full JSON stays where it was: `data[index]` of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedEvent {
    /// The event's name, as sent.
    pub event: String,
    /// The sender's id of the event; with pixel and name it is what TikTok dedupes by.
    pub event_id: String,
    /// When it happened, unix seconds.
    pub event_time: i64,
}

/// Something TikTok would answer OK to, although it is probably a mistake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What sort of mistake.
    pub kind: FindingKind,
    /// The event's place in `data`; none for the top level.
    pub index: Option<usize>,
    /// The field, from the event (or from the top level) on: `user.emial`.
    pub path: String,
}

/// The sorts of [`Finding`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A key that TikTok does not document. It answers OK and ignores it, so what it held is lost.
    UnknownKey,
    /// An event name that differs from a known one in upper and lower case only: TikTok takes it for a
    /// custom event.
    NameCase,
    /// `event_time` is more than 28 days ago.
    OldEvent,
    /// `page` on an event that does not come from the web.
    PageOutsideWeb,
    /// `lead` on an event that does not come from a CRM.
    LeadOutsideCrm,
    /// A `value` with no `currency` beside it.
    ValueWithoutCurrency,
    /// A negative value, price or count.
    Negative,
    /// A list with nothing in it.
    EmptyList,
    /// A `ttclid` that is a macro nobody replaced, such as `__CLICKID__`.
    UnreplacedMacro,
    /// `page.referrer` is no absolute URL.
    RelativeReferrer,
}

/// Judges one request body as TikTok would; `now` is unix seconds.
///
/// # Errors
/// The first thing in the body that TikTok refuses. Nothing of a refused body counts.
///
/// ```
/// let body = serde_json::json!({
///     "event_source": "web",
///     "event_source_id": "C4PIXELCODE",
///     "data": [{
///         "event": "Lead", "event_time": 1_700_000_000, "event_id": 17,
///         "user": {"ttclid": "E.C.P.x"}, "page": {"url": "https://example.com/"},
///     }],
/// });
/// let refusal = tiktok_stand_in::validate(&body, 1_700_000_000).unwrap_err();
/// assert_eq!(refusal.index, Some(0));
/// assert_eq!(refusal.path, "event_id");
/// ```
pub fn validate(body: &Value, now: i64) -> Result<Accepted, Refusal> {
    let top =
        body.as_object().ok_or_else(|| Refusal::new("body", "must be an object", Some(body)))?;
    let event_source = event_source(top)?;
    let event_source_id = text(top, "event_source_id")?
        .ok_or_else(|| Refusal::missing("event_source_id"))?
        .to_owned();
    let test_event_code = text(top, "test_event_code")?.map(str::to_owned);
    if let Some(partner) = top.get("partner_name") {
        let reason = "is not a registered partner";
        return Err(Refusal::new("partner_name", reason, Some(partner)));
    }
    let data = batch(top)?;

    let mut notes = Notes::default();
    for key in top.keys().filter(|key| !TOP_LEVEL.contains(&key.as_str())) {
        notes.add(FindingKind::UnknownKey, key);
    }
    let mut events = Vec::with_capacity(data.len());
    for (index, item) in data.iter().enumerate() {
        notes.index = Some(index);
        let accepted = event::check(item, event_source, now, &mut notes);
        events.push(accepted.map_err(|refusal| refusal.at(index))?);
    }
    Ok(Accepted {
        event_source,
        event_source_id,
        test_event_code,
        events,
        findings: notes.findings,
    })
}

const TOP_LEVEL: [&str; 4] = ["event_source", "event_source_id", "data", "test_event_code"];

fn event_source(top: &Map<String, Value>) -> Result<EventSource, Refusal> {
    let value = top.get("event_source").ok_or_else(|| Refusal::missing("event_source"))?;
    match value.as_str() {
        Some("web") => Ok(EventSource::Web),
        Some("offline") => Ok(EventSource::Offline),
        Some("crm") => Ok(EventSource::Crm),
        _ => Err(Refusal::new("event_source", "must be web, offline or crm", Some(value))),
    }
}

fn batch(top: &Map<String, Value>) -> Result<&Vec<Value>, Refusal> {
    let value = top.get("data").ok_or_else(|| Refusal::missing("data"))?;
    let data =
        value.as_array().ok_or_else(|| Refusal::new("data", "must be a list", Some(value)))?;
    if data.is_empty() || data.len() > MAX_EVENTS {
        let reason = format!("must hold 1 to {MAX_EVENTS} events, got {}", data.len());
        return Err(Refusal::new("data", reason, None));
    }
    Ok(data)
}

/// Collects findings on the way through a batch.
#[derive(Default)]
struct Notes {
    index: Option<usize>,
    findings: Vec<Finding>,
}

impl Notes {
    fn add(&mut self, kind: FindingKind, path: impl Into<String>) {
        self.findings.push(Finding { kind, index: self.index, path: path.into() });
    }

    /// One `UnknownKey` for each key of `object` that `known` does not name.
    fn unknown_keys(&mut self, object: &Map<String, Value>, known: &[&str], place: &str) {
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            self.add(FindingKind::UnknownKey, join(place, key));
        }
    }
}

/// `place` and `key` with a dot between; an empty place is the event itself.
fn join(place: &str, key: &str) -> String {
    if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") }
}

/// An optional string that is not empty. `null` is no string.
fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Result<Option<&'a str>, Refusal> {
    match object.get(key) {
        None => Ok(None),
        Some(value) => match value.as_str() {
            Some("") => Err(Refusal::new(key, "must not be empty", Some(value))),
            Some(text) => Ok(Some(text)),
            None => Err(Refusal::new(key, "must be a string", Some(value))),
        },
    }
}

/// An optional object.
fn object<'a>(
    parent: &'a Map<String, Value>,
    key: &str,
) -> Result<Option<&'a Map<String, Value>>, Refusal> {
    match parent.get(key) {
        None => Ok(None),
        Some(value) => value
            .as_object()
            .map(Some)
            .ok_or_else(|| Refusal::new(key, "must be an object", Some(value))),
    }
}
