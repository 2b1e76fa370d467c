//! What TikTok is told of a lead, or why nothing. Which fields the event gets is left to `event`.
//!
//! 1. The source's filters: the first that does not hold ignores the lead.
//! 2. Its rules, in order: the first that holds names the event, or ignores the lead.
//! 3. A word that the profile takes for a lost lead (`rejected`) ignores it, whatever else is said:
//!    TikTok cannot take an event back. A source that maps the word to an event wants it told.
//! 4. `event`, where it is a name of TikTok's or a custom one; it wins over every trigger.
//! 5. The trigger: from its field, else the path, else the status word, else the profile's default;
//!    then the source's `events`, then the default map.

use super::facts::Facts;
use super::filter::Condition;
use super::profile::{Outcome, Profile};
use super::trigger::Trigger;
use super::words::{alike, squash};
use crate::event::EventName;
use crate::few::Map;
use crate::lead::Field;
use crate::placeholder::absent;
use crate::rejection::Rejection;
use crate::warning::Warning;

/// What a source's configuration says of its leads.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// The source's profile.
    pub profile: &'static Profile,
    /// Trigger to TikTok event, as the user wrote the triggers.
    pub events: &'a Map<String, EventName>,
    /// All must hold.
    pub filters: &'a [Condition],
    /// The first that holds decides.
    pub rules: &'a [Rule],
}

/// A rule that chooses what happens by a lead's values.
#[derive(Clone, PartialEq, Debug)]
pub struct Rule {
    /// What the user calls it.
    pub name: String,
    /// When it applies.
    pub when: Condition,
    /// What it does.
    pub then: Then,
}

/// What a rule does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Then {
    /// Tells TikTok this event.
    Event(EventName),
    /// Tells TikTok nothing.
    Ignore,
}

/// What is done with a lead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Decision {
    /// TikTok is told.
    Event {
        /// Which event.
        name: EventName,
        /// What happened, where it is known; the event id depends on it.
        trigger: Option<Trigger>,
        /// What was not understood on the way.
        warnings: Vec<Warning>,
    },
    /// TikTok is told nothing, and that is right.
    Ignored {
        /// The filter, the rule's name, or the profile's word.
        rule: String,
    },
    /// Nobody can say what to tell TikTok.
    Rejected(Rejection),
}

/// Decides. `path_trigger` is the last part of `/postback/{source}/{trigger}`, decoded.
pub fn decide(facts: &Facts, path_trigger: Option<&str>, policy: &Policy<'_>) -> Decision {
    if let Some(filter) = policy.filters.iter().find(|filter| !filter.holds(facts)) {
        return Decision::Ignored { rule: filter.to_string() };
    }
    let chosen = match policy.rules.iter().find(|rule| rule.when.holds(facts)) {
        Some(Rule { name, then: Then::Ignore, .. }) => {
            return Decision::Ignored { rule: name.clone() };
        }
        Some(Rule { then: Then::Event(event), .. }) => Some(event),
        None => None,
    };
    match said(facts, path_trigger, policy) {
        Err(stop) => match (stop, chosen) {
            // The rule answers what the lead leaves open.
            (Decision::Rejected(_), Some(event)) => told(event.clone(), None, Vec::new()),
            (stop, _) => stop,
        },
        Ok(said) => match chosen {
            Some(event) => told(event.clone(), said.trigger, said.warnings),
            None => by_map(said, policy),
        },
    }
}

fn told(name: EventName, trigger: Option<Trigger>, warnings: Vec<Warning>) -> Decision {
    Decision::Event { name, trigger, warnings }
}

/// What a lead says of itself.
#[derive(Default)]
struct Said {
    event: Option<EventName>,
    trigger: Option<Trigger>,
    warnings: Vec<Warning>,
}

/// What one word means to a source.
enum Meaning {
    Trigger(Trigger),
    /// A trigger that nobody maps.
    Unmapped(Trigger),
    Event(EventName),
    Ignore(&'static str),
    Nothing,
}

fn meaning(text: &str, policy: &Policy<'_>) -> Meaning {
    let word = squash(text);
    if let Some(trigger) = policy.profile.trigger(&word) {
        return Meaning::Trigger(trigger);
    }
    let custom = Trigger::parse(text);
    if let Some(trigger) = custom.clone().filter(|trigger| mapped(trigger, policy).is_some()) {
        return Meaning::Trigger(trigger);
    }
    match policy.profile.status(&word) {
        Some((_, Outcome::Trigger(trigger))) => return Meaning::Trigger(trigger.clone()),
        Some((word, Outcome::Ignore)) => return Meaning::Ignore(word),
        None => {}
    }
    // A squashed word is never TikTok's own spelling, so a standard name is a near miss of it.
    let standard = EventName::parse(&word).and_then(|name| name.near_miss());
    if let Some(event) = standard.and_then(EventName::parse) {
        return Meaning::Event(event);
    }
    custom.map_or(Meaning::Nothing, Meaning::Unmapped)
}

/// The event that the source maps a trigger to.
fn mapped<'a>(trigger: &Trigger, policy: &Policy<'a>) -> Option<&'a EventName> {
    policy
        .events
        .iter()
        .find(|(name, _)| Trigger::parse(name).is_some_and(|t| alike(t.as_str(), trigger.as_str())))
        .map(|(_, event)| event)
}

