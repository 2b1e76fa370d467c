//! `GET /c/{campaign}`: the redirect leaves at once, the record is stored behind it.

use super::js::{Context, Env, Headers, Request, Response};
use super::reply;
use super::setup::Ready;
use crate::capture::{Visitor, decide};
use crate::click::{ClickId, ClickRecord};
use crate::slug::Slug;
use crate::time::UnixMillis;
use js_sys::{Date, Object, Reflect};
use std::cell::OnceCell;
use wasm_bindgen::JsValue;

/// Seconds of a day.
const DAY: u32 = 86_400;

/// Answers a click from memory: nothing is awaited.
pub(super) fn answer(
    ready: &Ready,
    request: &Request,
    env: &Env,
    context: &Context,
    method: &str,
    campaign: &str,
    query: &str,
) -> Response {
    let name = Slug::parse(campaign);
    let found = name.and_then(|name| Some((ready.config.campaigns.get(&name)?, name)));
    let Some((campaign, name)) = found else { return reply::unknown_campaign() };
    let Some(random) = random() else { return reply::misconfigured() };
    let headers = VisitorHeaders::read(&request.headers());
    let visitor = headers.visitor(method == "HEAD", query);
    let captured = decide(&name, campaign, &visitor, now(), random);
    if let Some((id, record)) = captured.click {
        store(env, context, ready.config.click_ttl_days, &id, &record);
    }
    reply::redirect(&captured.location, captured.set_cookie.as_deref())
}

/// Hands the record to KV; the runtime keeps the put alive behind the answer.
fn store(env: &Env, context: &Context, ttl_days: u32, id: &ClickId, record: &ClickRecord) {
    let Ok(line) = record.encode() else { return };
    let put = put_options(ttl_days, |options| env.clicks().put(&id.kv_key(), &line, options));
    if let Ok(promise) = put {
        context.wait_until(&promise);
    }
}

/// Lends `{expirationTtl}` out: the object is made once per isolate.
fn put_options<T>(ttl_days: u32, lend: impl FnOnce(&JsValue) -> T) -> T {
    thread_local! {
        static OPTIONS: OnceCell<JsValue> = const { OnceCell::new() };
    }
    OPTIONS.with(|options| {
        lend(options.get_or_init(|| {
            let options = Object::new();
            let seconds = f64::from(ttl_days.saturating_mul(DAY));
            let _ = Reflect::set(&options, &"expirationTtl".into(), &JsValue::from_f64(seconds));
            options.into()
        }))
    })
}

fn random() -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}

/// Milliseconds since the epoch. JavaScript's clock gives whole numbers far below 2^53.
pub(super) fn now() -> UnixMillis {
    #[allow(clippy::as_conversions, reason = "a whole f64 far below 2^53")]
    UnixMillis(Date::now() as i64)
}

/// The headers of a click, read once.
#[derive(Default)]
struct VisitorHeaders {
    cookies: String,
    ip: String,
    country: String,
    user_agent: String,
    accept_language: String,
    referrer: String,
    purpose: String,
}

impl VisitorHeaders {
    fn read(headers: &Headers) -> Self {
        let read = |name: &str| headers.get(name).unwrap_or_default();
        Self {
            cookies: read("cookie"),
            ip: read("cf-connecting-ip"),
            country: read("cf-ipcountry"),
            user_agent: read("user-agent"),
            accept_language: read("accept-language"),
            referrer: read("referer"),
            purpose: headers
                .get("sec-purpose")
                .or_else(|| headers.get("purpose"))
                .or_else(|| headers.get("x-moz"))
                .unwrap_or_default(),
        }
    }

    fn visitor<'a>(&'a self, is_head: bool, query: &'a str) -> Visitor<'a> {
        Visitor {
            is_head,
            query,
            cookies: &self.cookies,
            ip: &self.ip,
            country: &self.country,
            user_agent: &self.user_agent,
            accept_language: &self.accept_language,
            referrer: &self.referrer,
            purpose: &self.purpose,
        }
    }
}
