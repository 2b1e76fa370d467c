//! A statement with its parameters, and its rows, as one text each: on the way through JavaScript each
//! text is a crossing and a copy, and a postback has forty of them. `glue.js` reads the one and writes
//! the other.
//!
//! A head for each value, with spaces between them, a line break, and all texts one behind the other.
//! `-` is NULL, `#20` a number, and `12` a text of so many UTF-16 units, JavaScript's measure.

use super::LedgerError;
use super::sql::Value;
use std::fmt::Write;

/// The greatest number that a JavaScript number holds exactly.
const SAFE_INTEGER: u64 = 9_007_199_254_740_991;

/// A statement and its parameters. The statement is the first text.
///
/// # Errors
/// For a number that JavaScript would change: an error, not another number.
pub fn pack(statement: &str, parameters: &[Value]) -> Result<String, LedgerError> {
    let texts = parameters.iter().filter_map(|value| match value {
        Value::Text(text) => Some(text.as_str()),
        Value::Null | Value::Int(_) => None,
    });
    let mut packed = units(statement).to_string();
    for parameter in parameters {
        // Writing to a String cannot fail.
        let _ = match parameter {
            Value::Null => write!(packed, " -"),
            Value::Int(number) if is_safe(*number) => write!(packed, " #{number}"),
            Value::Int(_) => return Err(LedgerError::Corrupt("number")),
            Value::Text(text) => write!(packed, " {}", units(text)),
        };
    }
    packed.push('\n');
    packed.push_str(statement);
    packed.extend(texts);
    Ok(packed)
}

/// Rows: their number of columns, and then all of their values.
///
/// # Errors
/// When it is no such text, or holds a number that is none of ours.
pub fn unpack(packed: &str) -> Result<Vec<Vec<Value>>, LedgerError> {
    let corrupt = || LedgerError::Corrupt("value");
    let (heads, mut texts) = packed.split_once('\n').ok_or_else(corrupt)?;
    let mut heads = heads.split(' ');
    let columns: usize = heads.next().and_then(|head| head.parse().ok()).ok_or_else(corrupt)?;
    let mut rows = Vec::new();
    let mut row = Vec::with_capacity(columns);
    for head in heads {
        row.push(if head == "-" {
            Value::Null
        } else if let Some(number) = head.strip_prefix('#') {
            Value::Int(number.parse().ok().filter(|number| is_safe(*number)).ok_or_else(corrupt)?)
        } else {
            let (text, rest) = split_at_unit(texts, head).ok_or_else(corrupt)?;
            texts = rest;
            Value::Text(text.to_owned())
        });
        if row.len() == columns {
            rows.push(std::mem::replace(&mut row, Vec::with_capacity(columns)));
        }
    }
    if row.is_empty() && texts.is_empty() { Ok(rows) } else { Err(corrupt()) }
}

fn is_safe(number: i64) -> bool {
    number.unsigned_abs() <= SAFE_INTEGER
}

/// A text's length in UTF-16 units.
fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// The text's first so many units, and the rest.
fn split_at_unit<'a>(text: &'a str, units: &str) -> Option<(&'a str, &'a str)> {
    let units: usize = units.parse().ok()?;
    if text.as_bytes().get(..units)?.is_ascii() {
        return text.split_at_checked(units);
    }
    let mut left = units;
    for (at, character) in text.char_indices() {
        if left == 0 {
            return text.split_at_checked(at);
        }
        left = left.checked_sub(character.len_utf16())?;
    }
    (left == 0).then_some((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_with_every_kind_of_value() {
        let parameters = [
            Value::Null,
            Value::Int(-20),
            Value::Text("née \u{1f600}".to_owned()),
            Value::Text(String::new()),
            Value::Text("a\0b\n".to_owned()),
        ];
        let packed = pack("SELECT 'é'", &parameters).expect("a text");
        assert_eq!(packed, "10 - #-20 6 0 4\nSELECT 'é'née \u{1f600}a\0b\n");
    }

    #[test]
    fn rows_of_every_kind_of_value() {
        let text = |text: &str| Value::Text(text.to_owned());
        for (packed, rows) in [
            ("0\n", vec![]),
            ("1 #7\n", vec![vec![Value::Int(7)]]),
            (
                "2 - 3 #9007199254740991 0\nabc",
                vec![
                    vec![Value::Null, text("abc")],
                    vec![Value::Int(9_007_199_254_740_991), text("")],
                ],
            ),
            // Lengths are JavaScript's: two units for what is outside the basic plane.
            (
                "3 6 4 1\nnée \u{1f600}a\0b\nz",
                vec![vec![text("née \u{1f600}"), text("a\0b\n"), text("z")]],
            ),
        ] {
            assert_eq!(unpack(packed), Ok(rows), "{packed:?}");
        }
    }

    #[test]
    fn nothing_else_is_read() {
        for packed in [
            "",
            "1 3",
            "x\n",
            "1 #1.5\n",
            "1 #9007199254740992\n",
            "1 3\nab",
            "1 1\nab",
            "2 - - -\n",
            "1 1\n\u{1f600}",
            "1 ?\n",
            "1 #1e21\n",
            "0 -\n",
        ] {
            assert_eq!(unpack(packed), Err(LedgerError::Corrupt("value")), "{packed:?}");
        }
        let too_great = pack("", &[Value::Int(-9_007_199_254_740_992)]);
        assert_eq!(too_great, Err(LedgerError::Corrupt("number")));
    }
}
