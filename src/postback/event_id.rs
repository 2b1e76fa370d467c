//! The event id of a lead: the same postback gives the same id for ever, and two events of one lead
//! different ones.
//!
//! 1. The source's template, where every field of it is there.
//! 2. `event_id`, as it was sent.
//! 3. `transaction_id`; where what happened can happen again for one lead, with its offer or buyer
//!    behind it.
//! 4. A hash of source, trigger and click id; of the ttclid where there is no click id.
//! 5. A hash of everything that was sent: a retry sends the same, another lead does not.
//!
//! Only what the postback itself says is used: what the join finds may not be there the next time.

use super::facts::{FactName, Facts};
use super::profile::Profile;
use super::trigger::Trigger;
use crate::event::{EventId, EventName};
use crate::lead::Field;
use crate::rejection::Rejection;
use crate::slug::Slug;
use crate::warning::Warning;
use sha2::{Digest, Sha256};

/// What every hash begins with, so that it is no hash of anything else. Never changed: the ids of
/// retries would change with it.
const HASH_DOMAIN: &str = "clickjoin event id 1";

/// How much of a hash an id is: 128 bits, 32 hex digits.
const ID_BYTES: usize = 16;

/// What an id is derived from, besides the lead.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The source that sent the postback.
    pub source: &'a Slug,
    /// Its profile.
    pub profile: &'static Profile,
    /// Its `event_id` template.
    pub template: Option<&'a Template>,
    /// What happened, where it is known.
    pub trigger: Option<&'a Trigger>,
    /// What TikTok is told.
    pub event: &'a EventName,
}

/// An event id, and what its derivation lost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Derived {
    /// The id.
    pub id: EventId,
    /// Where the template could not be used, or nothing names the lead.
    pub warnings: Vec<Warning>,
}

/// Derives the event id of a lead.
///
/// # Errors
/// None that a lead can cause: every lead has an id. The type leaves no other way to say it.
pub fn derive(facts: &Facts, context: &Context<'_>) -> Result<Derived, Rejection> {
    let mut warnings = Vec::new();
    let filled = context.template.map(|template| template.fill(facts, context));
    if filled == Some(None) {
        warnings.push(Warning::new(
            Field::EventId.name(),
            "the source's template names a field that this postback does not have, so the default \
             was used",
        ));
    }
    let id = match filled.flatten().or_else(|| own_id(facts, context)) {
        Some(text) => id_of(&text, context),
        None => hashed_id(facts, context, &mut warnings),
    };
    let none = || Rejection::field(Field::EventId.name(), "no id could be made; send event_id");
    Ok(Derived { id: id.ok_or_else(none)?, warnings })
}

/// `event_id`, or `transaction_id` with what is behind it.
fn own_id(facts: &Facts, context: &Context<'_>) -> Option<String> {
    text(facts, Field::EventId).or_else(|| {
        let mut id = text(facts, Field::TransactionId)?;
        for part in behind(facts, context) {
            id.push('-');
            id.push_str(&part);
        }
        Some(id)
    })
}

