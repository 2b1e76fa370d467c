//! The postback, as the front Worker hands it to the ledger, and the ledger's answer.

use crate::click::{ClickId, ClickRecord};
use crate::event::{Event, EventId, EventName, EventSource};
use crate::ledger::{MatchedBy, State};
use crate::rejection::Rejection;
use crate::slug::Slug;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A postback that has been authenticated, parsed, normalised and hashed. Nothing in it is raw
/// except the ip and user agent of the click and of the events.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Submit {
    /// Who sent it.
    pub source: Slug,
    /// The source's name for the lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// The click id that the postback brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub click_id: Option<ClickId>,
    /// The click of that id, where KV had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub click: Option<ClickRecord>,
    /// The postback brought a click id, and KV does not know it (yet) or failed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub click_missing: bool,
    /// The events to send, one for each pixel.
    pub events: Vec<Draft>,
    /// Decide and answer as ever, store nothing, send nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// An event for one pixel, before the click's values are filled in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Draft {
    /// Where it goes.
    pub pixel: Slug,
    /// The pixel's kind.
    pub event_source: EventSource,
    /// The event with the postback's own values.
    pub event: Event,
    /// For web events: the page where neither postback nor click names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback_page_url: Option<String>,
    /// Makes it a test event: sent alone and at once, never stored, never deduped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_event_code: Option<String>,
}

/// What became of a postback. It leaves the ledger only after the events are on disk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Submitted {
    /// How the click was found.
    pub matched_by: MatchedBy,
    /// One for each draft, in the same order.
    pub outcomes: Vec<Outcome>,
}

/// What became of one draft.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// The draft's pixel.
    pub pixel: Slug,
    /// The draft's event.
    pub event: EventName,
    /// The draft's event id.
    pub event_id: EventId,
    /// What became of it.
    pub status: Status,
    /// Accepted: the state it has now. Duplicate: the state of the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// Rejected: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<Refusal>,
    /// Test: what TikTok said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tiktok: Option<TestReport>,
    /// Dry run: the exact request body that TikTok would get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Box<RawValue>>,
}

/// The four things that can become of a draft.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is on disk and will be delivered (dry run: it would be).
    Accepted,
    /// The same (pixel, event, event id) is there already; nothing was changed but, where the first
    /// still waited for its click and this one brought it, the wait is over.
    Duplicate,
    /// It was a test event and was sent at once.
    Test,
    /// It cannot be sent; nothing was stored.
    Rejected,
}

/// Why a draft was rejected: [`crate::rejection::Rejection`] on the wire.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refusal {
    /// The field at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong and what to do.
    pub reason: String,
}

impl From<&Rejection> for Refusal {
    fn from(rejection: &Rejection) -> Self {
        Self {
            field: rejection.field.map(str::to_owned),
            reason: rejection.reason.clone().into_owned(),
        }
    }
}

/// What TikTok said to a test event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TestReport {
    /// What the answer means: `delivered`, `again` (TikTok asks to try later), `hold` (the token or
    /// its rights are wrong) or `refused` (the event is wrong).
    pub verdict: String,
    /// The HTTP status, where there was an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// TikTok's own body, where it was JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Box<RawValue>>,
    /// Where there was no answer, or none that could be read: a fixed word (`time_out`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
