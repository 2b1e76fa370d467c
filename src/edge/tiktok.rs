//! The request to TikTok: one POST, with a time-out, no redirects, and an answer of bounded length.
//! What the answer means is `ledger::answer`'s.

use super::clock::in_time;
use super::js::ReadableStream;
use super::reply::set;
use super::settled::settled;
use crate::ledger::answer::Fetched;
use crate::ledger::settings::AccessToken;
use js_sys::{Object, Promise};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use worker::AbortController;

/// TikTok answers within a second; after ten it will not. In milliseconds.
const TIME_OUT: u32 = 10_000;
/// As much of an answer as is read. TikTok's are a few hundred bytes.
const MOST_BYTES: usize = 64 * 1_024;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch)]
    fn js_fetch(url: &str, init: &Object) -> Promise;

    type Answer;
    #[wasm_bindgen(method, getter)]
    fn status(this: &Answer) -> u16;
    #[wasm_bindgen(method, getter)]
    fn headers(this: &Answer) -> Headers;
    #[wasm_bindgen(method, getter)]
    fn body(this: &Answer) -> Option<ReadableStream>;

    type Headers;
    #[wasm_bindgen(method)]
    fn get(this: &Headers, name: &str) -> Option<String>;
}

/// Posts a body to TikTok. Never fails: whatever goes wrong is an answer of its own.
pub(super) async fn post(url: &str, token: &AccessToken, body: &str) -> Fetched {
    let abort = AbortController::default();
    let headers = Object::new();
    set(&headers, "Access-Token", &token.expose().into());
    set(&headers, "Content-Type", &"application/json".into());
    let init = Object::new();
    set(&init, "method", &"POST".into());
    set(&init, "headers", &headers);
    set(&init, "body", &body.into());
    // A redirect would carry the token to wherever it points.
    set(&init, "redirect", &"manual".into());
    set(&init, "signal", abort.signal().as_ref());
    // Running twice sends the same events with the same ids, which TikTok drops.
    match in_time(TIME_OUT, exchange(url, &init)).await {
        Some(fetched) => fetched.unwrap_or(Fetched::Network),
        None => {
            abort.abort();
            Fetched::TimeOut
        }
    }
}

async fn exchange(url: &str, init: &Object) -> Result<Fetched, JsValue> {
    // See `post` for what happens if it runs twice.
    let answer: Answer = settled(&js_fetch(url, init)).await?.unchecked_into();
    let status = answer.status();
    let retry_after = answer.headers().get("retry-after");
    let retry_after = retry_after.and_then(|seconds| seconds.trim().parse().ok());
    let bytes = match answer.body() {
        // Nothing is done twice by reading on.
        Some(stream) => super::body::read_stream(&stream, MOST_BYTES).await?,
        None => Vec::new(),
    };
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Fetched::Http { status, body, retry_after })
}
