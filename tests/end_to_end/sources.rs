//! What a source's configuration makes of its postbacks: who may send them, which are told and as what,
//! and the answer its platform wants.

use std::sync::Arc;

use libtest_mimic::Trial;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::world::{Outcome, World, token, trial, worker};

/// HMAC-SHA256 of [`signed_lead`] under `local-signed-secret`, made by Python's `hmac`.
const SIGNATURES: [(&str, &str); 3] = [
    ("e2e-signed-hex", "FAE0a0f503930e8726397eebd7805ef832f3b6ce4c1b43876386d76998f22ebd"),
    (
        "e2e-signed-sha256",
        "sha256=fab91ec953f0d79d465b340a60be0536334bc503352b0035ad8f46038358ca08",
    ),
    ("e2e-signed-base64", "4MfXzbJfPnoTqgU75AOa1ylS3UdhFo5k0dsDgsamni0="),
];

/// The trials of this module.
pub(crate) fn trials(world: &Arc<World>) -> Vec<Trial> {
    vec![
        trial(world, "sources::a_token_in_header_query_or_body", tokens),
        trial(world, "sources::several_tokens_are_right_at_once", rotation),
        trial(world, "sources::a_signed_body", signatures),
        trial(world, "sources::addresses_narrow", addresses),
        trial(world, "sources::without_a_secret_a_source_is_closed", closed),
        trial(world, "sources::filters_ignore_and_say_which", filters),
        trial(world, "sources::rules_choose_the_event", rules),
        trial(world, "sources::own_names_and_an_event_id_of_a_template", own_names),
        trial(world, "sources::the_path_says_what_happened", path_triggers),
        trial(world, "sources::platforms_that_switch_off_hear_200", always_ok),
        trial(world, "sources::tune_reads_a_text", tune),
        trial(world, "sources::pixels_by_name_and_by_click", pixels),
        trial(world, "sources::wrong_tokens_are_slowed_and_right_ones_never", slowed),
    ]
}

fn lead(transaction_id: &str) -> Value {
    json!({"event": "Lead", "email": "a@b.example", "transaction_id": transaction_id})
}

/// A POST without any credential.
fn bare(world: &World, source: &str) -> RequestBuilder {
    world.http.post(world.url(&format!("/postback/{source}")))
}

/// Sends, and gives status and JSON body; no answer ever holds a secret.
async fn sent(request: RequestBuilder) -> anyhow::Result<(u16, Value)> {
    let answer = request.send().await?;
    let status = answer.status().as_u16();
    let text = answer.text().await?;
    assert!(!text.contains("local-"), "a secret: {text}");
    Ok((status, serde_json::from_str(&text).unwrap_or_else(|_| panic!("always JSON: {text}"))))
}

async fn tokens(world: Arc<World>) -> Outcome {
    let (right, source) = (token("server"), "server");
    let mut with_token = lead("e2e-auth-body");
    with_token["token"] = json!(right);
    let mut beside_header = with_token.clone();
    beside_header["transaction_id"] = json!("e2e-auth-beside");
    let query = format!("server?token={right}");
    let form = format!("event=Lead&email=a%40b.example&transaction_id=e2e-auth-form&token={right}");
    let good = [
        ("bearer", bare(&world, source).bearer_auth(&right).json(&lead("e2e-auth-bearer"))),
        ("query", bare(&world, &query).json(&lead("e2e-auth-query"))),
        ("body", bare(&world, source).json(&with_token)),
        ("form", bare(&world, source).body(form)),
        (
            "beside a header of the platform's own",
            bare(&world, source).header("authorization", "Basic dTpw").json(&beside_header),
        ),
        (
            "GET",
            world.http.get(world.url(&format!(
                "/postback/{query}&event=Lead&email=a@b.example&transaction_id=e2e-auth-get"
            ))),
        ),
    ];
    for (place, request) in good {
        let (status, answer) = sent(request).await?;
        assert_eq!((status, &answer["status"]), (200, &json!("accepted")), "{place}: {answer}");
    }
    let mut wrong_body = lead("e2e-auth-wrong");
    wrong_body["token"] = json!("wrong");
    let bad = [
        ("nothing", bare(&world, source).json(&lead("e2e-auth-wrong"))),
        ("bearer", bare(&world, source).bearer_auth("wrong").json(&lead("e2e-auth-wrong"))),
        ("query", bare(&world, "server?token=wrong").json(&lead("e2e-auth-wrong"))),
        ("body", bare(&world, source).json(&wrong_body)),
        ("another source's", bare(&world, source).bearer_auth(token("shop")).json(&wrong_body)),
        // Nothing else is looked at: not even that it cannot be read.
        ("unreadable", bare(&world, source).body("{")),
    ];
    for (place, request) in bad {
        let (status, answer) = sent(request).await?;
        assert_eq!((status, &answer["code"]), (401, &json!("unauthorized")), "{place}: {answer}");
    }
    Ok(())
}

