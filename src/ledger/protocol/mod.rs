//! What the front Worker and the ledger say to each other: one JSON text there, one back.
//!
//! The front Worker calls `ask` of the shard that [`shard`] names, with an [`Ask`] as JSON. The answer
//! is the JSON of the reply type that the question's documentation names, or nothing: then nothing is
//! promised, and the shard's log says why. The layout is pinned by `tests/ledger_protocol.rs`, because
//! during a deployment the two ends may be of different versions: fields may be added with a default,
//! never renamed.

mod console;
mod operate;
mod submit;

pub use console::{
    Counts, CountsAsk, DayCount, EventDetail, EventFilter, EventPage, EventSummary, ListAsk,
    MatchRate, Try,
};
pub use operate::{
    ClickCount, Health, HoldReason, Kept, KeptClick, OpenCounts, PixelHealth, ReplayAsk, Replayed,
};
pub use submit::{Draft, Outcome, Refusal, Status, Submit, Submitted, TestReport};

use crate::click::ClickId;
use crate::event::EventId;
use crate::slug::Slug;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One question to one shard of the ledger. In JSON: `"health"`, `{"submit":{…}}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "there is one question at a time, mostly the largest")]
pub enum Ask {
    /// A postback: [`Submitted`].
    Submit(Submit),
    /// How the shard is: [`Health`].
    Health,
    /// How many events of which kind: [`Counts`].
    Counts(CountsAsk),
    /// Events, newest first: [`EventPage`].
    List(ListAsk),
    /// One event with its history: [`EventDetail`], or `null` where there is none.
    Event {
        /// Its number in this shard.
        id: i64,
    },
    /// Send rejected and expired events again: [`Replayed`].
    Replay(ReplayAsk),
    /// Hold a pixel by hand: [`Health`].
    Hold {
        /// The pixel.
        pixel: Slug,
    },
    /// Let a held pixel go on, whoever held it: [`Health`].
    Release {
        /// The pixel.
        pixel: Slug,
    },
    /// Clicks whose KV put failed; the ledger writes them later: [`Kept`].
    KeepClicks {
        /// The clicks.
        clicks: Vec<KeptClick>,
    },
    /// Clicks counted in an isolate: [`Kept`].
    CountClicks {
        /// The counts.
        counts: Vec<ClickCount>,
    },
}

/// The shard, `0..shards`, that keeps a lead: by source and transaction id, so that all events of a
/// lead meet in one. Without a transaction id the click id takes its place, and without either the
/// event id, so that the same postback always reaches the same shard.
///
/// Changing the number of shards sends leads elsewhere: what the old shard remembers (joins by
/// transaction id, dedupe) is not found there. Open events are still delivered by the shard that has
/// them, and TikTok itself dedupes for 48 h.
pub fn shard(
    source: &Slug,
    transaction_id: Option<&str>,
    click_id: Option<ClickId>,
    event_id: Option<&EventId>,
    shards: u32,
) -> u32 {
    let (kind, key) = match (transaction_id, click_id, event_id) {
        (Some(transaction), _, _) => ("transaction", transaction.to_owned()),
        (None, Some(click), _) => ("click", click.to_string()),
        (None, None, Some(event)) => ("event", event.to_string()),
        (None, None, None) => ("", String::new()),
    };
    // A zero byte keeps ("a", "bc") and ("ab", "c") apart; no slug holds one.
    let digest = Sha256::new()
        .chain_update(source.as_str())
        .chain_update([0])
        .chain_update(kind)
        .chain_update([0])
        .chain_update(key)
        .finalize();
    let number = digest.iter().take(4).fold(0_u32, |n, byte| (n << 8) | u32::from(*byte));
    number.checked_rem(shards).unwrap_or(0)
}

/// The name of a shard's Durable Object.
pub fn shard_name(shard: u32) -> String {
    format!("ledger-{shard}")
}
