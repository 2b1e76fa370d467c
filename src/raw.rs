//! Text that may be personal: it can be read on purpose, never by accident.
//!
//! Everything a postback brings is a [`RawValue`] until it has been understood. What is done with
//! it (normalising, hashing, sending in plain) is left to `identity` and `event`.

use std::borrow::Cow;
use std::fmt;

/// A text that may hold personal data. It has no `Display`, no `Serialize`, and its `Debug` prints
/// nothing of it, so it cannot reach a log, the ledger or an error by way of formatting.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct RawText(String);

impl RawText {
    /// Wraps a text as it came.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. The name is a warning: what is made of it must be hashed, or be a field
    /// that TikTok takes in plain.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RawText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RawText(…)")
    }
}

impl From<&str> for RawText {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// One value of a postback, as its body wrote it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RawValue {
    /// A text: a JSON string, or anything of a query, a form or an XML element.
    Text(RawText),
    /// A JSON number, digit for digit as it was written: an amount is never rounded on the way in.
    Number(RawText),
    /// A JSON `true` or `false`.
    Bool(bool),
    /// A JSON object, or a list of objects, as JSON text (`contents`).
    Json(RawText),
}

impl RawValue {
    /// A text value.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(RawText::new(text))
    }

    /// The value as text, whatever its kind; JSON values give their JSON text.
    pub fn expose(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) | Self::Number(text) | Self::Json(text) => text.expose().into(),
            Self::Bool(true) => "true".into(),
            Self::Bool(false) => "false".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raw_value_cannot_be_printed() {
        let values = [
            RawValue::text("alice@example.com"),
            RawValue::Number(RawText::new("alice")),
            RawValue::Json(RawText::new("{\"email\":\"alice\"}")),
        ];
        assert!(!format!("{values:?}").contains("alice"));
    }
}
