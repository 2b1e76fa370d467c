//! What a postback is made of before anybody knows what the names mean: named values and where they
//! stood. Names are understood in `resolve`.

use super::BodyError;
use crate::raw::RawValue;
use crate::warning::Warning;

/// Largest body, in bytes (design: 64 KiB). A lead is 1 to 4 KiB; a cart with it may be 20.
pub const MAX_BODY_BYTES: usize = 64 * 1_024;

/// Most fields, query and body together; each element of a list counts. Pingtree's widest lead
/// template has about 120.
pub const MAX_FIELDS: usize = 200;

/// Where a value stood. The later one wins: body over query, and within the body the top level over
/// an object inside it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Origin {
    /// The URL's query.
    Query,
    /// An object or element inside the body's top level.
    Nested,
    /// The body's top level.
    Body,
}

/// One named value. The name is as it came, except that brackets became dots: `lead[email]` is
/// `lead.email`, `email[]` and `email[0]` are `email`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pair {
    /// The name, a path with dots where the value was nested (`lead.email`).
    pub name: String,
    /// The value, as it came.
    pub value: RawValue,
    /// The value with its `+`, where a query or form made a space of one: what it is if the name
    /// turns out to be a token's.
    pub with_plus: Option<RawValue>,
    /// Where it stood.
    pub origin: Origin,
}

/// Everything that a postback brought.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Parsed {
    /// The named values, query first, each part in its own order.
    pub pairs: Vec<Pair>,
    /// What was left out or mended on the way.
    pub warnings: Vec<Warning>,
}

impl Parsed {
    /// Adds a value of the query, or of a form in the body.
    pub(super) fn push_form(
        &mut self,
        name: &str,
        value: RawValue,
        with_plus: Option<RawValue>,
        is_query: bool,
    ) -> Result<(), BodyError> {
        if is_query {
            self.push(path(name), value, Origin::Query)?;
        } else {
            self.push_body(name, value)?;
        }
        if let Some(pair) = self.pairs.last_mut() {
            pair.with_plus = with_plus;
        }
        Ok(())
    }

    /// Adds a value of the body; a name with a path in it is nested.
    pub(super) fn push_body(&mut self, name: &str, value: RawValue) -> Result<(), BodyError> {
        let name = path(name);
        let origin = if name.contains('.') { Origin::Nested } else { Origin::Body };
        self.push(name, value, origin)
    }

    fn push(&mut self, name: String, value: RawValue, origin: Origin) -> Result<(), BodyError> {
        if self.pairs.len() >= MAX_FIELDS {
            return Err(BodyError::TooManyFields);
        }
        self.pairs.push(Pair { name, value, with_plus: None, origin });
        Ok(())
    }

    /// Notes what was left out or mended.
    pub(super) fn warn(&mut self, field: &str, what: &'static str) {
        // Bounded like the fields: a name can be left out as often as it can be sent.
        if self.warnings.len() < MAX_FIELDS {
            self.warnings.push(Warning::new(field, what));
        }
    }
}

/// The name as a path with dots: brackets opened, indexes left out, spaces around it cut.
fn path(name: &str) -> String {
    let name = name.trim();
    if !name.contains(['[', '.']) {
        return name.to_owned();
    }
    let mut out = String::with_capacity(name.len());
    for segment in name.split(['[', ']', '.']) {
        let index = segment.bytes().all(|b| b.is_ascii_digit());
        if !index {
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(segment);
        }
    }
    // `[]` alone, or `0.1`: nothing is left to call it by.
    if out.is_empty() { name.to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_paths() {
        for (name, want) in [
            ("email", "email"),
            (" email ", "email"),
            ("email[]", "email"),
            ("email[0]", "email"),
            ("lead[email]", "lead.email"),
            ("lead[email][]", "lead.email"),
            ("data[0][user][email]", "data.user.email"),
            ("data.0.user.email", "data.user.email"),
            ("[]", "[]"),
            ("", ""),
            ("..", ".."),
            ("12", "12"),
        ] {
            assert_eq!(path(name), want, "{name:?}");
        }
    }

    #[test]
    fn the_field_after_the_last_one_is_refused() {
        let mut parsed = Parsed::default();
        for _ in 0..MAX_FIELDS {
            parsed.push_body("a", RawValue::text("1")).unwrap();
        }
        assert_eq!(parsed.push_body("a", RawValue::text("1")), Err(BodyError::TooManyFields));
    }
}
