//! A visitor's headers, read once.

use super::js::Headers;
use crate::capture::{PageWords, Visitor};
use crate::config::Campaign;
use wasm_bindgen::JsValue;

/// The headers that matter to a click.
#[derive(Default)]
pub(super) struct VisitorHeaders {
    cookies: String,
    pub(super) ip: String,
    country: String,
    user_agent: String,
    accept_language: String,
    referrer: String,
    purpose: String,
    has_gpc: bool,
}

/// The names of these headers as JavaScript strings, made once per isolate: making one costs as much
/// as reading the header.
struct Names {
    cookie: JsValue,
    ip: JsValue,
    country: JsValue,
    user_agent: JsValue,
    accept_language: JsValue,
    referrer: JsValue,
    purposes: [JsValue; 3],
    gpc: JsValue,
}

thread_local! {
    static NAMES: Names = Names {
        cookie: "cookie".into(),
        ip: "cf-connecting-ip".into(),
        country: "cf-ipcountry".into(),
        user_agent: "user-agent".into(),
        accept_language: "accept-language".into(),
        referrer: "referer".into(),
        purposes: ["sec-purpose", "purpose", "x-moz"].map(JsValue::from_str),
        gpc: "sec-gpc".into(),
    };
}

impl VisitorHeaders {
    pub(super) fn read(headers: &Headers, campaign: &Campaign) -> Self {
        let read = |name: &JsValue| headers.get_kept(name).unwrap_or_default();
        NAMES.with(|names| Self {
            cookies: read(&names.cookie),
            ip: read(&names.ip),
            country: read(&names.country),
            user_agent: read(&names.user_agent),
            accept_language: read(&names.accept_language),
            referrer: read(&names.referrer),
            purpose: names
                .purposes
                .iter()
                .find_map(|name| headers.get_kept(name))
                .unwrap_or_default(),
            // Each header is a crossing into JavaScript: asked for only where it matters.
            has_gpc: campaign.honor_gpc && read(&names.gpc) == "1",
        })
    }

    pub(super) fn visitor<'a>(
        &'a self,
        is_head: bool,
        host: &'a str,
        query: &'a str,
    ) -> Visitor<'a> {
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
            has_gpc: self.has_gpc,
            host,
            page: PageWords::default(),
        }
    }
}
