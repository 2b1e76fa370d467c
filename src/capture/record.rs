//! What is remembered of a click, each value capped. What is longer than its cap is left out and
//! never cut: half a value matches nothing.

use super::consent::Permission;
use super::cookie;
use super::visitor::Visitor;
use crate::click::{AdIds, ClickRecord};
use crate::placeholder;
use crate::query;
use crate::slug::Slug;
use crate::time::UnixMillis;
use std::borrow::Cow;

/// Longest of the small values that are remembered (a `_ttp` cookie, an ad id), in bytes.
const MAX_SMALL: usize = 128;
/// Longest user agent that is remembered, in bytes; longer ones are no browser's.
const MAX_USER_AGENT: usize = 1_024;
/// Longest referrer and query string that are remembered, in bytes.
const MAX_LONG: usize = 4_096;

pub(super) fn record(
    campaign: &Slug,
    ttclid: Option<&str>,
    visitor: &Visitor<'_>,
    permission: Permission,
    landing_url: &str,
    now: UnixMillis,
) -> ClickRecord {
    let mut record = ClickRecord::new(campaign.as_str(), now, landing_url.to_owned());
    let ttp = cookie::value(visitor.cookies, "_ttp").unwrap_or(visitor.page.ttp);
    record.ttclid = ttclid.map(str::to_owned);
    record.ttp = known(ttp, MAX_SMALL);
    if permission.personal {
        record.ip = capped(visitor.ip, MAX_SMALL);
        record.user_agent = capped(visitor.user_agent, MAX_USER_AGENT);
    }
    record.country = capped(visitor.country, 2);
    record.locale = visitor.locale().and_then(|locale| capped(locale, MAX_SMALL));
    record.referrer = capped(visitor.referrer, MAX_LONG);
    record.params = other_params(visitor.query);
    record.ad = ad_ids(visitor.query);
    record.limited_data_use = permission.limited_data_use;
    record
}

fn capped(text: &str, max: usize) -> Option<String> {
    (!text.is_empty() && text.len() <= max).then(|| text.to_owned())
}

/// As [`capped`], and no placeholder.
fn known(text: &str, max: usize) -> Option<String> {
    capped(text, max).filter(|text| placeholder::absent(text).is_none())
}

fn other_params(query: &str) -> String {
    let others: Vec<&str> = query::pairs(query)
        .filter(|pair| !pair.raw.is_empty() && !query::is_named(pair.name, "ttclid"))
        .map(|pair| pair.raw)
        .collect();
    capped(&others.join("&"), MAX_LONG).unwrap_or_default()
}

fn ad_ids(query: &str) -> AdIds {
    let id = |name| known(&query::value(query, name).unwrap_or(Cow::Borrowed("")), MAX_SMALL);
    AdIds {
        campaign_id: id("campaign_id"),
        aid: id("aid"),
        cid: id("cid"),
        placement: id("placement"),
    }
}
