//! `/postback/{source}`, as lead platforms call it, through to what the stand-in for TikTok receives.

use std::sync::Arc;

use libtest_mimic::Trial;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Outcome, World, token, trial};

/// SHA-256 of `alice@example.com` and of `+12133734253`.
const ALICE: &str = "ff8d9819fc0e12bf0d24892e45987e249a28dce836a85cad60e28eaaa8c6d976";
const PHONE: &str = "9f7ec22d72092cd3c0b58726ed9c2d91b92e51a3f29837508fb2948bb22dd2fd";

/// The trials of this module.
pub(crate) fn trials(world: &Arc<World>) -> Vec<Trial> {
    vec![
        trial(world, "postback::a_click_becomes_a_conversion", click_to_conversion),
        trial(world, "postback::the_pingtree_sample_without_its_click", pingtree_sample),
        trial(world, "postback::every_body_format_gives_the_same_event", formats),
        trial(world, "postback::what_is_wrong_is_said", refusals),
        trial(world, "postback::the_same_postback_is_one_event", duplicates),
        trial(world, "postback::test_events_are_answered_by_tiktok", test_events),
        trial(world, "postback::a_dry_run_shows_the_payload_and_stores_nothing", dry_run),
        trial(world, "postback::a_lead_is_remembered", lead_memory),
        trial(world, "postback::one_postback_to_two_pixels", two_pixels),
        trial(world, "postback::offline_and_crm", other_event_sources),
    ]
}

/// The lead of `pingtree-tiktok`'s sample, as Pingtree sends it: raw, numbers as numbers.
fn sample(transaction_id: &str) -> Value {
    json!({
        "event": "CompleteRegistration",
        "email": " Alice@Example.com ",
        "mobile": "(213) 373-4253",
        "transaction_id": transaction_id,
        "ip": "203.0.113.1",
        "user_agent": "Mozilla/5.0 (iPhone)",
        "ttclid": "E.C.P.abc123xyz",
        "utc_timestamp": World::now() - 60,
        "revenue": 50.0,
        "currency": "USD",
        "content_type": "product",
        "cid": "camp-1", "pid": "src-1", "clid": "offer-1", "sub1": "x",
    })
}

async fn click_to_conversion(world: Arc<World>) -> Outcome {
    let lead = "e2e-click";
    let visit = world
        .http
        .get(world.url("/c/spring?ttclid=E.C.P.from-the-click&utm_term=sun"))
        .header("user-agent", "Mozilla/5.0 (clicker)")
        .header("accept-language", "en-US,en")
        .header("referer", "https://www.tiktok.com/")
        .header("cookie", "_ttp=ttp-cookie")
        .send()
        .await?;
    let landing = visit.headers()["location"].to_str()?.to_owned();
    let (_, click_id) = landing.rsplit_once("click_id=").expect("a click id");
    let answer = world
        .postback("pingtree/lead_sold")
        .json(&json!({
            "click_id": click_id, "transaction_id": lead, "email": "alice@example.com",
            "revenue": "$1,234.50",
        }))
        .send()
        .await?;
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await?;
    assert_eq!(answer["status"], "accepted", "{answer}");
    assert_eq!(answer["event"], "Purchase");
    assert_eq!(answer["event_id"], lead);
    assert_eq!(answer["match"], "click_id");
    assert_eq!(answer["warnings"], json!([]), "{answer}");

    let event = world.received("PIXELMAIN", lead).await?;
    assert_eq!(event["user"]["email"], ALICE);
    assert_eq!(event["user"]["ttclid"], "E.C.P.from-the-click");
    assert_eq!(event["user"]["ttp"], "ttp-cookie");
    assert_eq!(event["user"]["user_agent"], "Mozilla/5.0 (clicker)");
    assert_eq!(event["user"]["locale"], "en-US");
    assert_eq!(event["page"]["url"], landing);
    assert_eq!(event["page"]["referrer"], "https://www.tiktok.com/");
    let properties = json!({ "value": 1234.5, "currency": "USD", "content_type": "product" });
    assert_eq!(event["properties"], properties);
    Ok(())
}

async fn pingtree_sample(world: Arc<World>) -> Outcome {
    let lead = "e2e-sample";
    let answer: Value = world.postback("pingtree").json(&sample(lead)).send().await?.json().await?;
    assert_eq!(answer["status"], "accepted", "{answer}");
    assert_eq!(answer["match"], "ttclid");
    let event = world.received("PIXELMAIN", lead).await?;
    assert_eq!(event["event"], "CompleteRegistration");
    assert_eq!(event["event_id"], lead);
    assert_eq!(event["user"]["email"], ALICE);
    assert_eq!(event["user"]["phone"], PHONE);
    assert_eq!(event["user"]["ttclid"], "E.C.P.abc123xyz");
    assert_eq!(event["user"]["ip"], "203.0.113.1");
    assert_eq!(event["user"]["user_agent"], "Mozilla/5.0 (iPhone)");
    assert_eq!(event["page"]["url"], "https://quotes.example.com/solar?utm_source=tiktok");
    assert_eq!(event["properties"]["value"], 50.0);
    Ok(())
}

