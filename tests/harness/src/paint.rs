//! How `make dev` and `make demo` look on a terminal. Colours only where somebody sees them.

use std::fmt::Display;
use std::io::{IsTerminal, stdout};

/// Colours, or none of them.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// Colours if standard output is a terminal and `NO_COLOR` is not set.
    #[must_use]
    pub fn for_stdout() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { on: stdout().is_terminal() && !unwanted }
    }

    /// No colours.
    #[must_use]
    pub const fn plain() -> Self {
        Self { on: false }
    }

    fn wrap(self, code: &str, text: impl Display) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }

    /// A heading.
    #[must_use]
    pub fn bold(self, text: impl Display) -> String {
        self.wrap("1", text)
    }

    /// What is there but not the point.
    #[must_use]
    pub fn dim(self, text: impl Display) -> String {
        self.wrap("2", text)
    }

    /// What went as it should.
    #[must_use]
    pub fn good(self, text: impl Display) -> String {
        self.wrap("32", text)
    }

    /// What did not.
    #[must_use]
    pub fn bad(self, text: impl Display) -> String {
        self.wrap("1;31", text)
    }

    /// What to click on or to copy.
    #[must_use]
    pub fn link(self, text: impl Display) -> String {
        self.wrap("36", text)
    }
}

/// The first `keep` characters, and `…` if there were more.
///
/// ```
/// assert_eq!(harness::paint::shorten("848a771458438fc2", 8), "848a7714…");
/// assert_eq!(harness::paint::shorten("short", 8), "short");
/// ```
#[must_use]
pub fn shorten(text: &str, keep: usize) -> String {
    match text.char_indices().nth(keep) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Whether this is a SHA-256 in hex, of which the first digits say enough.
#[must_use]
pub fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
