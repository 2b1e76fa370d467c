//! The rules of a body, without HTTP: what is accepted beside what is refused.

use crate::common::{HASH, NOW, PIXEL, event, put, remove, web, with};
use serde_json::{Value, json};
use tiktok_stand_in::{EventSource, FindingKind, MessageStyle, Refusal, validate};

const EMPTY_HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn refusal(body: &Value) -> Refusal {
    match validate(body, NOW) {
        Ok(_) => panic!("accepted: {body}"),
        Err(refusal) => refusal,
    }
}

fn findings(body: &Value) -> Vec<(FindingKind, String)> {
    let accepted = validate(body, NOW).unwrap_or_else(|refusal| panic!("{refusal:?}: {body}"));
    let findings = accepted.findings.into_iter();
    findings.map(|found| (found.kind, found.path)).collect()
}

/// Each row: where in the event, what is accepted there without a finding, what is refused there.
fn table() -> Vec<(&'static str, Vec<Value>, Vec<Value>)> {
    let hashes_refused = || {
        vec![
            json!(EMPTY_HASH),
            json!(HASH.to_uppercase()),
            json!("d41d8cd98f00b204e9800998ecf8427e"),
            json!("alice@example.com"),
            json!(format!("{HASH} ")),
            json!(""),
            json!(7),
            Value::Null,
            json!({}),
        ]
    };
    let list_refused = || {
        let mut refused = hashes_refused();
        refused.extend([
            json!([]),
            json!([""]),
            json!([HASH, 7]),
            json!([HASH, EMPTY_HASH]),
        ]);
        refused
    };
    let hashes = || vec![json!(HASH), json!("0".repeat(64))];
    let lists = || vec![json!(HASH), json!([HASH]), json!([HASH, "a".repeat(64)])];
    let single_refused = || {
        let mut refused = hashes_refused();
        refused.push(json!([HASH]));
        refused
    };
    let texts = || vec![json!("x"), json!("Größe, 1 & 2"), json!("17")];
    let no_texts = || {
        vec![
            json!(""),
            json!(17),
            json!(true),
            Value::Null,
            json!(["x"]),
            json!({}),
        ]
    };
    let numbers = || {
        vec![
            json!(0),
            json!(0.0),
            json!(12.5),
            json!(1e12),
            json!(u64::MAX),
        ]
    };
    let no_numbers = || vec![json!("12.5"), Value::Null, json!(true), json!([1])];
    let integers = || vec![json!(0), json!(1), json!(1_000_000)];
    let no_integers = || vec![json!(1.0), json!(1.5), json!("1"), Value::Null];
    let names = [
        "Lead",
        "Purchase",
        "ViewContent",
        "CompletePayment",
        "SubmitForm",
        "ClickButton",
        "PlaceAnOrder",
        "Pageview",
        "PageView",
        "lead_sold-2",
        "x",
    ];
    let long = "n".repeat(50);
    vec![
        (
            "/event",
            names
                .iter()
                .map(|name| json!(name))
                .chain([json!(long)])
                .collect(),
            vec![
                json!(""),
                json!("Lead Sold"),
                json!("2nd"),
                json!("_lead"),
                json!("-lead"),
                json!("größe"),
                json!(format!("{long}n")),
                json!(1),
                Value::Null,
            ],
        ),
        (
            "/event_time",
            vec![json!(NOW), json!(NOW + 600), json!(NOW - 28 * 86_400)],
            vec![
                json!(NOW + 601),
                json!(NOW * 1_000),
                json!(-1),
                json!(NOW as f64),
                json!(NOW.to_string()),
                json!("2025-10-09T08:53:20Z"),
                Value::Null,
                json!(u64::MAX),
            ],
        ),
        ("/event_id", texts(), no_texts()),
        (
            "/user",
            vec![json!({"ttclid": "x"}), json!({"external_id": HASH})],
            vec![json!({}), json!([]), json!("x"), Value::Null],
        ),
        ("/user/email", lists(), list_refused()),
        ("/user/phone", lists(), list_refused()),
        ("/user/external_id", lists(), list_refused()),
        ("/user/first_name", hashes(), single_refused()),
        ("/user/last_name", hashes(), single_refused()),
        ("/user/zip_code", hashes(), single_refused()),
        (
            "/user/city",
            vec![
                json!("newyork"),
                json!("köln"),
                json!("москва"),
                json!("東京"),
                json!("मुंबई"),
            ],
            vec![
                json!("New York"),
                json!("new york"),
                json!("st.louis"),
                json!("Köln"),
                json!("o’fallon"),
                json!(""),
                json!(1),
            ],
        ),
        (
            "/user/state",
            vec![json!("ca"), json!("nordrheinwestfalen")],
            vec![
                json!("CA"),
                json!("new york"),
                json!("nordrhein-westfalen"),
                json!(""),
            ],
        ),
        (
            "/user/country",
            vec![json!("us"), json!("de")],
            vec![
                json!("US"),
                json!("usa"),
                json!("u"),
                json!("1a"),
                json!("ü"),
                json!(""),
                json!(1),
            ],
        ),
        (
            "/user/ip",
            vec![
                json!("8.8.8.8"),
                json!("2606:4700::1111"),
                json!("203.0.113.1"),
            ],
            vec![
                json!("10.0.0.1"),
                json!("127.0.0.1"),
                json!("fe80::1"),
                json!("8.8.8"),
                json!(""),
                json!(8),
            ],
        ),
        (
            "/user/ttclid",
            vec![
                json!("E.C.P.x"),
                json!("a".repeat(1_000)),
                json!("ü".repeat(1_000)),
                json!("x y"),
            ],
            vec![json!("a".repeat(1_001)), json!(""), json!(1), Value::Null],
        ),
        ("/user/ttp", texts(), no_texts()),
        ("/user/user_agent", texts(), no_texts()),
        ("/user/locale", texts(), no_texts()),
        (
            "/page/url",
            vec![
                json!("https://example.com"),
                json!("http://localhost:8787/c?x=1#y"),
                json!("HTTPS://Example.com/ü"),
            ],
            vec![
                json!("/solar"),
                json!("example.com"),
                json!("//example.com/"),
                json!("ftp://example.com/"),
                json!("javascript:alert(1)"),
                json!("https://"),
                json!(" https://example.com/"),
                json!(""),
                json!(1),
                Value::Null,
            ],
        ),
        (
            "/page/referrer",
            vec![json!("https://www.tiktok.com/")],
            no_texts(),
        ),
        (
            "/page",
            vec![],
            vec![json!({}), json!("https://example.com"), Value::Null],
        ),
        (
            "/properties",
            vec![json!({})],
            vec![json!([]), json!("x"), Value::Null],
        ),
        ("/properties/value", numbers(), no_numbers()),
        (
            "/properties/currency",
            vec![json!("USD"), json!("EUR"), json!("ZAR"), json!("AED")],
            vec![
                json!("usd"),
                json!("XXX"),
                json!("US"),
                json!("USD EUR"),
                json!(""),
                json!(840),
                Value::Null,
            ],
        ),
        (
            "/properties/content_type",
            vec![json!("product"), json!("product_group")],
            vec![json!("Product"), json!("lead"), json!(""), json!(1)],
        ),
        (
            "/properties/customer_type",
            vec![json!("new"), json!("returning")],
            vec![json!("New"), json!("old"), json!(1)],
        ),
        ("/properties/num_items", integers(), no_integers()),
        ("/properties/order_id", texts(), no_texts()),
        ("/properties/shop_id", texts(), no_texts()),
        ("/properties/search_string", texts(), no_texts()),
        ("/properties/query", texts(), no_texts()),
        ("/properties/description", texts(), no_texts()),
        (
            "/properties/content_ids",
            vec![json!(["a", "1"])],
            vec![
                json!("a"),
                json!([1]),
                json!(["a", ""]),
                json!([null]),
                Value::Null,
            ],
        ),
        (
            "/properties/contents",
            vec![
                json!([{}]),
                json!([{"price": 9.5, "quantity": 2, "content_id": "17", "content_name": "n", "content_category": "c", "brand": "b"}]),
            ],
            vec![
                json!({}),
                json!([1]),
                json!([{"price": "9.5"}]),
                json!([{"quantity": 1.5}]),
                json!([{"content_id": 17}]),
                json!([{"content_name": 1}]),
                json!([{"brand": null}]),
            ],
        ),
        (
            "/limited_data_use",
            vec![json!(true), json!(false)],
            vec![json!("true"), json!(1), Value::Null],
        ),
        (
            "/test_event_code",
            vec![],
            vec![json!("TEST12345"), Value::Null],
        ),
    ]
}

