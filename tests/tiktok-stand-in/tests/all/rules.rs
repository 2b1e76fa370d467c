//! The rules of a body, without HTTP: what is accepted beside what is refused.

use crate::common::{HASH, NOW, PIXEL, event, put, remove, web, with};
use crate::event_table;
use serde_json::{Value, json};
use tiktok_stand_in::{EventSource, FindingKind, MessageStyle, Refusal, validate};

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

#[test]
fn accepted_and_refused_values_of_an_event() {
    for (pointer, accepted, refused) in event_table::rows() {
        for value in accepted {
            let body = with(pointer, value);
            assert_eq!(findings(&body), vec![], "{pointer}: {body}");
        }
        for value in refused {
            let refusal = refusal(&with(pointer, value.clone()));
            let path = pointer.trim_start_matches('/').replace('/', ".");
            assert!(refusal.path.starts_with(&path), "{pointer} {value}: {refusal:?}");
            assert_eq!((refusal.code, refusal.index), (40_002, Some(0)), "{pointer} {value}");
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
    for pointer in ["/event", "/event_time", "/event_id", "/user", "/page", "/page/url"] {
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
    let accepted =
        [top("/event_source_id", json!("7")), top("/test_event_code", json!("TEST12345"))];
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
    assert_eq!(validate(&web(PIXEL, &batch(1_000)), NOW).unwrap().events.len(), 1_000);
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
        (of("offline", &|event| put(event, "/event", json!("PageView"))), "event"),
        (of("offline", &limited), "limited_data_use"),
        (of("crm", &|_| ()), "lead.lead_id"),
        (of("crm", &|event| put(event, "/lead", json!({}))), "lead.lead_id"),
        (of("crm", &|event| put(event, "/lead", json!({"lead_id": 17}))), "lead.lead_id"),
        (
            of("crm", &|event| {
                put(event, "/lead", json!({"lead_id": "17", "lead_event_source": 1}))
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
        ("/properties/contents_ids", json!(["x"]), UnknownKey, "properties.contents_ids"),
        ("/properties/contents", json!([{}, {"id": "x"}]), UnknownKey, "properties.contents.1.id"),
        ("/timestamp", json!("x"), UnknownKey, "timestamp"),
        ("/event", json!("purchase"), NameCase, "event"),
        ("/event", json!("LEAD"), NameCase, "event"),
        ("/event_time", json!(NOW - 28 * 86_400 - 1), OldEvent, "event_time"),
        ("/properties", json!({"value": 1}), ValueWithoutCurrency, "properties.value"),
        ("/properties/value", json!(-1), Negative, "properties.value"),
        ("/properties/num_items", json!(-1), Negative, "properties.num_items"),
        ("/properties/contents", json!([]), EmptyList, "properties.contents"),
        ("/properties/content_ids", json!([]), EmptyList, "properties.content_ids"),
        ("/user/ttclid", json!("__CLICKID__"), UnreplacedMacro, "user.ttclid"),
        ("/page/referrer", json!("tiktok.com"), RelativeReferrer, "page.referrer"),
        ("/lead", json!({"lead_id": "1"}), LeadOutsideCrm, "lead"),
    ];
    for (pointer, value, kind, path) in rows {
        let found = findings(&with(pointer, value.clone()));
        assert_eq!(found, vec![(kind, path.to_owned())], "{pointer} {value}");
    }
    let offline = json!({"event_source": "offline", "event_source_id": "1", "data": [event("1")]});
    assert_eq!(findings(&offline), vec![(PageOutsideWeb, "page".to_owned())]);
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
        (MessageStyle::Data, "Invalid value for data.3.event_id: must be a string, got 17"),
        (MessageStyle::Batch, "Batch.3.event_id: must be a string, got 17"),
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
