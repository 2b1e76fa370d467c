//! Whole postbacks from their bytes to the answer and TikTok's event, without a runtime: the ledger is
//! asked what it would decide, and keeps nothing.

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

use clickjoin::config::Config;
use clickjoin::conversion::{ClickLookup, Incoming, Place, answer, ask, receive};
use clickjoin::ledger::join::{Decision, Join};
use clickjoin::ledger::protocol::{Ask, Outcome, Refusal, Status, Submitted};
use clickjoin::postback::answer::{Answer, Manner};
use clickjoin::postback::auth::AuthPolicy;
use clickjoin::slug::Slug;
use clickjoin::time::UnixMillis;
use serde_json::{Value, json};

const NOW: i64 = 1_700_000_000;

fn config() -> Config {
    let json = json!({
        "pixels": {
            "main": {"event_source_id": "PIXELMAIN", "access_token": "T"},
            "agency": {"event_source_id": "PIXELAGENCY", "access_token": "T", "test_event_code": "PIXELCODE"},
            "shop": {"event_source": "offline", "event_source_id": "SET", "access_token": "T"},
            "crm": {"event_source": "crm", "event_source_id": "CRM", "access_token": "T"},
        },
        "campaigns": {"spring": {"destination": "https://quotes.example.com/solar", "pixel": "main"}},
        "sources": {
            "web": {"pixel": "main", "token": "S", "currency": "USD", "country": "US"},
            "mapped": {"pixel": "main", "token": "S", "fields": {"ttclid": "sub5", "click_id": "s2"}},
            "agency": {"pixel": "agency", "token": "S", "test_event_code": "SOURCECODE"},
            "shop": {"pixel": "shop", "token": "S"},
            "crm": {"pixel": "crm", "token": "S"},
            "several": {"pixels": ["shop", "main", "shop"], "token": "S"},
            "open": {"token": "S"},
        },
    });
    Config::parse(&json).expect("a configuration that holds")
}

/// What a postback is answered, and the events that the ledger would keep.
struct Done {
    status: u16,
    answer: Value,
    events: Vec<Value>,
    dry_run: bool,
    test_codes: Vec<Option<String>>,
}

impl Done {
    fn event(&self) -> &Value {
        self.events.first().unwrap_or_else(|| panic!("no event: {}", self.answer))
    }

    fn warnings(&self) -> Vec<&str> {
        let warnings = self.answer["warnings"].as_array().map(Vec::as_slice).unwrap_or_default();
        warnings.iter().map(|warning| warning.as_str().expect("a text")).collect()
    }
}

fn send(source: &str, incoming: Incoming<'_>) -> Done {
    let config = config();
    let name = Slug::parse(source).expect("a name");
    let place = Place { config: &config, name: &name, source: config.sources.get(&name).unwrap() };
    let secrets = AuthPolicy { tokens: vec!["secret-token"], ..AuthPolicy::default() };
    let mut done = Done {
        status: 0,
        answer: Value::Null,
        events: Vec::new(),
        dry_run: false,
        test_codes: Vec::new(),
    };
    let finished = receive(&place, &secrets, &incoming).and_then(|lead| {
        let lookup =
            if lead.click_id.is_some() { ClickLookup::Missing } else { ClickLookup::NotAsked };
        let question = ask(&place, lead, lookup, UnixMillis(NOW * 1_000))?;
        let Ask::Submit(submit) = &question.ask else { panic!("not a postback") };
        done.dry_run = submit.dry_run;
        let join = Join::of(submit, None, None);
        let mut outcomes = Vec::new();
        for draft in &submit.events {
            done.test_codes.push(draft.test_event_code.clone());
            let (status, rejection) = match join.decide(draft) {
                Decision::Wait(event) | Decision::Queue(event) => {
                    done.events.push(serde_json::to_value(event).expect("JSON"));
                    (Status::Accepted, None)
                }
                Decision::Test(event) => {
                    done.events.push(serde_json::to_value(event).expect("JSON"));
                    (Status::Test, None)
                }
                Decision::Reject(why) => (Status::Rejected, Some(Refusal::from(&why))),
            };
            outcomes.push(Outcome {
                pixel: draft.pixel.clone(),
                event: draft.event.event.clone(),
                event_id: draft.event.event_id.clone(),
                status,
                state: None,
                rejection,
                tiktok: None,
                payload: None,
            });
        }
        let reply = Submitted { matched_by: join.matched_by, outcomes };
        Ok::<Answer, Answer>(answer(question, reply))
    });
    let finished = finished.unwrap_or_else(|answer| answer);
    let manner = Manner { always_ok: place.source.always_ok, form: place.source.profile.answer };
    let reply = finished.reply(manner);
    done.status = reply.status;
    done.answer = serde_json::from_str(&reply.body).expect("always JSON");
    done
}

fn get(source: &str, query: &str) -> Done {
    let query = format!("token=secret-token&{query}");
    send(source, Incoming { query: &query, ..Incoming::default() })
}

fn post(source: &str, body: &Value) -> Done {
    let body = body.to_string();
    let authorization = Some("Bearer secret-token");
    send(source, Incoming { authorization, body: body.as_bytes(), ..Incoming::default() })
}

