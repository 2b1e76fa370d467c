//! Rate limiting bindings: both of ours are optional.

use super::js::RateLimit;
use super::reply::set;
use super::settled::settled;
use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

/// Counts one more of `key`, and says whether there were few enough. Without the binding, or where it
/// fails, there is no limit.
pub(super) async fn is_within(limit: Option<RateLimit>, key: &str) -> bool {
    let Some(limit) = limit else { return true };
    let options = Object::new();
    set(&options, "key", &key.into());
    let Ok(outcome) = settled(&limit.limit(&options)).await else { return true };
    let success = Reflect::get(&outcome, &JsValue::from_str("success"));
    success.ok().and_then(|success| success.as_bool()).unwrap_or(true)
}
