use super::*;
use serde_json::json;

fn sample() -> Value {
    json!({
        "tiktok_api_base": "https://business-api.tiktok.com",
        "click_ttl_days": 30,
        "admin_token": "ADMIN_TOKEN",
        "pixels": {
            "main": {
                "event_source": "web", "event_source_id": "C4PIXELCODE",
                "access_token": "TIKTOK_TOKEN_MAIN", "test_event_code": ""
            }
        },
        "campaigns": {
            "spring": { "destination": "https://quotes.example.com/solar?utm_source=tiktok", "pixel": "main" }
        },
        "sources": {
            "pingtree": {
                "pixel": "main", "token": "PINGTREE_TOKEN",
                "currency": "usd", "country": "us",
                "events": { "form_submit": "CompleteRegistration", "lead_sold": "Purchase" }
            }
        }
    })
}

/// The sample with one value put in place, by JSON pointer; `null` takes it out.
fn with(pointer: &str, value: Value) -> Value {
    let mut json = sample();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let table = json.pointer_mut(parent).and_then(Value::as_object_mut).expect("a table");
    if value.is_null() {
        table.remove(key);
    } else {
        table.insert(key.to_owned(), value);
    }
    json
}

fn problems(json: &Value) -> Vec<String> {
    match Config::parse(json) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn the_sample_is_read_with_its_defaults() {
    let config = Config::parse(&sample()).expect("the sample holds");
    assert_eq!(config.retention_days, 30);
    assert_eq!(config.max_event_age_days, 28);
    assert_eq!(config.ledger_shards, 1);
    let main = config.pixels.get("main").expect("pixel");
    assert_eq!(main.test_event_code, None, "an empty text is not set");
    let source = config.sources.get("pingtree").expect("source");
    assert_eq!(source.currency.expect("currency").as_str(), "USD");
    assert_eq!(source.events.get("lead_sold").expect("event").as_str(), "Purchase");
}

#[test]
fn every_mistake_is_named_with_its_path() {
    let table = [
        (
            with("/sources/pingtree/pixel", json!("mian")),
            "sources.pingtree.pixel: no pixel named \"mian\"",
        ),
        (
            with("/campaigns/spring/pixel", json!("mian")),
            "campaigns.spring.pixel: no pixel named \"mian\"",
        ),
        (with("/click_ttl_days", json!(0)), "click_ttl_days: must be a whole number from 1 to 365"),
        (
            with("/click_ttl_days", json!("30")),
            "click_ttl_days: must be a whole number from 1 to 365",
        ),
        (
            with("/campaigns/spring/destination", Value::Null),
            "campaigns.spring.destination: is required",
        ),
        (
            with("/campaigns/spring/destination", json!("")),
            "campaigns.spring.destination: is required",
        ),
        (
            with("/campaigns/spring/destination", json!("quotes.example.com")),
            "campaigns.spring.destination: must start with https:// (or http://)",
        ),
        (
            with("/campaigns/spring/destinaton", json!("x")),
            "campaigns.spring.destinaton: no such setting",
        ),
        (with("/pixel", json!({})), "pixel: no such setting"),
        (
            with("/pixels/main/event_source", json!("app")),
            "pixels.main.event_source: must be web, offline or crm",
        ),
        (with("/pixels/main", json!("C4")), "pixels.main: must be a table, not a text"),
        (
            with("/sources/pingtree/always_ok", json!("yes")),
            "sources.pingtree.always_ok: must be true or false, not a text",
        ),
        (
            with("/sources/pingtree/events/lead_sold", json!("Bad Name")),
            "sources.pingtree.events.lead_sold: is not an event name that TikTok takes: a standard event, or up to 50 letters, digits, '_' and '-' that start with a letter",
        ),
        (
            with("/sources/pingtree/fields", json!({"s2": "click_id"})),
            "sources.pingtree.fields.s2: the other way round: our name first, click_id = \"s2\"",
        ),
        (
            with("/sources/pingtree/currency", json!("XXX")),
            "sources.pingtree.currency: is not a currency that TikTok takes (ISO 4217, such as USD)",
        ),
        (
            with("/campaigns/a b", json!({})),
            "campaigns.\"a b\": a name has 1 to 64 letters, digits, '-', '_' and '.'",
        ),
    ];
    for (json, problem) in table {
        assert_eq!(problems(&json), [problem]);
    }
}

#[test]
fn a_sources_own_names_and_pixels() {
    let fields = json!({"revenue": "goal_value", "click_id": ["s2", "s3"]});
    let mut json = with("/sources/pingtree/fields", fields);
    json["sources"]["pingtree"]["pixels"] = json!(["main", "main"]);
    let config = Config::parse(&json).expect("it holds");
    let source = config.sources.get("pingtree").expect("source");
    let names: Vec<_> =
        source.fields.iter().map(|(field, own)| (field.name(), own.len())).collect();
    assert_eq!(names, [("click_id", 2), ("value", 1)]);
    assert_eq!(source.pixels.len(), 1, "told twice, the second would be a duplicate");
}

#[test]
fn all_problems_are_listed_not_only_the_first() {
    let mut json = with("/pixels/main/access_token", Value::Null);
    json["sources"]["pingtree"]["country"] = json!("USA!");
    json["retention_days"] = json!(-1);
    assert_eq!(problems(&json).len(), 3);
    assert_eq!(problems(&json!("x")), ["CONFIG: must be a table, not a text"]);
}

#[test]
fn missing_secrets_are_named_and_never_shown() {
    let config = Config::parse(&sample()).expect("the sample holds");
    let missing = config.missing_secrets(|name| name != "PINGTREE_TOKEN");
    let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
    assert_eq!(
        missing,
        [
            "sources.pingtree.token: secret PINGTREE_TOKEN is not set: `npx wrangler secret put PINGTREE_TOKEN` (locally: a line in .dev.vars)"
        ]
    );
    // People paste the token where its name belongs.
    for pasted in ["f00dfacef00dfacef00dfacef00dface", "sk-live-1234", "tok en"] {
        let json = with("/pixels/main/access_token", json!(pasted));
        let mut shown = problems(&json);
        if let Ok(config) = Config::parse(&json) {
            shown.extend(config.missing_secrets(|_| false).iter().map(ToString::to_string));
            shown.push(format!("{config:?}"));
        }
        assert!(!shown.concat().contains(pasted), "{shown:?}");
    }
}