async fn formats(world: Arc<World>) -> Outcome {
    let pairs = |id: &str| {
        vec![
            ("trigger", "lead_sold".to_owned()),
            ("transaction_id", id.to_owned()),
            ("email", "alice@example.com".to_owned()),
            ("mobile", "+1 213 373 4253".to_owned()),
            ("revenue", "12.50".to_owned()),
            ("ttclid", "E.C.P.formats".to_owned()),
        ]
    };
    let post = || world.postback("pingtree");
    let xml: String = pairs("e2e-xml").iter().map(|(k, v)| format!("<{k}>{v}</{k}>")).collect();
    let form = pairs("e2e-multipart")
        .into_iter()
        .fold(reqwest::multipart::Form::new(), |form, (name, value)| form.text(name, value));
    let requests = [
        ("e2e-get", world.get_postback("pingtree").query(&pairs("e2e-get"))),
        ("e2e-form", post().form(&pairs("e2e-form"))),
        ("e2e-multipart", post().multipart(form)),
        ("e2e-xml", post().header("content-type", "text/xml").body(format!("<lead>{xml}</lead>"))),
        (
            "e2e-json",
            post()
                .json(&pairs("e2e-json").into_iter().collect::<std::collections::BTreeMap<_, _>>()),
        ),
    ];
    for (id, request) in requests {
        let answer = request.send().await?;
        assert_eq!(answer.status(), 200, "{id}");
        assert_eq!(answer.json::<Value>().await?["status"], "accepted", "{id}");
        let event = world.received("PIXELMAIN", id).await?;
        assert_eq!(event["user"]["email"], ALICE, "{id}");
        assert_eq!(event["user"]["phone"], PHONE, "{id}");
        assert_eq!(event["properties"]["value"], 12.5, "{id}");
    }
    Ok(())
}

async fn refusals(world: Arc<World>) -> Outcome {
    let good = sample("e2e-refused").to_string();
    let json = ("content-type", "application/json");
    let large = format!("{{\"email\":\"{}\"}}", "x".repeat(70_000));
    let nobody = json!({ "trigger": "lead_sold", "transaction_id": "e2e-nobody", "city": "Rome" });
    let old = json!({ "trigger": "lead_sold", "transaction_id": "old", "email": "a@b.c", "event_time": 1_500_000_000 });
    let unmapped = json!({ "trigger": "buyer_event", "transaction_id": "x", "email": "a@b.c" });
    let table = [
        (Method::POST, "nobody", json, good.clone(), 404, ""),
        (Method::PUT, "pingtree", json, good.clone(), 405, ""),
        (Method::POST, "pingtree", json, "{\"email\":".to_owned(), 400, ""),
        (Method::POST, "pingtree", json, large, 413, ""),
        (Method::POST, "pingtree", ("content-type", "image/png"), "\u{89}PNG".to_owned(), 415, ""),
        (Method::POST, "pingtree", json, nobody.to_string(), 422, ""),
        (Method::POST, "pingtree", json, old.to_string(), 422, "event_time"),
        (Method::POST, "server", json, unmapped.to_string(), 422, "trigger"),
    ];
    for (method, source, (name, value), body, status, field) in table {
        let request = world.http.request(method, world.url(&format!("/postback/{source}")));
        let request = request.bearer_auth(token(source)).header(name, value).body(body);
        let answer = request.send().await?;
        assert_eq!(answer.status(), status, "{source}");
        let text = answer.text().await?;
        let answer: Value = serde_json::from_str(&text).expect("always JSON");
        assert!(answer["reason"].as_str().is_some_and(|reason| reason.len() > 10), "{text}");
        if !field.is_empty() {
            assert_eq!(answer["field"], field, "{text}");
        }
    }
    for authorization in ["", "Bearer ", "Bearer wrong", "Basic local-pingtree-token"] {
        let request = world.http.post(world.url("/postback/pingtree"));
        let answer =
            request.header("authorization", authorization).json(&sample("x")).send().await?;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{authorization}");
    }
    // The same token where a header cannot be set.
    for (place, request) in [
        ("query", world.http.post(world.url("/postback/pingtree?token=local-pingtree-token"))),
        ("body", world.http.post(world.url("/postback/pingtree"))),
    ] {
        let mut lead = sample(&format!("e2e-token-{place}"));
        if place == "body" {
            lead["token"] = json!("local-pingtree-token");
        }
        let answer = request.json(&lead).send().await?;
        assert_eq!(answer.status(), 200, "{place}");
        let answer = answer.text().await?;
        assert!(!answer.contains("local-pingtree-token"), "{answer}");
    }
    Ok(())
}

