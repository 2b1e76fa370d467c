//! `GET /healthz`.

use super::api;
use super::js::{Env, Response};
use super::reply;
use super::setup::Setup;
use super::store;
use crate::health::Health;

/// 200 even where something is wrong: the answer says what, and monitors read `status`.
pub(super) async fn answer(setup: &Setup, env: &Env) -> Response {
    let ledger = match setup.ready() {
        Some(ready) => Some(api::health(env, ready.config.ledger_shards).await.ok()),
        None => None,
    };
    reply::json(200, &Health::new(&setup.problems, &setup.secrets, ledger, store::tally()))
}
