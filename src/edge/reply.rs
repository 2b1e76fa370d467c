//! Answers: status, headers and body as the runtime takes them.

use super::js::Response;
use crate::postback::answer::Reply;
use js_sys::{Object, Reflect};
use serde::Serialize;
use wasm_bindgen::JsValue;

const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");
const TEXT: (&str, &str) = ("content-type", "text/plain; charset=utf-8");
/// An answer to one caller is of no use to another.
const NO_STORE: (&str, &str) = ("cache-control", "no-store");
/// Redirects and answers are not for search engines.
const NO_INDEX: (&str, &str) = ("x-robots-tag", "noindex");

/// An answer with a body.
pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: Option<&str>) -> Response {
    let map = Object::new();
    for (name, value) in headers {
        set(&map, name, &JsValue::from_str(value));
    }
    let init = Object::new();
    set(&init, "status", &JsValue::from_f64(f64::from(status)));
    set(&init, "headers", &map);
    Response::with_body(body, &init)
}

/// `302`, never cached: the next click is another click.
pub(super) fn redirect(location: &str, set_cookie: Option<&str>) -> Response {
    let location = ("location", location);
    match set_cookie {
        Some(cookie) => answer(302, &[location, NO_STORE, NO_INDEX, ("set-cookie", cookie)], None),
        None => answer(302, &[location, NO_STORE, NO_INDEX], None),
    }
}

/// JSON; what cannot be written as JSON is an empty object, and nothing that is answered cannot.
pub(super) fn json(status: u16, body: &impl Serialize) -> Response {
    let body = serde_json::to_string(body).unwrap_or_else(|_| "{}".to_owned());
    answer(status, &[JSON, NO_STORE, NO_INDEX], Some(&body))
}

/// The answer to a postback.
pub(super) fn postback(reply: &Reply) -> Response {
    let retry_after = reply.retry_after.map(|seconds| seconds.to_string());
    let mut headers = vec![("content-type", reply.content_type), NO_STORE, NO_INDEX];
    headers.extend(retry_after.as_deref().map(|seconds| ("retry-after", seconds)));
    headers.extend(reply.allow.map(|methods| ("allow", methods)));
    answer(reply.status, &headers, Some(&reply.body))
}

/// Plain words for a person who came with a browser.
pub(super) fn words(status: u16, words: &str) -> Response {
    answer(status, &[TEXT, NO_STORE, NO_INDEX], Some(words))
}

pub(super) fn not_found() -> Response {
    words(404, "There is nothing here. Check the address.\n")
}

pub(super) fn unknown_campaign() -> Response {
    words(
        404,
        "No such campaign. If you own this Worker: check the name behind /c/ in the ad's URL \
         against [vars.CONFIG.campaigns] in wrangler.toml.\n",
    )
}

pub(super) fn method_not_allowed(allow: &str) -> Response {
    let headers = [TEXT, NO_STORE, NO_INDEX, ("allow", allow)];
    answer(405, &headers, Some("This address does not take that method.\n"))
}

pub(super) fn misconfigured() -> Response {
    let headers = [TEXT, NO_STORE, NO_INDEX, ("retry-after", "60")];
    answer(503, &headers, Some("Not configured: /healthz says what is wrong.\n"))
}

/// Sets a property of a plain object; that cannot fail, for nothing has frozen it.
pub(super) fn set(object: &Object, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &JsValue::from_str(name), value);
}
