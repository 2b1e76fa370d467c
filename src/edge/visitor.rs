//! A visitor's headers, read once.

use super::js::Headers;
use crate::capture::{PageWords, Visitor};
use crate::config::Campaign;

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

impl VisitorHeaders {
    pub(super) fn read(headers: &Headers, campaign: &Campaign) -> Self {
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
            // Each header is a crossing into JavaScript: asked for only where it matters.
            has_gpc: campaign.honor_gpc && read("sec-gpc") == "1",
        }
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
