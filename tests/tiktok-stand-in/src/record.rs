//! What the stand-in remembers, in the form in which tests ask for it: as values and, through the
//! control API, as JSON. How it is kept and found is the store's business.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::validate::{Finding, Refusal};

/// What became of an event that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// It counts.
    Kept,
    /// The same pixel, event name and event id was kept within the 48 hours before: it does not count.
    Deduplicated,
    /// It came with a `test_event_code`: it never counts, and is never deduplicated.
    Test,
}

/// One event that was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventRecord {
    /// The [`RequestRecord::id`] of the request that brought it.
    pub request: u64,
    /// When it came, unix milliseconds of the stand-in's clock.
    pub time_ms: i64,
    /// The request's `event_source_id`.
    pub pixel: String,
    /// The event's name.
    pub event: String,
    /// The event's id.
    pub event_id: String,
    /// What became of it.
    pub disposition: Disposition,
    /// The request's test code, for a test event.
    pub test_event_code: Option<String>,
    /// The event as it was sent, a member of `data`.
    pub body: Value,
}

/// One request to anything but the page and the control API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// 0 for the first request since the start or the last reset, and so on.
    pub id: u64,
    /// When it came, unix milliseconds of the stand-in's clock.
    pub time_ms: i64,
    /// The HTTP method.
    pub method: String,
    /// The path, with the query if there is one.
    pub path: String,
    /// The body's `event_source_id`, if it could be read.
    pub pixel: Option<String>,
    /// The token's label, see [`crate::token_label`]; none if there was no token.
    pub token: Option<String>,
    /// How long the body is.
    pub body_bytes: usize,
    /// How many events are in the body's `data`.
    pub events: usize,
    /// Whether the request carries a test code.
    pub test: bool,
    /// Why the request deserves to be refused; none if it deserves an OK. What was really answered can
    /// differ, where a script says so.
    pub refusal: Option<Refusal>,
    /// What was taken although it looks wrong.
    pub findings: Vec<Finding>,
    /// Whether a script decided the reply.
    pub scripted: bool,
    /// Whether its events were taken.
    pub kept: bool,
    /// What was answered.
    pub outcome: Outcome,
    /// The body as text; none when it was dropped to save memory, or was not asked for.
    pub body: Option<String>,
}

impl RequestRecord {
    /// A copy, with the body (up to a megabyte) only if it is wanted.
    pub(crate) fn copy(&self, with_body: bool) -> Self {
        Self {
            id: self.id,
            time_ms: self.time_ms,
            method: self.method.clone(),
            path: self.path.clone(),
            pixel: self.pixel.clone(),
            token: self.token.clone(),
            body_bytes: self.body_bytes,
            events: self.events,
            test: self.test,
            refusal: self.refusal.clone(),
            findings: self.findings.clone(),
            scripted: self.scripted,
            kept: self.kept,
            outcome: self.outcome.clone(),
            body: self.body.as_ref().filter(|_| with_body).cloned(),
        }
    }
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It has not ended yet: its answer is being held back.
    Pending,
    /// An answer was given.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The body's `code`; none if the body was not in TikTok's shape.
        code: Option<i64>,
        /// The body's `message`, or the body itself.
        message: String,
    },
    /// The stand-in closed the connection without an answer.
    Dropped,
    /// The sender went away before it had an answer.
    GivenUp,
}

/// How often one event (one pixel, name and id) was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The pixel.
    pub pixel: String,
    /// The event's name.
    pub event: String,
    /// The event's id.
    pub event_id: String,
    /// In how many requests it stood, whatever became of them: refused and failed ones too.
    pub seen: u64,
    /// How many times it was kept. More than one: it counted twice, 48 hours apart.
    pub kept: u64,
    /// How many times it was taken but did not count.
    pub deduplicated: u64,
    /// How many times it was taken as a test event.
    pub test: u64,
}

/// How much of everything, for one pixel or in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Requests, of every kind.
    pub requests: u64,
    /// Requests that deserved a refusal.
    pub refused: u64,
    /// Requests whose reply was scripted.
    pub scripted: u64,
    /// Events in those requests, whatever became of them.
    pub events_seen: u64,
    /// Events that count.
    pub kept: u64,
    /// Events that were taken but did not count.
    pub deduplicated: u64,
    /// Test events.
    pub test: u64,
    /// Findings.
    pub findings: u64,
    /// The most events in one request.
    pub largest_batch: usize,
    /// The longest body, in bytes.
    pub largest_body: usize,
}

/// Which events are asked for; what is none does not matter. Oldest first, unless `newest`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventFilter {
    /// Of this pixel.
    pub pixel: Option<String>,
    /// Of this name.
    pub event: Option<String>,
    /// Of this id.
    pub event_id: Option<String>,
    /// With this fate.
    pub disposition: Option<Disposition>,
    /// Newest first.
    pub newest: bool,
    /// No more than this many.
    pub limit: Option<usize>,
}

/// Which requests are asked for; what is none does not matter. Oldest first, unless `newest`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RequestFilter {
    /// Of this pixel.
    pub pixel: Option<String>,
    /// Only those that deserved a refusal, or only those that did not.
    pub refused: Option<bool>,
    /// Only those whose reply was scripted, or only those whose was not.
    pub scripted: Option<bool>,
    /// With their bodies.
    pub bodies: bool,
    /// Newest first.
    pub newest: bool,
    /// No more than this many.
    pub limit: Option<usize>,
}
