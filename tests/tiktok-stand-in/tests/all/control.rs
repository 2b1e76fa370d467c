//! The control API: what tests in another process see and do. And bursts, because they use it most.

use serde_json::{Value, json};
use tiktok_stand_in::{Clock, EventFilter, Limits, RequestFilter, StandIn, StandInOptions, Step};

use crate::common::{HASH, NOW, PIXEL, event, get, post, put, send, send_as, start, web};

#[test]
fn events_requests_and_counts_as_json() {
    let tiktok = start();
    send(&tiktok, &web(PIXEL, &[event("lead-1"), event("lead-2")]));
    send(&tiktok, &web("OTHER", &[event("lead-1")]));
    let mut odd = event("lead-3");
    put(&mut odd, "/user/emial", json!(HASH));
    send(&tiktok, &web(PIXEL, &[odd]));
    send(&tiktok, &web(PIXEL, &[json!({})]));

    assert_eq!(
        get(&tiktok, "/_stand_in/health").json(),
        json!({"ok": true, "now_ms": NOW * 1_000})
    );
    let count = |query: &str| {
        let events = get(&tiktok, &format!("/_stand_in/events?{query}")).json();
        events["events"].as_array().unwrap().len()
    };
    let rows = [
        ("", 4),
        ("pixel=OTHER", 1),
        ("event_id=lead-1", 2),
        ("event=Lead&limit=3", 3),
        ("event=Purchase", 0),
        ("disposition=kept", 4),
        ("disposition=test", 0),
        ("pixel=OTHER&event=Lead&event_id=lead-1", 1),
        ("pixel=OTHER&event=Lead&event_id=lead-1&disposition=test", 0),
        ("pixel=OTHER&event=Lead&event_id=lead-9", 0),
    ];
    for (query, expected) in rows {
        assert_eq!(count(query), expected, "{query}");
    }
    let newest = get(&tiktok, "/_stand_in/events?newest=true&limit=1").json();
    assert_eq!(newest["events"][0]["event_id"], "lead-3");
    assert_eq!(newest["events"][0]["body"]["user"]["emial"], HASH);

    let tally = format!("/_stand_in/tally?pixel={PIXEL}&event=Lead&event_id=lead-1");
    let expected = json!({
        "pixel": PIXEL, "event": "Lead", "event_id": "lead-1",
        "seen": 1, "kept": 1, "deduplicated": 0, "test": 0,
    });
    assert_eq!(get(&tiktok, &tally).json(), expected);
    let tallies = get(&tiktok, "/_stand_in/tallies?pixel=OTHER").json();
    assert_eq!(tallies["tallies"].as_array().unwrap().len(), 1);

    let counts = get(&tiktok, "/_stand_in/counts").json();
    assert_eq!(counts["total"]["requests"], 4);
    assert_eq!(counts["pixels"][PIXEL]["kept"], 3);
    assert_eq!(counts["total"]["largest_batch"], 2);

    let refused = get(&tiktok, "/_stand_in/requests?refused=true").json();
    assert_eq!((&refused["total"], refused["requests"].as_array().unwrap().len()), (&json!(4), 1));
    assert_eq!(refused["requests"][0]["refusal"]["path"], "event");
    assert_eq!(refused["requests"][0]["outcome"]["answered"]["code"], 40_002);
    assert_eq!(refused["requests"][0]["body"], Value::Null);
    let bodies = get(&tiktok, "/_stand_in/requests?bodies=true&limit=1").json();
    assert!(bodies["requests"][0]["body"].as_str().unwrap().contains("lead-2"));

    let findings = get(&tiktok, "/_stand_in/findings").json();
    let expected = json!([{"request": 2, "kind": "unknown_key", "index": 0, "path": "user.emial"}]);
    assert_eq!(findings["findings"], expected);
    assert_eq!(get(&tiktok, "/_stand_in/findings?pixel=OTHER").json()["findings"], json!([]));
    assert_eq!(tiktok.counts(None).requests, 4, "control is no request to TikTok");
}

#[test]
fn scripts_tokens_clock_and_reset() {
    let tiktok = start();
    let status = || send(&tiktok, &web(PIXEL, &[event("lead-1")])).status;
    let path = format!("/_stand_in/script?pixel={PIXEL}");
    post(&tiktok, &path, &json!({"standing": {"reply": {"answer": {"status": 503}}}}));
    let steps =
        json!([{"reply": {"answer": {"status": 500}}}, {"reply": {"answer": {"status": 501}}}]);
    post(&tiktok, &format!("/_stand_in/queue?pixel={PIXEL}"), &steps);
    post(&tiktok, "/_stand_in/queue", &json!({"reply": {"answer": {"status": 502}}}));
    assert_eq!(get(&tiktok, &path).json()["queue"].as_array().unwrap().len(), 2);
    assert_eq!([status(), status(), status()], [500, 501, 503]);
    post(&tiktok, &path, &json!({}));
    assert_eq!([status(), status()], [502, 200]);

    let code = |token: &str| send_as(&tiktok, token, &web(PIXEL, &[event("lead-1")])).code();
    post(&tiktok, "/_stand_in/tokens/revoke", &json!({"token": "a"}));
    assert_eq!([code("a"), code("b")], [40_105, 0]);
    post(&tiktok, "/_stand_in/tokens/restore", &json!({"token": "a"}));
    assert_eq!(code("a"), 0);
    post(&tiktok, "/_stand_in/tokens/grant", &json!({"token": "a", "pixels": ["OTHER"]}));
    assert_eq!([code("a"), code("b")], [40_001, 40_105]);

    let moved = post(&tiktok, "/_stand_in/clock", &json!({"advance_ms": 1_500})).json();
    assert_eq!(moved["now_ms"], NOW * 1_000 + 1_500);

    tiktok.push(None, Step::status(500));
    assert_eq!(post(&tiktok, "/_stand_in/reset", &json!({})).status, 200);
    assert_eq!(tiktok.counts(None), tiktok_stand_in::Counts::default());
    assert_eq!(code("b"), 0);
    assert_eq!(get(&tiktok, "/_stand_in/health").json()["now_ms"], NOW * 1_000);
    assert_eq!(tiktok.requests(&RequestFilter::default())[0].id, 0);
}

