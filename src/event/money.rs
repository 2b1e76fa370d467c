//! An amount as people and platforms write it: `$1,234.50`, `1.234,50 €`, `12,34`, `1 234,50`.
//!
//! A dot or comma can part decimals or thousands. Where a text could mean two amounts it is refused:
//! `1.234` and `1,234` are 1.234 for one writer and 1234 for another. Numbers of JSON have one
//! meaning only and do not come here.

use super::amount::NoAmount;
use super::{Amount, Currency};
use crate::identity::with_ascii_digits;

/// An amount, and what its text told besides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Money {
    /// The amount.
    pub(super) amount: Amount,
    /// The ISO code beside the number. A symbol names none: `$` is a dozen currencies.
    pub(super) currency: Option<Currency>,
    /// It had more digits than can be sent and was rounded far behind the cents.
    pub(super) rounded: bool,
}

/// Why a text is no amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NoMoney {
    /// The number cannot be sent.
    Amount(NoAmount),
    /// It could be two amounts.
    Ambiguous,
}

impl NoMoney {
    pub(super) const UNREADABLE: Self = Self::Amount(NoAmount::Unreadable);

    /// What to tell the sender.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Amount(NoAmount::Unreadable) => "not an amount: send a number such as 1234.50",
            Self::Amount(NoAmount::Negative) => {
                "below zero: TikTok cannot take a conversion back, so filter refunds out at the source"
            }
            Self::Amount(NoAmount::TooLong) => "has more digits than an amount of money can have",
            Self::Ambiguous => {
                "could be two amounts, as 7,650 is 7.65 or 7650: send it with two decimals, as 7650.00"
            }
        }
    }
}

/// Words beside a number that say "money" and not which.
const WORDS: [&str; 22] = [
    "a$", "au$", "c$", "ca$", "ft", "hk$", "kr", "kč", "lei", "mx$", "nt$", "nz$", "r", "r$", "rm",
    "rp", "rs", "s$", "tl", "us$", "zł", "лв",
];

/// Reads an amount from a text.
///
/// # Errors
/// When it is none, is negative, or could be two.
pub(super) fn read(text: &str) -> Result<Money, NoMoney> {
    let text = with_ascii_digits(text);
    let (sign, rest) = without_sign(text.trim_matches(is_blank));
    let (rest, before) = without_money_word(rest, Side::Before)?;
    let (rest, after) = without_money_word(rest, Side::After)?;
    // `€ -5` has its sign behind the symbol.
    let (inner_sign, rest) = without_sign(rest);
    if sign && inner_sign {
        return Err(NoMoney::UNREADABLE);
    }
    let number = decimal(rest)?;
    let (amount, rounded) = Amount::from_decimal(&number).map_err(NoMoney::Amount)?;
    if (sign || inner_sign) && amount != Amount::ZERO {
        return Err(NoMoney::Amount(NoAmount::Negative));
    }
    match (before, after) {
        (Some(one), Some(other)) if one != other => Err(NoMoney::UNREADABLE),
        _ => Ok(Money { amount, currency: before.or(after), rounded }),
    }
}

/// Spaces of every kind, and the invisible marks of right-to-left text.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// Whether the text is negative, and the text without its sign: a minus, or an accountant's brackets.
fn without_sign(text: &str) -> (bool, &str) {
    if let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        return (true, inner.trim_matches(is_blank));
    }
    if let Some(rest) = text.strip_prefix(['-', '\u{2212}']) {
        return (true, rest.trim_matches(is_blank));
    }
    (false, text.strip_prefix('+').unwrap_or(text).trim_matches(is_blank))
}

#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

/// The text without a currency symbol, code or word on one side, and the code if it was one.
fn without_money_word(text: &str, side: Side) -> Result<(&str, Option<Currency>), NoMoney> {
    let in_number =
        |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '\u{2212}' | '\'');
    let (word, rest) = match side {
        Side::Before => {
            let at = text.find(in_number).ok_or(NoMoney::UNREADABLE)?;
            text.split_at_checked(at)
        }
        Side::After => {
            // The dot of `500 kr.` is the word's.
            let undotted =
                text.strip_suffix('.').filter(|rest| rest.ends_with(char::is_alphabetic));
            let text = undotted.unwrap_or(text);
            let (at, last) =
                text.char_indices().rfind(|(_, c)| in_number(*c)).ok_or(NoMoney::UNREADABLE)?;
            text.split_at_checked(at.saturating_add(last.len_utf8()))
                .map(|(rest, word)| (word, rest))
        }
    }
    .ok_or(NoMoney::UNREADABLE)?;
    // `Rs. 5` leaves its dot with the number.
    let rest = match side {
        Side::Before if word.ends_with(char::is_alphabetic) => {
            rest.strip_prefix(". ").unwrap_or(rest)
        }
        _ => rest,
    };
    let word = word.trim_matches(is_blank);
    let rest = rest.trim_matches(is_blank);
    let lower = word.to_lowercase();
    if word.is_empty() || word.chars().all(is_symbol) || WORDS.contains(&lower.as_str()) {
        return Ok((rest, None));
    }
    // `USD$` and `$USD` name it twice.
    match Currency::parse(word.trim_matches(is_symbol)) {
        Some(currency) => Ok((rest, Some(currency))),
        None => Err(NoMoney::UNREADABLE),
    }
}

