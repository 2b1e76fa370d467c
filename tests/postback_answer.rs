//! What a postback is answered, byte for byte.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may say what it expects and stop when it is not so"
)]

use clickjoin::event::{EventId, EventName};
use clickjoin::postback::answer::{Answer, Failure, Manner, Match, Outcome, Told};
use clickjoin::postback::auth::AuthError;
use clickjoin::postback::body::BodyError;
use clickjoin::postback::profile::AnswerForm;
use clickjoin::rejection::Rejection;
use clickjoin::slug::Slug;
use clickjoin::warning::Warning;
use serde_json::json;
use serde_json::value::to_raw_value;

const JSON: Manner = Manner { always_ok: false, form: AnswerForm::Json };

fn told() -> Told {
    Told {
        event: EventName::parse("Purchase").unwrap(),
        event_id: EventId::parse("txn-1").unwrap(),
        matched: Match::ClickId,
    }
}

fn one(outcome: Outcome) -> Answer {
    Answer::One { outcome, warnings: vec![Warning::new("email", "empty")] }
}

/// Golden: these bodies are the contract with whoever reads them.
#[test]
fn bodies() {
    let rejected = Outcome::from(Rejection::field("event_time", "too old"));
    let lead = Outcome::from(Rejection::lead("nothing to match"));
    let rows = [
        (
            one(Outcome::Accepted(told())),
            200,
            r#"{"status":"accepted","event":"Purchase","event_id":"txn-1","match":"click_id","warnings":["email: empty"]}"#,
        ),
        (
            one(Outcome::Duplicate { told: told(), state: Some("delivered") }),
            200,
            r#"{"status":"duplicate","event":"Purchase","event_id":"txn-1","match":"click_id","state":"delivered","warnings":["email: empty"]}"#,
        ),
        (
            one(Outcome::Test { told: told(), tiktok: to_raw_value(&json!({"code": 0})).ok() }),
            200,
            r#"{"status":"test","event":"Purchase","event_id":"txn-1","match":"click_id","tiktok":{"code":0},"warnings":["email: empty"]}"#,
        ),
        (
            one(Outcome::DryRun { told: told(), payload: to_raw_value(&json!({"data": []})).ok() }),
            200,
            r#"{"status":"dry_run","event":"Purchase","event_id":"txn-1","match":"click_id","payload":{"data":[]},"warnings":["email: empty"]}"#,
        ),
        (
            one(Outcome::Ignored { rule: "payout > 0".to_owned() }),
            200,
            r#"{"status":"ignored","rule":"payout > 0","warnings":["email: empty"]}"#,
        ),
        (
            one(rejected.clone()),
            422,
            r#"{"status":"rejected","reason":"too old","field":"event_time","warnings":["email: empty"]}"#,
        ),
        (
            one(lead),
            422,
            r#"{"status":"rejected","reason":"nothing to match","warnings":["email: empty"]}"#,
        ),
        (
            Answer::Several {
                pixels: vec![
                    (
                        Slug::parse("main").unwrap(),
                        Outcome::Duplicate { told: told(), state: None },
                    ),
                    (Slug::parse("agency").unwrap(), rejected),
                ],
                warnings: Vec::new(),
            },
            200,
            r#"{"status":"duplicate","event":"Purchase","event_id":"txn-1","match":"click_id","pixels":[{"pixel":"main","status":"duplicate","event":"Purchase","event_id":"txn-1","match":"click_id"},{"pixel":"agency","status":"rejected","reason":"too old","field":"event_time"}],"warnings":[]}"#,
        ),
        (
            Answer::Failed(Failure::UnknownSource),
            404,
            r#"{"status":"error","code":"unknown_source","reason":"no source of that name; look at the postback's path and at [vars.CONFIG.sources]"}"#,
        ),
    ];
    for (answer, status, body) in rows {
        let reply = answer.reply(JSON);
        assert_eq!((reply.status, reply.body.as_str()), (status, body));
        assert_eq!(reply.content_type, "application/json; charset=utf-8");
    }
}

#[test]
fn always_ok_changes_the_status_and_nothing_else() {
    let always_ok = Manner { always_ok: true, ..JSON };
    let answer = one(Outcome::from(Rejection::lead("no")));
    let (strict, kind) = (answer.reply(JSON), answer.reply(always_ok));
    assert_eq!((strict.status, kind.status), (422, 200));
    assert_eq!(strict.body, kind.body);
    for failure in
        [Failure::Body(BodyError::TooLarge), Failure::Auth(AuthError::Wrong), Failure::NotStored]
    {
        assert_ne!(Answer::Failed(failure).reply(always_ok).status, 200);
    }
}

#[test]
fn tune_reads_a_text() {
    let manner = Manner { always_ok: true, form: AnswerForm::TuneText };
    let body = |answer: Answer| answer.reply(manner).body;
    assert_eq!(body(one(Outcome::Accepted(told()))), "success=true;");
    assert_eq!(body(one(Outcome::from(Rejection::lead("no")))), "success=true;");
    assert_eq!(
        body(Answer::Failed(Failure::NotStored)),
        "success=false; it may not be stored; send it again"
    );
}

#[test]
fn failures_say_when_and_how_to_come_back() {
    let reply = |failure| Answer::Failed(failure).reply(JSON);
    assert_eq!(reply(Failure::NotStored).retry_after, Some(30));
    assert_eq!(reply(Failure::Method).allow, Some("GET, POST"));
    // A stranger does not learn that a source is closed.
    let closed = reply(Failure::Auth(AuthError::Closed));
    assert_eq!(closed, reply(Failure::Auth(AuthError::Wrong)));
    assert_eq!(closed.status, 401);
}
