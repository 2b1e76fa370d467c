//! Conditions on a lead's values, as people write them in a source's configuration:
//! `status != rejected`, `payout > 0 and buyer_id in [12, 40]`. What follows from a condition is
//! left to `decide`.

mod number;
mod parse;

use super::facts::{FactName, Facts};
use crate::raw::RawValue;
use number::{Number, number, readings};
use std::fmt;

/// Clauses that must all hold.
///
/// A name is a canonical field, an alias, or the platform's own name, in any spelling. Of a field
/// with several values, any one may fit. Where a field is absent, only `!=`, `not in` and `missing`
/// hold. `=` and lists compare numbers as numbers and everything else as text, in any case; `<` and
/// `>` hold for numbers only.
///
/// ```
/// use clickjoin::lead::{Field, Fields};
/// use clickjoin::postback::{facts::Facts, filter::Condition};
/// use clickjoin::raw::RawValue;
///
/// let mut fields = Fields::default();
/// fields.push(Field::Value, RawValue::text("$12.50"));
/// let facts = Facts::of(fields);
/// assert!(Condition::parse("payout > 12").unwrap().holds(&facts));
/// assert!(Condition::parse("status != rejected").unwrap().holds(&facts));
/// assert!(!Condition::parse("buyer_id in [12, 40]").unwrap().holds(&facts));
/// assert!(Condition::parse("payout >").is_err());
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Condition {
    text: String,
    clauses: Vec<Clause>,
}

#[derive(Clone, PartialEq, Debug)]
struct Clause {
    name: FactName,
    test: Test,
}

#[derive(Clone, PartialEq, Debug)]
enum Test {
    OneOf(Vec<String>),
    NoneOf(Vec<String>),
    Compare(Order, Number),
    Exists,
    Missing,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// What is wrong and at which character, for the person who wrote it.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(Self { text: text.trim().to_owned(), clauses: parse::clauses(text)? })
    }

    /// The condition as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether every clause holds for a lead.
    pub fn holds(&self, facts: &Facts) -> bool {
        self.clauses.iter().all(|clause| clause.holds(facts))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Clause {
    fn holds(&self, facts: &Facts) -> bool {
        let values = facts.values(&self.name);
        let any = |test: &dyn Fn(&str) -> bool| values.iter().any(|value| test(&value.expose()));
        match &self.test {
            Test::OneOf(wanted) => any(&|value| wanted.iter().any(|w| same(value, w))),
            Test::NoneOf(refused) => !any(&|value| refused.iter().any(|r| same(value, r))),
            Test::Compare(order, bound) => values.iter().any(|value| compare(value, *order, bound)),
            Test::Exists => !values.is_empty(),
            Test::Missing => values.is_empty(),
        }
    }
}

/// Most digits of a number that is compared as one: longer ones are ids, and compared as text.
const EXACT_DIGITS: usize = 15;

fn same(value: &str, wanted: &str) -> bool {
    let (value, wanted) = (value.trim(), wanted.trim());
    let exact = |text: &str| text.bytes().filter(u8::is_ascii_digit).count() <= EXACT_DIGITS;
    value.to_lowercase() == wanted.to_lowercase()
        || (exact(value)
            && exact(wanted)
            && number(value).zip(number(wanted)).is_some_and(|(a, b)| a == b))
}

/// Whether a value stands in an order to a bound. One that could be two amounts does if either of
/// them does: the event's own reading then refuses it in words, where a filter would only ignore it.
fn compare(value: &RawValue, order: Order, bound: &Number) -> bool {
    let values = match value {
        // A number of JSON means one thing.
        RawValue::Number(text) => [Number::parse(text.expose()), None],
        other => readings(&other.expose()),
    };
    values.iter().flatten().any(|value| match order {
        Order::Less => value < bound,
        Order::LessOrEqual => value <= bound,
        Order::Greater => value > bound,
        Order::GreaterOrEqual => value >= bound,
    })
}
