//! The runtime's objects, as thinly as they can be named: one crossing into JavaScript for each call
//! written here, and nothing copied that is not asked for.
//!
//! The `worker` crate's own types do more (`Url` parsing, header maps, error conversion) and cost
//! more: a capture written with them took 1.29 times the CPU of the same Worker on Hono, with these
//! 0.90 times (raw workerd, medians of paired rounds). Only what the hot path needs is here; the
//! ledger's Durable Object uses the crate.

use js_sys::{Array, Function, Object, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// The incoming request.
    #[derive(Clone)]
    pub type Request;
    #[wasm_bindgen(method, getter)]
    pub(super) fn url(this: &Request) -> String;
    #[wasm_bindgen(method, getter)]
    pub(super) fn method(this: &Request) -> String;
    #[wasm_bindgen(method, getter)]
    pub(super) fn headers(this: &Request) -> Headers;
    #[wasm_bindgen(method, catch)]
    pub(super) fn text(this: &Request) -> Result<Promise, JsValue>;

    /// The headers of a request or an answer.
    pub type Headers;
    #[wasm_bindgen(method)]
    pub(super) fn get(this: &Headers, name: &str) -> Option<String>;
    #[wasm_bindgen(method, catch)]
    pub(super) fn append(this: &Headers, name: &str, value: &str) -> Result<(), JsValue>;

    /// The Worker's bindings, variables and secrets.
    #[wasm_bindgen(extends = Object)]
    #[derive(Clone)]
    pub type Env;
    /// `[[kv_namespaces]] binding = "CLICKS"`
    #[wasm_bindgen(method, getter, js_name = CLICKS)]
    pub(super) fn clicks(this: &Env) -> KvNamespace;
    /// `[[ratelimits]] name = "CLICK_LIMIT"`, where the owner has set one.
    #[wasm_bindgen(method, getter, js_name = CLICK_LIMIT)]
    pub(super) fn click_limit(this: &Env) -> Option<RateLimit>;
    /// `[[durable_objects.bindings]] name = "LEDGER"`
    #[wasm_bindgen(method, getter, js_name = LEDGER)]
    pub(super) fn ledger(this: &Env) -> Option<DurableObjectNamespace>;
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

    /// A rate limiting binding.
    pub type RateLimit;
    /// Resolves to `{success}`.
    #[wasm_bindgen(method, catch)]
    pub(super) fn limit(this: &RateLimit, options: &Object) -> Result<Promise, JsValue>;

    /// The Durable Objects of one class.
    pub type DurableObjectNamespace;
    #[wasm_bindgen(method, catch, js_name = getByName)]
    pub(super) fn get_by_name(
        this: &DurableObjectNamespace,
        name: &str,
    ) -> Result<DurableObject, JsValue>;

    /// One Durable Object.
    pub type DurableObject;
    #[wasm_bindgen(method, catch)]
    pub(super) fn fetch(this: &DurableObject, url: &str, init: &Object)
    -> Result<Promise, JsValue>;

    /// What outlives the answer.
    #[derive(Clone)]
    pub type Context;
    #[wasm_bindgen(method, js_name = waitUntil)]
    pub(super) fn wait_until(this: &Context, promise: &Promise);
    /// If an exception leaves the handler, the request goes to the origin as if we were not there.
    #[wasm_bindgen(method, js_name = passThroughOnException)]
    pub(super) fn pass_through_on_exception(this: &Context);

    /// An answer.
    pub type Response;
    #[wasm_bindgen(constructor)]
    pub(super) fn with_body(body: Option<&str>, init: &Object) -> Response;
    /// A copy whose headers can be changed; the body is the same stream.
    #[wasm_bindgen(constructor, catch)]
    pub(super) fn with_stream(body: &JsValue, like: &Response) -> Result<Response, JsValue>;
    #[wasm_bindgen(method, getter)]
    pub(super) fn body(this: &Response) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub(super) fn status(this: &Response) -> u16;
    #[wasm_bindgen(method, getter, js_name = headers)]
    pub(super) fn response_headers(this: &Response) -> Headers;

    /// Sends a request on, as it came.
    #[wasm_bindgen(catch, js_name = fetch)]
    pub(super) fn fetch_request(request: &Request) -> Result<Promise, JsValue>;
    #[wasm_bindgen(js_name = setTimeout)]
    pub(super) fn set_timeout(then: &Function, milliseconds: u32) -> JsValue;
}

/// Resolves after some time.
pub(super) fn sleep(milliseconds: u32) -> Promise {
    Promise::new(&mut |resolve, _| {
        set_timeout(&resolve, milliseconds);
    })
}

/// As the promise, but rejects if it takes longer.
pub(super) fn within(promise: &Promise, milliseconds: u32) -> Promise {
    let late = Promise::new(&mut |_, reject| {
        set_timeout(&reject, milliseconds);
    });
    Promise::race(&Array::of2(promise, &late))
}