fn said(facts: &Facts, path_trigger: Option<&str>, policy: &Policy<'_>) -> Result<Said, Decision> {
    let text = |field| facts.fields.first(field).map(|value| value.expose());
    let mut said = Said::default();
    let status = text(Field::Status).map(|status| meaning(&status, policy));
    let field = text(Field::Trigger).map(|trigger| meaning(&trigger, policy));
    let path = path_trigger.filter(|path| absent(path).is_none()).map(|path| meaning(path, policy));
    for meaning in [&status, &field, &path].into_iter().flatten() {
        if let Meaning::Ignore(word) = meaning {
            let rule = format!("profile {}: {word}", policy.profile.name);
            return Err(Decision::Ignored { rule });
        }
    }
    let mut by_event = None;
    if let Some(text) = text(Field::Event) {
        let text = text.trim();
        match (EventName::parse(text), meaning(text, policy)) {
            (Some(event), _) if event.is_standard() => said.event = Some(event),
            (_, Meaning::Trigger(trigger)) if named_by_user_or_us(text, policy) => {
                by_event = Some(Meaning::Trigger(trigger));
            }
            (Some(event), _) => said.event = Some(event),
            (None, Meaning::Event(event)) => said.event = Some(event),
            (None, _) => {
                return Err(Decision::Rejected(Rejection::field(
                    Field::Event.name(),
                    "not a name that TikTok takes: 1 to 50 letters, digits, _ and -, a letter first",
                )));
            }
        }
    }
    if matches!(status, Some(Meaning::Unmapped(_) | Meaning::Nothing)) {
        said.warnings.push(Warning::new(
            Field::Status.name(),
            "a word that this source does not know, so it says nothing; to use it, map it in the \
             source's `events`",
        ));
    }
    // A status that nobody knows says nothing; a trigger that nobody knows was meant.
    let status = status.filter(|status| matches!(status, Meaning::Trigger(_) | Meaning::Event(_)));
    match field.or(by_event).or(path).or(status) {
        Some(Meaning::Trigger(trigger) | Meaning::Unmapped(trigger)) => {
            said.trigger = Some(trigger);
        }
        Some(Meaning::Event(event)) => {
            said.event.get_or_insert(event);
        }
        Some(Meaning::Nothing) if said.event.is_none() => {
            return Err(Decision::Rejected(Rejection::field(
                Field::Trigger.name(),
                "not a trigger's name: 1 to 64 letters and digits; send form_submit, lead_sold, \
                 offer_click, offer_conversion, buyer_event or one of the source's `events`",
            )));
        }
        _ if said.event.is_none() => said.trigger = policy.profile.default_trigger.clone(),
        _ => {}
    }
    Ok(said)
}

/// Whether an `event` that could be a custom name of TikTok's is one of our triggers, or one that
/// the source maps. Status words are left out: `event = "lead"` is an event's name.
fn named_by_user_or_us(text: &str, policy: &Policy<'_>) -> bool {
    let word = squash(text);
    policy.profile.trigger(&word).is_some()
        || Trigger::parse(text).is_some_and(|trigger| mapped(&trigger, policy).is_some())
}

fn by_map(said: Said, policy: &Policy<'_>) -> Decision {
    let Said { event, trigger, warnings } = said;
    if let Some(event) = event {
        return told(event, trigger, warnings);
    }
    let Some(trigger) = trigger else {
        return Decision::Rejected(Rejection::field(
            Field::Trigger.name(),
            "nothing says what happened; end the postback's path with it (/form_submit, /lead_sold, \
             …), or send `trigger`, or `event` with TikTok's name",
        ));
    };
    let event = mapped(&trigger, policy)
        .cloned()
        .or_else(|| trigger.default_event().and_then(EventName::parse));
    match event {
        Some(event) => told(event, Some(trigger), warnings),
        None => {
            let reason = match trigger {
                Trigger::BuyerEvent => {
                    "buyer_event stands for no TikTok event; name one in the source's `events` \
                     (buyer_event = \"Purchase\"), or add a rule"
                }
                _ => {
                    "a custom trigger that stands for no TikTok event; name one for it in the \
                     source's `events`"
                }
            };
            Decision::Rejected(Rejection::field(Field::Trigger.name(), reason))
        }
    }
}
