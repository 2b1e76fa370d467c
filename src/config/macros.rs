//! Macros in a destination: `{click_id}`, `{campaign}`, and `{name}` for any parameter of the
//! visitor's. Here they are found and checked; what they become is `capture`'s work.

/// A piece of a destination.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece<'a> {
    /// Text that stays as it is.
    Text(&'a str),
    /// The name between two braces.
    Macro(&'a str),
}

/// Cuts a text that `check` has passed into its pieces. A brace without its partner is text.
///
/// ```
/// use clickjoin::config::{Piece, pieces};
/// let found: Vec<_> = pieces("s={click_id}&x").collect();
/// assert_eq!(found, [Piece::Text("s="), Piece::Macro("click_id"), Piece::Text("&x")]);
/// ```
pub fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    let mut waiting = None;
    std::iter::from_fn(move || {
        if let Some(name) = waiting.take() {
            return Some(Piece::Macro(name));
        }
        if rest.is_empty() {
            return None;
        }
        let found = rest.split_once('{').and_then(|(before, after)| {
            let (name, after) = after.split_once('}')?;
            Some((before, name, after))
        });
        let Some((before, name, after)) = found else {
            return Some(Piece::Text(std::mem::take(&mut rest)));
        };
        rest = after;
        if before.is_empty() {
            return Some(Piece::Macro(name));
        }
        waiting = Some(name);
        Some(Piece::Text(before))
    })
}

/// Whether every brace of a text belongs to a macro.
pub(super) fn check(text: &str) -> Result<(), &'static str> {
    const WRONG: &str = "a macro is {click_id}, {campaign} or {parameter}: 1 to 64 letters, \
                         digits, '-', '_' and '.' between braces";
    let good = pieces(text).all(|piece| match piece {
        Piece::Text(text) => !text.contains(['{', '}']),
        Piece::Macro(name) => is_param_name(name),
    });
    if good { Ok(()) } else { Err(WRONG) }
}

/// Whether a text can stand as a parameter's name without any encoding.
pub(super) fn is_param_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (1..=64).contains(&name.len()) && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_their_macros() {
        let cut = |text| pieces(text).collect::<Vec<_>>();
        assert_eq!(cut(""), []);
        assert_eq!(cut("plain"), [Piece::Text("plain")]);
        assert_eq!(cut("{a}{b}"), [Piece::Macro("a"), Piece::Macro("b")]);
        assert_eq!(
            cut("/{a}/x{b}y"),
            [
                Piece::Text("/"),
                Piece::Macro("a"),
                Piece::Text("/x"),
                Piece::Macro("b"),
                Piece::Text("y")
            ]
        );
        assert_eq!(cut("x{open"), [Piece::Text("x{open")]);
    }

    #[test]
    fn a_brace_is_part_of_a_macro_or_a_mistake() {
        for good in ["", "/a", "{click_id}", "/{campaign}?s={sub-1}&t={a.b}"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["{", "}", "{}", "{a", "a}", "{a b}", "{{a}}", "{é}", "{a}}"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
