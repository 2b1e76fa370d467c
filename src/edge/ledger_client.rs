//! Asks the ledger: one call of one shard, JSON there and back.

use super::js::{self, Env};
use crate::ledger::protocol::{Ask, shard_name};
use serde::de::DeserializeOwned;
use wasm_bindgen_futures::JsFuture;

/// The ledger could not be reached, or did nothing: nothing was stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unavailable;

/// Asks one shard.
///
/// Asking twice is safe: what a postback stores is stored once, by its event id.
pub(super) async fn ask<T: DeserializeOwned>(
    env: &Env,
    shard: u32,
    question: &Ask,
) -> Result<T, Unavailable> {
    let question = serde_json::to_string(question).map_err(|_| Unavailable)?;
    let answer = JsFuture::from(js::ask(env, &shard_name(shard), &question)).await;
    let answer = answer.ok().and_then(|answer| answer.as_string()).ok_or(Unavailable)?;
    serde_json::from_str(&answer).map_err(|_| Unavailable)
}
