//! Reads a number for a comparison, however an amount is written. Amounts that are sent to TikTok
//! are read exactly, by `event`.

/// The number of a text such as `12`, `-1.5`, `$1,234.50`, `1.234,50`, `12,34 EUR`. `None` where it
/// is none, or could be two: `1,234` alone.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let text = without_currency(text);
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let plain = match (text.rfind('.'), text.rfind(',')) {
        (None, None) => text.to_owned(),
        // Both: the later one is the decimal one.
        (Some(dot), Some(comma)) if dot > comma => text.replace(',', ""),
        (Some(_), Some(_)) => text.replace('.', "").replace(',', "."),
        (Some(_), None) => one_separator(text, '.')?,
        (None, Some(_)) => one_separator(text, ',')?,
    };
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let valid = digits(whole) && digits(part) && !(whole.is_empty() && part.is_empty());
    let value: f64 = if valid { plain.parse().ok()? } else { return None };
    Some(if negative { -value } else { value })
}

/// Several of one sign are thousands; one is the decimal sign, except a comma before three digits,
/// which could be either.
fn one_separator(text: &str, sign: char) -> Option<String> {
    let mut groups = text.split(sign);
    let (first, second) = (groups.next()?, groups.next()?);
    if groups.next().is_some() {
        let thousands = text.split(sign).skip(1).all(|group| group.len() == 3);
        return thousands.then(|| text.replace(sign, ""));
    }
    if sign == ',' && second.len() == 3 && first != "0" {
        return None;
    }
    Some(text.replace(sign, "."))
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
        for (text, want) in [
            ("0", Some(0.0)),
            ("12", Some(12.0)),
            (" 12.50 ", Some(12.5)),
            ("-3", Some(-3.0)),
            (".5", Some(0.5)),
            ("12,34", Some(12.34)),
            ("0,123", Some(0.123)),
            ("1,234", None),
            ("1.234", Some(1.234)),
            ("1,234,567", Some(1_234_567.0)),
            ("$1,234.50", Some(1_234.5)),
            ("1.234,50 €", Some(1_234.5)),
            ("12 USD", Some(12.0)),
            ("", None),
            ("-", None),
            (".", None),
            ("$", None),
            ("abc", None),
            ("b12", None),
            ("1e3", None),
            ("inf", None),
            ("1,23,4", None),
            ("12 34", None),
        ] {
            assert_eq!(number(text), want, "{text:?}");
        }
    }
}
