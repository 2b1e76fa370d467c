//! Answers: status, headers and body as the runtime takes them.

use super::js::{Response, with_type};
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

/// JSON; what cannot be written as JSON is an empty object, and nothing that is answered cannot.
pub(super) fn json(status: u16, body: &impl Serialize) -> Response {
    let body = serde_json::to_string(body).unwrap_or_else(|_| "{}".to_owned());
    with_type(status, JSON.1, &body)
}

/// The answer to a postback.
pub(super) fn postback(reply: &Reply) -> Response {
    if reply.retry_after.is_none() && reply.allow.is_none() {
        return with_type(reply.status, reply.content_type, &reply.body);
    }
    let retry_after = reply.retry_after.map(|seconds| seconds.to_string());
    let mut headers = vec![("content-type", reply.content_type), NO_STORE, NO_INDEX];
    headers.extend(retry_after.as_deref().map(|seconds| ("retry-after", seconds)));
    headers.extend(reply.allow.map(|methods| ("allow", methods)));
    answer(reply.status, &headers, Some(&reply.body))
}

/// JSON for a page of another origin, which its visitor's cookies may come along with.
pub(super) fn json_to_page(
    body: &impl Serialize,
    origin: &str,
    set_cookie: Option<&str>,
) -> Response {
    let body = serde_json::to_string(body).unwrap_or_else(|_| "{}".to_owned());
    let [allow, credentials, vary] = cross_origin(origin);
    let headers = [JSON, NO_STORE, NO_INDEX, allow, credentials, vary];
    let mut headers = headers.to_vec();
    headers.extend(set_cookie.map(|cookie| ("set-cookie", cookie)));
    answer(200, &headers, Some(&body))
}

/// The answer to a browser that asks before it posts from a page of another origin.
pub(super) fn preflight(origin: &str) -> Response {
    let [allow, credentials, vary] = cross_origin(origin);
    let methods = ("access-control-allow-methods", "POST");
    let headers = ("access-control-allow-headers", "content-type");
    // A day: what is allowed changes with the configuration only.
    let max_age = ("access-control-max-age", "86400");
    answer(204, &[allow, credentials, vary, methods, headers, max_age], None)
}

/// What lets a page of one origin, and of no other, read an answer.
fn cross_origin(origin: &str) -> [(&'static str, &str); 3] {
    [
        ("access-control-allow-origin", origin),
        ("access-control-allow-credentials", "true"),
        ("vary", "origin"),
    ]
}

/// A script that any page may load.
pub(super) fn script(script: &str) -> Response {
    let headers = [
        ("content-type", "text/javascript; charset=utf-8"),
        // An hour: a new version of it is on every page the same day.
        ("cache-control", "public, max-age=3600"),
        ("access-control-allow-origin", "*"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("x-content-type-options", "nosniff"),
        NO_INDEX,
    ];
    answer(200, &headers, Some(script))
}

/// Plain words for a person who came with a browser. Written here, all of them: nothing that somebody
/// sent can be among them.
fn words(status: u16, words: &'static str) -> Response {
    with_type(status, TEXT.1, words)
}

pub(super) fn not_found() -> Response {
    words(404, "There is nothing here. Check the address.\n")
}

pub(super) fn unknown_campaign() -> Response {
    words(
        404,
        "No such campaign, or it does not run now. If you own this Worker: check the name behind /c/ in the ad's URL, \
         or behind c= in the page script's, against [vars.CONFIG.campaigns] in wrangler.toml.\n",
    )
}

pub(super) fn leads_back() -> Response {
    words(
        508,
        "This campaign leads back to itself. If you own this Worker: its destination must be the \
         landing page, not a click link.\n",
    )
}

pub(super) fn origin_not_allowed() -> Response {
    words(
        403,
        "Pages of this origin may not report clicks. If you own this Worker: add the page's host to \
         the campaign's allowed_hosts in wrangler.toml.\n",
    )
}

pub(super) fn unreadable() -> Response {
    words(400, "Too long, or neither JSON nor a form that this address knows.\n")
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