#[test]
fn a_wrong_control_request_is_refused() {
    let tiktok = start();
    let rows = [
        post(&tiktok, "/_stand_in/script", &json!({"standnig": {}})),
        post(&tiktok, "/_stand_in/queue", &json!({"reply": "explode"})),
        post(&tiktok, "/_stand_in/tokens/revoke", &json!({})),
        get(&tiktok, "/_stand_in/events?pixle=x"),
        get(&tiktok, "/_stand_in/tally?pixel=x"),
        get(&tiktok, "/_stand_in/nothing"),
    ];
    for got in rows {
        assert!((400..500).contains(&got.status), "{got:?}");
    }
    assert_eq!(tiktok.counts(None).requests, 0);
}

#[test]
fn counts_stay_right_in_bursts_when_records_are_shed() {
    let tiktok = StandIn::start(StandInOptions {
        clock: Clock::fixed(NOW * 1_000),
        limits: Limits { requests: 12, events: 5_000, body_bytes: 1 << 20 },
        ..StandInOptions::default()
    })
    .unwrap();
    for batch in 0..30 {
        let events: Vec<Value> = (0..1_000).map(|n| event(&format!("{batch}-{n}"))).collect();
        assert_eq!(send(&tiktok, &web(PIXEL, &events)).code(), 0);
    }
    send(&tiktok, &web(PIXEL, &[event("0-0")]));
    let counts = tiktok.counts(Some(PIXEL));
    assert_eq!((counts.requests, counts.events_seen), (31, 30_001));
    assert_eq!((counts.kept, counts.deduplicated, counts.largest_batch), (30_000, 1, 1_000));
    assert_eq!(tiktok.events(&EventFilter::default()).len(), 5_000);
    assert_eq!(tiktok.tallies(Some(PIXEL)).len(), 30_000);
    assert_eq!(tiktok.tally(PIXEL, "Lead", "0-0").seen, 2, "known long after its record is gone");
    let by_key = |id: &str| {
        let filter = EventFilter {
            pixel: Some(PIXEL.to_owned()),
            event: Some("Lead".to_owned()),
            event_id: Some(id.to_owned()),
            ..EventFilter::default()
        };
        tiktok.events(&filter)
    };
    assert_eq!(by_key("29-999").len(), 1);
    assert_eq!(by_key("0-0").len(), 1, "only the second one is still there");
    assert_eq!(by_key("1-1").len(), 0);

    let requests = tiktok.requests(&RequestFilter { bodies: true, ..RequestFilter::default() });
    assert_eq!((requests.len(), requests[0].id, requests[11].id), (12, 19, 30));
    let bytes: usize =
        requests.iter().filter_map(|request| request.body.as_ref()).map(String::len).sum();
    assert!(bytes > 0 && bytes <= 1 << 20, "{bytes}");
    assert!(requests[11].body.is_some() && requests[0].body.is_none());
}

#[test]
fn the_newest_bodies_are_kept_as_far_as_they_fit() {
    let tiktok = StandIn::start(StandInOptions {
        clock: Clock::fixed(NOW * 1_000),
        limits: Limits { requests: 2, events: 10, body_bytes: 10_000 },
        ..StandInOptions::default()
    })
    .unwrap();
    let with_body = || -> Vec<bool> {
        let requests = tiktok.requests(&RequestFilter { bodies: true, ..RequestFilter::default() });
        requests.iter().map(|record| record.body.is_some()).collect()
    };
    // Together far more than the limit, but only two of them are there at a time.
    for _ in 0..60 {
        send(&tiktok, &web(PIXEL, &[event("small")]));
    }
    assert_eq!(with_body(), [true, true]);
    let mut large = event("large");
    put(&mut large, "/user/user_agent", json!("x".repeat(6_000)));
    send(&tiktok, &web(PIXEL, &[large.clone()]));
    assert_eq!(with_body(), [true, true]);
    send(&tiktok, &web(PIXEL, &[large.clone()]));
    assert_eq!(with_body(), [false, true]);
    put(&mut large, "/user/user_agent", json!("x".repeat(12_000)));
    send(&tiktok, &web(PIXEL, &[large]));
    assert_eq!(with_body(), [false, false], "larger than everything that may be kept");
    send(&tiktok, &web(PIXEL, &[event("small")]));
    assert_eq!(with_body(), [false, true]);
}