fn text(facts: &Facts, field: Field) -> Option<String> {
    let text = facts.fields.first(field)?.expose().trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// What tells two events of one name and lead apart. A form is sent once.
fn behind(facts: &Facts, context: &Context<'_>) -> Vec<String> {
    let buyer = text(facts, Field::BuyerId);
    let sent_offer = text(facts, Field::OfferId);
    let listed_offer = || {
        let listed =
            context.profile.offer.iter().find_map(|name| {
                facts.raw(name).first().map(|value| value.expose().trim().to_owned())
            });
        listed.filter(|offer| !offer.is_empty())
    };
    match context.trigger {
        Some(Trigger::FormSubmit) => Vec::new(),
        Some(Trigger::OfferClick | Trigger::OfferConversion) => {
            sent_offer.or_else(listed_offer).or(buyer).into_iter().collect()
        }
        Some(Trigger::LeadSold | Trigger::BuyerEvent) => buyer.or(sent_offer).into_iter().collect(),
        Some(Trigger::Custom(_)) | None => sent_offer.into_iter().chain(buyer).collect(),
    }
}

/// A text as an id; one that is no id, for its length or signs, by its hash. Cut, two ids could
/// become one.
fn id_of(text: &str, context: &Context<'_>) -> Option<EventId> {
    EventId::parse(text).or_else(|| hash(context, &["text", text]))
}

fn hashed_id(facts: &Facts, context: &Context<'_>, warnings: &mut Vec<Warning>) -> Option<EventId> {
    let behind = behind(facts, context);
    let known = [Field::ClickId, Field::Ttclid]
        .into_iter()
        .find_map(|field| Some((field, text(facts, field)?)));
    if let Some((field, value)) = known {
        // Some platforms upper-case our click id; a ttclid is case-sensitive.
        let value = if field == Field::ClickId { value.to_ascii_lowercase() } else { value };
        let mut parts = vec![field.name(), value.as_str()];
        parts.extend(behind.iter().map(String::as_str));
        return hash(context, &parts);
    }
    warnings.push(Warning::new(
        Field::TransactionId.name(),
        "nothing names this lead, so its event id is made of all that was sent; send \
         transaction_id, or a retry with another value counts as another event",
    ));
    let mut parts = vec!["content".to_owned()];
    for field in facts.fields.present() {
        // Where it is sent to is no part of what it is.
        if !matches!(field, Field::Pixel | Field::TestEventCode) {
            parts.push(field.name().to_owned());
            parts.extend(facts.fields.all(field).iter().map(|value| value.expose().into_owned()));
        }
    }
    hash(context, &parts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The hash of source, trigger and the parts; each with its length before it, so that no two lists
/// are one text.
fn hash(context: &Context<'_>, parts: &[&str]) -> Option<EventId> {
    let trigger = context.trigger.map_or(context.event.as_str(), Trigger::as_str);
    let mut hasher = Sha256::new();
    for part in [HASH_DOMAIN, context.source.as_str(), trigger].iter().chain(parts) {
        hasher.update(part.len().to_string());
        hasher.update(":");
        hasher.update(part);
    }
    let digest = hasher.finalize();
    EventId::parse(&hex::encode(digest.get(..ID_BYTES)?))
}

/// How a source makes its event ids: `{transaction_id}-{offer_id}`.
///
/// A name is a canonical field, an alias or the platform's own name; `{source}`, `{trigger}` and
/// `{event}` are what was decided. Fields about a person are refused: an event id is kept in plain.
///
/// ```
/// use clickjoin::postback::event_id::Template;
/// assert!(Template::parse("{transaction_id}-{offer_id}").is_ok());
/// assert!(Template::parse("{email}").is_err());
/// assert!(Template::parse("always the same").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template(Vec<Piece>);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Literal(String),
    Source,
    Trigger,
    Event,
    Value(FactName),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong, for the person who wrote it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text.trim();
        while let Some((literal, after)) = rest.split_once('{') {
            if literal.contains('}') {
                return Err("a `}` has no `{` before it".to_owned());
            }
            let (name, after) =
                after.split_once('}').ok_or_else(|| "a `{` is not closed".to_owned())?;
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal.to_owned()));
            }
            pieces.push(piece(name)?);
            rest = after;
        }
        if rest.contains('}') {
            return Err("a `}` has no `{` before it".to_owned());
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest.to_owned()));
        }
        if pieces.iter().any(|piece| matches!(piece, Piece::Value(_))) {
            Ok(Self(pieces))
        } else {
            Err("it names no field of the lead, so every lead would have the same id; \
                 write something like {transaction_id}-{offer_id}"
                .to_owned())
        }
    }

    /// The template filled; `None` where a value is missing.
    fn fill(&self, facts: &Facts, context: &Context<'_>) -> Option<String> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Source => text.push_str(context.source.as_str()),
                Piece::Trigger => text.push_str(context.trigger?.as_str()),
                Piece::Event => text.push_str(context.event.as_str()),
                Piece::Value(name) => text.push_str(&facts.plain_text(name)?),
            }
        }
        Some(text)
    }
}

fn piece(name: &str) -> Result<Piece, String> {
    let parsed = FactName::parse(name).ok_or_else(|| "a `{}` names no field".to_owned())?;
    if parsed.is_personal() {
        return Err("it names a field about a person; an event id is kept in plain".to_owned());
    }
    Ok(match (parsed.key(), parsed.field()) {
        ("source", _) => Piece::Source,
        (_, Some(Field::Trigger)) => Piece::Trigger,
        (_, Some(Field::Event)) => Piece::Event,
        _ => Piece::Value(parsed),
    })
}
