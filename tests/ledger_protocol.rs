//! What the front Worker and the ledger say to each other, and what the ledger stores, letter by
//! letter: during a deployment the two ends may be of different versions, and a database outlives
//! them all. A change here needs a default for the old form, or a new version of the tables.

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

mod ledger_support;

use clickjoin::event::EventId;
use clickjoin::ledger::protocol::{
    Ask, Counts, CountsAsk, EventFilter, KeptClick, ListAsk, ReplayAsk, Submit, Submitted,
    TestReport, shard, shard_name,
};
use clickjoin::ledger::{MatchedBy, State};
use ledger_support::{World, click, click_id, code, draft, early, postback, slug};
use serde_json::{Value, json};

fn json_of(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("JSON")
}

#[test]
fn a_postback_on_the_wire() {
    let mut submit = postback("t1");
    submit.events[0].test_event_code = Some("TEST1".to_owned());
    let ask = Ask::Submit(submit.clone());
    let wire = json!({"submit": {
        "source": "pingtree",
        "transaction_id": "t1",
        "click_id": "01010101010101010101010101010101",
        "click": {
            "v": 1,
            "campaign": "spring",
            "clicked_at": 1_800_000_000_000_i64,
            "ttclid": "E.C.P.1",
            "ip": "203.0.113.7",
            "user_agent": "Browser/1",
            "landing_url": "https://example.com/landing",
        },
        "events": [{
            "pixel": "main",
            "event_source": "web",
            "event": {
                "event": "Lead", "event_time": 1_800_000_000, "event_id": "t1", "user": {},
            },
            "fallback_page_url": "https://example.com/",
            "test_event_code": "TEST1",
        }],
    }});
    assert_eq!(json_of(&ask), wire);
    assert_eq!(serde_json::from_value::<Ask>(wire).expect("an ask"), ask);
    let missing = json_of(&Ask::Submit(Submit { dry_run: true, ..early("t1", 2) }));
    assert_eq!(
        (&missing["submit"]["click_missing"], &missing["submit"]["dry_run"]),
        (&json!(true), &json!(true))
    );
}

