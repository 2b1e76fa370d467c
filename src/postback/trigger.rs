//! What happened to the lead.

use super::words::squash;
use std::fmt;

/// Longest name of a custom trigger, in bytes: people type them into two systems.
const MAX_CUSTOM_BYTES: usize = 64;

/// A conversion point of a lead's life.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Trigger {
    /// The visitor sent a form.
    FormSubmit,
    /// A buyer took the lead.
    LeadSold,
    /// The visitor clicked an offer on an offer wall.
    OfferClick,
    /// The visitor finished a third party's offer.
    OfferConversion,
    /// The lead went to a certain buyer.
    BuyerEvent,
    /// A point of the user's own.
    Custom(CustomTrigger),
}

/// The name of a custom trigger: lower case, its words joined by `_` (`VIP Buyer` is `vip_buyer`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CustomTrigger(String);

impl Trigger {
    /// The trigger that a text names, in any spelling; `None` where the text is no name: nothing
    /// but signs, or longer than 64 bytes.
    ///
    /// ```
    /// use clickjoin::postback::trigger::Trigger;
    /// assert_eq!(Trigger::parse("Form Submission"), Some(Trigger::FormSubmit));
    /// assert_eq!(Trigger::parse("vip buyer").unwrap().as_str(), "vip_buyer");
    /// assert_eq!(Trigger::parse("--"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        Self::standard(&squash(text)).or_else(|| {
            let words = text.split(|c: char| !c.is_ascii_alphanumeric());
            let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
            let name = words.join("_").to_ascii_lowercase();
            let valid = text.is_ascii() && (1..=MAX_CUSTOM_BYTES).contains(&name.len());
            valid.then_some(Self::Custom(CustomTrigger(name)))
        })
    }

    /// The trigger of a squashed word: its own name, or Pingtree's title for it.
    pub(super) fn standard(squashed: &str) -> Option<Self> {
        Some(match squashed {
            "formsubmit" | "formsubmission" | "formsubmitted" | "onformsubmit" => Self::FormSubmit,
            "leadsold" | "onleadsold" => Self::LeadSold,
            "offerclick" | "offerwallclick" | "onofferclick" => Self::OfferClick,
            "offerconversion" | "offerwallconversion" | "onofferconversion" => {
                Self::OfferConversion
            }
            "buyerevent"
            | "custombuyerevent"
            | "custombuyerbasedevent"
            | "custombuyerbasedevents" => Self::BuyerEvent,
            _ => return None,
        })
    }

    /// The name, as configuration and logs write it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::FormSubmit => "form_submit",
            Self::LeadSold => "lead_sold",
            Self::OfferClick => "offer_click",
            Self::OfferConversion => "offer_conversion",
            Self::BuyerEvent => "buyer_event",
            Self::Custom(name) => &name.0,
        }
    }

    /// The TikTok event that a trigger stands for where a source maps nothing.
    pub(super) const fn default_event(&self) -> Option<&'static str> {
        match self {
            Self::FormSubmit => Some("Lead"),
            Self::LeadSold => Some("Purchase"),
            Self::OfferClick => Some("ViewContent"),
            Self::OfferConversion => Some("CompleteRegistration"),
            Self::BuyerEvent | Self::Custom(_) => None,
        }
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
