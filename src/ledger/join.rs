//! Finding a lead's click, and what is remembered of it for the lead's next postbacks.
//!
//! Order: the postback's click id in KV, what the ledger remembers of this (source, transaction id),
//! the ttclid in the postback, none. The postback's own values win over the click's, key by key.

use super::MatchedBy;
use super::protocol::{Draft, Submit};
use crate::click::{ClickId, ClickRecord};
use crate::event::{Event, EventSource, Page};
use crate::rejection::Rejection;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What the ledger remembers of a lead. The layout is stored and pinned by a golden test.
///
/// The click's ip and user agent are not kept here, for this lives as long as the lead's last event
/// and a delivered event does not keep them either: the next postback reads them from KV, where they
/// have their own time to live.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Memory {
    /// The click's id, to read the whole of it from KV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub click_id: Option<ClickId>,
    /// The click without ip and user agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    click: Option<Box<RawValue>>,
    /// The ttclid that a postback of the lead brought, where there was no click.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttclid: Option<String>,
    /// The `_ttp` that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttp: Option<String>,
}

impl Memory {
    /// What to remember of a click.
    pub fn of_click(click_id: Option<ClickId>, click: &ClickRecord) -> Self {
        let mut click = click.clone();
        click.ip = None;
        click.user_agent = None;
        let line = click.encode().ok().and_then(|line| RawValue::from_string(line).ok());
        Self { click_id, click: line, ..Self::default() }
    }

    /// What to remember of an event that brought its own ttclid.
    fn of_event(event: &Event) -> Self {
        let (ttclid, ttp) = (event.user.ttclid.clone(), event.user.ttp.clone());
        Self { ttclid, ttp, ..Self::default() }
    }

    /// The click, if there is one and this version can read it.
    fn click(&self) -> Option<ClickRecord> {
        ClickRecord::decode(self.click.as_ref()?.get()).ok()
    }
}

/// What is known of a lead's click, ready to be filled into its events.
#[derive(Clone, Debug)]
pub struct Join {
    /// How it was found.
    pub matched_by: MatchedBy,
    click: Option<ClickRecord>,
    ttclid: Option<String>,
    ttp: Option<String>,
    /// What to remember of it; none: nothing new.
    pub remember: Option<Memory>,
}

impl Join {
    /// Without a click.
    pub const fn none(matched_by: MatchedBy) -> Self {
        Self { matched_by, click: None, ttclid: None, ttp: None, remember: None }
    }

    /// By the click that KV has under the postback's click id.
    pub fn by_click(click_id: Option<ClickId>, click: &ClickRecord) -> Self {
        Self {
            click: Some(click.clone()),
            remember: Some(Memory::of_click(click_id, click)),
            ..Self::none(MatchedBy::ClickId)
        }
    }

    /// By what the ledger remembers; `recalled` is the remembered click as KV has it in full.
    pub fn by_memory(memory: &Memory, recalled: Option<&ClickRecord>) -> Self {
        Self {
            click: recalled.cloned().or_else(|| memory.click()),
            ttclid: memory.ttclid.clone(),
            ttp: memory.ttp.clone(),
            ..Self::none(MatchedBy::TransactionId)
        }
    }

    /// Finds the click of a postback.
    pub fn of(submit: &Submit, memory: Option<&Memory>, recalled: Option<&ClickRecord>) -> Self {
        if let Some(click) = &submit.click {
            return Self::by_click(submit.click_id, click);
        }
        if let Some(memory) = memory {
            return Self::by_memory(memory, recalled);
        }
        let own = submit.events.iter().find(|draft| draft.event.user.ttclid.is_some());
        if let Some(draft) = own {
            let remember = Some(Memory::of_event(&draft.event));
            return Self { remember, ..Self::none(MatchedBy::Ttclid) };
        }
        let waits = submit.click_missing && submit.click_id.is_some();
        Self::none(if waits { MatchedBy::Waiting } else { MatchedBy::None })
    }

    /// Completes an event: the click's values where it has none of its own, and for a web event the
    /// page of last resort.
    ///
    /// # Errors
    /// Why TikTok could not take it even so.
    pub fn complete(
        &self,
        event: &mut Event,
        source: EventSource,
        fallback_page_url: Option<&str>,
    ) -> Result<(), Rejection> {
        if let Some(click) = &self.click {
            event.fill_from_click(click, source);
        }
        let user = &mut event.user;
        user.ttclid = user.ttclid.take().or_else(|| self.ttclid.clone());
        user.ttp = user.ttp.take().or_else(|| self.ttp.clone());
        if source == EventSource::Web
            && let Some(fallback) = fallback_page_url
        {
            let page = event.page.get_or_insert(Page { url: None, referrer: None });
            page.url = page.url.take().or_else(|| Some(fallback.to_owned()));
        }
        event.check(source)
    }

    /// What is to become of a draft, duplicates apart.
    pub fn decide(&self, draft: &Draft) -> Decision {
        let mut event = draft.event.clone();
        let is_test = draft.test_event_code.is_some();
        // A test event is answered at once and is not stored: it does not wait.
        if self.matched_by == MatchedBy::Waiting && !is_test {
            return Decision::Wait(event);
        }
        match self.complete(&mut event, draft.event_source, draft.fallback_page_url.as_deref()) {
            Err(rejection) => Decision::Reject(rejection),
            Ok(()) if is_test => Decision::Test(event),
            Ok(()) => Decision::Queue(event),
        }
    }
}

/// What is to become of a draft.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Decision {
    /// Store it with the postback's own values and wait for the click.
    Wait(Event),
    /// Store and send it.
    Queue(Event),
    /// Send it at once and do not store it.
    Test(Event),
    /// It cannot be sent.
    Reject(Rejection),
}

/// The click id under which a postback's remembered click should be read from KV once more, to have
/// the ip and user agent too: where the postback itself brought no known click.
pub fn recall(submit: &Submit, memory: Option<&Memory>) -> Option<ClickId> {
    let remembered = memory?.click_id?;
    // KV was asked for this very click a moment ago.
    let just_missed = submit.click_missing && submit.click_id == Some(remembered);
    (submit.click.is_none() && !just_missed).then_some(remembered)
}
