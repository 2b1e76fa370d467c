//! The console's questions: counts, lists, one event with its history.

use crate::click::ClickId;
use crate::event::{EventId, EventName};
use crate::ledger::protocol::ClickCount;
use crate::ledger::{MatchedBy, State};
use crate::slug::Slug;
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Which events are meant; what is left out does not matter.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct EventFilter {
    /// In this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// Of this pixel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pixel: Option<Slug>,
    /// From this source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Slug>,
    /// With this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventName>,
    /// With exactly this event id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// Of this lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// Of this click.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub click_id: Option<ClickId>,
    /// Accepted at this moment or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<UnixMillis>,
    /// Accepted before this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<UnixMillis>,
}

/// A page of events, newest first.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct ListAsk {
    /// Which.
    #[serde(default)]
    pub filter: EventFilter,
    /// Only events older than this number ([`EventPage::next`] of the page before).
    #[serde(default)]
    pub before: Option<i64>,
    /// At most so many, 1 to 200; none = 50.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// Events, newest first.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct EventPage {
    /// The events.
    pub events: Vec<EventSummary>,
    /// Where the next page begins. A page can be short, even empty, and still have a next one: each
    /// question looks through a bounded number of rows.
    #[serde(default)]
    pub next: Option<i64>,
}

/// One event, without what was sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EventSummary {
    /// Its number in this shard; greater is newer.
    pub id: i64,
    /// When it was accepted.
    pub accepted_at: UnixMillis,
    /// Where it is.
    pub state: State,
    /// Its pixel.
    pub pixel: Slug,
    /// Its source.
    pub source: Slug,
    /// Its name.
    pub event: EventName,
    /// Its id.
    pub event_id: EventId,
    /// Its lead.
    pub transaction_id: Option<String>,
    /// Its click.
    pub click_id: Option<ClickId>,
    /// How the click was found.
    pub matched_by: MatchedBy,
    /// TikTok's names of the match keys it has.
    pub match_keys: Vec<String>,
    /// How often it was sent.
    pub attempts: u32,
    /// When it was sent last.
    pub tried_at: Option<UnixMillis>,
    /// When it is sent next.
    pub next_try: Option<UnixMillis>,
    /// When it was finished.
    pub finished_at: Option<UnixMillis>,
    /// TikTok's last code.
    pub code: Option<i64>,
    /// What was last said of it: TikTok's message, or our own reason. For the console only.
    pub message: Option<String>,
    /// TikTok's last request id.
    pub request_id: Option<String>,
}

/// One event with everything that is kept of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EventDetail {
    /// What the list shows.
    pub summary: EventSummary,
    /// The tries, oldest first; of very many the middle ones are left out.
    pub history: Vec<Try>,
    /// What is sent: hashes, and the ip and user agent until it is delivered.
    pub payload: Box<RawValue>,
}

/// One step on an event's way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Try {
    /// When.
    pub at: UnixMillis,
    /// The state it led to.
    pub state: State,
    /// TikTok's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// What happened, a fixed word of ours (`delivered`, `time_out`, `replayed`).
    pub what: String,
}

/// Days to count.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CountsAsk {
    /// First day, in days since 1970-01-01, UTC.
    pub from_day: i64,
    /// Last day, inclusive; at most 400 after the first.
    pub to_day: i64,
}

/// Counts of the days asked for.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Counts {
    /// Events by day, pixel, source, event and state.
    pub events: Vec<DayCount>,
    /// How many of the delivered events had which key.
    pub match_rates: Vec<MatchRate>,
    /// Events that the match rates were counted from, whatever their state: the newest of these days,
    /// 20,000 of each shard at most. None from a ledger that does not say.
    #[serde(default)]
    pub match_rates_from: Option<u64>,
    /// Unfinished events are counted up to 100,000; there are more.
    #[serde(default)]
    pub capped: bool,
    /// Clicks by day and campaign, the newest day first.
    #[serde(default)]
    pub clicks: Vec<ClickCount>,
}

/// Events of one kind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DayCount {
    /// The day they were accepted, in days since 1970-01-01, UTC.
    pub day: i64,
    /// Their pixel.
    pub pixel: Slug,
    /// Their source.
    pub source: Slug,
    /// Their name.
    pub event: EventName,
    /// Where they are.
    pub state: State,
    /// How many.
    pub count: u64,
}

/// How many delivered events of a pixel had a match key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MatchRate {
    /// The pixel.
    pub pixel: Slug,
    /// TikTok's name of the key.
    pub key: String,
    /// Delivered events that had it.
    pub with: u64,
    /// Delivered events, of those that were looked at: [`Counts::match_rates_from`].
    pub of: u64,
}
