//! Scripted faults: each way to go wrong, what the sender sees, and what TikTok has kept by then.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tiktok_stand_in::{
    Answer, Keep, MessageStyle, Outcome, Random, Reply, RequestFilter, Script, StandIn, Step,
};

use crate::common::{NoAnswer, PIXEL, event, get, put, send, start, try_send, until, web};

const PATIENCE: Duration = Duration::from_secs(10);
const IMPATIENT: Duration = Duration::from_millis(150);

fn outcome(tiktok: &StandIn) -> Outcome {
    let newest = tiktok.requests(&RequestFilter {
        newest: true,
        limit: Some(1),
        ..RequestFilter::default()
    });
    newest[0].outcome.clone()
}

#[test]
fn each_scripted_answer_as_the_sender_sees_it() {
    let tiktok = start();
    let body = web(PIXEL, &[event("lead-1")]);
    let rows: [(Step, u16, &str); 9] = [
        (Step::status(500), 500, ""),
        (Step::status(200), 200, ""),
        (Step::code(50_000, "System error"), 200, "\"code\":50000"),
        (Step::code(20_001, "Partial"), 200, "\"code\":20001"),
        (Step::rate_limited(), 401, "\"code\":40100"),
        (Step::rate_limited().with_status(200), 200, "\"code\":40100"),
        (Step::token_revoked(), 200, "\"code\":40105"),
        (Step::garbage(), 200, "<html>"),
        (Step::garbage().with_status(502), 502, "<html>"),
    ];
    for (step, status, part) in rows {
        tiktok.push(None, step.clone());
        let got = send(&tiktok, &body);
        assert_eq!(got.status, status, "{step:?}");
        assert!(got.body.contains(part), "{step:?}: {}", got.body);
        assert_eq!(got.body.is_empty(), part.is_empty(), "{step:?}: {}", got.body);
    }
    let counts = tiktok.counts(None);
    assert_eq!((counts.scripted, counts.kept), (9, 0), "no fault keeps anything unless told to");
    assert_eq!(send(&tiktok, &body).code(), 0, "the queue is used up");
    assert_eq!(tiktok.counts(None).kept, 1);
}

#[test]
fn headers_of_a_scripted_answer() {
    let tiktok = start();
    let body = web(PIXEL, &[event("lead-1")]);
    tiktok.push(None, Step::status(429).with_retry_after(7));
    let got = send(&tiktok, &body);
    assert!(got.head.contains("retry-after: 7"), "{}", got.head);
    tiktok.push(None, Step::redirect(format!("{}/elsewhere", tiktok.base_url())));
    let got = send(&tiktok, &body);
    assert_eq!(got.status, 302);
    assert!(got.head.contains("/elsewhere"), "{}", got.head);
    // A sender that followed would show up here, token and all.
    assert_eq!(tiktok.counts(None).requests, 2);
    get(&tiktok, "/elsewhere");
    let requests = tiktok.requests(&RequestFilter::default());
    assert_eq!(requests[2].path, "/elsewhere");
    tiktok.push(None, Step::status(500).with_header("a b", "not a header"));
    assert_eq!(send(&tiktok, &body).status, 500);
}

#[test]
fn a_closed_connection_before_and_after_keeping() {
    let tiktok = start();
    let rows =
        [("lost", Keep::Never, 0), ("kept", Keep::BeforeDelay, 1), ("later", Keep::AfterDelay, 1)];
    for (id, keep, kept) in rows {
        tiktok.push(None, Step::drop_connection().keeping(keep));
        let body = web(PIXEL, &[event(id)]);
        assert_eq!(try_send(&tiktok, &body, PATIENCE).unwrap_err(), NoAnswer::Closed);
        assert_eq!(outcome(&tiktok), Outcome::Dropped);
        assert_eq!(tiktok.tally(PIXEL, "Lead", id).kept, kept, "{id}");
        assert_eq!(send(&tiktok, &body).code(), 0);
        let tally = tiktok.tally(PIXEL, "Lead", id);
        assert_eq!((tally.seen, tally.kept, tally.deduplicated), (2, 1, kept), "{id}");
    }
}

#[test]
fn a_late_answer_before_and_after_keeping() {
    let tiktok = start();
    let late = Duration::from_millis(600);
    // (keep, kept although the sender gave up)
    let rows = [
        ("before", Keep::BeforeDelay, 1),
        ("after", Keep::AfterDelay, 0),
        ("never", Keep::Never, 0),
    ];
    for (id, keep, kept) in rows {
        tiktok.push(None, Step::honest().after(late).keeping(keep));
        let body = web(PIXEL, &[event(id)]);
        assert_eq!(try_send(&tiktok, &body, IMPATIENT).unwrap_err(), NoAnswer::TimedOut);
        until("the stand-in sees that the sender is gone", || outcome(&tiktok) == Outcome::GivenUp);
        assert_eq!(tiktok.tally(PIXEL, "Lead", id).kept, kept, "{id}");
    }
    let short = Duration::from_millis(80);
    tiktok.push(None, Step::honest().after(short).keeping(Keep::AfterDelay));
    let begun = Instant::now();
    assert_eq!(send(&tiktok, &web(PIXEL, &[event("patient")])).code(), 0);
    assert!(begun.elapsed() >= short);
    assert_eq!(tiktok.tally(PIXEL, "Lead", "patient").kept, 1);
}

