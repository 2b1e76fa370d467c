//! From named values to canonical fields: whose name is it, is it a value at all, and which of
//! several wins. What a value means is left to `event` and `identity`.
//!
//! 1. A name is looked for in the source's own `fields`, then in the profile, then among the names
//!    that everybody shares. A nested one (`lead.email`) by its whole path first, then as one word
//!    (`page.url` is `page_url`), then by its last part, unless it belongs to somebody else than the
//!    lead (`buyer.email`).
//! 2. What is no value is left out, with a warning; so is a name that nobody knows.
//! 3. Body over nested over query; then the source's own name over the canonical one over an alias;
//!    then the first. Fields that may be lists keep every value of the winning place.
//! 4. A click id is one of ours or none: a platform's own click id is kept as the lead's
//!    transaction id where there is no other.

use super::body::{MAX_FIELDS, Origin, Pair, Parsed};
use super::facts::{Facts, Named};
use super::profile::{Known, Profile};
use super::words::squash;
use crate::click::ClickId;
use crate::few::Map;
use crate::lead::{Field, Fields};
use crate::placeholder::{Absence, absent};
use crate::raw::{RawText, RawValue};
use crate::rejection::Rejection;
use crate::warning::Warning;
use serde::Deserialize;
use std::cmp::Reverse;

/// A source's own names for fields, from its `fields` table, as the user wrote them.
pub type Aliases = Map<Field, Vec<String>>;

/// Longest value, in bytes (design: 8 KiB). A user agent has 300, a cart of 50 products 5,000.
pub const MAX_VALUE_BYTES: usize = 8 * 1_024;

/// Longest ttclid, in characters: TikTok says it may have 1,000.
pub const MAX_TTCLID_CHARS: usize = 1_000;

/// Longest foreign click id that is kept as a transaction id, in bytes; trackers' have 20 to 40.
const MAX_FOREIGN_ID_BYTES: usize = 128;

/// Objects whose fields are about somebody or something else than the lead.
const OTHERS: [&str; 16] = [
    "advertiser",
    "affiliate",
    "agent",
    "buyer",
    "campaign",
    "company",
    "contents",
    "items",
    "offer",
    "partner",
    "product",
    "products",
    "publisher",
    "seller",
    "source",
    "vendor",
];

/// A postback understood: its fields, and what was lost on the way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resolved {
    /// The fields, and the platform's own names beside them.
    pub facts: Facts,
    /// Of the parsing and of this.
    pub warnings: Vec<Warning>,
}

/// Applies a profile and a source's own names to what a postback brought.
///
/// # Errors
/// A value that is longer than [`MAX_VALUE_BYTES`], or a ttclid than [`MAX_TTCLID_CHARS`].
pub fn resolve(
    parsed: Parsed,
    profile: &Profile,
    aliases: &Aliases,
) -> Result<Resolved, Rejection> {
    let own = OwnNames::of(aliases);
    let mut warnings = parsed.warnings;
    let mut candidates: Vec<Candidate> = Vec::with_capacity(parsed.pairs.len());
    let mut named = Vec::with_capacity(parsed.pairs.len());
    let mut unknown = Unknown::default();
    for mut pair in parsed.pairs {
        let key = squash(&pair.name);
        let meanings = own.fields_of(&key);
        let known = match meanings.first() {
            Some(field) => Some(Known::Field(*field, OWN_NAME)),
            None => known(profile, &key),
        };
        let field = match known {
            Some(Known::Field(field, _)) => Some(field),
            _ => None,
        };
        check_length(&pair.value, field)?;
        if let Some(Known::Field(field, rank)) = known
            && let Some((last, others)) = listed_persons(field, &pair.value)
        {
            for value in others {
                let item = Pair { value, with_plus: None, ..pair.clone() };
                match absence(&item.value) {
                    Some(gone) => warnings.push(Warning::new(field.name(), gone.what())),
                    None => candidates.push(Candidate::new(field, rank, &item)),
                }
            }
            pair.value = last;
        }
        let gone = absence(&pair.value);
        match (known, gone) {
            (None, _) => unknown.add(&pair.name, &mut warnings),
            (Some(Known::Unused), _) => {}
            (Some(Known::Field(field, _)), Some(gone)) => {
                warnings.push(Warning::new(field.name(), gone.what()));
            }
            (Some(Known::Field(field, rank)), None) => {
                let others = meanings.iter().skip(1).map(|field| (*field, OWN_NAME));
                for (field, rank) in std::iter::once((field, rank)).chain(others) {
                    let candidate = Candidate::new(field, rank, &pair);
                    // Within one place and one name, the order they came in.
                    let place = |c: &Candidate| (c.field, Reverse(c.origin), c.rank);
                    let at = candidates.partition_point(|c| place(c) <= place(&candidate));
                    candidates.insert(at, candidate);
                }
            }
        }
        // A secret is nothing that a filter or an event id may look at.
        if gone.is_none() && key != "token" {
            named.push(Named { key, value: pair.value, field });
        }
    }
    unknown.finish(&mut warnings);
    let mut fields = Fields::default();
    let mut foreign = None;
    for group in candidates.chunk_by(|a, b| a.field == b.field) {
        let Some(first) = group.first() else { continue };
        match first.field {
            Field::ClickId => {
                match group.iter().find(|c| ClickId::parse(c.value.expose().trim()).is_some()) {
                    Some(ours) => fields.push(Field::ClickId, ours.value.clone()),
                    None => foreign = Some(first.value.clone()),
                }
            }
            field if is_list(field) => keep_all(group, field, &mut fields),
            field => keep_first(first, group, field, &mut fields, &mut warnings),
        }
    }
    if let Some(foreign) = foreign {
        warnings.push(keep_foreign_click(foreign, &mut fields));
    }
    if profile.decimal_comma {
        for field in [Field::Value, Field::Price] {
            let values = fields.remove(field);
            fields.set(field, values.into_iter().map(comma_to_point).collect());
        }
    }
    Ok(Resolved { facts: Facts { fields, named }, warnings })
}

