//! A value that was read, with what was lost or changed on the way.

use crate::raw::RawText;

/// A value and, where reading it was lossy or a guess, a sentence about that for the answer's
/// `warnings`. The sentence never holds the raw value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Noted<T> {
    /// What was read.
    pub value: T,
    /// What was changed to read it.
    pub note: Option<&'static str>,
}

impl<T> Noted<T> {
    pub(super) const fn plain(value: T) -> Self {
        Self { value, note: None }
    }

    pub(super) const fn with(value: T, note: &'static str) -> Self {
        Self { value, note: Some(note) }
    }
}

/// The note on a value that was percent-encoded once too often on its way (`%2540`).
pub(crate) const DECODED: &str = "was percent-encoded twice: decoded once more";

/// Why a value cannot be used and is left out: a sentence for the answer's `warnings`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unusable(pub &'static str);

/// A text without the spaces around it, or the reason why there is none.
pub(super) fn trimmed(raw: &RawText) -> Result<&str, Unusable> {
    match raw.expose().trim() {
        "" => Err(Unusable("empty, left out: an empty value is never hashed")),
        text => Ok(text),
    }
}