async fn duplicates(world: Arc<World>) -> Outcome {
    let lead = sample("e2e-duplicate");
    let send = || async {
        anyhow::Ok(world.postback("pingtree").json(&lead).send().await?.json::<Value>().await?)
    };
    let (a, b, c) = tokio::join!(send(), send(), send());
    let answers = [a?, b?, c?];
    let count = |status: &str| answers.iter().filter(|answer| answer["status"] == status).count();
    assert_eq!((count("accepted"), count("duplicate")), (1, 2), "{answers:?}");
    world.received("PIXELMAIN", "e2e-duplicate").await?;
    let again = send().await?;
    assert_eq!(again["status"], "duplicate");
    assert_eq!(again["event_id"], "e2e-duplicate");
    assert_eq!(world.tiktok.tally("PIXELMAIN", "CompleteRegistration", "e2e-duplicate").seen, 1);
    Ok(())
}

async fn test_events(world: Arc<World>) -> Outcome {
    let mut lead = sample("e2e-test-event");
    lead["test_event_code"] = json!("TEST4711");
    for _ in 0..2 {
        let answer: Value = world.postback("pingtree").json(&lead).send().await?.json().await?;
        assert_eq!(answer["status"], "test", "{answer}");
        assert_eq!(answer["tiktok"]["code"], 0, "{answer}");
    }
    let tally = world.tiktok.tally("PIXELMAIN", "CompleteRegistration", "e2e-test-event");
    assert_eq!((tally.test, tally.kept), (2, 0), "never deduped, never counted");
    Ok(())
}

async fn dry_run(world: Arc<World>) -> Outcome {
    let lead = sample("e2e-dry");
    for _ in 0..2 {
        let answer: Value =
            world.postback("pingtree?dry_run=1").json(&lead).send().await?.json().await?;
        assert_eq!(answer["status"], "dry_run", "{answer}");
        assert_eq!(answer["payload"]["event_source_id"], "PIXELMAIN", "{answer}");
        assert_eq!(answer["payload"]["data"][0]["user"]["email"], ALICE);
    }
    let unauthenticated = world.http.post(world.url("/postback/pingtree?dry_run=1"));
    assert_eq!(unauthenticated.json(&lead).send().await?.status(), 401);
    let real: Value = world.postback("pingtree").json(&lead).send().await?.json().await?;
    assert_eq!(real["status"], "accepted", "nothing was stored before: {real}");
    Ok(())
}

async fn lead_memory(world: Arc<World>) -> Outcome {
    let visit = world.http.get(world.url("/c/spring?ttclid=E.C.P.memory")).send().await?;
    let landing = visit.headers()["location"].to_str()?.to_owned();
    let (_, click_id) = landing.rsplit_once("click_id=").expect("a click id");
    let first =
        json!({ "click_id": click_id, "transaction_id": "e2e-memory", "email": "a@b.example" });
    let first: Value =
        world.postback("pingtree/form_submit").json(&first).send().await?.json().await?;
    assert_eq!(first["match"], "click_id", "{first}");
    let second = json!({ "transaction_id": "e2e-memory", "revenue": 7 });
    let second: Value =
        world.postback("pingtree/lead_sold").json(&second).send().await?.json().await?;
    assert_eq!(second["status"], "accepted", "{second}");
    assert_eq!(second["match"], "transaction_id");
    let event = world.received_named("PIXELMAIN", "Purchase", "e2e-memory").await?;
    assert_eq!(event["user"]["ttclid"], "E.C.P.memory");
    assert_eq!(event["page"]["url"], landing);
    Ok(())
}

async fn two_pixels(world: Arc<World>) -> Outcome {
    let answer: Value = world
        .postback("both")
        .json(&json!({ "trigger": "lead_sold", "transaction_id": "e2e-both", "email": "a@b.example" }))
        .send()
        .await?
        .json()
        .await?;
    assert_eq!(answer["status"], "accepted", "{answer}");
    let pixels: Vec<_> = answer["pixels"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|p| (&p["pixel"], &p["status"]))
        .collect();
    assert_eq!(
        pixels,
        [(&json!("main"), &json!("accepted")), (&json!("agency"), &json!("accepted"))]
    );
    world.received("PIXELMAIN", "e2e-both").await?;
    world.received("PIXELAGENCY", "e2e-both").await?;
    Ok(())
}

async fn other_event_sources(world: Arc<World>) -> Outcome {
    for (source, set) in [("shop", "OFFLINESET"), ("crm", "CRMSET")] {
        let id = format!("e2e-{source}");
        let answer: Value = world
            .postback(source)
            .json(&json!({
                "event": "Lead", "transaction_id": id, "email": "alice@example.com",
                "page_url": "https://example.com/", "lead_id": "lead-17", "lead_event_source": "hubspot",
            }))
            .send()
            .await?
            .json()
            .await?;
        assert_eq!(answer["status"], "accepted", "{answer}");
        let event = world.received(set, &id).await?;
        assert_eq!(event.get("page"), None, "{event}");
        assert_eq!(event.get("lead").is_some(), source == "crm", "{event}");
    }
    Ok(())
}
