//! The log line of a delivery: fixed words, names of ours and numbers. Nothing that came from a
//! visitor, a lead or TikTok's message is in it.

use super::answer::Answer;
use super::{LedgerError, State};
use crate::few::Map;
use crate::slug::Slug;
use serde::Serialize;

/// One request to TikTok and what came of it.
#[derive(Serialize, Debug)]
pub struct DeliveryLine<'a> {
    log: &'static str,
    pixel: &'a Slug,
    /// Events in the request.
    events: usize,
    /// It was a test event.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    test: bool,
    /// The pixel is held, and this request tried whether it still has to be.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    probe: bool,
    /// A part of a batch that TikTok refused.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
    verdict: &'static str,
    cause: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<i64>,
    /// A person should look at it although it is handled.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    flagged: bool,
    milliseconds: i64,
    /// Where the events are now; empty where a refused batch is being cut.
    #[serde(skip_serializing_if = "Map::is_empty")]
    states: Map<State, u64>,
    /// Why the pixel is held now.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<&'static str>,
}

/// What kind of request it was.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[allow(missing_docs, reason = "as in the line")]
pub struct RequestKind {
    pub test: bool,
    pub probe: bool,
    pub cut: bool,
}

impl<'a> DeliveryLine<'a> {
    /// The line of a request of `events` events that took so many milliseconds.
    pub fn new(
        pixel: &'a Slug,
        events: usize,
        kind: RequestKind,
        answer: &Answer,
        milliseconds: i64,
    ) -> Self {
        Self {
            log: "delivery",
            pixel,
            events,
            test: kind.test,
            probe: kind.probe,
            cut: kind.cut,
            verdict: answer.verdict.as_str(),
            cause: answer.cause.as_str(),
            status: answer.status,
            code: answer.code,
            flagged: answer.cause.is_flagged(),
            milliseconds,
            states: Map::new(),
            held: None,
        }
    }

    /// The same, with what was written down.
    #[must_use]
    pub fn settled(self, settled: &super::store::Settled) -> Self {
        let held = settled.pixel.held.map(super::protocol::HoldReason::as_str);
        Self { states: settled.states.clone(), held, ..self }
    }
}

/// Something in the ledger itself went wrong.
#[derive(Serialize, Debug)]
pub struct TroubleLine {
    log: &'static str,
    code: &'static str,
    /// What was being done: a fixed word.
    at: &'static str,
}

impl TroubleLine {
    /// The line of an error.
    pub const fn new(error: &LedgerError, at: &'static str) -> Self {
        Self { log: "ledger_trouble", code: error.code(), at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::answer::Fetched;

    #[test]
    fn a_line_holds_no_word_of_tiktoks() {
        let body = r#"{"code":40002,"message":"ip 203.0.113.7 is bad","request_id":"r"}"#;
        let answer =
            Answer::read(&Fetched::Http { status: 200, body: body.to_owned(), retry_after: None });
        let pixel = Slug::parse("main").unwrap();
        let line = DeliveryLine::new(&pixel, 3, RequestKind::default(), &answer, 12);
        assert_eq!(
            serde_json::to_string(&line).unwrap(),
            r#"{"log":"delivery","pixel":"main","events":3,"verdict":"refused","cause":"event_code","status":200,"code":40002,"milliseconds":12}"#
        );
    }
}
