//! The runtime's objects, as thinly as they can be named: one crossing into JavaScript for each call
//! written here, and nothing copied that is not asked for.
//!
//! The `worker` crate's own types do more (`Url` parsing, header maps, error conversion) and cost
//! more: a capture written with them took 1.29 times the CPU of the same Worker on Hono, with these
//! 0.90 times (raw workerd, medians of paired rounds). The crate is in the Worker for what it does
//! when the module panics, and for its timers.

use js_sys::{Function, Object, Promise, Uint8Array};
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
    #[wasm_bindgen(method, getter)]
    pub(super) fn body(this: &Request) -> Option<ReadableStream>;

    /// A body on its way.
    pub type ReadableStream;
    #[wasm_bindgen(method, catch, js_name = getReader)]
    pub(super) fn get_reader(this: &ReadableStream) -> Result<Reader, JsValue>;

    /// Reads a body piece by piece.
    pub type Reader;
    #[wasm_bindgen(method)]
    pub(super) fn read(this: &Reader) -> Promise;
    #[wasm_bindgen(method)]
    pub(super) fn cancel(this: &Reader) -> Promise;

    /// One piece, or the end.
    pub type Piece;
    #[wasm_bindgen(method, getter)]
    pub(super) fn done(this: &Piece) -> bool;
    #[wasm_bindgen(method, getter)]
    pub(super) fn value(this: &Piece) -> Option<Uint8Array>;

    /// The headers of a request or an answer.
    #[derive(Clone)]
    pub type Headers;
    #[wasm_bindgen(method)]
    pub(super) fn get(this: &Headers, name: &str) -> Option<String>;

    /// The Worker's bindings, variables and secrets.
    #[derive(Clone)]
    #[wasm_bindgen(extends = Object)]
    pub type Env;
    /// `[[kv_namespaces]] binding = "CLICKS"`
    #[wasm_bindgen(method, getter, js_name = CLICKS)]
    pub(super) fn clicks(this: &Env) -> KvNamespace;
    /// `[[ratelimits]] name = "AUTH_LIMIT"`; a Worker without it has no such limit.
    #[wasm_bindgen(method, getter, js_name = AUTH_LIMIT)]
    pub(super) fn auth_limit(this: &Env) -> Option<RateLimit>;
    /// `[[ratelimits]] name = "CLICK_LIMIT"`; a Worker without it has no such limit.
    #[wasm_bindgen(method, getter, js_name = CLICK_LIMIT)]
    pub(super) fn click_limit(this: &Env) -> Option<RateLimit>;
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
    /// `null` where there is no such key.
    #[wasm_bindgen(method, js_name = get)]
    pub(super) fn look_up(this: &KvNamespace, key: &str) -> Promise;

    /// A rate limiting binding.
    pub type RateLimit;

    /// What outlives the answer.
    #[derive(Clone)]
    pub type Context;
    #[wasm_bindgen(method, js_name = waitUntil)]
    pub(super) fn wait_until(this: &Context, promise: &Promise);
    /// If an exception leaves the handler, the request goes to the origin as if we were not there.
    #[wasm_bindgen(method, js_name = passThroughOnException)]
    pub(super) fn pass_through_on_exception(this: &Context);

    /// An answer: ours, or an origin's.
    pub type Response;
    #[wasm_bindgen(constructor)]
    pub(super) fn with_body(body: Option<&str>, init: &Object) -> Response;

    /// Sends a request on, as it came.
    #[wasm_bindgen(catch, js_name = fetch)]
    pub(super) fn send_on(request: &Request) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_namespace = console, js_name = log)]
    pub(super) fn console_log(line: &str);
}

/// What every click and every postback needs, with one crossing for each function. Measured in pairs
/// (CPU of raw workerd): clicks took 1.10 (redirect) and 1.26 times (new click) that of the Worker on
/// Hono without these, postbacks 1.52 times.
#[wasm_bindgen(module = "/src/edge/glue.js")]
extern "C" {
    /// `GET https://…`
    #[wasm_bindgen(js_name = requestLine)]
    pub(super) fn request_line(request: &Request) -> String;

    /// A visitor's headers, one a line, in the order of [`super::visitor`].
    pub(super) fn visitor(request: &Request, with_gpc: bool) -> String;

    /// `302`, never cached, not for search engines. `lines`: the location, and below it the cookie, if
    /// one is to be set.
    pub(super) fn redirect(lines: &str) -> Response;

    /// Puts a click into KV behind the answer; `click` has three lines: its key, its record, and the
    /// visitor, who is asked of the rate limit first if `asks_limit`. Only where that does not succeed
    /// within `time_out` milliseconds (and at most one second more), `otherwise(env, key, line,
    /// forbidden)` is called, and what it promises is waited for.
    pub(super) fn keep(
        env: &Env,
        context: &Context,
        click: &str,
        asks_limit: bool,
        expiration_ttl: u32,
        time_out: u32,
        otherwise: &Function,
    );

    /// Counts one more of `key`, and says whether there were few enough: `true` where the limit fails.
    #[wasm_bindgen(js_name = isWithin)]
    pub(super) fn is_within(limit: &RateLimit, key: &str) -> Promise;

    /// The page that is promised, with one cookie more. JavaScript waits for it: a panic beside it
    /// ends every future of the wasm, and no page may end with them.
    #[wasm_bindgen(js_name = withCookie)]
    pub(super) fn with_cookie(page: &Promise, cookie: &str) -> Promise;

    /// Calls `settle(number, fulfilled, value)` once the promise is settled.
    pub(super) fn when(promise: &Promise, number: u32, settle: &Function);

    /// A turn of the event loop.
    pub(super) fn turn() -> Promise;

    /// A lead platform's headers, one a line, in the order of [`super::postback`].
    pub(super) fn sender(request: &Request) -> String;

    /// The body as an `ArrayBuffer`, where its length is known and at most `most`: ten times cheaper
    /// than reading a stream.
    #[wasm_bindgen(js_name = wholeBody)]
    pub(super) fn whole_body(request: &Request, most: u32) -> Option<Promise>;

    /// Asks one shard of the ledger: a text for a text, or `undefined`.
    pub(super) fn ask(env: &Env, shard: &str, question: &str) -> Promise;

    /// An answer with a body.
    #[wasm_bindgen(js_name = answer)]
    pub(super) fn with_type(status: u16, content_type: &str, body: &str) -> Response;
}
