//! What a postback is answered: status, headers that matter, and a body that is always JSON, except
//! for platforms that read a text. Deciding what happened is left to everybody else.
//!
//! Nothing that the caller sent is repeated but names of fields, in warnings, and the event id,
//! which is the caller's own name for the lead.

mod failure;
mod render;

pub use failure::Failure;
pub use render::Reply;

use super::profile::AnswerForm;
use crate::event::{EventId, EventName};
use crate::rejection::Rejection;
use crate::slug::Slug;
use crate::warning::Warning;
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// How a source wants to be answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Manner {
    /// What would be 422 is 200, with the same body.
    pub always_ok: bool,
    /// JSON or text.
    pub form: AnswerForm,
}

/// By what the click of a lead was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// The click id, in KV.
    ClickId,
    /// What the ledger remembers of the lead's transaction id.
    TransactionId,
    /// A ttclid of the postback's own.
    Ttclid,
    /// A click id that KV does not know yet: it is tried again before the event goes out.
    Waiting,
    /// Not found: TikTok matches by email, phone, external id or address.
    None,
}

/// What became of a lead for one pixel.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Outcome {
    /// It is in the ledger and will be sent.
    Accepted(Told),
    /// It was in the ledger before.
    Duplicate {
        /// The event.
        #[serde(flatten)]
        told: Told,
        /// Where the first one is (`delivered`, `retry`, …).
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<&'static str>,
    },
    /// It was sent at once, as a test.
    Test {
        /// The event.
        #[serde(flatten)]
        told: Told,
        /// TikTok's own answer, as it came.
        tiktok: Option<Box<RawValue>>,
    },
    /// What would be sent; nothing was stored (`dry_run`).
    DryRun {
        /// The event.
        #[serde(flatten)]
        told: Told,
        /// TikTok's whole payload.
        payload: Option<Box<RawValue>>,
    },
    /// A filter or rule of the source says so.
    Ignored {
        /// Which.
        rule: String,
    },
    /// TikTok cannot be told.
    Rejected {
        /// One sentence.
        reason: Cow<'static, str>,
        /// The field at fault.
        #[serde(skip_serializing_if = "Option::is_none")]
        field: Option<Cow<'static, str>>,
    },
}

/// The event that TikTok is told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Told {
    /// Its name.
    pub event: EventName,
    /// Its id.
    pub event_id: EventId,
    /// How its click was found.
    #[serde(rename = "match")]
    pub matched: Match,
}

impl From<Rejection> for Outcome {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected { reason: rejection.reason, field: rejection.field.map(Cow::Borrowed) }
    }
}

/// What became of a postback.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The lead was understood, for one pixel or none.
    One {
        /// What became of it.
        outcome: Outcome,
        /// What was lost on the way.
        warnings: Vec<Warning>,
    },
    /// The lead was understood, and goes to several pixels.
    Several {
        /// The pixels in the source's order.
        pixels: Vec<(Slug, Outcome)>,
        /// What was lost on the way.
        warnings: Vec<Warning>,
    },
    /// The request went no further than this.
    Failed(Failure),
}

impl Outcome {
    /// The event that TikTok is told, where it is.
    pub const fn told(&self) -> Option<&Told> {
        match self {
            Self::Accepted(told)
            | Self::Duplicate { told, .. }
            | Self::Test { told, .. }
            | Self::DryRun { told, .. } => Some(told),
            Self::Ignored { .. } | Self::Rejected { .. } => None,
        }
    }

    /// The word of the answer's `status`.
    pub const fn status_word(&self) -> &'static str {
        match self {
            Self::Accepted(_) => "accepted",
            Self::Duplicate { .. } => "duplicate",
            Self::Test { .. } => "test",
            Self::DryRun { .. } => "dry_run",
            Self::Ignored { .. } => "ignored",
            Self::Rejected { .. } => "rejected",
        }
    }
}

/// The words of several pixels, the one that describes the whole postback first: what happened
/// anywhere happened, and it is rejected only where every pixel rejects it.
const WHOLE: [&str; 6] = ["dry_run", "accepted", "test", "duplicate", "ignored", "rejected"];

impl Answer {
    /// The word that describes the whole postback, for the answer and for logs.
    pub fn status_word(&self) -> &'static str {
        match self {
            Self::One { outcome, .. } => outcome.status_word(),
            Self::Several { pixels, .. } => WHOLE
                .into_iter()
                .find(|word| pixels.iter().any(|(_, outcome)| outcome.status_word() == *word))
                .unwrap_or("ignored"),
            Self::Failed(_) => "error",
        }
    }
}