#[test]
fn a_token_in_the_body_counts_whatever_the_headers_say() {
    let lead = |token: &str| json!({"event": "Lead", "email": "a@b.example", "token": token});
    let (right, wrong) = (lead("secret-token").to_string(), lead("secret").to_string());
    for incoming in [
        Incoming::default(),
        // What platforms and HTTP libraries send of their own.
        Incoming { authorization: Some("Basic dXNlcjpwYXNz"), ..Incoming::default() },
        Incoming { authorization: Some("Bearer "), ..Incoming::default() },
        Incoming { authorization: Some("Bearer their-own"), ..Incoming::default() },
        Incoming { signature: Some("sha256=00"), ..Incoming::default() },
        Incoming { query: "token={token}", ..Incoming::default() },
    ] {
        let with = |body: &str| send("web", Incoming { body: body.as_bytes(), ..incoming });
        let done = with(&right);
        assert_eq!(done.status, 200, "{:?}: {}", incoming.authorization, done.answer);
        assert!(!done.answer.to_string().contains("secret-token"));
        assert_eq!(with(&wrong).status, 401, "{:?}", incoming.authorization);
    }
}

/// `+` is a space in a form, and no click id has one.
#[test]
fn click_ids_keep_their_plus() {
    for (source, query, ttclid) in [
        ("web", "ttclid=E.C.P.a+b/c%2Bd=", "E.C.P.a+b/c+d="),
        ("web", "ttclid=E.C.P.a+", "E.C.P.a+"),
        // By the source's own name for it.
        ("mapped", "sub5=E.C.P.a+b", "E.C.P.a+b"),
        ("web", "ttclid=E.C.P.plain", "E.C.P.plain"),
    ] {
        let done = get(source, &format!("event=Lead&{query}"));
        assert_eq!(done.event()["user"]["ttclid"], ttclid, "{query}");
        let authorization = Some("Bearer secret-token");
        let body = format!("event=Lead&{query}");
        let done =
            send(source, Incoming { authorization, body: body.as_bytes(), ..Incoming::default() });
        assert_eq!(done.event()["user"]["ttclid"], ttclid, "form: {query}");
    }
    let done = get("web", "event=Lead&email=a@b.example&click_id=x+y&first_name=Mary+Ann");
    assert_eq!(done.answer["event_id"], "x+y", "a platform's own click id");
    // Everything else is read as forms are, and JSON says what it means.
    let mary =
        post("web", &json!({"event": "Lead", "email": "a@b.example", "first_name": "Mary Ann"}));
    assert_eq!(done.event()["user"]["first_name"], mary.event()["user"]["first_name"]);
    let done = post("web", &json!({"event": "Lead", "ttclid": "E.C.P. b"}));
    assert_eq!(done.event()["user"]["ttclid"], "E.C.P. b");
}

#[test]
fn warnings_are_said_once_and_bounded() {
    let done = get("web", "event=Lead&external_id=u&email=x&email=y&phone=&phone=&foo=1&foo=2");
    let mut warnings = done.warnings();
    warnings.sort_unstable();
    let all = warnings.len();
    warnings.dedup();
    assert_eq!(warnings.len(), all, "{warnings:?}");
    let many: String = (0..150).map(|number| format!("&unknown_{number}=1")).collect();
    let done = get("web", &format!("event=Lead&external_id=u&transaction_id=t{many}"));
    let warnings = done.warnings();
    let unknown = warnings.iter().filter(|warning| warning.starts_with("unknown_")).count();
    assert_eq!(unknown, 50);
    assert!(warnings.contains(&"fields: 100 more are not fields of this source and were ignored"));
}

/// An `&` that nobody encoded makes names of values.
#[test]
fn answers_repeat_nothing_personal() {
    for query in [
        "first_name=Tom+&+alice@example.com",
        "first_name=Tom&+12133734253",
        "description=call+(213)+373-4253&(213)+373-4253=1",
        "email=alice@example.com,&phone=nonsense+2133734253&zip=%00&ip=alice@example.com",
        "page_url=alice@example.com&event_time=2133734253x",
        "country=alice@example.com&currency=alice@example.com&pixel=alice@example.com",
        "test_event_code=alice@example.com",
        "status=alice@example.com&trigger=alice@example.com",
        "email=alice@example.com&event=alice@example.com",
        "value=alice@example.com",
    ] {
        for event in ["event=Lead&external_id=u&", ""] {
            let answer = get("web", &format!("{event}{query}")).answer.to_string();
            let digits: String = answer.chars().filter(char::is_ascii_digit).collect();
            assert!(!answer.contains("alice"), "{query}: {answer}");
            assert!(!digits.contains("2133734253"), "{query}: {answer}");
        }
    }
}

