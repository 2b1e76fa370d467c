//! A click on a landing page that the Worker stands in front of. The page comes from its own server
//! as if we were not there; this only decides what is noted on the way.

use super::visit::Visit;
use super::visitor::Visitor;
use crate::click::{ClickId, ClickRecord};
use crate::config::Campaign;
use crate::query;
use crate::slug::Slug;
use crate::time::UnixMillis;

/// What is noted of a visit to a landing page.
#[derive(Clone, PartialEq, Debug)]
pub struct LandingVisit {
    /// A `Set-Cookie` header to add to the page's own.
    pub set_cookie: Option<String>,
    /// What is to be stored, where there is something.
    pub click: Option<(ClickId, ClickRecord)>,
}

/// Decides on a `GET` of `url` on a landing page's host. `fetch_dest` is `Sec-Fetch-Dest`, empty
/// where the browser sends none. None: nothing is noted and nothing is added.
///
/// 1. Only a visit with a usable ttclid counts, and only if a person made it.
/// 2. What a page loads (pictures, scripts, data) is no visit, whatever its address carries.
/// 3. A visit that brings a click id of ours was captured by the redirect that sent it here.
pub fn landing_page(
    name: &Slug,
    campaign: &Campaign,
    visitor: &Visitor<'_>,
    url: &str,
    fetch_dest: &str,
    now: UnixMillis,
    random: [u8; 16],
) -> Option<LandingVisit> {
    let is_page = matches!(fetch_dest, "" | "document" | "iframe");
    let brings_id = |param: &String| {
        query::value(visitor.query, param).is_some_and(|id| ClickId::parse(&id).is_some())
    };
    if !is_page || campaign.click_id_params.iter().any(brings_id) {
        return None;
    }
    let visit = Visit::of(name, campaign, visitor, random);
    if !visit.is_visit || !visit.has_ttclid() {
        return None;
    }
    Some(LandingVisit { set_cookie: visit.set_cookie(None), click: visit.click(url, now) })
}
