//! Platforms' own names and words, as data: one table for each platform, and what is safe for all.
//! A new platform is a new table here and a row in `ALL`; nothing else changes.
//!
//! Names and words are written squashed (see [`super::words`]): `Transaction_ID` is `transactionid`.
//! Applying a profile is left to `resolve`, `trigger` and `answer`.

mod networks;
mod shared;
mod trackers;

pub use shared::{is_personal, shared_field};

use super::trigger::Trigger;
use super::words::listed;
use crate::lead::Field;

/// What a platform calls things, and what it wants to hear.
#[derive(Debug)]
pub struct Profile {
    /// The name in a source's `profile =`.
    pub name: &'static str,
    /// Its names for our fields. They come before the canonical names: where a platform means its
    /// click by `transaction_id`, so do we.
    pub aliases: &'static [(&'static str, Field)],
    /// Names that it sends and we have no use for, or that mean something else there than with us.
    /// A filter, a rule or a source's own `fields` may still name them.
    pub unused: &'static [&'static str],
    /// Its names for the offer, used only to tell two offers of one lead apart.
    pub offer: &'static [&'static str],
    /// Its words for what became of a lead, before the shared ones.
    pub statuses: &'static [(&'static str, Outcome)],
    /// Its words for what happened, before the shared ones.
    pub triggers: &'static [(&'static str, Trigger)],
    /// What happened where nothing says so: trackers report conversions only.
    pub default_trigger: Option<Trigger>,
    /// Whether `12,345` is 12.345 there: a comma is never for thousands.
    pub decimal_comma: bool,
    /// Whether a rejection is answered with 200, because the platform switches failing postbacks
    /// off. A source's own `always_ok` is on top.
    pub always_ok: bool,
    /// The form of the answer.
    pub answer: AnswerForm,
}

/// What a status word means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// This happened.
    Trigger(Trigger),
    /// Nothing that TikTok should be told: it cannot take an event back.
    Ignore,
}

/// The form in which a platform reads answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AnswerForm {
    /// The JSON of the design.
    Json,
    /// TUNE's `success=true;`.
    TuneText,
}

/// A profile that adds nothing to what is shared.
const PLAIN: Profile = Profile {
    name: "generic",
    aliases: &[],
    unused: &[],
    offer: &[],
    statuses: &[],
    triggers: &[],
    default_trigger: None,
    decimal_comma: false,
    always_ok: false,
    answer: AnswerForm::Json,
};

static ALL: [&Profile; 12] = [
    &GENERIC,
    &networks::PINGTREE,
    &trackers::VOLUUM,
    &trackers::REDTRACK,
    &trackers::KEITARO,
    &trackers::BINOM,
    &trackers::BEMOB,
    &trackers::CLICKFLARE,
    &networks::EVERFLOW,
    &networks::TUNE,
    &networks::AFFISE,
    &networks::PHONEXA,
];

static GENERIC: Profile = PLAIN;

/// Every profile's name, in the order of the documentation.
pub const NAMES: [&str; 12] = [
    "generic",
    "pingtree",
    "voluum",
    "redtrack",
    "keitaro",
    "binom",
    "bemob",
    "clickflare",
    "everflow",
    "tune",
    "affise",
    "phonexa",
];

/// The profile of that name.
pub fn find(name: &str) -> Option<&'static Profile> {
    ALL.into_iter().find(|profile| profile.name == name)
}

/// What a name is to a profile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Known {
    /// One of our fields, and how good a name for it: 0 is our own, more is further from it.
    Field(Field, u8),
    /// Known, and not used.
    Unused,
}

impl Profile {
    /// What a squashed name is here; `None` where nobody knows it.
    pub fn name_of(&self, key: &str) -> Option<Known> {
        if let Some((_, field)) = self.aliases.iter().find(|(alias, _)| *alias == key) {
            return Some(Known::Field(*field, 1));
        }
        if listed(self.unused, key) || self.offer.contains(&key) {
            return Some(Known::Unused);
        }
        shared::name_of(key)
    }

    /// What a squashed status word means here, with the table's own spelling of it.
    pub fn status(&self, squashed: &str) -> Option<(&'static str, &'static Outcome)> {
        let find = |list: &'static [(&'static str, Outcome)]| {
            list.iter().find(|(word, _)| *word == squashed).map(|(word, outcome)| (*word, outcome))
        };
        find(self.statuses).or_else(|| find(shared::STATUSES))
    }

    /// The trigger that a squashed word names here; `None` where it is a custom one.
    pub fn trigger(&self, squashed: &str) -> Option<Trigger> {
        let own = self.triggers.iter().find(|(word, _)| *word == squashed);
        own.map(|(_, trigger)| trigger.clone()).or_else(|| Trigger::standard(squashed))
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::squash;
    use super::*;

    #[test]
    fn every_name_finds_its_profile() {
        let names: Vec<_> = ALL.iter().map(|profile| profile.name).collect();
        assert_eq!(names, NAMES);
        assert!(find("Pingtree").is_none());
    }

    #[test]
    fn tables_are_squashed_and_unambiguous() {
        for profile in ALL {
            let names = profile.aliases.iter().map(|(name, _)| *name);
            let words = profile.statuses.iter().map(|(word, _)| *word);
            let triggers = profile.triggers.iter().map(|(word, _)| *word);
            let unused = profile.unused.iter().map(|name| name.trim_end_matches('#'));
            for word in names.chain(words).chain(triggers).chain(unused) {
                assert_eq!(word, squash(word), "{}", profile.name);
            }
            for (name, _) in profile.aliases {
                let times = profile.aliases.iter().filter(|(other, _)| other == name).count();
                assert_eq!(times, 1, "{}: {name}", profile.name);
                assert!(!listed(profile.unused, name), "{}: {name}", profile.name);
            }
        }
    }
}
