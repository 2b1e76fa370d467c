//! The configuration as the ledger needs it. A secret that is not set keeps the front door shut, but
//! here it only holds its own pixel: what the others have in the outbox goes on.

use crate::config::Config;
use crate::edge::js::Env;
use crate::ledger::Settings;
use js_sys::{JSON, Reflect};
use wasm_bindgen::JsValue;

/// The settings; none where the configuration does not hold.
pub(super) fn settings(env: &Env) -> Option<Settings> {
    let config = env.config();
    let json = config.as_string().or_else(|| JSON::stringify(&config).ok().map(String::from))?;
    let config = Config::parse(&serde_json::from_str(&json).ok()?).ok()?;
    let secret = |name: &str| Reflect::get(env, &JsValue::from_str(name)).ok()?.as_string();
    Some(Settings::of(&config, |name| secret(name.as_str())))
}
