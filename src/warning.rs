//! What was lost or changed on the way, in words for the person who set the postback up.

use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// Longest field name that a warning repeats, in characters: names of unknown fields come from
/// outside.
const FIELD_CHARS: usize = 64;

/// Most digits of a field's name: with more it may be a phone number.
const NAME_DIGITS: usize = 6;

/// One lossy step: which field, and what was done with it. Serialises as `"field: what"`.
/// It never holds a field's value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Warning {
    field: String,
    what: Cow<'static, str>,
}

impl Warning {
    /// A warning on `field`; `what` is a sentence that says what was done and what to do about it,
    /// and must not repeat the value.
    ///
    /// A name that may itself be a value is not repeated: an `&` that nobody encoded makes names of
    /// what stood behind it (`name=Tom & alice@example.com`).
    pub fn new(field: &str, what: impl Into<Cow<'static, str>>) -> Self {
        let digits = field.chars().filter(|c| c.is_numeric()).count();
        let field = if field.contains('@') || digits > NAME_DIGITS {
            "(a name that may be a value)".to_owned()
        } else {
            field.chars().take(FIELD_CHARS).collect()
        };
        Self { field, what: what.into() }
    }

    /// The warnings in their order, each of them once.
    pub fn once(warnings: &[Self]) -> Vec<&Self> {
        let mut kept: Vec<&Self> = Vec::with_capacity(warnings.len());
        for warning in warnings {
            if !kept.contains(&warning) {
                kept.push(warning);
            }
        }
        kept
    }

    /// The field's name, as the canonical name or as it came where nobody knows it.
    pub fn field(&self) -> &str {
        &self.field
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.what)
    }
}

impl Serialize for Warning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
