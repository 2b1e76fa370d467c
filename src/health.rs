//! What `/healthz` tells: the version, whether the configuration holds, which secrets are there, and how
//! much is under way.

use crate::click::ClickTally;
use crate::config::{Problems, SecretUse};
use crate::ledger::protocol::{Health as LedgerHealth, OpenCounts};
use serde::Serialize;

/// The answer of `/healthz`, for everybody to see: no secret's value is in it, nor its name where
/// that might be the value; of the ledger it has numbers only.
#[derive(Serialize, Debug)]
pub struct Health<'a> {
    status: &'static str,
    version: &'static str,
    problems: &'a Problems,
    secrets: Vec<SecretPresence<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ledger: Option<Ledger>,
    /// Of the isolate that answers, since it started.
    clicks: ClickTally,
}

#[derive(Serialize, Debug)]
struct SecretPresence<'a> {
    setting: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    present: bool,
}

/// The ledger in numbers; all are 0 where it did not answer.
#[derive(Serialize, Default, Debug)]
struct Ledger {
    reachable: bool,
    /// Pixels that wait for a right token, or for a person.
    held_pixels: usize,
    /// Events that are not finished.
    backlog: OpenCounts,
    /// Seconds since the oldest of them was accepted.
    oldest_seconds: Option<i64>,
    /// Seconds since the oldest that waits for its click was accepted.
    oldest_waiting_seconds: Option<i64>,
    /// Clicks that KV would not take, to be written later.
    kept_clicks: u64,
}

impl<'a> Health<'a> {
    /// The state of a configuration with `problems`; `secrets` are those that it names, each with
    /// whether it is set. `ledger` is none where it was not asked, and holds none where it did not
    /// answer. `clicks` is what went wrong with storing clicks.
    pub fn new(
        problems: &'a Problems,
        secrets: &'a [(SecretUse, bool)],
        ledger: Option<Option<LedgerHealth>>,
        clicks: ClickTally,
    ) -> Self {
        let secrets = secrets.iter().map(|(used, present)| SecretPresence {
            setting: &used.path,
            name: used.name.shown(),
            present: *present,
        });
        let status = match (problems.is_empty(), &ledger) {
            (false, _) => "misconfigured",
            (true, Some(None)) => "ledger unreachable",
            (true, _) => "ok",
        };
        Self {
            status,
            version: env!("CARGO_PKG_VERSION"),
            problems,
            secrets: secrets.collect(),
            ledger: ledger.map(|health| health.map(Ledger::from).unwrap_or_default()),
            clicks,
        }
    }
}

impl From<LedgerHealth> for Ledger {
    fn from(health: LedgerHealth) -> Self {
        Self {
            reachable: true,
            held_pixels: health.pixels.iter().filter(|pixel| pixel.held.is_some()).count(),
            backlog: health.open,
            oldest_seconds: health.oldest_open_seconds,
            oldest_waiting_seconds: health.oldest_waiting_seconds,
            kept_clicks: health.kept_clicks,
        }
    }
}
