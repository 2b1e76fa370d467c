//! One request to TikTok: which events go into it, and its exact body.
//!
//! All events of a request share the pixel and the test code. What is done when TikTok refuses one
//! is `cut`'s.

use crate::event::EventSource;
use serde::Serialize;

/// Most events of one request (TikTok: more, and the whole request is refused).
pub const MAX_EVENTS: usize = 1_000;
/// Longest body of one request. TikTok names no limit; 1,000 events of 500 bytes fill it, and so
/// little memory is needed even where several pixels send at once.
pub const MAX_BYTES: usize = 512 * 1_024;
/// What the braces, the names and the pixel's ids around the events need at most.
const ENVELOPE_BYTES: usize = 512;

/// Who receives a request: what stands beside `data` in its body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// The pixel's kind.
    pub event_source: EventSource,
    /// The pixel's id at TikTok.
    pub event_source_id: String,
    /// Makes every event of the request a test event.
    pub test_event_code: Option<String>,
}

/// How many of the events, taken in order with their lengths in bytes, fit into one request. The
/// first always does: an event that is too long alone must meet TikTok's refusal, not wait for ever.
pub fn fitting(lengths: impl IntoIterator<Item = usize>) -> usize {
    let mut bytes = ENVELOPE_BYTES;
    let mut count: usize = 0;
    for length in lengths.into_iter().take(MAX_EVENTS) {
        // One byte for the comma.
        bytes = bytes.saturating_add(length).saturating_add(1);
        if bytes > MAX_BYTES && count > 0 {
            break;
        }
        count = count.saturating_add(1);
    }
    count
}

/// The body, from events that are JSON texts already, joined by commas. They are stored as they are
/// sent, so that nothing is parsed and written again for each try.
pub fn body(target: &Target, events: &str) -> String {
    let text = |value: &str| Text(value).to_string();
    let mut body = String::with_capacity(events.len().saturating_add(ENVELOPE_BYTES));
    body.push_str("{\"event_source\":\"");
    body.push_str(target.event_source.as_str());
    body.push_str("\",\"event_source_id\":");
    body.push_str(&text(&target.event_source_id));
    if let Some(code) = &target.test_event_code {
        body.push_str(",\"test_event_code\":");
        body.push_str(&text(code));
    }
    body.push_str(",\"data\":[");
    body.push_str(events);
    body.push_str("]}");
    body
}

/// A text as JSON writes it.
#[derive(Serialize)]
#[serde(transparent)]
struct Text<'a>(&'a str);

impl std::fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| std::fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_caps_hold() {
        assert_eq!(fitting([]), 0);
        assert_eq!(fitting([300; 3]), 3);
        assert_eq!(fitting([300; 1_200]), 1_000);
        assert_eq!(fitting([MAX_BYTES * 2, 10]), 1, "one that is too long goes alone");
        assert_eq!(fitting([10, MAX_BYTES * 2, 10]), 1);
        for length in [511, 512, 700, 1_023, 4_000, 65_536] {
            let count = fitting(std::iter::repeat_n(length, 5_000));
            let target = Target {
                event_source: EventSource::Offline,
                event_source_id: "x".repeat(64),
                test_event_code: Some("y".repeat(64)),
            };
            let events = vec!["z".repeat(length); count].join(",");
            assert!(body(&target, &events).len() <= MAX_BYTES, "{length}");
            assert!(
                count == MAX_EVENTS || (count + 1) * (length + 1) > MAX_BYTES - 600,
                "{length}"
            );
        }
    }

    #[test]
    fn the_body_is_what_tiktok_reads() {
        let mut target = Target {
            event_source: EventSource::Web,
            event_source_id: "C4\"PIXEL".to_owned(),
            test_event_code: None,
        };
        assert_eq!(
            body(&target, "{\"a\":1},{\"b\":2}"),
            r#"{"event_source":"web","event_source_id":"C4\"PIXEL","data":[{"a":1},{"b":2}]}"#
        );
        target.test_event_code = Some("TEST123".to_owned());
        assert_eq!(
            body(&target, "{}"),
            r#"{"event_source":"web","event_source_id":"C4\"PIXEL","test_event_code":"TEST123","data":[{}]}"#
        );
    }
}