#[test]
fn accepted_and_refused_values_of_an_event() {
    for (pointer, accepted, refused) in table() {
        for value in accepted {
            let body = with(pointer, value);
            assert_eq!(findings(&body), vec![], "{pointer}: {body}");
        }
        for value in refused {
            let refusal = refusal(&with(pointer, value.clone()));
            let path = pointer.trim_start_matches('/').replace('/', ".");
            assert!(
                refusal.path.starts_with(&path),
                "{pointer} {value}: {refusal:?}"
            );
            assert_eq!(
                (refusal.code, refusal.index),
                (40_002, Some(0)),
                "{pointer} {value}"
            );
        }
    }
}

#[test]
fn what_an_event_must_have_and_what_it_may_lack() {
    let without = |pointer| {
        let mut event = event("lead-1");
        remove(&mut event, pointer);
        web(PIXEL, &[event])
    };
    for pointer in [
        "/event",
        "/event_time",
        "/event_id",
        "/user",
        "/page",
        "/page/url",
    ] {
        let refusal = refusal(&without(pointer));
        assert_eq!(refusal.reason, "is required", "{pointer}");
    }
    for pointer in ["/properties", "/user/email", "/user/ttclid"] {
        assert_eq!(findings(&without(pointer)), vec![], "{pointer}");
    }
}

