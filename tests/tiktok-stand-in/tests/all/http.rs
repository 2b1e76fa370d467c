//! Over HTTP, honestly answered: path, headers, tokens, whole-batch refusal, deduplication, test events.

use std::time::Duration;

use serde_json::{Value, json};
use tiktok_stand_in::{
    Disposition, EventFilter, Outcome, RequestFilter, StandIn, StandInOptions, TRACK_PATH, Tokens,
    token_label,
};

use crate::common::{NOW, PIXEL, event, get, put, request, send, send_as, start, web};

const PATIENCE: Duration = Duration::from_secs(10);
const JSON: (&str, &str) = ("content-type", "application/json");
const TOKEN: (&str, &str) = ("access-token", "secret");

#[test]
fn a_good_request_gets_tiktoks_ok() {
    let tiktok = start();
    let got = send(&tiktok, &web(PIXEL, &[event("lead-1")]));
    let answer = got.json();
    assert_eq!((got.status, &answer["code"], &answer["message"]), (200, &json!(0), &json!("OK")));
    assert_eq!(answer["data"], json!({}));
    assert!(answer["request_id"].as_str().is_some_and(|id| !id.is_empty()));

    let events = tiktok.events(&EventFilter::default());
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].body, event("lead-1"));
    assert_eq!(events[0].time_ms, NOW * 1_000);
    let requests = tiktok.requests(&RequestFilter { bodies: true, ..RequestFilter::default() });
    assert_eq!(requests[0].token, Some(token_label("secret")));
    assert!(requests[0].kept);
    let body: Value = serde_json::from_str(requests[0].body.as_deref().unwrap()).unwrap();
    assert_eq!(body, web(PIXEL, &[event("lead-1")]));
    assert!(!format!("{requests:?}").contains("secret"), "a token is never kept");
}

#[test]
fn accepted_and_refused_requests() {
    let tiktok = start();
    let body = web(PIXEL, &[event("lead-1")]).to_string();
    let no_slash = TRACK_PATH.trim_end_matches('/');
    let with_charset = ("content-type", "application/json; charset=utf-8");
    let form = ("content-type", "application/x-www-form-urlencoded");
    type Row<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str, u16, i64);
    let rows: [Row<'_>; 14] = [
        ("POST", TRACK_PATH, &[TOKEN, JSON], &body, 200, 0),
        ("POST", TRACK_PATH, &[TOKEN, with_charset], &body, 200, 0),
        ("POST", TRACK_PATH, &[("Access-Token", "x"), JSON], &body, 200, 0),
        ("POST", no_slash, &[TOKEN, JSON], &body, 404, 40_002),
        ("POST", "/open_api/v1.2/event/track/", &[TOKEN, JSON], &body, 404, 40_002),
        ("GET", TRACK_PATH, &[TOKEN, JSON], "", 405, 40_002),
        ("POST", TRACK_PATH, &[JSON], &body, 200, 40_104),
        ("POST", TRACK_PATH, &[("access-token", ""), JSON], &body, 200, 40_104),
        ("POST", TRACK_PATH, &[("authorization", "Bearer secret"), JSON], &body, 200, 40_104),
        ("POST", TRACK_PATH, &[TOKEN], &body, 200, 40_002),
        ("POST", TRACK_PATH, &[TOKEN, form], &body, 200, 40_002),
        ("POST", TRACK_PATH, &[TOKEN, JSON, ("content-encoding", "gzip")], &body, 200, 40_002),
        ("POST", TRACK_PATH, &[TOKEN, JSON], "", 200, 40_002),
        ("POST", TRACK_PATH, &[TOKEN, JSON], "{\"data\":", 200, 40_002),
    ];
    for (method, path, headers, body, status, code) in rows {
        let got = request(tiktok.addr(), method, path, headers, body, PATIENCE).unwrap();
        assert_eq!((got.status, got.code()), (status, code), "{method} {path} {headers:?}");
    }
    let counts = tiktok.counts(None);
    assert_eq!((counts.requests, counts.refused), (14, 11));
    assert_eq!((counts.kept, counts.deduplicated), (1, 2));
}

#[test]
fn one_bad_event_refuses_the_batch() {
    let tiktok = start();
    let mut batch: Vec<Value> = (0..4).map(|n| event(&format!("lead-{n}"))).collect();
    put(&mut batch[2], "/event_id", json!(2));
    let got = send(&tiktok, &web(PIXEL, &batch));
    assert_eq!((got.status, got.code()), (200, 40_002));
    assert!(got.message().starts_with("Invalid value for data.2.event_id"), "{}", got.message());
    assert_eq!(got.json()["data"], Value::Null);
    assert_eq!(tiktok.counts(None).kept, 0);
    assert_eq!(tiktok.tally(PIXEL, "Lead", "lead-0").seen, 1, "seen, though refused");

    batch.remove(2);
    assert_eq!(send(&tiktok, &web(PIXEL, &batch)).code(), 0);
    assert_eq!(tiktok.counts(Some(PIXEL)).kept, 3);
    let tally = tiktok.tally(PIXEL, "Lead", "lead-0");
    assert_eq!((tally.seen, tally.kept), (2, 1));
    let refused =
        tiktok.requests(&RequestFilter { refused: Some(true), ..RequestFilter::default() });
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].refusal.as_ref().unwrap().index, Some(2));
}

