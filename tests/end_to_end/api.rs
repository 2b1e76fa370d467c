//! `/api`: what a person can ask and do, and that nobody else can.

use std::sync::Arc;

use libtest_mimic::Trial;
use reqwest::Method;
use serde_json::json;

use crate::world::{Outcome, World, admin, trial};

/// The trials of this module.
pub(crate) fn trials(world: &Arc<World>) -> Vec<Trial> {
    vec![
        trial(world, "api::is_closed_without_the_admin_token", closed),
        trial(world, "api::an_event_can_be_found_and_read", questions),
        trial(world, "api::says_what_is_wrong_with_a_question", mistakes),
    ]
}

async fn closed(world: Arc<World>) -> Outcome {
    for (method, path) in [
        (Method::GET, "health"),
        (Method::GET, "events"),
        (Method::GET, "counts"),
        (Method::POST, "replay"),
        (Method::POST, "pixels/main/hold"),
        (Method::GET, "no-such-route"),
    ] {
        let url = world.url(&format!("/api/{path}"));
        for request in [
            world.http.request(method.clone(), &url),
            world.http.request(method.clone(), &url).bearer_auth("wrong"),
            world.http.request(method.clone(), &url).bearer_auth("local-pingtree-token"),
            world.http.request(method.clone(), format!("{url}?token=local-admin-token")),
        ] {
            assert_eq!(request.send().await?.status(), 401, "{path}");
        }
    }
    Ok(())
}

async fn questions(world: Arc<World>) -> Outcome {
    let lead = json!({
        "trigger": "lead_sold", "transaction_id": "api-lead", "email": "alice@example.com",
        "ip": "203.0.113.77", "user_agent": "Mozilla/5.0 (api)", "ttclid": "E.C.P.api", "value": 9,
    });
    world.postback("pingtree").json(&lead).send().await?;
    world.received("PIXELMAIN", "api-lead").await?;
    let path = "events?transaction_id=api-lead&state=delivered";
    let page =
        harness::poll_until("the event to be delivered", crate::world::DELIVERY_WITHIN, || {
            let page = admin(&world, "GET", path);
            async move { Ok(Some(page.await?).filter(|page| page["events"][0].is_object())) }
        })
        .await?;
    let event = &page["events"][0];
    assert_eq!(event["event"], "Purchase");
    assert_eq!(event["matched_by"], "ttclid");
    assert_eq!(event["attempts"], 1);
    let number = event["number"].as_str().expect("a number");
    let detail = admin(&world, "GET", &format!("events/{number}")).await?;
    assert!(detail["history"].as_array().is_some_and(|history| !history.is_empty()), "{detail}");
    let text = detail.to_string();
    assert!(!text.contains("203.0.113.77") && !text.contains("(api)"), "blanked: {text}");
    assert!(!text.contains("alice"), "hashed: {text}");

    let counts = admin(&world, "GET", "counts").await?;
    let delivered = counts["events"].as_array().expect("a list").iter().any(|row| {
        row["pixel"] == "main" && row["event"] == "Purchase" && row["state"] == "delivered"
    });
    assert!(delivered, "{counts}");
    assert!(counts["match_rates"].as_array().is_some_and(|rates| !rates.is_empty()), "{counts}");
    assert!(counts["match_rates_from"].as_u64() > Some(0), "{counts}");
    Ok(())
}

async fn mistakes(world: Arc<World>) -> Outcome {
    for (method, path, status) in [
        ("GET", "events?state=lost", 400),
        ("GET", "events/0-99999999", 404),
        ("GET", "nothing", 404),
        ("DELETE", "events", 405),
        ("POST", "events/0-99999999/replay", 404),
    ] {
        let request = world.http.request(method.parse()?, world.url(&format!("/api/{path}")));
        let answer = request.bearer_auth("local-admin-token").send().await?;
        assert_eq!(answer.status(), status, "{path}");
        assert!(answer.text().await?.contains("\"reason\""), "{path}");
    }
    Ok(())
}