#[test]
fn accepted_and_refused_top_levels() {
    let top = |pointer: &str, value: Value| {
        let mut body = web(PIXEL, &[event("lead-1")]);
        put(&mut body, pointer, value);
        body
    };
    let accepted = [
        top("/event_source_id", json!("7")),
        top("/test_event_code", json!("TEST12345")),
    ];
    for body in accepted {
        assert_eq!(findings(&body), vec![]);
    }
    let mut refused = vec![
        (top("/event_source", json!("app")), "event_source"),
        (top("/event_source", json!("Web")), "event_source"),
        (top("/event_source", Value::Null), "event_source"),
        (top("/event_source_id", json!(7)), "event_source_id"),
        (top("/event_source_id", json!("")), "event_source_id"),
        (top("/data", json!({})), "data"),
        (top("/data", json!([])), "data"),
        (top("/test_event_code", json!("")), "test_event_code"),
        (top("/test_event_code", json!(1)), "test_event_code"),
        (top("/partner_name", json!("clickjoin")), "partner_name"),
        (json!([]), "body"),
        (json!("x"), "body"),
    ];
    for key in ["event_source", "event_source_id", "data"] {
        let mut body = web(PIXEL, &[event("lead-1")]);
        remove(&mut body, &format!("/{key}"));
        refused.push((body, key));
    }
    for (body, path) in refused {
        let refusal = refusal(&body);
        assert_eq!((refusal.path.as_str(), refusal.index), (path, None));
    }
}

#[test]
fn a_batch_of_one_to_a_thousand() {
    let batch =
        |count: usize| -> Vec<Value> { (0..count).map(|n| event(&n.to_string())).collect() };
    assert_eq!(
        validate(&web(PIXEL, &batch(1_000)), NOW)
            .unwrap()
            .events
            .len(),
        1_000
    );
    assert_eq!(refusal(&web(PIXEL, &batch(1_001))).path, "data");
    assert_eq!(refusal(&web(PIXEL, &[json!("x")])).index, Some(0));
}

#[test]
fn each_source_has_rules_of_its_own() {
    let of = |source: &str, change: &dyn Fn(&mut Value)| {
        let mut event = event("lead-1");
        if source != "web" {
            remove(&mut event, "/page");
        }
        change(&mut event);
        json!({"event_source": source, "event_source_id": "1", "data": [event]})
    };
    let lead = json!({"lead_id": "17", "lead_event_source": "crm"});
    let with_lead = |event: &mut Value| put(event, "/lead", lead.clone());
    let custom = |event: &mut Value| put(event, "/event", json!("lead_sold"));
    let limited = |event: &mut Value| put(event, "/limited_data_use", json!(true));

    let accepted = [
        (of("web", &custom), EventSource::Web),
        (of("offline", &|_| ()), EventSource::Offline),
        (of("crm", &with_lead), EventSource::Crm),
    ];
    for (body, source) in accepted {
        assert_eq!(findings(&body), vec![], "{body}");
        assert_eq!(validate(&body, NOW).unwrap().event_source, source);
    }
    let refused = [
        (of("offline", &custom), "event"),
        (
            of("offline", &|event| put(event, "/event", json!("PageView"))),
            "event",
        ),
        (of("offline", &limited), "limited_data_use"),
        (of("crm", &|_| ()), "lead.lead_id"),
        (
            of("crm", &|event| put(event, "/lead", json!({}))),
            "lead.lead_id",
        ),
        (
            of("crm", &|event| put(event, "/lead", json!({"lead_id": 17}))),
            "lead.lead_id",
        ),
        (
            of("crm", &|event| {
                put(
                    event,
                    "/lead",
                    json!({"lead_id": "17", "lead_event_source": 1}),
                )
            }),
            "lead.lead_event_source",
        ),
    ];
    for (body, path) in refused {
        assert_eq!(refusal(&body).path, path, "{body}");
    }
}

