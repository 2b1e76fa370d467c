//! Clicks in KV, from the ledger's side: looked up again when they were not known, put there when KV
//! would not take them before.

use crate::click::{ClickId, ClickRecord};
use crate::edge::js::KvNamespace;
use crate::edge::reply::set;
use crate::edge::settled::settled;
use futures_util::future::{Either, select};
use js_sys::Object;
use std::pin::pin;
use std::time::Duration;
use wasm_bindgen::JsValue;
use worker::Delay;

/// KV answers within some ten milliseconds. A postback that only wants the click's address and agent
/// besides does not wait longer for them than this.
const PATIENCE: Duration = Duration::from_secs(2);

/// The click of an id; none where KV does not know it, fails, or takes too long.
///
/// Reading twice changes nothing.
pub(super) async fn look_up(clicks: &KvNamespace, id: ClickId) -> Option<ClickRecord> {
    let read = settled(&clicks.look_up(&id.kv_key()));
    match select(read, pin!(Delay::from(PATIENCE))).await {
        Either::Left((line, _)) => ClickRecord::decode(&line.ok()?.as_string()?).ok(),
        Either::Right(_) => None,
    }
}

/// Puts a click into KV for so many seconds. Whether KV took it.
///
/// Putting twice writes the same value again.
pub(super) async fn put(clicks: &KvNamespace, id: ClickId, line: &str, seconds: i64) -> bool {
    let options = Object::new();
    #[allow(clippy::as_conversions, reason = "a year of seconds is exact")]
    set(&options, "expirationTtl", &JsValue::from_f64(seconds as f64));
    let Ok(promise) = clicks.put(&id.kv_key(), line, &options) else { return false };
    // See above.
    match select(settled(&promise), pin!(Delay::from(PATIENCE))).await {
        Either::Left((taken, _)) => taken.is_ok(),
        // Perhaps it arrives; then it is put twice.
        Either::Right(_) => false,
    }
}