/// Unicode's currency symbols. Not the cent sign: it divides by a hundred.
fn is_symbol(c: char) -> bool {
    matches!(
        c,
        '$' | '£'
            | '¤'
            | '¥'
            | '\u{58f}'
            | '\u{60b}'
            | '\u{9f2}'
            | '\u{9f3}'
            | '\u{e3f}'
            | '\u{17db}'
            | '\u{20a0}'
            ..='\u{20c0}'
                | '\u{fdfc}'
                | '\u{fe69}'
                | '\u{ff04}'
                | '\u{ffe1}'
                | '\u{ffe5}'
                | '\u{ffe6}'
    )
}

/// The number as JSON would write it, from digits with separators.
fn decimal(text: &str) -> Result<String, NoMoney> {
    // `50,-` and `50.-`: nothing behind the comma.
    let bare = [",-", ".-", ",–", ".–"].iter().find_map(|ending| text.strip_suffix(ending));
    if let Some(whole) = bare {
        return grouped(whole).ok_or(NoMoney::UNREADABLE);
    }
    if text.bytes().all(|b| b.is_ascii_digit()) || is_scientific(text) {
        return Ok(text.to_owned());
    }
    let is_separator = |c: char| !c.is_ascii_digit();
    let (before, behind) = text.rsplit_once(is_separator).ok_or(NoMoney::UNREADABLE)?;
    let last = text.chars().rfind(|c| is_separator(*c)).ok_or(NoMoney::UNREADABLE)?;
    let others = before.contains(is_separator);
    match last {
        '.' | ',' if !others => single(before, behind, last),
        // A second separator of the same kind: both part thousands.
        '.' | ',' if before.contains(last) => grouped(text).ok_or(NoMoney::UNREADABLE),
        // Two kinds: the last parts the decimals.
        '.' | ',' if !behind.is_empty() => {
            let whole = grouped(before).ok_or(NoMoney::UNREADABLE)?;
            Ok(format!("{whole}.{behind}"))
        }
        _ => grouped(text).ok_or(NoMoney::UNREADABLE),
    }
}

/// One dot or comma and no other separator.
fn single(before: &str, behind: &str, separator: char) -> Result<String, NoMoney> {
    let could_be_thousands =
        behind.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0');
    match (before, behind) {
        ("", "") => Err(NoMoney::UNREADABLE),
        // `1,` may have lost what was behind it.
        (_, "") if separator == ',' => Err(NoMoney::UNREADABLE),
        _ if could_be_thousands => Err(NoMoney::Ambiguous),
        _ => Ok(format!("{before}.{behind}")),
    }
}

/// `1.5e3`, `1E-2`: only machines write so, and always with a dot for the decimals.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return false;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    digits(whole)
        && digits(fraction)
        && digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))
}