#[test]
fn what_is_taken_but_looks_wrong() {
    use FindingKind::{
        EmptyList, LeadOutsideCrm, NameCase, Negative, OldEvent, PageOutsideWeb, RelativeReferrer,
        UnknownKey, UnreplacedMacro, ValueWithoutCurrency,
    };
    let rows = [
        ("/user/emial", json!(HASH), UnknownKey, "user.emial"),
        ("/page/title", json!("x"), UnknownKey, "page.title"),
        (
            "/properties/contents_ids",
            json!(["x"]),
            UnknownKey,
            "properties.contents_ids",
        ),
        (
            "/properties/contents",
            json!([{}, {"id": "x"}]),
            UnknownKey,
            "properties.contents.1.id",
        ),
        ("/timestamp", json!("x"), UnknownKey, "timestamp"),
        ("/event", json!("purchase"), NameCase, "event"),
        ("/event", json!("LEAD"), NameCase, "event"),
        (
            "/event_time",
            json!(NOW - 28 * 86_400 - 1),
            OldEvent,
            "event_time",
        ),
        (
            "/properties",
            json!({"value": 1}),
            ValueWithoutCurrency,
            "properties.value",
        ),
        ("/properties/value", json!(-1), Negative, "properties.value"),
        (
            "/properties/num_items",
            json!(-1),
            Negative,
            "properties.num_items",
        ),
        (
            "/properties/contents",
            json!([]),
            EmptyList,
            "properties.contents",
        ),
        (
            "/properties/content_ids",
            json!([]),
            EmptyList,
            "properties.content_ids",
        ),
        (
            "/user/ttclid",
            json!("__CLICKID__"),
            UnreplacedMacro,
            "user.ttclid",
        ),
        (
            "/page/referrer",
            json!("tiktok.com"),
            RelativeReferrer,
            "page.referrer",
        ),
        ("/lead", json!({"lead_id": "1"}), LeadOutsideCrm, "lead"),
    ];
    for (pointer, value, kind, path) in rows {
        let found = findings(&with(pointer, value.clone()));
        assert_eq!(found, vec![(kind, path.to_owned())], "{pointer} {value}");
    }
    let offline = json!({"event_source": "offline", "event_source_id": "1", "data": [event("1")]});
    assert_eq!(
        findings(&offline),
        vec![(PageOutsideWeb, "page".to_owned())]
    );
    let mut top = web(PIXEL, &[event("1")]);
    put(&mut top, "/pixel_code", json!("x"));
    assert_eq!(findings(&top), vec![(UnknownKey, "pixel_code".to_owned())]);
}

#[test]
fn the_first_bad_event_is_named_in_the_words_asked_for() {
    let mut batch: Vec<Value> = (0..5).map(|n| event(&n.to_string())).collect();
    put(&mut batch[3], "/event_id", json!(17));
    put(&mut batch[4], "/event_time", json!("x"));
    let refused = refusal(&web(PIXEL, &batch));
    let rows = [
        (
            MessageStyle::Data,
            "Invalid value for data.3.event_id: must be a string, got 17",
        ),
        (
            MessageStyle::Batch,
            "Batch.3.event_id: must be a string, got 17",
        ),
        (MessageStyle::Unnamed, "Invalid parameters in the request."),
    ];
    for (style, message) in rows {
        assert_eq!(refused.message(style), message);
    }
    let price = with("/properties/contents", json!([{}, {"price": "9"}]));
    assert_eq!(
        refusal(&price).message(MessageStyle::Data),
        "Invalid value for data.0.properties.contents.1.price: must be a number, got \"9\""
    );
    let long = with("/event", json!("ü".repeat(1_000)));
    assert!(refusal(&long).message(MessageStyle::Data).chars().count() < 250);
}
