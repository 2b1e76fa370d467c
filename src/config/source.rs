//! `[vars.CONFIG.sources.*]`: who sends postbacks, how they prove it, and what their words mean.

use super::campaign::slug;
use super::pixel::id;
use super::reader::Reader;
use super::{Problems, SecretName, WebAddress};
use crate::event::{Currency, EventName};
use crate::identity::Country;
use crate::slug::Slug;
use std::collections::BTreeMap;

/// A lead platform that sends postbacks.
#[derive(Clone, PartialEq, Debug)]
pub struct Source {
    /// The pixels that its events are told to; empty: the pixel of the joined click's campaign.
    pub pixels: Vec<Slug>,
    /// Names of the secrets any of which its postbacks may carry. Empty: the source is closed.
    pub tokens: Vec<SecretName>,
    /// Names of the secrets any of which may sign its postbacks.
    pub signing_secrets: Vec<SecretName>,
    /// The currency of a value whose postback names none.
    pub currency: Option<Currency>,
    /// The region of national phone numbers, where lead and click name none.
    pub country: Option<Country>,
    /// Triggers and the TikTok events that they become.
    pub events: BTreeMap<String, EventName>,
    /// What would be a 422 is answered with 200 and the same body.
    pub always_ok: bool,
    /// The page of a web event whose postback and click bring none.
    pub page_url: Option<WebAddress>,
    /// Set while testing: every event of the source becomes a test event.
    pub test_event_code: Option<String>,
}

impl Source {
    pub(super) fn read(mut reader: Reader<'_>, problems: &mut Problems) -> Option<Self> {
        let source = Self {
            pixels: reader.parsed_list(&["pixel", "pixels"], slug, problems),
            tokens: reader.parsed_list(&["token", "tokens"], SecretName::parse, problems),
            signing_secrets: reader.parsed_list(
                &["signing_secret", "signing_secrets"],
                SecretName::parse,
                problems,
            ),
            currency: reader.parsed("currency", currency, problems),
            country: reader.parsed("country", country, problems),
            events: reader.entries("events", event, problems).into_iter().collect(),
            always_ok: reader.flag("always_ok", false, problems),
            page_url: reader.parsed("page_url", WebAddress::parse, problems),
            test_event_code: reader.parsed("test_event_code", id, problems),
        };
        reader.finish(problems);
        Some(source)
    }
}

fn currency(text: &str) -> Result<Currency, &'static str> {
    Currency::parse(text).ok_or("is not a currency that TikTok takes (ISO 4217, such as USD)")
}

fn country(text: &str) -> Result<Country, &'static str> {
    Country::parse(text).ok_or("is not a country code of two letters (ISO 3166, such as US)")
}

fn event(trigger: &str, name: &str) -> Result<(String, EventName), String> {
    match EventName::parse(name) {
        Some(event) => Ok((trigger.to_owned(), event)),
        None => Err("is not an event name that TikTok takes: a standard event, or up to 50 \
                     letters, digits, '_' and '-' that start with a letter"
            .to_owned()),
    }
}