async fn rotation(world: Arc<World>) -> Outcome {
    for right in ["local-rotated-old-token", "local-rotated-token"] {
        let request = bare(&world, "rotated").bearer_auth(right).json(&lead(right));
        // Its event id holds the token here, so the answer is not searched for secrets.
        assert_eq!(request.send().await?.status(), 200, "{right}");
    }
    let wrong = bare(&world, "rotated").bearer_auth("local-rotated-older-token");
    assert_eq!(sent(wrong.json(&lead("x"))).await?.0, 401);
    Ok(())
}

/// The body as it is signed, byte for byte.
fn signed_lead(transaction_id: &str) -> String {
    format!(r#"{{"event":"Lead","email":"a@b.example","transaction_id":"{transaction_id}"}}"#)
}

async fn signatures(world: Arc<World>) -> Outcome {
    for (id, signature) in SIGNATURES {
        let request = || bare(&world, "signed").header("x-signature", signature);
        let (status, answer) = sent(request().body(signed_lead(id))).await?;
        assert_eq!((status, &answer["event_id"]), (200, &json!(id)), "{id}: {answer}");
        let (status, _) = sent(request().body(signed_lead(&format!("{id}x")))).await?;
        assert_eq!(status, 401, "{id} of another body");
    }
    // The secret is none that can be shown.
    let shown = bare(&world, "signed").bearer_auth("local-signed-secret");
    assert_eq!(sent(shown.body(signed_lead("x"))).await?.0, 401);
    Ok(())
}

async fn addresses(world: Arc<World>) -> Outcome {
    let (status, answer) = sent(world.postback("near").json(&lead("e2e-near"))).await?;
    assert_eq!((status, &answer["status"]), (200, &json!("accepted")), "{answer}");
    let (status, answer) = sent(world.postback("fenced").json(&lead("e2e-fenced"))).await?;
    assert_eq!(status, 401, "{answer}");
    assert!(answer["reason"].as_str().is_some_and(|reason| reason.contains("allowed_ips")));
    // Who has no right token does not learn that there are ranges.
    let (status, answer) = sent(bare(&world, "fenced").bearer_auth("x").json(&lead("x"))).await?;
    assert_eq!(status, 401);
    assert!(answer["reason"].as_str().is_some_and(|reason| !reason.contains("allowed_ips")));
    Ok(())
}

async fn closed(world: Arc<World>) -> Outcome {
    for given in ["", "closed", "local-closed-token"] {
        let (status, _) = sent(bare(&world, "closed").bearer_auth(given).json(&lead("x"))).await?;
        assert_eq!(status, 401, "{given:?}");
        let path = format!("closed?token={given}");
        assert_eq!(sent(bare(&world, &path).json(&lead("x"))).await?.0, 401, "{given:?}");
    }
    Ok(())
}

async fn filters(world: Arc<World>) -> Outcome {
    for (status, payout, rule) in
        [("rejected", "5", "status != rejected"), ("sold", "0", "payout > 0")]
    {
        let path = format!(
            "ruled?trigger=lead_sold&ref=e2e-ignored&goal=1&status={status}&payout={payout}&f7=a@b.example"
        );
        let (code, answer) = sent(world.get_postback(&path)).await?;
        assert_eq!(code, 200);
        assert_eq!((&answer["status"], &answer["rule"]), (&json!("ignored"), &json!(rule)));
    }
    Ok(())
}

async fn rules(world: Arc<World>) -> Outcome {
    let with_buyer = |buyer: &str| {
        world.get_postback(&format!(
            "ruled/lead_sold?ref=e2e-buyer-{buyer}&goal=1&payout=5&buyer_id={buyer}&f7=a@b.example"
        ))
    };
    for (buyer, event) in
        [("12", "SubmitApplication"), ("40", "SubmitApplication"), ("9", "Purchase")]
    {
        let (_, answer) = sent(with_buyer(buyer)).await?;
        assert_eq!((&answer["status"], &answer["event"]), (&json!("accepted"), &json!(event)));
        world.received_named("PIXELMAIN", event, &format!("e2e-buyer-{buyer}-1")).await?;
    }
    let (_, answer) = sent(with_buyer("7")).await?;
    assert_eq!((&answer["status"], &answer["rule"]), (&json!("ignored"), &json!("test buyers")));
    Ok(())
}

async fn own_names(world: Arc<World>) -> Outcome {
    let query = "ruled?trigger=vip-lead&ref=e2e-own&goal=3&payout=$1,234.50&S4=E.C.P.a+b&f7=Alice@Example.com";
    let (_, answer) = sent(world.get_postback(query)).await?;
    assert_eq!(answer["status"], "accepted", "{answer}");
    assert_eq!(answer["event"], "Subscribe");
    assert_eq!(answer["event_id"], "e2e-own-3");
    assert_eq!(answer["match"], "ttclid");
    let event = world.received("PIXELMAIN", "e2e-own-3").await?;
    assert_eq!(event["user"]["ttclid"], "E.C.P.a+b");
    assert_eq!(
        event["user"]["email"],
        "ff8d9819fc0e12bf0d24892e45987e249a28dce836a85cad60e28eaaa8c6d976"
    );
    assert_eq!(event["properties"]["value"], 1234.5);
    let (_, again) = sent(world.get_postback(query)).await?;
    assert_eq!(again["status"], "duplicate", "{again}");
    // Another goal of the lead is another event; without one, the default is used and it is said.
    let (_, other) = sent(world.get_postback(&query.replace("goal=3", "goal=4"))).await?;
    assert_eq!((&other["status"], &other["event_id"]), (&json!("accepted"), &json!("e2e-own-4")));
    let (_, none) = sent(world.get_postback(&query.replace("&goal=3", ""))).await?;
    assert_eq!(none["event_id"], "e2e-own", "{none}");
    assert!(none["warnings"].to_string().contains("template"), "{none}");
    Ok(())
}

async fn path_triggers(world: Arc<World>) -> Outcome {
    for (path, event) in [
        ("server/form_submit", "Lead"),
        ("server/Lead%20Sold", "Purchase"),
        ("server/offer-click/", "ViewContent"),
        ("server/OfferConversion", "CompleteRegistration"),
        ("pingtree/form_submit", "CompleteRegistration"),
        ("pingtree/buyer_event", "SubmitApplication"),
    ] {
        let lead = json!({"email": "a@b.example", "transaction_id": format!("e2e-path-{path}")});
        let (_, answer) = sent(world.postback(path).json(&lead)).await?;
        assert_eq!((&answer["status"], &answer["event"]), (&json!("accepted"), &json!(event)));
    }
    for path in ["server/nobodys", "server"] {
        let lead = json!({"email": "a@b.example", "transaction_id": "e2e-path-none"});
        let (status, answer) = sent(world.postback(path).json(&lead)).await?;
        assert_eq!((status, &answer["field"]), (422, &json!("trigger")), "{answer}");
    }
    Ok(())
}

async fn always_ok(world: Arc<World>) -> Outcome {
    let unusable = json!({"event": "Lead", "email": "a@b.example", "value": "1,234"});
    let (status, strict) = sent(world.postback("server").json(&unusable)).await?;
    assert_eq!(status, 422);
    let (status, answer) = sent(world.postback("strict").json(&unusable)).await?;
    assert_eq!((status, &answer["status"]), (200, &json!("rejected")), "{answer}");
    assert_eq!((&answer["field"], &answer["reason"]), (&strict["field"], &strict["reason"]));
    // Everflow by its profile; its comma is never for thousands.
    let (status, answer) =
        sent(world.get_postback("everflow?amount=-5&transaction_id=ef1")).await?;
    assert_eq!((status, &answer["status"]), (200, &json!("rejected")), "{answer}");
    let query = "everflow?amount=1,234&transaction_id=e2e-everflow&email=a@b.example&currency=usd";
    let (_, answer) = sent(world.get_postback(query)).await?;
    assert_eq!((&answer["status"], &answer["event"]), (&json!("accepted"), &json!("Purchase")));
    let event = world.received("PIXELMAIN", "e2e-everflow").await?;
    assert_eq!(event["properties"]["value"], 1.234);
    assert_eq!(event["properties"]["currency"], "USD");
    // A wrong token is wrong all the same.
    assert_eq!(sent(bare(&world, "strict").bearer_auth("x").json(&unusable)).await?.0, 401);
    Ok(())
}

async fn tune(world: Arc<World>) -> Outcome {
    let query =
        "tune?transaction_id=e2e-tune&offer_id=7&amount=4.50&currency=EUR&email=a@b.example";
    for _ in 0..2 {
        let answer = world.get_postback(query).send().await?;
        assert_eq!(answer.status(), 200);
        let kind = answer.headers()["content-type"].to_str()?.to_owned();
        assert!(kind.starts_with("text/plain"), "{kind}");
        assert_eq!(answer.text().await?, "success=true;");
    }
    let event = world.received("PIXELMAIN", "e2e-tune-7").await?;
    assert_eq!(event["properties"]["value"], 4.5);
    let wrong = world.http.get(world.url("/postback/tune?transaction_id=x&token=wrong"));
    let answer = wrong.send().await?;
    assert_eq!(answer.status(), 401);
    assert!(answer.text().await?.starts_with("success=false;"));
    Ok(())
}

async fn pixels(world: Arc<World>) -> Outcome {
    let to = |id: &str, pixel: &str| {
        let mut lead = lead(id);
        lead["pixel"] = json!(pixel);
        lead
    };
    let (status, answer) = sent(world.postback("server").json(&to("x", "mian"))).await?;
    assert_eq!((status, &answer["field"]), (422, &json!("pixel")), "{answer}");
    sent(world.postback("server").json(&to("e2e-to-agency", "agency"))).await?;
    world.received("PIXELAGENCY", "e2e-to-agency").await?;
    // A source without a pixel: the one of the click's campaign.
    let visit = world.http.get(world.url("/c/spring?ttclid=E.C.P.pixel")).send().await?;
    let landing = visit.headers()["location"].to_str()?.to_owned();
    let (_, click_id) = landing.rsplit_once("click_id=").expect("a click id");
    let mut of_click = lead("e2e-of-click");
    of_click["click_id"] = json!(click_id);
    let (_, answer) = sent(world.postback("anywhere").json(&of_click)).await?;
    assert_eq!((&answer["status"], &answer["match"]), (&json!("accepted"), &json!("click_id")));
    world.received("PIXELMAIN", "e2e-of-click").await?;
    Ok(())
}

async fn slowed(world: Arc<World>) -> Outcome {
    const ALLOWED: usize = 3;
    let own = worker(&world.tiktok)
        .configure(|config| {
            config.wrangler["ratelimits"] = json!([{
                "name": "AUTH_LIMIT",
                "namespace_id": "1001",
                "simple": { "limit": ALLOWED, "period": 60 },
            }]);
        })
        .start()
        .await?;
    let send = |token: String, number: usize| {
        let request = world.http.post(own.url("/postback/server")).bearer_auth(token);
        request.json(&lead(&format!("e2e-slowed-{number}")))
    };
    let mut statuses = Vec::new();
    for number in 0..20 {
        let answer = send("wrong".to_owned(), number).send().await?;
        let status = answer.status().as_u16();
        assert_eq!(answer.headers().contains_key("retry-after"), status == 429);
        statuses.push(status);
        let right = sent(send(token("server"), number)).await?;
        assert_eq!(right.0, 200, "between wrong ones: {}", right.1);
    }
    let wrong = statuses.iter().filter(|status| **status == 401).count();
    let slowed = statuses.iter().filter(|status| **status == 429).count();
    // They may fall into two windows of the limit.
    assert!((ALLOWED..=2 * ALLOWED).contains(&wrong), "{statuses:?}");
    assert_eq!(wrong + slowed, statuses.len(), "{statuses:?}");
    Ok(())
}
