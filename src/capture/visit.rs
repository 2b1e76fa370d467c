//! One visit: whether it is a new click, which click id it has, what is stored and which cookie is
//! set. The same for a redirect, a landing page and the page script.

use super::consent::Permission;
use super::cookie::{self, Fingerprint, Known};
use super::record::record;
use super::visitor::Visitor;
use crate::click::{ClickId, ClickRecord};
use crate::config::{Campaign, Destination, Store};
use crate::placeholder;
use crate::query;
use crate::slug::Slug;
use crate::time::UnixMillis;
use std::borrow::Cow;

/// Longest ttclid that is one, in bytes (TikTok: up to 1,000 characters).
const MAX_TTCLID: usize = 1_000;

/// A visit and what was decided about it.
pub(super) struct Visit<'a> {
    name: &'a Slug,
    campaign: &'a Campaign,
    visitor: &'a Visitor<'a>,
    ttclid: Option<Cow<'a, str>>,
    fingerprint: Fingerprint,
    known: Option<Known<'a>>,
    permission: Permission,
    /// The id this visit goes under.
    pub(super) id: ClickId,
    /// A person's, as far as can be told.
    pub(super) is_visit: bool,
    stores: bool,
    random: [u8; 16],
}

impl<'a> Visit<'a> {
    /// Decides on a visit. `random` becomes the click id where the visitor brings none to keep.
    pub(super) fn of(
        name: &'a Slug,
        campaign: &'a Campaign,
        visitor: &'a Visitor<'a>,
        random: [u8; 16],
    ) -> Self {
        let ttclid = ttclid(visitor);
        let fingerprint = Fingerprint::of(name, ttclid.as_deref().unwrap_or_default());
        let known = cookie::read(visitor.cookies);
        // With a ttclid the very click must be known; without one, any click that was stored is.
        let is_repeat = known.is_some_and(|known| match ttclid {
            Some(_) => known.fingerprint == fingerprint.hex(),
            None => !known.fingerprint.is_empty(),
        });
        // A visit that no person made must leave no trace: a cookie set here would make the visit
        // that follows look like a repeat, and its click would never be stored.
        let is_visit = !visitor.is_automatic();
        let worth_it = ttclid.is_some() || campaign.store == Store::Always;
        let stores = is_visit && worth_it && !is_repeat;
        // Nothing is ever stored under an id that a visitor brings: it could be another's.
        let kept = known.filter(|_| is_visit && !stores).map(|known| known.id);
        Self {
            name,
            campaign,
            visitor,
            ttclid,
            fingerprint,
            known,
            permission: Permission::of(campaign, visitor),
            id: kept.unwrap_or(ClickId::from_random(random)),
            is_visit,
            stores,
            random,
        }
    }

    /// The destination: the one that the visitor was sent to before, else one drawn by weight. The
    /// ttclid draws where there is one, so that a visitor without cookies, and TikTok's preloader
    /// before them, meet the same page each time.
    pub(super) fn destination(&self) -> &'a Destination {
        let destinations = &self.campaign.destinations;
        let sticky = self.known.and_then(|known| destinations.tagged(known.tag));
        sticky.unwrap_or_else(|| {
            destinations.drawn(match self.ttclid {
                Some(_) => self.fingerprint.draw(),
                None => cookie::number(self.random),
            })
        })
    }

    /// Whether the visit carries a usable ttclid.
    pub(super) fn has_ttclid(&self) -> bool {
        self.ttclid.is_some()
    }

    /// The `Set-Cookie` header, where there is something to set. `sent_to` is the destination, where
    /// the campaign has several.
    pub(super) fn set_cookie(&self, sent_to: Option<&Destination>) -> Option<String> {
        if !self.is_visit || !self.permission.cookie {
            return None;
        }
        let old = self.known.map_or(("", ""), |known| (known.fingerprint, known.tag));
        let own = self.fingerprint.hex();
        let is_click = self.stores || self.ttclid.is_some();
        let fingerprint = if is_click { own.as_str() } else { old.0 };
        let tag = sent_to.map_or(old.1, |destination| destination.tag.as_str());
        // A click renews the cookie's 30 days; a visit without one only sets what is new.
        let is_new = self.known.is_none() || (fingerprint, tag) != old;
        (is_click || is_new).then(|| cookie::write(self.id, fingerprint, tag))
    }

    /// What is to be stored, where there is something.
    pub(super) fn click(
        &self,
        landing_url: &str,
        now: UnixMillis,
    ) -> Option<(ClickId, ClickRecord)> {
        self.stores.then(|| {
            let ttclid = self.ttclid.as_deref();
            let kept = record(self.name, ttclid, self.visitor, self.permission, landing_url, now);
            (self.id, kept)
        })
    }
}

/// The ttclid, if it is usable. It is opaque: whatever is there counts, but for a macro that nobody
/// replaced.
fn ttclid<'a>(visitor: &Visitor<'a>) -> Option<Cow<'a, str>> {
    let usable =
        |ttclid: &Cow<'_, str>| ttclid.len() <= MAX_TTCLID && placeholder::absent(ttclid).is_none();
    // Where the link has TikTok's macro, TikTok adds the parameter once more: one of them is enough.
    let in_query = query::pairs(visitor.query)
        .filter(|pair| query::is_named(pair.name, "ttclid"))
        .map(|pair| query::decode_token(pair.value))
        .find(usable);
    in_query.or_else(|| Some(Cow::Borrowed(visitor.page.ttclid)).filter(usable))
}
