//! The kinds of event source that TikTok has.

use serde::{Deserialize, Serialize};

/// Where TikTok files an event: a web pixel, an offline event set or a CRM event set. (`app` is by
/// invitation only and out of scope.)
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", rename_all = "lowercase")]
pub enum EventSource {
    /// A web pixel: `page.url` is required.
    Web,
    /// An offline event set: standard events only, no `page`.
    Offline,
    /// A CRM event set: a `lead` object is required, no `page`.
    Crm,
}

impl EventSource {
    /// Reads `web`, `offline` or `crm`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "web" => Some(Self::Web),
            "offline" => Some(Self::Offline),
            "crm" => Some(Self::Crm),
            _ => None,
        }
    }

    /// The word that TikTok uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Offline => "offline",
            Self::Crm => "crm",
        }
    }
}

impl TryFrom<String> for EventSource {
    type Error = &'static str;
    fn try_from(word: String) -> Result<Self, Self::Error> {
        Self::parse(&word).ok_or("an unknown word")
    }
}
