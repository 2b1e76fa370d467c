//! The name of an event, by TikTok's rules. A name is never changed on the way: TikTok dedupes by
//! name, and the browser pixel must use the same one.

use super::EventSource;
use serde::{Deserialize, Serialize};
use std::fmt;

/// TikTok's standard events; case matters.
const STANDARD: [&str; 18] = [
    "AddPaymentInfo",
    "AddToCart",
    "AddToWishlist",
    "ApplicationApproval",
    "CompleteRegistration",
    "Contact",
    "CustomizeProduct",
    "Download",
    "FindLocation",
    "InitiateCheckout",
    "Lead",
    "Purchase",
    "Schedule",
    "Search",
    "StartTrial",
    "SubmitApplication",
    "Subscribe",
    "ViewContent",
];

/// Older names that TikTok still accepts.
const LEGACY: [&str; 4] = ["CompletePayment", "SubmitForm", "ClickButton", "PlaceAnOrder"];

/// Longest custom name, in characters (TikTok: "up to 50").
const MAX_CHARS: usize = 50;

/// A name that TikTok takes: standard, older or custom.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventName(String);

impl EventName {
    /// A name of up to 50 ASCII letters, digits, `_` and `-` that starts with a letter.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        let valid = text.len() <= MAX_CHARS
            && text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(allowed);
        valid.then(|| Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether TikTok lists the name among its standard events (older names included).
    pub fn is_standard(&self) -> bool {
        STANDARD.contains(&self.as_str()) || LEGACY.contains(&self.as_str())
    }

    /// The standard name that this one was probably meant to be: the same letters in another case
    /// (`purchase`, `completeregistration`). TikTok would take such a name as a custom event.
    pub fn near_miss(&self) -> Option<&'static str> {
        if self.is_standard() {
            return None;
        }
        STANDARD.into_iter().chain(LEGACY).find(|name| name.eq_ignore_ascii_case(&self.0))
    }

    /// Whether events of this name may go to an event source. TikTok: offline sets take standard
    /// events only.
    pub fn fits(&self, source: EventSource) -> bool {
        source != EventSource::Offline || self.is_standard()
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for EventName {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not an event name that TikTok takes")
    }
}

impl From<EventName> for String {
    fn from(name: EventName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_tiktok_takes() {
        let longest = "x".repeat(50);
        for good in
            STANDARD.into_iter().chain(LEGACY).chain(["Pageview", "my-event_2", "a", &longest])
        {
            assert_eq!(EventName::parse(good).expect(good).as_str(), good, "never changed");
        }
        let too_long = "x".repeat(51);
        for bad in ["", " Lead", "Lead ", "my event", "1st", "_x", "-x", "é", "Lead!", &too_long] {
            assert_eq!(EventName::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn kinds_of_names() {
        let table = [
            ("Lead", true, None),
            ("CompletePayment", true, None),
            ("lead", false, Some("Lead")),
            ("COMPLETEREGISTRATION", false, Some("CompleteRegistration")),
            ("submitform", false, Some("SubmitForm")),
            ("my-event", false, None),
            ("PageView", false, None),
        ];
        for (text, standard, meant) in table {
            let name = EventName::parse(text).expect(text);
            assert_eq!((name.is_standard(), name.near_miss()), (standard, meant), "{text}");
            assert_eq!(name.fits(EventSource::Offline), standard, "{text}");
            assert!(name.fits(EventSource::Web) && name.fits(EventSource::Crm), "{text}");
        }
    }
}
