//! Clicks in KV, from the ledger's side: looked up again when they were not known, put there when KV
//! would not take them before.

use crate::click::{ClickId, ClickRecord};
use crate::edge::clock::in_time;
use crate::edge::js::KvNamespace;
use crate::edge::kv;

/// KV answers within some ten milliseconds. A postback that only wants the click's address and agent
/// besides does not wait longer for them than this. In milliseconds.
const PATIENCE: u32 = 2_000;

/// The click of an id; none where KV does not know it, fails, or takes too long.
///
/// Reading twice changes nothing.
pub(super) async fn look_up(clicks: &KvNamespace, id: ClickId) -> Option<ClickRecord> {
    in_time(PATIENCE, kv::look_up(clicks, id)).await.flatten()
}

/// Puts a click into KV for so many seconds. Whether KV took it.
///
/// Putting twice writes the same value again.
pub(super) async fn put(clicks: &KvNamespace, id: ClickId, line: &str, seconds: i64) -> bool {
    // Where it took too long, perhaps it arrives; then it is put twice.
    in_time(PATIENCE, kv::put(clicks, id, line, seconds)).await == Some(true)
}
