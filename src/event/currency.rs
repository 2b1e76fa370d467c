//! The currencies that TikTok lists.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// TikTok's list, in its order.
const LISTED: [&str; 62] = [
    "AED", "ARS", "AUD", "BDT", "BHD", "BIF", "BOB", "BRL", "CAD", "CHF", "CLP", "CNY", "COP",
    "CRC", "CZK", "DKK", "DZD", "EGP", "EUR", "GBP", "GTQ", "HKD", "HNL", "HUF", "IDR", "ILS",
    "INR", "ISK", "JPY", "KES", "KHR", "KRW", "KWD", "KZT", "MAD", "MOP", "MXN", "MYR", "NGN",
    "NIO", "NOK", "NZD", "OMR", "PEN", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RUB", "SAR",
    "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "VES", "VND", "ZAR",
];

/// An ISO 4217 code that TikTok takes, upper-case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Currency(&'static str);

impl Currency {
    /// Reads a code in either case, spaces around it allowed.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        LISTED.into_iter().find(|code| code.eq_ignore_ascii_case(text)).map(Self)
    }

    /// The code, upper-case.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

// Written out, because the derived one would borrow the static code from its input.
impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not a currency that TikTok lists"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_in_either_case_and_nothing_else() {
        for code in LISTED {
            let currency = Currency::parse(code).expect(code);
            assert_eq!(Currency::parse(&code.to_lowercase()), Some(currency));
            let json = serde_json::to_string(&currency).expect("JSON");
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<Currency>(&json).expect("JSON"), currency);
        }
        assert_eq!(Currency::parse(" usd ").map(Currency::as_str), Some("USD"));
        for other in ["", "US", "USDT", "XXX", "BTC", "$", "BGN", "ＵＳＤ"] {
            assert_eq!(Currency::parse(other), None, "{other}");
        }
    }
}
