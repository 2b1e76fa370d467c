//! Small pieces of the page: escaping, times, money.

use std::fmt::{self, Display};

use serde_json::Value;

/// Text made safe for an element's content or a quoted attribute.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            let (before, from) = rest.split_at(at);
            f.write_str(before)?;
            let mut characters = from.chars();
            f.write_str(match characters.next() {
                Some('&') => "&amp;",
                Some('<') => "&lt;",
                Some('>') => "&gt;",
                Some('"') => "&quot;",
                _ => "&#39;",
            })?;
            rest = characters.as_str();
        }
        f.write_str(rest)
    }
}

/// A time of day in UTC, which the page's script turns into the reader's own.
pub(super) fn clock_time(unix_ms: i64) -> String {
    let seconds = unix_ms.div_euclid(1_000).rem_euclid(86_400);
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    let seconds = seconds % 60;
    format!("<time data-ms=\"{unix_ms}\">{hours:02}:{minutes:02}:{seconds:02} UTC</time>")
}

/// `1 pixel`, `2 pixels`.
pub(super) fn words(count: u64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// The names of an event's match keys, the strongest first.
pub(super) fn match_keys(event: &Value) -> Vec<String> {
    const STRONGEST: [&str; 6] = ["ttclid", "email", "phone", "external_id", "ip", "user_agent"];
    let user = event.get("user").and_then(Value::as_object);
    let mut keys: Vec<String> = user.into_iter().flat_map(|user| user.keys().cloned()).collect();
    let rank = |key: &String| STRONGEST.iter().position(|strong| strong == key);
    keys.sort_by_key(|key| rank(key).unwrap_or(STRONGEST.len()));
    keys
}

/// `12.5 USD`; empty if the event has no value.
pub(super) fn money(event: &Value) -> String {
    let property = |name| event.get("properties").and_then(|all| all.get(name));
    let Some(value) = property("value") else {
        return String::new();
    };
    let currency = property("currency").and_then(Value::as_str);
    format!("{value} {}", currency.unwrap_or_default())
}

/// `page.url`; empty if the event has none.
pub(super) fn page_url(event: &Value) -> &str {
    let url = event.get("page").and_then(|page| page.get("url"));
    url.and_then(Value::as_str).unwrap_or_default()
}
