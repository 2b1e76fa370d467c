//! Completing an event with what the click knew.
//!
//! The lead platform's postback comes first: a key it gave is kept, key by key. What the click holds
//! was captured from the visitor's own browser, so most of it is missing in most postbacks.

use super::page_url::is_web_url;
use super::{Event, EventSource, Page};
use crate::click::ClickRecord;
use crate::identity::{Country, PublicIp};

impl Event {
    /// Fills in from the click what the event lacks, and nothing that it has. The page and the
    /// limited data use are for web events only; a private address is left out here too.
    pub fn fill_from_click(&mut self, click: &ClickRecord, source: EventSource) {
        let user = &mut self.user;
        fill(&mut user.ttclid, || text(&click.ttclid));
        fill(&mut user.ttp, || text(&click.ttp));
        fill(&mut user.ip, || PublicIp::parse(click.ip.as_deref()?).ok());
        fill(&mut user.user_agent, || text(&click.user_agent));
        fill(&mut user.locale, || text(&click.locale));
        fill(&mut user.country, || Country::parse(click.country.as_deref()?)?.official());
        if source == EventSource::Web {
            self.fill_page(click);
            fill(&mut self.limited_data_use, || click.limited_data_use.then_some(true));
        }
    }

    /// The landing URL goes out in full, with every parameter: TikTok reads ttclid from it too.
    fn fill_page(&mut self, click: &ClickRecord) {
        let mut page = self.page.take().unwrap_or(Page { url: None, referrer: None });
        fill(&mut page.url, || is_web_url(&click.landing_url).then(|| click.landing_url.clone()));
        // A browser app's `android-app://…` is no page.
        fill(&mut page.referrer, || click.referrer.clone().filter(|referrer| is_web_url(referrer)));
        self.page = Some(page).filter(|page| page.url.is_some() || page.referrer.is_some());
    }
}

/// Gives an absent key a value, if there is one.
fn fill<T>(key: &mut Option<T>, value: impl FnOnce() -> Option<T>) {
    if key.is_none() {
        *key = value();
    }
}

/// A text of the click that is not blank.
fn text(value: &Option<String>) -> Option<String> {
    value.clone().filter(|text| !text.trim().is_empty())
}