#[test]
fn hanging_until_the_sender_gives_up() {
    let tiktok = start();
    tiktok.push(None, Step::hang().keeping(Keep::BeforeDelay));
    let body = web(PIXEL, &[event("lead-1")]);
    assert_eq!(try_send(&tiktok, &body, IMPATIENT).unwrap_err(), NoAnswer::TimedOut);
    until("given up", || outcome(&tiktok) == Outcome::GivenUp);
    assert_eq!(tiktok.tally(PIXEL, "Lead", "lead-1").kept, 1);
    assert_eq!(send(&tiktok, &body).code(), 0, "others are served");
}

#[test]
fn a_request_that_deserves_a_refusal_keeps_nothing_whatever_the_script_says() {
    let tiktok = start();
    let mut bad = event("lead-1");
    put(&mut bad, "/event_time", json!("now"));
    tiktok.push(None, Step::code(0, "OK").keeping(Keep::BeforeDelay));
    assert_eq!(send(&tiktok, &web(PIXEL, &[bad])).code(), 0);
    let requests = tiktok.requests(&RequestFilter::default());
    assert!(requests[0].refusal.is_some() && !requests[0].kept);
    assert_eq!(tiktok.counts(None).kept, 0);
}

#[test]
fn queue_before_random_before_standing_and_pixel_before_all() {
    let tiktok = start();
    let status = |pixel: &str| send(&tiktok, &web(pixel, &[event("x")])).status;
    tiktok.set_script(
        None,
        Script {
            queue: [Step::status(501).times(2), Step::status(502)].into(),
            standing: Some(Step::status(503)),
            ..Script::default()
        },
    );
    tiktok.set_script(
        Some("OWN"),
        Script {
            queue: [Step::status(510)].into(),
            standing: Some(Step::status(511)),
            ..Script::default()
        },
    );
    let statuses: Vec<u16> = ["OWN", "OWN", "A", "B", "A", "A", "OWN"].map(status).to_vec();
    assert_eq!(statuses, vec![510, 511, 501, 501, 502, 503, 511]);
    tiktok.set_script(Some("OWN"), Script::default());
    assert_eq!(status("OWN"), 503, "without a script of its own: the one for all");
    // A stray request uses no step up.
    tiktok.push(None, Step::status(504));
    get(&tiktok, "/elsewhere");
    assert_eq!(status("A"), 504);
    tiktok.set_script(None, Script::default());
    assert_eq!(status("A"), 200);
}

#[test]
fn random_faults_are_as_frequent_as_asked_and_repeatable() {
    let run = |seed: u64| -> Vec<u16> {
        let tiktok = start();
        let random = Random {
            probability: 0.3,
            seed,
            steps: vec![Step::status(500), Step::status(429), Step::garbage().with_status(502)],
        };
        tiktok.set_script(None, Script { random: Some(random), ..Script::default() });
        (0..400).map(|_| send(&tiktok, &web(PIXEL, &[event("x")])).status).collect()
    };
    let first = run(1);
    let faults = first.iter().filter(|status| **status != 200).count();
    assert!((80..160).contains(&faults), "{faults} of 400");
    for status in [500, 429, 502] {
        assert!(first.contains(&status));
    }
    assert_eq!(first, run(1));
    assert_ne!(first, run(2));
}

#[test]
fn a_poisoned_event_refuses_its_batch() {
    let tiktok = start();
    let script =
        |messages| Script { poison: vec!["lead-2".to_owned()], messages, ..Script::default() };
    let batch: Vec<Value> = (0..4).map(|n| event(&format!("lead-{n}"))).collect();
    let rows = [
        (None, "Invalid value for data.2.event_id: is not acceptable"),
        (Some(MessageStyle::Batch), "Batch.2.event_id: is not acceptable"),
        (Some(MessageStyle::Unnamed), "Invalid parameters in the request."),
    ];
    for (style, message) in rows {
        tiktok.set_script(Some(PIXEL), script(style));
        let got = send(&tiktok, &web(PIXEL, &batch));
        assert_eq!((got.code(), got.message().as_str()), (40_002, message));
        let alone = send(&tiktok, &web(PIXEL, &batch[2..3]));
        assert_eq!(alone.code(), 40_002);
    }
    assert_eq!(tiktok.counts(None).kept, 0);
    assert_eq!(send(&tiktok, &web(PIXEL, &batch[..2])).code(), 0, "the others are welcome");
    assert_eq!(send(&tiktok, &web("OTHER", &batch)).code(), 0, "and so are other pixels");
}

#[test]
fn a_step_is_one_line_of_json() {
    let rows = [
        (json!({"reply": "drop"}), Step::drop_connection()),
        (json!({"reply": "hang", "keep": "before_delay"}), Step::hang().keeping(Keep::BeforeDelay)),
        (json!({"delay_ms": 50}), Step::honest().after(Duration::from_millis(50))),
        (json!({"reply": {"answer": {"status": 503}}, "times": 3}), Step::status(503).times(3)),
        (
            json!({"reply": {"answer": {"code": 40100, "message": "slow", "headers": {"retry-after": "3"}}}}),
            Step::code(40_100, "slow").with_retry_after(3),
        ),
    ];
    for (text, step) in rows {
        assert_eq!(serde_json::from_value::<Step>(text.clone()).unwrap(), step, "{text}");
    }
    let wrong = [
        json!({"repyl": "drop"}),
        json!({"reply": "explode"}),
        json!({"reply": {"answer": {"stauts": 500}}}),
    ];
    for text in wrong {
        assert!(serde_json::from_value::<Step>(text.clone()).is_err(), "{text}");
    }
    assert_eq!(Reply::Answer(Answer::default()), Step::status(200).reply);
}