#[test]
fn lists_of_a_person() {
    let hashes = |done: &Done, key: &str| match &done.event()["user"][key] {
        Value::Array(list) => list.len(),
        Value::String(_) => 1,
        _ => 0,
    };
    let emails = json!(["a@b.example", " A@B.example", "c@d.example", null, ""]);
    let ids = json!(["u1", 2, "u1"]);
    let by_json = post("web", &json!({"event": "Lead", "email": emails, "external_id": ids}));
    // The same list as the text of a form field.
    let by_form = get("web", &format!("event=Lead&email={emails}&external_id={ids}"));
    let by_names = get(
        "web",
        "event=Lead&email[]=a@b.example&email[]=c@d.example&external_id=u1&external_id=2",
    );
    for done in [&by_json, &by_form, &by_names] {
        assert_eq!((hashes(done, "email"), hashes(done, "external_id")), (2, 2));
        assert_eq!(done.event()["user"]["email"], by_json.event()["user"]["email"]);
        assert_eq!(done.event()["user"]["external_id"], by_json.event()["user"]["external_id"]);
    }
    // What only begins like a list is an id like others.
    assert_eq!(hashes(&get("web", "event=Lead&external_id=[17"), "external_id"), 1);
}

#[test]
fn what_was_encoded_once_too_often() {
    let plain = get(
        "web",
        "event=Purchase&phone=(213)+373-4253&city=S%C3%A3o+Paulo&first_name=Jos%C3%A9&zip=M5V+3L9&\
         country=Canada&value=$1,234.50&event_time=2023-11-14+21:00:00&ip=203.0.113.9&user_agent=Mozilla/5.0+(X)",
    );
    let twice = get(
        "web",
        "event=Purchase&phone=%2528213%2529%2520373-4253&city=S%25C3%25A3o%2520Paulo&first_name=Jos%25C3%25A9&\
         zip=M5V%25203L9&country=%2543anada&value=%25241%252C234.50&event_time=2023-11-14%252021%253A00%253A00&\
         ip=203.0.113.9&user_agent=Mozilla%252F5.0%2520(X)",
    );
    for key in ["user", "properties", "event_time"] {
        assert_eq!(plain.event()[key], twice.event()[key], "{key}");
    }
    for field in
        ["phone", "city", "first_name", "zip_code", "country", "value", "event_time", "user_agent"]
    {
        let said = format!("{field}: was percent-encoded twice");
        assert!(twice.warnings().iter().any(|warning| warning.starts_with(&said)), "{field}");
        assert!(!plain.warnings().iter().any(|warning| warning.starts_with(&said)), "{field}");
    }
}

#[test]
fn who_asks_for_a_dry_run_gets_one() {
    for query in ["dry_run=1", "dry_run", "dry_run=TRUE", "DRY_RUN=yes", "x=1?dry_run=1"] {
        assert!(get("web", &format!("event=Lead&email=a@b.example&{query}")).dry_run, "{query}");
    }
    for dry_run in [json!(true), json!(1), json!("1")] {
        let lead = json!({"event": "Lead", "email": "a@b.example", "dry_run": dry_run});
        assert!(post("web", &lead).dry_run, "{dry_run}");
    }
    for query in ["dry_run=0", "dry_run=false", ""] {
        assert!(!get("web", &format!("event=Lead&email=a@b.example&{query}")).dry_run, "{query}");
    }
}

#[test]
fn test_codes_come_from_the_postback_then_the_pixel_then_the_source() {
    let code = |source: &str, query: &str| {
        get(source, &format!("event=Lead&email=a@b.example&{query}")).test_codes.remove(0)
    };
    assert_eq!(code("agency", "test_event_code=MINE").as_deref(), Some("MINE"));
    assert_eq!(code("agency", "test_event_code={code}").as_deref(), Some("PIXELCODE"));
    assert_eq!(code("agency", "pixel=main").as_deref(), Some("SOURCECODE"));
    assert_eq!(code("web", ""), None);
}

/// What no click can bring is said at the door, though the click may come later.
#[test]
fn a_click_that_is_waited_for_hides_no_mistake() {
    let click = "click_id=00112233445566778899aabbccddeeff";
    for (source, query, field) in
        [("shop", "event=my-event", "event"), ("crm", "event=Lead&email=a@b.example", "lead_id")]
    {
        let done = get(source, &format!("{query}&{click}"));
        assert_eq!((done.status, &done.answer["field"]), (422, &json!(field)), "{}", done.answer);
    }
    let done = get("web", &format!("event=my-event&{click}"));
    assert_eq!(done.answer["match"], "waiting", "{}", done.answer);
}

#[test]
fn several_pixels_are_answered_in_their_order() {
    let pixels = |done: &Done| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = done.answer["pixels"].as_array().expect("a list").iter();
        list.map(|one| (text(&one["pixel"]), text(&one["status"]))).collect()
    };
    let own = |pairs: [(&str, &str); 2]| pairs.map(|(p, s)| (p.to_owned(), s.to_owned()));
    let done = get("several", "event=Lead&email=a@b.example");
    assert_eq!(pixels(&done), own([("shop", "accepted"), ("main", "accepted")]));
    let done = get("several", "event=my-event&email=a@b.example");
    assert_eq!(done.answer["status"], "accepted");
    assert_eq!(pixels(&done), own([("shop", "rejected"), ("main", "accepted")]));
}
