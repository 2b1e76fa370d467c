//! Values that stand for nothing.

/// Why a value counts as absent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Absence {
    /// Nothing there.
    Empty,
    /// A macro that nobody replaced.
    Macro,
}

/// Whether a value stands for nothing.
pub fn absent(text: &str) -> Option<Absence> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Absence::Empty);
    }
    (text.starts_with("__") && text.ends_with("__")).then_some(Absence::Macro)
}
