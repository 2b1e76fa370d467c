//! The state machine of one event: what it is, what happened, what it is then.
//!
//! ```text
//! waiting ─▶ queued ─▶ delivered        retry ─▶ expired (72 h)
//!    │        │  ▲ └──▶ rejected               └─▶ rejected (72 h, and a code that nobody lists)
//!    ▼        ▼  │                       held: the pixel waits ─▶ expired (it is gone for good)
//! rejected   retry                       rejected, expired ─▶ queued (replay)
//! ```
//!
//! Total: every state meets every happening, and where nothing is to change [`step`] says so. SQL
//! only stores what is decided here. The pixel's own machine is `pixel`.

use super::State;
use super::answer::{Answer, Cause, Verdict};
use super::backoff::{self, Jitter};
use crate::time::UnixMillis;

/// What the machine has to know of an event.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Facts {
    /// Where it is.
    pub state: State,
    /// How often it was sent since it was accepted, or replayed.
    pub attempts: u32,
    /// Since when it has been trying: the 72 h count from here. Time spent waiting for the click or
    /// held does not count.
    pub since: UnixMillis,
}

/// What happened to an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Happened<'a> {
    /// It was in a request, and this came back. A refusal of a whole batch is not told to its events:
    /// `BadEvent` reaches only the one that was alone in its request.
    Answered {
        /// The answer.
        answer: &'a Answer,
        /// The pixel is held: the request was a probe.
        pixel_held: bool,
    },
    /// The click was found, or is not waited for any longer, and the event can be sent.
    ClickSettled,
    /// The same, and the event cannot be sent.
    ClickRefused,
    /// The click is still unknown; it is looked up again then.
    ClickMissing {
        /// When.
        next: UnixMillis,
    },
    /// Its pixel is held.
    PixelHeld,
    /// Its pixel pauses.
    PixelPaused {
        /// Until then.
        until: UnixMillis,
    },
    /// Its pixel has been out of the configuration for as long as finished events are kept.
    PixelGone,
    /// A person sends it again.
    Replayed,
}

/// What an event is then. Events of a batch with equal changes are written with one statement.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Change {
    /// Where it is.
    pub state: State,
    /// How often it was sent.
    pub attempts: u32,
    /// Since when it has been trying; none: unchanged.
    pub since: Option<UnixMillis>,
    /// When something is next to be done about it; none: nothing is.
    pub due: Option<UnixMillis>,
    /// It was sent just now.
    pub tried: bool,
}

impl Change {
    fn to(state: State, facts: Facts) -> Self {
        Self { state, attempts: facts.attempts, since: None, due: None, tried: false }
    }

    fn due(self, due: UnixMillis) -> Self {
        Self { due: Some(due), ..self }
    }

    fn since(self, since: UnixMillis) -> Self {
        Self { since: Some(since), ..self }
    }
}

/// What the event is after this happened; none: what it was.
pub fn step(
    facts: Facts,
    happened: Happened<'_>,
    now: UnixMillis,
    jitter: Jitter,
) -> Option<Change> {
    use State::{Delivered, Expired, Held, Queued, Rejected, Retry, Waiting};
    match (happened, facts.state) {
        (Happened::Answered { answer, pixel_held }, state) => {
            answered(facts, state, answer, pixel_held, now, jitter)
        }
        (Happened::ClickSettled, Waiting) => Some(Change::to(Queued, facts).due(now).since(now)),
        (Happened::ClickRefused, Waiting) => Some(Change::to(Rejected, facts)),
        (Happened::ClickMissing { next }, Waiting) => Some(Change::to(Waiting, facts).due(next)),
        // `due` = now: held events keep their order, and all are due once the pixel is released.
        (Happened::PixelHeld, Queued | Retry) => Some(Change::to(Held, facts).due(now)),
        (Happened::PixelPaused { until }, Queued | Retry) => {
            Some(Change::to(facts.state, facts).due(until))
        }
        (Happened::PixelGone, Held) => Some(Change::to(Expired, facts)),
        (Happened::Replayed, Rejected | Expired) => {
            Some(Change::to(Queued, Facts { attempts: 0, ..facts }).due(now).since(now))
        }
        // A click matters to a waiting event only; what waits for its click or is finished does not
        // care about its pixel; held once is held, and only what is held ends with its pixel; only what
        // failed is replayed.
        (Happened::ClickSettled | Happened::ClickRefused | Happened::ClickMissing { .. }, _)
        | (
            Happened::PixelHeld | Happened::PixelPaused { .. },
            Waiting | Held | Delivered | Rejected | Expired,
        )
        | (Happened::PixelGone, Waiting | Queued | Retry | Delivered | Rejected | Expired)
        | (Happened::Replayed, Waiting | Queued | Retry | Held | Delivered) => None,
    }
}

fn answered(
    facts: Facts,
    state: State,
    answer: &Answer,
    pixel_held: bool,
    now: UnixMillis,
    jitter: Jitter,
) -> Option<Change> {
    let attempts = facts.attempts.saturating_add(1);
    let change = |state| Change { attempts, tried: true, ..Change::to(state, facts) };
    match (answer.verdict, state) {
        // What TikTok has is delivered, wherever we believed it to be; once is enough.
        (_, State::Delivered) => None,
        (Verdict::Delivered, _) => Some(change(State::Delivered)),
        // A late answer to something that is finished, or is not sent at all, changes nothing.
        (_, State::Waiting | State::Rejected | State::Expired) => None,
        (Verdict::BadEvent, _) => Some(change(State::Rejected)),
        (Verdict::BadToken, _) => Some(change(State::Held).due(now)),
        // A probe that got no good answer: the pixel stays held, and so does the event.
        (Verdict::Again | Verdict::Limited, State::Held) if pixel_held => {
            Some(change(State::Held).due(now))
        }
        (Verdict::Again | Verdict::Limited, state) => {
            // An event that comes out of a held time starts its 72 h anew: nothing is burnt.
            let since = if state == State::Held { now } else { facts.since };
            if now.since(since) >= backoff::EXPIRE_MS {
                // TikTok was there and meant something by it: a refusal that we do not know.
                let refused = answer.cause == Cause::UnknownCode;
                return Some(change(if refused { State::Rejected } else { State::Expired }));
            }
            let pause = match answer.verdict {
                Verdict::Limited => backoff::after_limit(attempts, answer.retry_after, jitter),
                _ => backoff::after_failure(attempts, answer.retry_after, jitter),
            };
            let change = change(State::Retry).due(now.plus(pause));
            Some(if state == State::Held { change.since(since) } else { change })
        }
    }
}

#[cfg(test)]
mod tests;