#[test]
fn the_first_is_kept_and_later_ones_dropped_for_48_hours() {
    let tiktok = start();
    let lead = || event("lead-1");
    let named = |name: &str| {
        let mut event = lead();
        put(&mut event, "/event", json!(name));
        event
    };
    // Another name, id or pixel is another event; twice in one batch is twice.
    send(&tiktok, &web(PIXEL, &[lead(), lead(), named("Purchase"), event("lead-2")]));
    send(&tiktok, &web("OTHER", &[lead()]));
    assert_eq!(tiktok.counts(None).kept, 4);
    assert_eq!(tiktok.counts(None).deduplicated, 1);
    assert_eq!(tiktok.counts(Some("OTHER")).kept, 1);

    let hours = |n: u64| Duration::from_secs(n * 3_600);
    let rows = [
        (hours(48) - Duration::from_secs(1), Disposition::Deduplicated),
        (Duration::from_secs(1), Disposition::Kept),
        (hours(1), Disposition::Deduplicated),
    ];
    for (advance, disposition) in rows {
        tiktok.advance_clock(advance);
        send(&tiktok, &web(PIXEL, &[lead()]));
        let newest =
            tiktok.events(&EventFilter { newest: true, limit: Some(1), ..EventFilter::default() });
        assert_eq!(newest[0].disposition, disposition, "{advance:?} later");
    }
    let tally = tiktok.tally(PIXEL, "Lead", "lead-1");
    assert_eq!((tally.seen, tally.kept, tally.deduplicated), (5, 2, 3));
}

#[test]
fn test_events_stand_apart() {
    let tiktok = start();
    let mut body = web(PIXEL, &[event("lead-1")]);
    put(&mut body, "/test_event_code", json!("TEST12345"));
    assert_eq!(send(&tiktok, &body).code(), 0);
    assert_eq!(send(&tiktok, &body).code(), 0);
    assert_eq!(send(&tiktok, &web(PIXEL, &[event("lead-1")])).code(), 0);
    let counts = tiktok.counts(None);
    assert_eq!((counts.test, counts.kept, counts.deduplicated), (2, 1, 0));
    let test = tiktok
        .events(&EventFilter { disposition: Some(Disposition::Test), ..EventFilter::default() });
    assert_eq!(test.len(), 2);
    assert_eq!(test[0].test_event_code.as_deref(), Some("TEST12345"));
}

#[test]
fn tokens_and_their_rights() {
    let mut tokens = Tokens::any();
    tokens.grant("one", [PIXEL]);
    tokens.grant("every", [""; 0]);
    let tiktok = StandIn::start(StandInOptions { tokens, ..StandInOptions::default() }).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let body = |pixel: &str| {
        let mut event = event("lead-1");
        put(&mut event, "/event_time", json!(now.as_secs()));
        web(pixel, &[event])
    };
    let code = |token: &str, pixel: &str| send_as(&tiktok, token, &body(pixel)).code();
    assert_eq!(code("one", PIXEL), 0);
    assert_eq!(code("one", "OTHER"), 40_001);
    assert_eq!(code("every", "OTHER"), 0);
    assert_eq!(code("unknown", PIXEL), 40_105);

    tiktok.revoke_token("one");
    let revoked = send_as(&tiktok, "one", &body(PIXEL));
    assert_eq!(revoked.message(), "Access token is incorrect or has been revoked.");
    assert_eq!(code("every", PIXEL), 0, "the other token still works");
    tiktok.restore_token("one");
    assert_eq!(code("one", PIXEL), 0);
    tiktok.revoke_token("one");
    assert_eq!(code("one", PIXEL), 40_105);
    tiktok.grant_token("one", &["OTHER"]);
    assert_eq!(code("one", "OTHER"), 0);
    let denied = send_as(&tiktok, "one", &body("THIRD")).message();
    assert!(denied.starts_with("No permission to operate pixel code: THIRD."), "{denied}");
}

#[test]
fn the_page_shows_what_came_and_what_was_refused() {
    let tiktok = start();
    send(&tiktok, &web(PIXEL, &[event("lead-1")]));
    let mut bad = event("lead-2");
    put(&mut bad, "/page/url", json!("\"><script>alert(1)</script>"));
    send(&tiktok, &web(PIXEL, &[event("lead-3"), bad]));
    let page = get(&tiktok, "/");
    assert_eq!(page.status, 200);
    assert!(page.head.contains("content-security-policy: default-src 'none'"));
    for part in ["lead-1", "ttclid", "12.5 USD", "quotes.example.com/solar", "40002", "page.url"] {
        assert!(page.body.contains(part), "{part} is on the page");
    }
    assert!(!page.body.contains("<script>alert"));
    assert_eq!(tiktok.counts(None).requests, 2, "looking at the page is no request to TikTok");
}

#[test]
fn dropping_it_frees_the_port_and_ends_what_was_held_back() {
    let tiktok = start();
    let addr = tiktok.addr();
    tiktok.push(None, tiktok_stand_in::Step::hang());
    let sender = std::thread::spawn(move || {
        let body = web(PIXEL, &[event("lead-1")]).to_string();
        request(addr, "POST", TRACK_PATH, &[TOKEN, JSON], &body, PATIENCE)
    });
    crate::common::until("the request arrived", || tiktok.counts(None).requests == 1);
    let pending = tiktok.requests(&RequestFilter::default());
    assert_eq!(pending[0].outcome, Outcome::Pending);
    drop(tiktok);
    assert!(sender.join().unwrap().is_err(), "no answer");
    let again = StandIn::start(StandInOptions { addr, ..StandInOptions::default() }).unwrap();
    assert_eq!(again.port(), addr.port());
}
