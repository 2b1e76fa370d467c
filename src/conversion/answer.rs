//! Step 5: from the ledger's reply to what the sender is told.

use super::ask::Question;
use crate::ledger::protocol::{self, Status, Submitted, TestReport};
use crate::ledger::{MatchedBy, State};
use crate::postback::answer::{Answer, Match, Outcome, Told};
use crate::slug::Slug;
use crate::warning::Warning;
use serde_json::value::{RawValue, to_raw_value};

/// The answer to a postback that the ledger has dealt with.
pub fn answer(question: Question, reply: Submitted) -> Answer {
    let dry_run = question.dry_run;
    let mut warnings = question.warnings;
    let no_click = matches!(reply.matched_by, MatchedBy::Ttclid | MatchedBy::None);
    if question.page_is_fallback && no_click {
        warnings.push(Warning::new(
            "page_url",
            "neither the postback nor a click names the page, so the campaign's landing page is sent; \
             send page_url, or click_id",
        ));
    }
    if reply.matched_by == MatchedBy::Waiting {
        warnings.push(Warning::new(
            "click_id",
            "not known yet: it is looked up again after 75 s, 5 min and 15 min, then the event goes \
             out without it",
        ));
    }
    let mut pixels: Vec<(Slug, Outcome)> = reply
        .outcomes
        .into_iter()
        .map(|outcome| (outcome.pixel.clone(), told(outcome, reply.matched_by, dry_run)))
        .collect();
    pixels.extend(question.rejected.into_iter().map(|(pixel, why)| (pixel, why.into())));
    let order = |pixel: &Slug| question.pixels.iter().position(|asked| asked == pixel);
    pixels.sort_by_key(|(pixel, _)| order(pixel));
    match pixels.len() {
        1 => match pixels.pop() {
            Some((_, outcome)) => Answer::One { outcome, warnings },
            None => Answer::Several { pixels, warnings },
        },
        _ => Answer::Several { pixels, warnings },
    }
}

fn told(outcome: protocol::Outcome, matched_by: MatchedBy, dry_run: bool) -> Outcome {
    let told =
        Told { event: outcome.event, event_id: outcome.event_id, matched: matched(matched_by) };
    match outcome.status {
        Status::Rejected => {
            let (reason, field) = match outcome.rejection {
                Some(refusal) => (refusal.reason, refusal.field),
                None => ("TikTok would refuse it".to_owned(), None),
            };
            Outcome::Rejected { reason: reason.into(), field: field.map(Into::into) }
        }
        _ if dry_run => Outcome::DryRun { told, payload: outcome.payload },
        Status::Accepted => Outcome::Accepted(told),
        Status::Duplicate => Outcome::Duplicate { told, state: outcome.state.map(State::as_str) },
        Status::Test => {
            let tiktok = outcome.tiktok.and_then(tiktok_said);
            Outcome::Test { told, tiktok }
        }
    }
}

const fn matched(by: MatchedBy) -> Match {
    match by {
        MatchedBy::ClickId => Match::ClickId,
        MatchedBy::TransactionId => Match::TransactionId,
        MatchedBy::Ttclid => Match::Ttclid,
        MatchedBy::Waiting => Match::Waiting,
        MatchedBy::None => Match::None,
    }
}

/// TikTok's own answer; where there was none, why.
fn tiktok_said(mut report: TestReport) -> Option<Box<RawValue>> {
    report.answer.take().or_else(|| to_raw_value(&report).ok())
}
