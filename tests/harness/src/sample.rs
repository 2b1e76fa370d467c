//! The play that `make dev` offers and `make demo` performs: one visitor from a TikTok ad, and what
//! Pingtree reports of the lead. Names and forms are those of Pingtree's own TikTok document.

use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::Url;
use serde_json::{Value, json};

/// The visitor's browser.
pub const USER_AGENT: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) \
    AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 musical_ly_2025";

/// As the visitor types it: normalising it is the Worker's part.
pub const EMAIL: &str = "Alice_ABC@gmail.com";
/// What TikTok must get of [`EMAIL`].
pub const EMAIL_SHA256: &str = "848a771458438fc2ec420560d769fb9b9b86851ee338ec56517baabd79d3bb4f";
/// A United States number as people write it, without the country's code.
pub const MOBILE: &str = "(213) 373-4253";
/// What TikTok must get of [`MOBILE`].
pub const MOBILE_SHA256: &str = "9f7ec22d72092cd3c0b58726ed9c2d91b92e51a3f29837508fb2948bb22dd2fd";
/// A public address: reserved ones are left out on the way to TikTok.
pub const IP: &str = "81.2.69.142";

/// One of Pingtree's conversion points.
#[derive(Clone, Copy, Debug)]
pub struct ConversionPoint {
    /// What a person calls it.
    pub title: &'static str,
    /// The word that Pingtree's postback is set up to send.
    pub trigger: &'static str,
    /// What it earned, in dollars.
    pub revenue: Option<f64>,
    /// The field that tells this one from others of the same lead, and its value.
    pub detail: Option<(&'static str, &'static str)>,
}

/// The five points of Pingtree's document, in the order of a lead's life.
pub const CONVERSION_POINTS: [ConversionPoint; 5] = [
    ConversionPoint {
        title: "Form submission",
        trigger: "form_submit",
        revenue: None,
        detail: None,
    },
    ConversionPoint { title: "Lead sold", trigger: "lead_sold", revenue: Some(50.0), detail: None },
    ConversionPoint {
        title: "Offer wall click",
        trigger: "offer_click",
        revenue: None,
        detail: Some(("offer_id", "roof-42")),
    },
    ConversionPoint {
        title: "Offer wall conversion",
        trigger: "offer_conversion",
        revenue: Some(12.5),
        detail: Some(("offer_id", "roof-42")),
    },
    ConversionPoint {
        title: "Custom buyer event",
        trigger: "buyer_event",
        revenue: Some(75.0),
        detail: Some(("buyer_id", "sunpower")),
    },
];

/// Seconds since 1970.
#[must_use]
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A short text that no earlier run used.
#[must_use]
pub fn unique() -> String {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    format!("{:x}", nanos / 1_000)
}

/// A click id of TikTok's form. Real ones are 250 to 330 characters long.
#[must_use]
pub fn ttclid() -> String {
    format!("E.C.P.demo-{}-{}", unique(), "CkQKMmNsaWNram9pbi1vbi10aGlzLW1hY2hpbmU".repeat(2))
}

/// The path of an ad's link to `campaign`.
#[must_use]
pub fn click_path(campaign: &str, ttclid: &str) -> String {
    format!("/c/{campaign}?ttclid={ttclid}&utm_campaign=solar")
}

/// What a visitor brings to the landing page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Clickjoin's id of the click.
    pub click_id: String,
    /// TikTok's.
    pub ttclid: String,
}

impl Arrival {
    /// Reads both from a landing page's URL; what is not there is empty.
    #[must_use]
    pub fn of(url: &Url) -> Self {
        let value = |name: &str| {
            url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        Self {
            click_id: value("click_id").unwrap_or_default(),
            ttclid: value("ttclid").unwrap_or_default(),
        }
    }
}

/// The postback of one lead: Pingtree's fields, in the order of its document.
#[must_use]
pub fn postback(
    arrival: &Arrival,
    transaction_id: &str,
    revenue: Option<f64>,
) -> Vec<(&'static str, Value)> {
    let mut fields = vec![
        ("email", json!(EMAIL)),
        ("mobile", json!(MOBILE)),
        ("transaction_id", json!(transaction_id)),
        ("ip", json!(IP)),
        ("user_agent", json!(USER_AGENT)),
        ("ttclid", json!(arrival.ttclid)),
        ("utc_timestamp", json!(now())),
        ("currency", json!("USD")),
        ("content_type", json!("product")),
        ("click_id", json!(arrival.click_id)),
    ];
    fields.extend(revenue.map(|revenue| ("revenue", json!(revenue))));
    fields
}

/// A command that sends such a postback, ready to paste into a shell.
#[must_use]
pub fn curl(endpoint: &str, token: &str, arrival: &Arrival, transaction_id: &str) -> String {
    let mut fields = postback(arrival, transaction_id, Some(50.0));
    fields.push(("event", json!("CompleteRegistration")));
    let lines: Vec<String> =
        fields.iter().map(|(name, value)| format!("    \"{name}\": {value}")).collect();
    format!(
        "curl {} \\\n  -H {} \\\n  -H 'content-type: application/json' \\\n  -d {}",
        quote(endpoint),
        quote(&format!("authorization: Bearer {token}")),
        quote(&format!("{{\n{}\n  }}", lines.join(",\n")))
    )
}

/// Quotes one word for a shell.
fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrival_is_read_from_the_landing_url() {
        let url = Url::parse("http://localhost/solar?ttclid=E.C%2FP&utm=1&click_id=ab").unwrap();
        let expected = Arrival { click_id: "ab".to_owned(), ttclid: "E.C/P".to_owned() };
        assert_eq!(Arrival::of(&url), expected);
        assert_eq!(Arrival::of(&Url::parse("http://localhost/").unwrap()), Arrival::default());
    }

    #[test]
    fn a_command_survives_what_the_shell_would_eat() {
        let arrival = Arrival { click_id: "c".to_owned(), ttclid: "it's".to_owned() };
        assert!(
            curl("http://localhost/p", "a b", &arrival, "t").contains(r#""ttclid": "it'\''s""#)
        );
    }
}