#[test]
fn other_questions_on_the_wire() {
    let filter = EventFilter { state: Some(State::Rejected), ..EventFilter::default() };
    let kept = KeptClick { id: click_id(2), record: click("K") };
    for (ask, wire) in [
        (Ask::Health, json!("health")),
        (Ask::Event { id: 7 }, json!({"event": {"id": 7}})),
        (Ask::Hold { pixel: slug("main") }, json!({"hold": {"pixel": "main"}})),
        (Ask::Release { pixel: slug("main") }, json!({"release": {"pixel": "main"}})),
        (
            Ask::Counts(CountsAsk { from_day: 1, to_day: 2 }),
            json!({"counts": {"from_day": 1, "to_day": 2}}),
        ),
        (
            Ask::List(ListAsk { filter: filter.clone(), before: Some(9), limit: Some(5) }),
            json!({"list": {"filter": {"state": "rejected"}, "before": 9, "limit": 5}}),
        ),
        (
            Ask::Replay(ReplayAsk { id: None, filter, before: None }),
            json!({"replay": {"id": null, "filter": {"state": "rejected"}, "before": null}}),
        ),
        (
            Ask::KeepClicks { clicks: vec![kept] },
            json!({"keep_clicks": {"clicks": [{
                "id": "02020202020202020202020202020202", "record": json_of(&click("K")),
            }]}}),
        ),
    ] {
        assert_eq!(json_of(&ask), wire);
        assert_eq!(serde_json::from_value::<Ask>(wire).expect("an ask"), ask);
    }
    assert!(
        serde_json::from_str::<Ask>(r#"{"list":{}}"#).is_ok(),
        "what is left out has a default"
    );
}

#[test]
fn answers_on_the_wire() {
    let world = World::new();
    let two = Submit {
        events: vec![draft("main", "Lead", "t1"), draft("main", "Lead", "t1")],
        ..postback("t1")
    };
    let mut outcomes = world.submit(&two).outcomes;
    let bare = Submit { transaction_id: None, click_id: None, click: None, ..postback("t2") };
    outcomes.extend(world.submit(&bare).outcomes);
    let submitted = Submitted { matched_by: MatchedBy::ClickId, outcomes };
    let mut wire = json_of(&submitted);
    let reason = wire["outcomes"][2]["rejection"]["reason"].take();
    assert!(reason.as_str().expect("a reason").contains("match"));
    let outcome = |status: &str, event_id: &str, more: Value| {
        let mut outcome =
            json!({"pixel": "main", "event": "Lead", "event_id": event_id, "status": status});
        outcome.as_object_mut().expect("an object").extend(more.as_object().expect("one").clone());
        outcome
    };
    let expected = json!({"matched_by": "click_id", "outcomes": [
        outcome("accepted", "t1", json!({"state": "queued"})),
        outcome("duplicate", "t1", json!({"state": "queued"})),
        outcome("rejected", "t2", json!({"rejection": {"reason": null}})),
    ]});
    assert_eq!(wire, expected);
    let report = TestReport {
        verdict: "delivered".to_owned(),
        http_status: Some(200),
        answer: serde_json::value::RawValue::from_string(r#"{"code":0}"#.to_owned()).ok(),
        error: None,
    };
    let wire = r#"{"verdict":"delivered","http_status":200,"answer":{"code":0}}"#;
    assert_eq!(serde_json::to_string(&report).expect("JSON"), wire);
    let counts: Counts = serde_json::from_str(r#"{"events":[],"match_rates":[]}"#).expect("counts");
    assert_eq!(counts.match_rates_from, None, "an older ledger does not say");
}

#[test]
fn what_is_stored() {
    let world = World::new();
    world.submit(&postback("t1"));
    world.settle(&world.batch("main"), &code(50002));
    let row = world.database.text(
        "SELECT json_array(pixel, event, event_id, state, due - since, attempts, tried_at - since,
         finished_at, code, message, request_id, source, transaction_id, click_id, event_source,
         matched_by, match_keys, fallback_page_url, json(history), json(payload)) FROM events",
    );
    let row: Value = serde_json::from_str(&row.expect("a row")).expect("JSON");
    let expected = json!([
        "main", "Lead", "t1", "retry", 5_000, 1, 0, null, 50002, "m", "r-1", "pingtree", "t1",
        "01010101010101010101010101010101", "web", "click_id", 49, null,
        [{"at": 1_800_000_000_000_i64, "state": "retry", "code": 50002, "what": "again_code"}],
        {
            "event": "Lead",
            "event_time": 1_800_000_000,
            "event_id": "t1",
            "user": {
                "ttclid": "E.C.P.1", "ip": "203.0.113.7", "user_agent": "Browser/1",
            },
            "page": {"url": "https://example.com/landing"},
        },
    ]);
    assert_eq!(row, expected);
    let lead = world.database.text("SELECT memory FROM leads");
    assert_eq!(
        lead.as_deref(),
        Some(concat!(
            r#"{"click_id":"01010101010101010101010101010101","click":{"v":1,"campaign":"spring","#,
            r#""clicked_at":1800000000000,"ttclid":"E.C.P.1","#,
            r#""landing_url":"https://example.com/landing"}}"#
        ))
    );
    let numbers = world.database.number("SELECT events = id FROM leads, events WHERE newest = id");
    assert_eq!(numbers, 1);
    // The number is the moment it was accepted, times 1,024.
    assert_eq!(world.database.number("SELECT id FROM events"), 1_800_000_000_000 * 1_024);
}

#[test]
fn a_lead_meets_in_one_shard() {
    let source = slug("pingtree");
    let (click, other) = (click_id(1), click_id(2));
    let id = EventId::parse("e1");
    for shards in [1, 2, 7, 64] {
        let by_lead = shard(&source, Some("t1"), None, id.as_ref(), shards);
        assert!(by_lead < shards);
        assert_eq!(shard(&source, Some("t1"), Some(click), None, shards), by_lead);
        let by_click = shard(&source, None, Some(other), None, shards);
        assert_eq!(shard(&source, None, Some(other), id.as_ref(), shards), by_click);
    }
    assert_eq!(shard(&source, None, None, None, 0), 0, "no shards, no panic");
    // Pinned: a different hash would send every lead elsewhere.
    let first: Vec<_> =
        ["t1", "t2", "t3", "t4", "t5"].map(|t| shard(&source, Some(t), None, None, 4)).to_vec();
    assert_eq!(first, PINNED);
    assert_eq!(shard_name(3), "ledger-3");
    let mut counts = [0_u32; 8];
    for n in 0..8_000_u32 {
        let shard = shard(&source, Some(&n.to_string()), None, None, 8);
        counts[usize::try_from(shard).expect("small")] += 1;
    }
    assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
}

const PINNED: [u32; 5] = [1, 1, 2, 2, 0];
