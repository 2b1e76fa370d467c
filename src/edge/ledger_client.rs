//! Asks the ledger: one request to one shard, JSON there and back.

use super::js::{Env, Response};
use super::reply;
use crate::ledger::protocol::{Ask, shard_name};
use futures_util::future::try_join_all;
use js_sys::Object;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

/// The ledger could not be reached, or did nothing: nothing was stored.
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
    let body = serde_json::to_string(question).map_err(|_| Unavailable)?;
    let init = Object::new();
    reply::set(&init, "method", &"POST".into());
    reply::set(&init, "body", &body.into());
    let stub = env.ledger().get_by_name(&shard_name(shard)).map_err(|_| Unavailable)?;
    // The host is never looked up: the request goes to the object.
    let response = JsFuture::from(stub.call("http://ledger/", &init)).await;
    let response: Response = response.map_err(|_| Unavailable)?.unchecked_into();
    let text = JsFuture::from(response.text()).await.map_err(|_| Unavailable)?;
    let text = text.as_string().ok_or(Unavailable)?;
    if response.status() != 200 {
        return Err(Unavailable);
    }
    Ok(text)
}
