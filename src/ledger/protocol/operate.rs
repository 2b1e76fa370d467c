//! What people operate the ledger by: health, holding and releasing, replay; and what capture hands
//! over (clicks that KV would not take, click counts).

use super::EventFilter;
use crate::click::{ClickId, ClickRecord};
use crate::ledger::State;
use crate::slug::Slug;
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};

/// How a shard is. Numbers are fit for the public; names of pixels are not.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Health {
    /// Events that are not finished.
    pub open: OpenCounts,
    /// Seconds since the oldest of them, held ones too, was accepted.
    #[serde(default)]
    pub oldest_open_seconds: Option<i64>,
    /// Seconds since the oldest waiting one was accepted.
    #[serde(default)]
    pub oldest_waiting_seconds: Option<i64>,
    /// Pixels that are held or paused.
    pub pixels: Vec<PixelHealth>,
    /// Clicks that KV would not take and that are written later.
    #[serde(default)]
    pub kept_clicks: u64,
}

/// Unfinished events by state. Counting stops at 100,000 for each shard, so that the question stays
/// cheap; `capped` says so.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are the states, one to one")]
pub struct OpenCounts {
    pub waiting: u64,
    pub queued: u64,
    pub retry: u64,
    pub held: u64,
    /// There are more than were counted.
    pub capped: bool,
}

/// A pixel that does not send just now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PixelHealth {
    /// The pixel.
    pub pixel: Slug,
    /// Why it is held; none: it is only paused.
    #[serde(default)]
    pub held: Option<HoldReason>,
    /// TikTok's code that led here, where it did.
    #[serde(default)]
    pub code: Option<i64>,
    /// Since when.
    pub since: UnixMillis,
    /// When it is tried next; none: when a person releases it.
    #[serde(default)]
    pub next_try: Option<UnixMillis>,
}

/// Why a pixel is held.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", rename_all = "snake_case")]
pub enum HoldReason {
    /// TikTok says the token or its rights are wrong. Probed with one event every 5 minutes.
    Token,
    /// The secret that holds the token is not set.
    SecretMissing,
    /// The configuration has no such pixel any more. Its events expire when it has had none for
    /// `retention_days`.
    NotConfigured,
    /// A person held it. Only a person releases it.
    Person,
}

impl HoldReason {
    /// Every reason.
    pub const ALL: [Self; 4] =
        [Self::Token, Self::SecretMissing, Self::NotConfigured, Self::Person];

    /// The word that is stored, shown and logged.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::SecretMissing => "secret_missing",
            Self::NotConfigured => "not_configured",
            Self::Person => "person",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

impl TryFrom<String> for HoldReason {
    type Error = &'static str;
    fn try_from(word: String) -> Result<Self, Self::Error> {
        Self::parse(&word).ok_or("an unknown word")
    }
}

/// Which events to send again. Only rejected and expired ones are; others of the filter are passed
/// over.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct ReplayAsk {
    /// One event, by its number; otherwise all of the filter.
    #[serde(default)]
    pub id: Option<i64>,
    /// All of these.
    #[serde(default)]
    pub filter: EventFilter,
    /// Go on where [`Replayed::next`] said.
    #[serde(default)]
    pub before: Option<i64>,
}

/// What a replay did. It works in slices: ask again with `next` until there is none.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Replayed {
    /// Events that are queued again, with their old event ids.
    pub replayed: u64,
    /// Where to go on.
    #[serde(default)]
    pub next: Option<i64>,
    /// Where one event was asked for and not replayed: the state it is in; none if it is gone.
    #[serde(default)]
    pub state: Option<State>,
}

/// A click that KV would not take.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptClick {
    /// Its id.
    pub id: ClickId,
    /// What was to be remembered of it.
    pub record: ClickRecord,
}

/// Clicks of one campaign and day, counted in one isolate since it last told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClickCount {
    /// The campaign.
    pub campaign: Slug,
    /// Days since 1970-01-01, UTC.
    pub day: i64,
    /// Clicks that were redirected.
    pub clicks: u64,
    /// Of these, clicks that were to be stored.
    #[serde(default)]
    pub stored: u64,
    /// KV puts that failed.
    #[serde(default)]
    pub failed: u64,
    /// Clicks that were not stored because too many came from one address.
    #[serde(default)]
    pub limited: u64,
}

/// How many were taken.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Kept {
    /// Items on disk.
    pub kept: u64,
}
