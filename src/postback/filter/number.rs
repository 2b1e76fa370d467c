//! Reads a number for a comparison, however an amount is written. Amounts that are sent to TikTok
//! are read exactly, by `event`.

/// The number of a text such as `12`, `-1.5`, `$1,234.50`, `1.234,50`, `12,34 EUR`, where it can be
/// one number only.
pub(super) fn number(text: &str) -> Option<f64> {
    match readings(text) {
        [Some(one), None] => Some(one),
        _ => None,
    }
}

/// Every number that a text can be: none, one, or two (`1.234` and `1,234` are 1.234 or 1234).
pub(super) fn readings(text: &str) -> [Option<f64>; 2] {
    let text = text.trim();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    let text = without_currency(text);
    let read = |plain: &str| plain_number(plain).map(|value| sign * value);
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

/// Digits with one point in them or none; nothing else that Rust takes for a number (`inf`, `1e3`).
fn plain_number(text: &str) -> Option<f64> {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let valid = digits(whole) && digits(part) && !(whole.is_empty() && part.is_empty());
    if valid { text.parse().ok() } else { None }
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
        let none = [None, None];
        let one = |value| [Some(value), None];
        for (text, want) in [
            ("0", one(0.0)),
            ("12", one(12.0)),
            (" 12.50 ", one(12.5)),
            ("-3", one(-3.0)),
            (".5", one(0.5)),
            ("12,34", one(12.34)),
            ("0,123", one(0.123)),
            ("0.123", one(0.123)),
            ("1,234", [Some(1.234), Some(1_234.0)]),
            ("1.234", [Some(1.234), Some(1_234.0)]),
            ("1,234,567", one(1_234_567.0)),
            ("$1,234.50", one(1_234.5)),
            ("1.234,50 €", one(1_234.5)),
            ("12 USD", one(12.0)),
            ("", none),
            ("-", none),
            (".", none),
            ("$", none),
            ("abc", none),
            ("b12", none),
            ("1e3", none),
            ("inf", none),
            ("1,23,4", none),
            ("12 34", none),
        ] {
            assert_eq!(readings(text), want, "{text:?}");
        }
        assert_eq!(number("1.234"), None);
        assert_eq!(number("1.2340"), Some(1.234));
    }
}
