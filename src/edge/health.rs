//! `GET /healthz`.

use super::js::Response;
use super::reply;
use super::setup::Setup;
use super::store;
use crate::health::Health;

/// 200 even where something is wrong: the answer says what, and monitors read `status`.
pub(super) fn answer(setup: &Setup) -> Response {
    reply::json(200, &Health::new(&setup.problems, &setup.secrets, store::tally()))
}
