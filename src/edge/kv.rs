//! Clicks in KV, for the front Worker and the ledger. How long either waits is its own to say.

use super::js::KvNamespace;
use super::reply::set;
use super::settled::settled;
use crate::click::{ClickId, ClickRecord};
use js_sys::Object;
use wasm_bindgen::JsValue;

/// The click of an id; none where KV does not know it, or fails.
///
/// Reading twice changes nothing.
pub(super) async fn look_up(clicks: &KvNamespace, id: ClickId) -> Option<ClickRecord> {
    let line = settled(&clicks.look_up(&id.kv_key())).await.ok()?.as_string()?;
    ClickRecord::decode(&line).ok()
}

/// Puts a click into KV for so many seconds. Whether KV took it.
///
/// Putting twice writes the same value again.
pub(super) async fn put(clicks: &KvNamespace, id: ClickId, line: &str, seconds: i64) -> bool {
    let options = Object::new();
    #[allow(clippy::as_conversions, reason = "a year of seconds is exact")]
    set(&options, "expirationTtl", &JsValue::from_f64(seconds as f64));
    let Ok(promise) = clicks.put(&id.kv_key(), line, &options) else { return false };
    settled(&promise).await.is_ok()
}