/// The rank of a name from the source's own table; the profile's names follow with theirs.
const OWN_NAME: u8 = 0;

/// One value for one field.
struct Candidate {
    field: Field,
    origin: Origin,
    rank: u8,
    value: RawValue,
}

impl Candidate {
    fn new(field: Field, rank: u8, pair: &Pair) -> Self {
        Self { field, origin: pair.origin, rank, value: value_for(field, pair).clone() }
    }
}

/// The value as a field reads it: a click id has no spaces, so what looks like one was a `+`.
fn value_for(field: Field, pair: &Pair) -> &RawValue {
    let is_token = matches!(field, Field::ClickId | Field::Ttclid | Field::Ttp);
    pair.with_plus.as_ref().filter(|_| is_token).unwrap_or(&pair.value)
}

/// The source's own names, squashed.
struct OwnNames(Vec<(String, Field)>);

impl OwnNames {
    fn of(aliases: &Aliases) -> Self {
        let names = aliases
            .iter()
            .flat_map(|(field, names)| names.iter().map(|name| (squash(name), *field)));
        Self(names.filter(|(name, _)| !name.is_empty()).collect())
    }

    /// The fields that the user takes a name for: by its path, or by its last part where the user
    /// wrote no path. More than one is possible (`event_id = "tid"`, `transaction_id = "tid"`).
    fn fields_of(&self, key: &str) -> Vec<Field> {
        let last = key.rsplit('.').next().unwrap_or(key);
        let is = |name: &str| name == key || name == last;
        self.0.iter().filter(|(name, _)| is(name)).map(|(_, field)| *field).collect()
    }
}

/// What a squashed name is to the profile; nested ones as the file's first lines say.
fn known(profile: &Profile, key: &str) -> Option<Known> {
    // The source's own names come first.
    let step = |known| match known {
        Known::Field(field, rank) => Known::Field(field, rank.saturating_add(1)),
        Known::Unused => Known::Unused,
    };
    let found = profile.name_of(key).or_else(|| {
        let (outer, last) = key.rsplit_once('.')?;
        let wrapping = outer.rsplit('.').next().unwrap_or(outer);
        let joined = profile.name_of(&format!("{wrapping}{last}"));
        joined.or_else(|| if OTHERS.contains(&wrapping) { None } else { profile.name_of(last) })
    });
    found.map(step)
}

/// Most names that nobody knows and that are named one by one: a lead template has a few dozen, and
/// an answer is read by people.
const MAX_UNKNOWN_NAMED: usize = 50;

/// The names that nobody knows.
#[derive(Default)]
struct Unknown {
    named: usize,
    more: usize,
}

