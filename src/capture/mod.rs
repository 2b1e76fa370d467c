//! Capturing a click: from a request's parts to the redirect that answers it and the record that is
//! kept of it. Nothing here waits, reads or writes: [`decide`] is one pure step, and `edge::capture`
//! does what it says.
//!
//! 1. Nobody gets another page for who they are (TikTok bans accounts for it): where a campaign has
//!    several destinations, weight and chance choose, and the choice is kept.
//! 2. The visitor's parameters arrive byte for byte, `ttclid` above all, and the click id is added.
//! 3. The same visitor with the same ttclid on the same campaign keeps the click id and costs no write.
//! 4. Only a click with a usable ttclid is kept, and only if a person made it; a campaign can ask for
//!    visits without a ttclid to be kept too.
//!
//! [`landing_page`] decides the same for a page that the Worker stands in front of, [`page_click`]
//! for what the page script reports. [`Gathering`] counts, and [`KEEPING`] says how often a record
//! is tried to be stored.

mod consent;
mod cookie;
mod free_url;
mod gathering;
mod keeping;
mod landing_page;
mod page_click;
mod page_script;
mod record;
mod redirect;
mod visit;
mod visitor;

pub use gathering::{Count, Gathering, Told};
pub use keeping::{KEEPING, Step, flood_key};
pub use landing_page::{LandingVisit, landing_page};
pub use page_click::{PageClick, PageReport, is_allowed_origin, page_click};
pub use page_script::page_script;
pub use visitor::{PageWords, Visitor};

use crate::click::{ClickId, ClickRecord};
use crate::config::{Campaign, WebAddress};
use crate::query;
use crate::route::Route;
use crate::slug::Slug;
use crate::time::UnixMillis;
use redirect::Click;
use visit::Visit;

/// How a click is answered.
#[derive(Clone, PartialEq, Debug)]
pub struct Capture {
    /// Where the visitor goes: visible ASCII only.
    pub location: String,
    /// The `Set-Cookie` header, where there is one to set.
    pub set_cookie: Option<String>,
    /// What is to be stored, where there is something.
    pub click: Option<(ClickId, ClickRecord)>,
    /// Whether it counts as a click: a person made it.
    pub is_visit: bool,
}

/// Decides on a click. `random` is only used where the visitor brings no click id of their own. None:
/// the campaign's destination leads back here, and there is nowhere to go.
pub fn decide(
    name: &Slug,
    campaign: &Campaign,
    visitor: &Visitor<'_>,
    now: UnixMillis,
    random: [u8; 16],
) -> Option<Capture> {
    let visit = Visit::of(name, campaign, visitor, random);
    let destination = visit.destination();
    let free = free_destination(campaign, visitor);
    let address = free.as_ref().unwrap_or(&destination.address);
    if leads_back(address, visitor.host) {
        return None;
    }
    let location = redirect::location(
        address,
        &Click {
            id: visit.id,
            id_params: &campaign.click_id_params,
            campaign: name,
            query: visitor.query,
            takes_url: !campaign.allowed_hosts.is_empty(),
        },
    );
    let chosen = !campaign.destinations.is_single() && free.is_none();
    Some(Capture {
        set_cookie: visit.set_cookie(chosen.then_some(destination)),
        click: visit.click(&location, now),
        is_visit: visit.is_visit,
        location,
    })
}

/// The address that the visitor's link names itself, where the campaign allows it. A refused one
/// counts as none: whoever paid for the click wants the visitor on the campaign's own page rather
/// than before an error. Two are one too many: which was meant cannot be told.
fn free_destination(campaign: &Campaign, visitor: &Visitor<'_>) -> Option<WebAddress> {
    if campaign.allowed_hosts.is_empty() {
        return None;
    }
    let mut urls =
        query::pairs(visitor.query).filter(|pair| query::is_named(pair.name, redirect::URL));
    let (Some(url), None) = (urls.next(), urls.next()) else { return None };
    free_url::parse(&query::decode(url.value), &campaign.allowed_hosts)
        .filter(|address| !leads_back(address, visitor.host))
}

/// Whether an address is a click link of the host that was asked: the visitor would come back here
/// for ever.
fn leads_back(address: &WebAddress, host: &str) -> bool {
    address.authority().eq_ignore_ascii_case(host)
        && matches!(Route::of("GET", address.path()), Route::Capture { .. })
}

#[cfg(test)]
mod tests;
