//! Asks the ledger: one call of one shard, JSON there and back.

use super::js::{self, Env};
use super::settled::settled;
use crate::ledger::protocol::{Ask, shard_name};
use futures_util::future::try_join_all;
use serde::de::DeserializeOwned;

/// The ledger could not be reached, or could not do it: nothing is promised.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unavailable;

/// Asks one shard.
pub(super) async fn ask<T: DeserializeOwned>(
    env: &Env,
    shard: u32,
    question: &Ask,
) -> Result<T, Unavailable> {
    // Asking twice is safe: see `ask_in_json`.
    read(&ask_in_json(env, shard, question).await?)
}

/// Asks several shards at the same time; the answers stand in the order of the questions.
pub(super) async fn ask_each<T: DeserializeOwned>(
    env: &Env,
    questions: &[(u32, Ask)],
) -> Result<Vec<T>, Unavailable> {
    let asked = questions.iter().map(|(shard, question)| ask_in_json(env, *shard, question));
    // Asking twice is safe: see `ask_in_json`.
    try_join_all(asked).await?.iter().map(|text| read(text)).collect()
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unavailable> {
    serde_json::from_str(text).map_err(|_| Unavailable)
}

/// Asks one shard; the answer is JSON. (Whatever waits here exists once in the Worker, and not once
/// for each type that is read: these futures are large.)
///
/// Asking twice is safe: what a postback stores is stored once, by its event id.
async fn ask_in_json(env: &Env, shard: u32, question: &Ask) -> Result<String, Unavailable> {
    let question = serde_json::to_string(question).map_err(|_| Unavailable)?;
    let answer = settled(&js::ask(env, &shard_name(shard), &question)).await;
    // A ledger that could not do it answers nothing.
    answer.ok().and_then(|answer| answer.as_string()).ok_or(Unavailable)
}