impl Unknown {
    fn add(&mut self, name: &str, warnings: &mut Vec<Warning>) {
        let what = "not a field of this source, so it was ignored; to use it, name it in the source's `fields`";
        let warning = Warning::new(name, what);
        if warnings.contains(&warning) {
            return;
        }
        if self.named < MAX_UNKNOWN_NAMED {
            self.named = self.named.saturating_add(1);
            warnings.push(warning);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    fn finish(&self, warnings: &mut Vec<Warning>) {
        if self.more > 0 {
            let what = format!("{} more are not fields of this source and were ignored", self.more);
            warnings.push(Warning::new("fields", what));
        }
    }
}

/// Whether a value is none. Numbers and JSON are values.
fn absence(value: &RawValue) -> Option<Absence> {
    match value {
        RawValue::Text(text) => absent(text.expose()),
        RawValue::Number(_) | RawValue::Bool(_) | RawValue::Json(_) => None,
    }
}

fn check_length(value: &RawValue, field: Option<Field>) -> Result<(), Rejection> {
    let text = value.expose();
    if text.len() > MAX_VALUE_BYTES {
        let reason = format!(
            "a value is longer than {} KiB; send it shorter, or leave it out",
            MAX_VALUE_BYTES / 1_024
        );
        return Err(match field {
            Some(field) => Rejection::field(field.name(), reason),
            None => Rejection::lead(reason),
        });
    }
    if field == Some(Field::Ttclid) && text.chars().count() > MAX_TTCLID_CHARS {
        return Err(Rejection::field(
            Field::Ttclid.name(),
            format!("longer than {MAX_TTCLID_CHARS} characters, so it is no click id of TikTok's"),
        ));
    }
    Ok(())
}

/// Fields that TikTok takes several values of.
const fn is_list(field: Field) -> bool {
    matches!(
        field,
        Field::Email | Field::Phone | Field::ExternalId | Field::ContentId | Field::ContentIds
    )
}

/// The values of a JSON list that came as a text (`email=["a@example.com"]` in a form), the last one
/// first. Hashed as one text, a list would be nobody.
fn listed_persons(field: Field, value: &RawValue) -> Option<(RawValue, Vec<RawValue>)> {
    let RawValue::Text(text) = value else { return None };
    let is_person = matches!(field, Field::Email | Field::Phone | Field::ExternalId);
    if !is_person || !text.expose().trim_start().starts_with('[') {
        return None;
    }
    let items: Vec<Item> = serde_json::from_str(text.expose().trim()).ok()?;
    let mut values: Vec<RawValue> = items.into_iter().take(MAX_FIELDS).map(Item::value).collect();
    let last = values.pop()?;
    Some((last, values))
}

/// One value of such a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Item {
    Text(String),
    Number(serde_json::Number),
    None(()),
}

impl Item {
    fn value(self) -> RawValue {
        match self {
            Self::Text(text) => RawValue::text(text),
            Self::Number(number) => RawValue::text(number.to_string()),
            Self::None(()) => RawValue::text("null"),
        }
    }
}

/// Keeps every value of the place that wins, the same one once.
fn keep_all(group: &[Candidate], field: Field, fields: &mut Fields) {
    let winner = group.first().map(|c| c.origin);
    for candidate in group.iter().filter(|c| Some(c.origin) == winner) {
        if !fields.all(field).contains(&candidate.value) {
            fields.push(field, candidate.value.clone());
        }
    }
}

fn keep_first(
    first: &Candidate,
    group: &[Candidate],
    field: Field,
    fields: &mut Fields,
    warnings: &mut Vec<Warning>,
) {
    let same_name = |c: &&Candidate| c.origin == first.origin && c.rank == first.rank;
    if group.iter().filter(same_name).any(|c| c.value != first.value) {
        warnings.push(Warning::new(
            field.name(),
            "came more than once with different values; the first was used",
        ));
    }
    fields.push(field, first.value.clone());
}

/// A platform's own click id is the best name for its lead where it sends no other. Kept in the
/// transaction id, it lets later postbacks find the lead, and gives the event id.
fn keep_foreign_click(foreign: RawValue, fields: &mut Fields) -> Warning {
    let fits = foreign.expose().len() <= MAX_FOREIGN_ID_BYTES;
    if fits && fields.first(Field::TransactionId).is_none() {
        fields.push(Field::TransactionId, foreign);
        return Warning::new(
            Field::ClickId.name(),
            "not a click id of ours (32 hex digits), so it was used as the transaction_id; name the \
             parameter that holds ours in the source's `fields`",
        );
    }
    Warning::new(
        Field::ClickId.name(),
        "not a click id of ours (32 hex digits), so it counts as absent; name the parameter that \
         holds ours in the source's `fields`",
    )
}

/// `12,34` as 12.34, for a platform that always means it so: a number, because the text `12.345`
/// could be two amounts. Any other form is left as it is.
fn comma_to_point(value: RawValue) -> RawValue {
    let text = match &value {
        RawValue::Text(text) => text.expose().trim(),
        _ => return value,
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match text.split_once(',') {
        Some((whole, part)) if digits(whole.trim_start_matches('-')) && digits(part) => {
            RawValue::Number(RawText::new(format!("{whole}.{part}")))
        }
        _ => value,
    }
}
