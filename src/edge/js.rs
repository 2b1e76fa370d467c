//! The runtime's objects, as thinly as they can be named: one crossing into JavaScript for each call
//! written here, and nothing copied that is not asked for.
//!
//! The `worker` crate's own types do more (`Url` parsing, header maps, error conversion) and cost
//! more: a capture written with them took 1.29 times the CPU of the same Worker on Hono, with these
//! 0.90 times (raw workerd, medians of paired rounds). Only what the hot path needs is here; the
//! ledger's Durable Object uses the crate.

use js_sys::{Object, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// The incoming request.
    pub type Request;
    #[wasm_bindgen(method, getter)]
    pub(super) fn url(this: &Request) -> String;
    #[wasm_bindgen(method, getter)]
    pub(super) fn method(this: &Request) -> String;
    #[wasm_bindgen(method, getter)]
    pub(super) fn headers(this: &Request) -> Headers;

    /// A request's headers.
    pub type Headers;
    #[wasm_bindgen(method)]
    pub(super) fn get(this: &Headers, name: &str) -> Option<String>;

    /// The Worker's bindings, variables and secrets.
    #[wasm_bindgen(extends = Object)]
    pub type Env;
    /// `[[kv_namespaces]] binding = "CLICKS"`
    #[wasm_bindgen(method, getter, js_name = CLICKS)]
    pub(super) fn clicks(this: &Env) -> KvNamespace;
    /// `[vars.CONFIG]`
    #[wasm_bindgen(method, getter, js_name = CONFIG)]
    pub(super) fn config(this: &Env) -> JsValue;

    /// A Workers KV namespace.
    pub type KvNamespace;
    #[wasm_bindgen(method, catch)]
    pub(super) fn put(
        this: &KvNamespace,
        key: &str,
        value: &str,
        options: &JsValue,
    ) -> Result<Promise, JsValue>;

    /// What outlives the answer.
    pub type Context;
    #[wasm_bindgen(method, js_name = waitUntil)]
    pub(super) fn wait_until(this: &Context, promise: &Promise);

    /// An answer.
    pub type Response;
    #[wasm_bindgen(constructor)]
    pub(super) fn with_body(body: Option<&str>, init: &Object) -> Response;
}
