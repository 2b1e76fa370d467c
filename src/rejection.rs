//! Why a lead cannot be told to TikTok: the `422` of a postback.

use std::borrow::Cow;
use std::fmt;

/// A postback that was understood and cannot be sent: the field at fault, and the reason in words
/// that say what to do. It never holds a field's value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejection {
    /// The canonical field (`event_time`), or none where it is the lead as a whole.
    pub field: Option<&'static str>,
    /// One sentence: what is wrong and what to do.
    pub reason: Cow<'static, str>,
}

impl Rejection {
    /// A rejection because of one field.
    pub fn field(field: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { field: Some(field), reason: reason.into() }
    }

    /// A rejection because of the lead as a whole.
    pub fn lead(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { field: None, reason: reason.into() }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field {
            Some(field) => write!(f, "{field}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}
