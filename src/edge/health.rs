//! `GET /healthz`.

use super::api;
use super::clock::in_time;
use super::js::{Env, Response};
use super::reply;
use super::setup::Setup;
use super::store;
use crate::health::Health;

/// How long the ledger may take, in milliseconds: monitors give up after ten seconds or so, and what
/// is known without it is worth knowing.
const LEDGER_TIME_OUT: u32 = 5_000;

/// 200 even where something is wrong: the answer says what, and monitors read `status`.
pub(super) async fn answer(setup: &Setup, env: &Env) -> Response {
    let ledger = match setup.ready() {
        Some(ready) => {
            let asked = api::health(env, ready.config.ledger_shards);
            Some(in_time(LEDGER_TIME_OUT, asked).await.and_then(Result::ok))
        }
        None => None,
    };
    reply::json(200, &Health::new(&setup.problems, &setup.secrets, ledger, store::tally()))
}
