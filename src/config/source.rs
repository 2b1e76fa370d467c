//! `[vars.CONFIG.sources.*]`: who sends postbacks, how they prove it, and what their words mean.

use super::campaign::slug;
use super::pixel::id;
use super::reader::Reader;
use super::{Problems, SecretName, WebAddress};
use crate::event::{Currency, EventName};
use crate::few::Map;
use crate::identity::Country;
use crate::lead::Field;
use crate::postback::auth::Cidr;
use crate::postback::decide::{Rule, Then};
use crate::postback::event_id::Template;
use crate::postback::filter::Condition;
use crate::postback::profile::{self, Profile};
use crate::postback::resolve::Aliases;
use crate::postback::words::squash;
use crate::slug::Slug;

/// A lead platform that sends postbacks.
#[derive(Clone, Debug)]
pub struct Source {
    /// The platform's names for things.
    pub profile: &'static Profile,
    /// The source's own names for fields, on top of the profile's.
    pub fields: Aliases,
    /// The pixels that its events are told to; empty: the pixel of the joined click's campaign.
    pub pixels: Vec<Slug>,
    /// Names of the secrets any of which its postbacks may carry. Empty: the source is closed.
    pub tokens: Vec<SecretName>,
    /// Names of the secrets any of which may sign its postbacks.
    pub signing_secrets: Vec<SecretName>,
    /// Where its postbacks may come from; empty: from anywhere.
    pub allowed_ips: Vec<Cidr>,
    /// Conditions that must hold; otherwise TikTok is told nothing.
    pub filters: Vec<Condition>,
    /// The first whose condition holds chooses the event.
    pub rules: Vec<Rule>,
    /// How event ids are made.
    pub event_id: Option<Template>,
    /// The currency of a value whose postback names none.
    pub currency: Option<Currency>,
    /// The region of national phone numbers, where lead and click name none.
    pub country: Option<Country>,
    /// Triggers and the TikTok events that they become.
    pub events: Map<String, EventName>,
    /// What would be a 422 is answered with 200 and the same body.
    pub always_ok: bool,
    /// The page of a web event whose postback and click bring none.
    pub page_url: Option<WebAddress>,
    /// Set while testing: every event of the source becomes a test event.
    pub test_event_code: Option<String>,
}

impl Source {
    pub(super) fn read(mut reader: Reader<'_>, problems: &mut Problems) -> Option<Self> {
        let profile = reader.parsed("profile", profile, problems);
        let profile = profile.or_else(|| profile::find("generic"))?;
        let source = Self {
            profile,
            fields: fields(&mut reader, problems),
            pixels: pixels(&mut reader, problems),
            tokens: reader.parsed_list(&["token", "tokens"], SecretName::parse, problems),
            signing_secrets: reader.parsed_list(
                &["signing_secret", "signing_secrets"],
                SecretName::parse,
                problems,
            ),
            allowed_ips: reader.parsed_list(&["allowed_ips"], cidr, problems),
            filters: reader.parsed_list(&["filters"], Condition::parse, problems),
            rules: reader.list("rules", rule, problems),
            event_id: reader.parsed("event_id", Template::parse, problems),
            currency: reader.parsed("currency", currency, problems),
            country: reader.parsed("country", country, problems),
            events: reader.entries("events", event, problems).into_iter().collect(),
            always_ok: reader.flag("always_ok", profile.always_ok, problems),
            page_url: reader.parsed("page_url", WebAddress::parse, problems),
            test_event_code: reader.parsed("test_event_code", id, problems),
        };
        reader.finish(problems);
        Some(source)
    }
}

/// `pixel` and `pixels`, each once: told twice, the second would be a duplicate of the first.
fn pixels(reader: &mut Reader<'_>, problems: &mut Problems) -> Vec<Slug> {
    let mut pixels: Vec<Slug> = Vec::new();
    for pixel in reader.parsed_list(&["pixel", "pixels"], slug, problems) {
        if !pixels.contains(&pixel) {
            pixels.push(pixel);
        }
    }
    pixels
}

fn profile(name: &str) -> Result<&'static Profile, String> {
    profile::find(name)
        .ok_or_else(|| format!("no such profile; there are {}", profile::NAMES.join(", ")))
}

/// `fields`: our name = the platform's name, or a list of them. Ours is the canonical one, or another
/// that every source knows (`mobile`, `revenue`).
fn fields(reader: &mut Reader<'_>, problems: &mut Problems) -> Aliases {
    let named = |field: &str| Field::parse(field).or_else(|| profile::shared_field(&squash(field)));
    let read = |field: &str, name: &str| match named(field) {
        Some(_) if name.is_empty() => Err("must be the platform's name for the field".to_owned()),
        Some(field) => Ok((field, name.to_owned())),
        None if named(name).is_some() => {
            Err(format!("the other way round: our name first, {name} = \"{field}\""))
        }
        None => {
            Err("no such field: the README's table of postback fields has the names".to_owned())
        }
    };
    let mut aliases = Aliases::new();
    for (field, name) in reader.entries("fields", read, problems) {
        aliases.change(field, |names: &mut Vec<_>| names.push(name));
    }
    aliases
}

/// `[[…rules]]`: `name`, `when`, and `event` or `ignore = true`.
fn rule(mut reader: Reader<'_>, problems: &mut Problems) -> Option<Rule> {
    let when = reader.required("when", Condition::parse, problems);
    let name = reader.text("name", problems).map(str::to_owned);
    let event = reader.parsed("event", event_name, problems);
    let ignore = reader.flag("ignore", false, problems);
    let then = match (event, ignore) {
        (Some(event), false) => Some(Then::Event(event)),
        (None, true) => Some(Then::Ignore),
        (Some(_), true) => {
            problems.add(reader.path("ignore"), "a rule names an event or ignores, not both");
            None
        }
        (None, false) => {
            problems.add(reader.path("event"), "is required, unless the rule says ignore = true");
            None
        }
    };
    reader.finish(problems);
    let when = when?;
    Some(Rule { name: name.unwrap_or_else(|| when.to_string()), when, then: then? })
}

fn cidr(text: &str) -> Result<Cidr, &'static str> {
    Cidr::parse(text)
        .ok_or("is no address and no range (203.0.113.7, 203.0.113.0/24, 2001:db8::/32)")
}

fn currency(text: &str) -> Result<Currency, &'static str> {
    Currency::parse(text).ok_or("is not a currency that TikTok takes (ISO 4217, such as USD)")
}

fn country(text: &str) -> Result<Country, &'static str> {
    Country::parse(text).ok_or("is not a country code of two letters (ISO 3166, such as US)")
}

fn event(trigger: &str, name: &str) -> Result<(String, EventName), String> {
    Ok((trigger.to_owned(), event_name(name)?))
}

fn event_name(name: &str) -> Result<EventName, &'static str> {
    EventName::parse(name).ok_or(
        "is not an event name that TikTok takes: a standard event, or up to 50 letters, digits, '_' \
         and '-' that start with a letter",
    )
}
