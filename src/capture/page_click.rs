//! `POST /capture`: a click that the page script saw on a page we cannot route.

use super::visit::Visit;
use super::visitor::{PageWords, Visitor};
use crate::click::{ClickId, ClickRecord};
use crate::config::{Campaign, WebAddress};
use crate::query;
use crate::slug::Slug;
use crate::time::UnixMillis;
use serde::Deserialize;

/// Longest address of a page that is remembered, in bytes.
const MAX_URL: usize = 4_096;

/// What the page script sends: JSON, or a form with the same names.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(default)]
pub struct PageReport {
    /// The page's `ttclid`.
    pub ttclid: String,
    /// The cookie `_ttp`.
    pub ttp: String,
    /// The page's address.
    pub url: String,
    /// Where the visitor came from.
    pub referrer: String,
}

impl PageReport {
    /// Longest body, in bytes: a ttclid of 1,000, two addresses of 4,096, each three times as long
    /// where a form encodes them, and room to spare.
    pub const MAX_BODY: usize = 32_768;

    /// Reads a body; none if it is too long or in no form of ours. Names nobody knows are ignored.
    pub fn parse(body: &str) -> Option<Self> {
        if body.len() > Self::MAX_BODY {
            return None;
        }
        if body.trim_start().starts_with('{') {
            return serde_json::from_str(body).ok();
        }
        let field = |name| query::value(body, name).unwrap_or_default().into_owned();
        let report = Self {
            ttclid: field("ttclid"),
            ttp: field("ttp"),
            url: field("url"),
            referrer: field("referrer"),
        };
        (report != Self::default()).then_some(report)
    }
}

/// How a page's click is answered.
#[derive(Clone, PartialEq, Debug)]
pub struct PageClick {
    /// The click id for the page's forms.
    pub id: ClickId,
    /// The `Set-Cookie` header, where there is one to set.
    pub set_cookie: Option<String>,
    /// What is to be stored, where there is something.
    pub click: Option<(ClickId, ClickRecord)>,
    /// Whether it counts as a click: a person made it.
    pub is_visit: bool,
}

/// Whether pages of an origin (the `Origin` header) may send clicks to the campaign: those of its
/// `allowed_hosts` and of its landing pages, over https. A page under development may be on this
/// machine's own http.
pub fn is_allowed_origin(campaign: &Campaign, origin: &str) -> bool {
    let allowed = |host: &str| {
        campaign.allowed_hosts.iter().any(|allowed| allowed == host)
            || campaign.landing_pages.iter().any(|page| page.authority() == host)
    };
    let is_local = |host: &str| {
        let name = host.split(':').next().unwrap_or_default();
        matches!(name, "localhost" | "127.0.0.1")
    };
    match origin.split_once("://") {
        Some(("https", host)) => allowed(host),
        Some(("http", host)) => is_local(host) && allowed(host),
        _ => false,
    }
}

/// Decides on a click that a page of `origin` reports. `request` is what the report's own request
/// says: address, browser, cookies, and the script's query string.
pub fn page_click(
    name: &Slug,
    campaign: &Campaign,
    report: &PageReport,
    origin: &str,
    request: &Visitor<'_>,
    now: UnixMillis,
    random: [u8; 16],
) -> PageClick {
    let url = page_url(&report.url, origin);
    let visitor = Visitor {
        query: url.split_once('?').map_or("", |(_, query)| query),
        referrer: &report.referrer,
        page: PageWords { ttclid: &report.ttclid, ttp: &report.ttp, script_query: request.query },
        ..*request
    };
    let visit = Visit::of(name, campaign, &visitor, random);
    PageClick {
        id: visit.id,
        set_cookie: visit.set_cookie(None),
        click: visit.click(&url, now),
        is_visit: visit.is_visit,
    }
}

/// The page's address without its fragment; where it is not one of the origin's, the origin alone.
fn page_url(url: &str, origin: &str) -> String {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let is_of_origin = url.len() <= MAX_URL
        && WebAddress::parse(url).is_ok_and(|address| address.origin() == origin);
    if is_of_origin { url.to_owned() } else { format!("{origin}/") }
}
