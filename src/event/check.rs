//! The last look before an event leaves: everything TikTok is known to refuse is refused here, with
//! a reason that says what to do. One bad event refuses a whole batch of a thousand.
//!
//! Types already rule out the rest: wrong hashes, private addresses, unlisted currencies, numbers for
//! strings.

use super::page_url::is_web_url;
use super::{Event, EventSource};
use crate::rejection::Rejection;

/// Longest ttclid (TikTok: "up to 1,000 characters").
pub(super) const MAX_TTCLID_CHARS: usize = 1_000;

impl Event {
    /// Whether TikTok would take the event from this kind of source.
    ///
    /// # Errors
    /// The field at fault and what to do about it.
    pub fn check(&self, source: EventSource) -> Result<(), Rejection> {
        self.check_name(source)?;
        self.check_keys(source)?;
        self.check_place(source)
    }

    /// Whether the event lacks something that no click can bring: its name, and its lead's id. Said
    /// at the door even where the click is still waited for.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_before_click(&self, source: EventSource) -> Result<(), Rejection> {
        self.check_name(source)?;
        self.check_lead(source)
    }

    /// TikTok: offline sets take standard events only.
    fn check_name(&self, source: EventSource) -> Result<(), Rejection> {
        if self.event.fits(source) {
            return Ok(());
        }
        Err(Rejection::field(
            "event",
            "offline event sets take TikTok's standard events only: map the trigger to one of them",
        ))
    }

    /// TikTok: `user` always has at least one key; an event that can be matched with nobody is
    /// worth nothing, and answers OK to hide it.
    fn check_keys(&self, source: EventSource) -> Result<(), Rejection> {
        let ttclid_chars = self.user.ttclid.as_ref().map_or(0, |ttclid| ttclid.chars().count());
        if ttclid_chars > MAX_TTCLID_CHARS {
            return Err(Rejection::field(
                "ttclid",
                "longer than the 1,000 characters that TikTok gives a click id",
            ));
        }
        let keys = self.match_keys();
        // A CRM event is matched by its lead id; its user must still not be empty.
        let enough = match source {
            EventSource::Web | EventSource::Offline => keys.identify(),
            EventSource::Crm => keys.iter().any(|key| key != super::MatchKey::LeadId),
        };
        if enough {
            return Ok(());
        }
        Err(Rejection::lead(
            "nothing that TikTok could match the lead by: send a click_id that is known here, or ttclid, \
             email, phone, external_id, or ip together with user_agent",
        ))
    }

    /// TikTok: web events need `page.url`, CRM events `lead.lead_id`; neither goes to the others.
    fn check_place(&self, source: EventSource) -> Result<(), Rejection> {
        let url = self.page.as_ref().and_then(|page| page.url.as_deref());
        match source {
            EventSource::Web => {
                if !url.is_some_and(is_web_url) {
                    return Err(Rejection::field(
                        "page_url",
                        "web events need the landing page's URL: send page_url (http or https), or a \
                         click_id that is known here",
                    ));
                }
            }
            EventSource::Offline | EventSource::Crm => {
                if self.limited_data_use.is_some() {
                    return Err(Rejection::field("limited_data_use", "is for web events only"));
                }
                if self.page.is_some() {
                    return Err(Rejection::field("page_url", "is for web events only"));
                }
            }
        }
        self.check_lead(source)
    }

    fn check_lead(&self, source: EventSource) -> Result<(), Rejection> {
        let lead_id = self.lead.as_ref().map(|lead| lead.lead_id.trim());
        match (source, lead_id) {
            (EventSource::Crm, None | Some("")) => Err(Rejection::field(
                "lead_id",
                "CRM events need lead_id, TikTok's id of the lead: send it in the postback",
            )),
            (EventSource::Web | EventSource::Offline, Some(_)) => {
                Err(Rejection::field("lead_id", "is for CRM events only"))
            }
            _ => Ok(()),
        }
    }
}
