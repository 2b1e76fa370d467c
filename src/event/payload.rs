//! One event as TikTok takes it: an element of `data[]`, and what the ledger keeps of it.
//!
//! The order of keys is that of the structs and is pinned by the golden tests. How an event is made
//! is `draft`'s work, completing it `fill`'s, judging it `check`'s.

use super::{EventId, EventName, MatchKeys, Properties, User};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An element of `data[]`. It holds no raw personal value except `user.ip` and `user.user_agent`,
/// which TikTok takes in plain.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The event's name.
    pub event: EventName,
    /// When it happened: unix **seconds**.
    pub event_time: i64,
    /// By which TikTok knows a repeated event again.
    pub event_id: EventId,
    /// Always sent, with at least one key.
    pub user: User,
    /// Where it happened; web only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<Page>,
    /// What it was worth, of what; never an empty object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<Properties>,
    /// The visitor asked for limited data use; web only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limited_data_use: Option<bool>,
    /// The lead of a CRM event; CRM only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<CrmLead>,
}

impl Event {
    /// An event that says nothing yet but what happened, when, and by which id.
    pub fn new(event: EventName, event_time: i64, event_id: EventId) -> Self {
        Self {
            event,
            event_time,
            event_id,
            user: User::default(),
            page: None,
            properties: None,
            limited_data_use: None,
            lead: None,
        }
    }

    /// What TikTok can match the event by.
    pub fn match_keys(&self) -> MatchKeys {
        MatchKeys::of_event(self)
    }

    /// Takes out what the ledger must not keep once the event is delivered: the raw ip and user
    /// agent. Doing it twice changes nothing more.
    pub fn blank_visitor(&mut self) {
        self.user.ip = None;
        self.user.user_agent = None;
    }
}

/// Prints what identifies the event and which keys it has, and no value of a person.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({} {} {:?})", self.event, self.event_id, self.match_keys())
    }
}

/// `page`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The full landing URL, http or https; TikTok reads a ttclid from it too. Required once the
    /// event is sent; a draft may wait for the click's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The page before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
}

/// Prints nothing: a landing page's query can say who the visitor is.
impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Page(…)")
    }
}

/// `lead`, of CRM events.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CrmLead {
    /// TikTok's id of the lead, always a string.
    pub lead_id: String,
    /// The CRM's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_event_source: Option<String>,
}
