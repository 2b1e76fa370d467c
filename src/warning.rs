//! What was lost or changed on the way, in words for the person who set the postback up.

use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// Longest field name that a warning repeats, in characters: names of unknown fields come from
/// outside.
const FIELD_CHARS: usize = 64;

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
    pub fn new(field: &str, what: impl Into<Cow<'static, str>>) -> Self {
        let field = field.chars().take(FIELD_CHARS).collect();
        Self { field, what: what.into() }
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
