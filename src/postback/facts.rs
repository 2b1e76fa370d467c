//! Everything that is known of a lead when it is decided what to do with it: the canonical fields,
//! and the platform's own names for filters, rules and event ids to look at.

use super::profile::{is_personal, shared_field};
use super::words::squash;
use crate::lead::{Field, Fields};
use crate::raw::RawValue;

/// One value under the platform's own name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Named {
    /// Squashed.
    pub(super) key: String,
    pub(super) value: RawValue,
    /// What the profile takes it for.
    pub(super) field: Option<Field>,
}

/// The values of a lead: canonical fields, and everything else by its own name. Absent values are
/// in neither.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Facts {
    /// The canonical fields.
    pub fields: Fields,
    pub(super) named: Vec<Named>,
}

impl Facts {
    /// Facts of canonical fields alone.
    pub fn of(fields: Fields) -> Self {
        Self { fields, named: Vec::new() }
    }

    /// Every value under the platform's own (squashed) name.
    pub(crate) fn raw(&self, key: &str) -> Vec<&RawValue> {
        self.named.iter().filter(|named| named.key == key).map(|named| &named.value).collect()
    }

    /// Whether a squashed name was used for something about a person.
    fn is_personal_name(&self, key: &str) -> bool {
        self.named.iter().any(|named| named.key == key && named.field.is_some_and(is_personal))
    }

    /// The values that a name in a configuration means.
    pub(super) fn values(&self, name: &FactName) -> Vec<&RawValue> {
        let canonical = |field: Option<Field>| {
            field.map(|field| self.fields.all(field)).unwrap_or_default().iter()
        };
        let raw = self.raw(&name.key);
        match name.field {
            // Our own name: what the profile made of it comes before what came under that name.
            Some(field) if name.canonical => {
                let made: Vec<_> = canonical(Some(field)).collect();
                if made.is_empty() { raw } else { made }
            }
            field if raw.is_empty() => canonical(field).collect(),
            _ => raw,
        }
    }

    /// The first value of a name as text, unless it is about a person.
    pub(super) fn plain_text(&self, name: &FactName) -> Option<String> {
        if name.is_personal() || self.is_personal_name(&name.key) {
            return None;
        }
        let text = self.values(name).first()?.expose().trim().to_owned();
        (!text.is_empty()).then_some(text)
    }
}

/// A field as a configuration names it: canonical (`value`), shared (`payout`), or a platform's
/// (`goal`), in any spelling.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct FactName {
    key: String,
    field: Option<Field>,
    canonical: bool,
}

impl FactName {
    /// Reads a name; `None` where it has no letters or digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let key = squash(text);
        if key.is_empty() {
            return None;
        }
        let field = shared_field(&key);
        let canonical = field.is_some_and(|field| squash(field.name()) == key);
        Some(Self { key, field, canonical })
    }

    /// Whether the name alone says that its value is about a person.
    pub(super) fn is_personal(&self) -> bool {
        self.field.is_some_and(is_personal)
    }

    pub(super) fn field(&self) -> Option<Field> {
        self.field
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }
}