/// The digits of a whole number whose thousands are parted by one kind of separator: groups of three,
/// or India's `1,00,000`.
fn grouped(text: &str) -> Option<String> {
    let separator = text.chars().find(|c| !c.is_ascii_digit());
    let Some(separator) = separator else {
        return (!text.is_empty()).then(|| text.to_owned());
    };
    let parts_thousands = is_blank(separator) || matches!(separator, '.' | ',' | '\'' | '’' | 'ʼ');
    if !parts_thousands || text.chars().any(|c| !c.is_ascii_digit() && c != separator) {
        return None;
    }
    let groups: Vec<&str> = text.split(separator).collect();
    let (first, rest) = groups.split_first()?;
    let (last, middle) = rest.split_last()?;
    let threes = (1..=3).contains(&first.len()) && middle.iter().all(|group| group.len() == 3);
    let indian = separator == ','
        && (1..=2).contains(&first.len())
        && middle.iter().all(|group| group.len() == 2);
    let valid = last.len() == 3 && !first.starts_with('0') && (threes || indian);
    valid.then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_writings() {
        let table = [
            ("50", "50"),
            ("50.0", "50"),
            ("50.00", "50"),
            ("0", "0"),
            ("0.00", "0"),
            ("-0", "0"),
            ("$1,234.50", "1234.5"),
            ("1.234,50 €", "1234.5"),
            ("€1.234,50", "1234.5"),
            ("12,34", "12.34"),
            ("1 234,50", "1234.5"),
            ("1\u{a0}234,50", "1234.5"),
            ("1\u{202f}234,50\u{a0}€", "1234.5"),
            ("1\u{2009}234.50", "1234.5"),
            ("1'234.50", "1234.5"),
            ("CHF 1’234.50", "1234.5"),
            ("1,234,567", "1234567"),
            ("1.234.567", "1234567"),
            ("1.234.567,89", "1234567.89"),
            ("1,234,567.89", "1234567.89"),
            ("1,00,000.50", "100000.5"),
            ("₹1,00,000", "100000"),
            ("1 234", "1234"),
            ("1234.567", "1234.567"),
            ("1234,567", "1234.567"),
            ("0.123", "0.123"),
            ("0,123", "0.123"),
            (".50", "0.5"),
            (",5", "0.5"),
            ("12.", "12"),
            ("12.3456", "12.3456"),
            ("+5", "5"),
            ("1,234.567", "1234.567"),
            ("USD 5.00", "5"),
            ("5.00usd", "5"),
            ("US$5", "5"),
            ("R$ 1.234,50", "1234.5"),
            ("Rp 10.000,00", "10000"),
            ("Rs. 500", "500"),
            ("500 kr", "500"),
            ("500 kr.", "500"),
            ("99,90 zł", "99.9"),
            ("50,-", "50"),
            ("CHF 50.-", "50"),
            ("1e3", "1000"),
            ("1.234e3", "1234"),
            ("1E-2", "0.01"),
            ("٥٠.٢٥", "50.25"),
            ("￥１２００", "1200"),
            ("  7.5\n", "7.5"),
            ("0.30000000000000004", "0.3"),
            ("1,000.00", "1000"),
            ("007", "7"),
        ];
        for (given, wanted) in table {
            let money = read(given).unwrap_or_else(|error| panic!("{given}: {error:?}"));
            assert_eq!(money.amount.to_string(), wanted, "{given}");
        }
    }

    #[test]
    fn could_be_two_amounts() {
        for given in
            ["1.234", "1,234", "$1,234", "12.345", "123,456", "1.000", "50.000 €", "USD 1,000"]
        {
            assert_eq!(read(given), Err(NoMoney::Ambiguous), "{given}");
        }
    }

    #[test]
    fn no_amounts() {
        let unreadable = [
            "",
            " ",
            ".",
            ",",
            "-",
            "$",
            "abc",
            "1,",
            "1,23,45",
            "1.23.45",
            "1 23",
            "12 34,5",
            "0,123.50",
            "1,234.5.6",
            "1.234,5,6",
            "1 234.567.890",
            "1'23",
            "NaN",
            "inf",
            "Infinity",
            "1e",
            "e3",
            "1e3.5",
            "5 XYZ",
            "EUR 5 USD",
            "50¢",
            "1_000",
            "12:30",
            "1/2",
            "5%",
            "five",
            "0x10",
            "--5",
            "(-5)x",
            "1..2",
            "1,,2",
            "1e99999999",
        ];
        for given in unreadable {
            assert_eq!(read(given), Err(NoMoney::UNREADABLE), "{given}");
        }
        for given in ["-5", "−5.00", "$-5", "-$5", "(5.00)", "($5.00)", "-0.01", "€ -5"] {
            assert_eq!(read(given), Err(NoMoney::Amount(NoAmount::Negative)), "{given}");
        }
        for given in ["1234567890123456", "1e16", "123456789012.12345", &"9".repeat(70)] {
            assert_eq!(read(given), Err(NoMoney::Amount(NoAmount::TooLong)), "{given}");
        }
    }

    #[test]
    fn codes_are_told() {
        let code = |text: &str| read(text).map(|money| money.currency.map(Currency::as_str));
        assert_eq!(code("5.00 EUR"), Ok(Some("EUR")));
        assert_eq!(code("usd5"), Ok(Some("USD")));
        assert_eq!(code("USD$5"), Ok(Some("USD")));
        assert_eq!(code("$5"), Ok(None));
        assert_eq!(code("EUR 5 EUR"), Ok(Some("EUR")));
    }
}
