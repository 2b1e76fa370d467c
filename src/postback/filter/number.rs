//! Reads a number for a comparison, however an amount is written. Amounts that are sent to TikTok
//! are read exactly, by `event`.

use std::cmp::Ordering;

/// A decimal number of any length, exact: `0.digits * 10^point`. (A double
/// would bring 20 kB of tables into the Worker.)
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Number {
    negative: bool,
    /// How many digits stand before the point. Zero has fewer than any other number.
    point: i64,
    /// Without zeros at either end.
    digits: String,
}

impl Number {
    /// Reads a number as JSON writes it (`12`, `-1.50`, `1e3`), and with an end missing (`.5`, `5.`).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let significant = digits.trim_start_matches('0');
        if significant.is_empty() {
            return Some(Self { negative: false, point: i64::MIN, digits: String::new() });
        }
        let zeros = i64::try_from(digits.len().saturating_sub(significant.len())).ok()?;
        let point = i64::try_from(whole.len()).ok()?.saturating_sub(zeros);
        Some(Self {
            negative,
            point: point.saturating_add(exponent),
            digits: significant.trim_end_matches('0').to_owned(),
        })
    }

    fn size(&self) -> (i64, &str) {
        (self.point, &self.digits)
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.size().cmp(&other.size()),
            (true, true) => other.size().cmp(&self.size()),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The number of a text such as `12`, `-1.5`, `$1,234.50`, `1.234,50`, `12,34 EUR`, where it can be
/// one number only.
pub(super) fn number(text: &str) -> Option<Number> {
    match readings(text) {
        [one, None] => one,
        _ => None,
    }
}

/// Every number that a text can be: none, one, or two (`1.234` and `1,234` are 1.234 or 1234).
pub(super) fn readings(text: &str) -> [Option<Number>; 2] {
    let text = text.trim();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let text = without_currency(text);
    let read = |plain: &str| plain_number(sign, plain);
    match (text.rfind('.'), text.rfind(',')) {
        (None, None) => [read(text), None],
        // Both: the later one is the decimal one.
        (Some(dot), Some(comma)) if dot > comma => [read(&text.replace(',', "")), None],
        (Some(_), Some(_)) => [read(&text.replace('.', "").replace(',', ".")), None],
        (dot, _) => {
            let separator = if dot.is_some() { '.' } else { ',' };
            let mut groups = text.split(separator);
            let first = groups.next().unwrap_or_default();
            let thousands =
                !first.is_empty() && first != "0" && groups.all(|group| group.len() == 3);
            let whole = if thousands { read(&text.replace(separator, "")) } else { None };
            let single = text.matches(separator).count() == 1;
            let decimal = if single { read(&text.replace(separator, ".")) } else { None };
            match decimal {
                Some(_) => [decimal, whole],
                None => [whole, None],
            }
        }
    }
}

/// Digits with one point in them or none, and no exponent.
fn plain_number(sign: &str, text: &str) -> Option<Number> {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let valid = digits(whole) && digits(part) && !(whole.is_empty() && part.is_empty());
    if valid { Number::parse(&format!("{sign}{text}")) } else { None }
}

/// The text without one sign (`$`) or three-letter code (`USD`) at either end.
fn without_currency(text: &str) -> &str {
    let is_unit = |unit: &str| {
        unit.is_empty()
            || matches!(unit, "$" | "€" | "£" | "¥" | "₹" | "₽" | "%")
            || (unit.len() == 3 && unit.bytes().all(|b| b.is_ascii_alphabetic()))
    };
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',');
    let inner = text.trim_matches(|c| !is_number(c));
    match text.split_once(inner) {
        Some((before, after)) if is_unit(before.trim()) && is_unit(after.trim()) => inner,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        const NONE: [Option<Number>; 2] = [None, None];
        let some = |text| Some(Number::parse(text).unwrap());
        let one = |text| [some(text), None];
        for (text, want) in [
            ("0", one("0.0")),
            ("12", one("12.0")),
            (" 12.50 ", one("12.5")),
            ("-3", one("-3.0")),
            (".5", one("0.5")),
            ("12,34", one("12.34")),
            ("0,123", one("0.123")),
            ("0.123", one("0.123")),
            ("1,234", [some("1.234"), some("1234")]),
            ("1.234", [some("1.234"), some("1234")]),
            ("1,234,567", one("1234567.0")),
            ("$1,234.50", one("1234.5")),
            ("1.234,50 €", one("1234.5")),
            ("12 USD", one("12.0")),
            ("", NONE),
            ("-", NONE),
            (".", NONE),
            ("$", NONE),
            ("abc", NONE),
            ("b12", NONE),
            ("1e3", NONE),
            ("inf", NONE),
            ("1,23,4", NONE),
            ("12 34", NONE),
        ] {
            assert_eq!(readings(text), want, "{text:?}");
        }
        assert_eq!(number("1.234"), None);
        assert_eq!(number("1.2340"), some("1.234"));
    }

    #[test]
    fn numbers_stand_in_their_order() {
        let ascending = [
            "-1e3",
            "-999.5",
            "-1.5",
            "-1.49",
            "-0.01",
            "0",
            "1e-9",
            "0.01",
            "0.1",
            "0.12",
            "0.2",
            "1",
            "1.01",
            "9",
            "9.99",
            "10",
            "1e2",
            "123456789012345678901234567890",
            "1e400",
        ];
        let read = |text: &&str| Number::parse(text).unwrap();
        assert!(ascending.iter().map(read).is_sorted_by(|a, b| a < b));
        for (a, b) in
            [("0", "-0.0"), ("12", "12.00"), ("012", "1.2e1"), (".5", "+0.50"), ("5.", "5")]
        {
            assert_eq!(Number::parse(a), Number::parse(b), "{a} {b}");
        }
        for bad in ["", "-", ".", "e3", "1e", "inf", "NaN", "--1", "1.2.3", "12 "] {
            assert_eq!(Number::parse(bad), None, "{bad}");
        }
    }
}
