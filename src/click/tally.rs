//! What went wrong with storing clicks in one isolate since it started.

use serde::Serialize;

/// Counts for `/healthz`. Each isolate has its own: an operator sees that something is wrong, the
/// ledger's counts by day say how much.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct ClickTally {
    /// KV puts that failed or took too long; most succeed when they are tried again.
    pub failed_puts: u64,
    /// Clicks that KV would not take and the ledger keeps.
    pub handed_over: u64,
    /// Clicks that neither would take and that wait in memory for the next report to the ledger.
    pub waiting: u64,
    /// Clicks that were not stored because too many came from one address.
    pub limited: u64,
    /// Clicks that are lost: more waited than memory may hold.
    pub lost: u64,
}
