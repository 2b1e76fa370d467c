//! Everything that goes wrong between the ledger and TikTok: what was acknowledged is compared with
//! what the stand-in received. What happens when the runtime itself dies is `kills`'.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::config::repository;
use harness::{Runtime, poll_until};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use tiktok_stand_in::{Keep, MessageStyle, Random, Script, Step};

use crate::world::{Outcome, World, admin, trial, worker};

/// Longer than any retry that these trials cause: backoff starts at 5 s and doubles.
pub(crate) const AT_LAST: Duration = Duration::from_secs(140);

/// The trials of this module.
pub(crate) fn trials(world: &Arc<World>) -> Vec<Trial> {
    vec![
        trial(world, "faults::three_in_ten_answers_are_errors", storm),
        trial(world, "faults::a_bad_token_holds_its_pixel_until_it_is_right", bad_token),
        trial(world, "faults::a_pixel_that_hangs_stalls_no_other", hanging),
        trial(world, "faults::pixels_that_never_rest_leave_others_their_turn", busy),
        trial(world, "faults::one_poisoned_event_is_found_and_the_rest_delivered", poison),
        trial(world, "faults::a_person_holds_a_pixel_and_releases_it", by_hand),
        trial(world, "faults::a_click_that_kv_learns_late_is_joined", late_click),
    ]
}

/// Sends postbacks `{prefix}-0…` to a source and gives the ids that were acknowledged.
pub(crate) async fn send(
    http: &reqwest::Client,
    url: &str,
    token: &str,
    prefix: &str,
    count: usize,
) -> anyhow::Result<Vec<String>> {
    let mut acknowledged = Vec::new();
    for number in 0..count {
        let id = format!("{prefix}-{number}");
        let body = json!({ "trigger": "lead_sold", "transaction_id": id, "email": format!("{id}@example.com") });
        let answer = http.post(url).bearer_auth(token).json(&body).send().await?;
        if answer.status() == 200 {
            acknowledged.push(id);
        }
    }
    Ok(acknowledged)
}

/// Waits until each event was taken once, and none twice or under another id.
pub(crate) async fn all_taken(world: &World, pixel: &str, ids: &[String]) -> Outcome {
    poll_until(format!("{} events at {pixel}", ids.len()), AT_LAST, || {
        let tallies = ids.iter().map(|id| world.tiktok.tally(pixel, "Purchase", id));
        let missing = tallies.filter(|tally| tally.kept != 1).count();
        async move { Ok((missing == 0).then_some(())) }
    })
    .await?;
    for tally in world.tiktok.tallies(Some(pixel)).into_iter().filter(|tally| tally.kept > 0) {
        assert!(ids.contains(&tally.event_id), "nobody sent {}", tally.event_id);
        assert_eq!(tally.kept, 1, "{}", tally.event_id);
    }
    Ok(())
}

async fn storm(world: Arc<World>) -> Outcome {
    let steps = vec![
        Step::status(500),
        Step::status(503).with_retry_after(1),
        Step::code(50_000, "internal"),
        Step::code(60_001, "busy").with_status(401),
        Step::garbage(),
        Step::redirect("http://127.0.0.1:9/elsewhere"),
        Step::drop_connection().keeping(Keep::Never),
        Step::drop_connection().keeping(Keep::BeforeDelay),
    ];
    let random = Random { probability: 0.3, seed: 7, steps };
    world
        .tiktok
        .set_script(Some("PIXELSTORM"), Script { random: Some(random), ..Script::default() });
    let url = world.url("/postback/storm");
    let ids = send(&world.http, &url, "local-storm-token", "storm", 60).await?;
    assert_eq!(ids.len(), 60, "TikTok's troubles are not the sender's");
    all_taken(&world, "PIXELSTORM", &ids).await
}

async fn bad_token(world: Arc<World>) -> Outcome {
    world.tiktok.revoke_token("local-tiktok-token-held");
    let url = world.url("/postback/held");
    let ids = send(&world.http, &url, "local-held-token", "held", 5).await?;
    poll_until("the pixel to be held", AT_LAST, || {
        let health = admin(&world, "GET", "health");
        async move {
            let pixels = health.await?["pixels"].as_array().cloned().unwrap_or_default();
            Ok(pixels.iter().any(|p| p["pixel"] == "held" && p["held"] == "token").then_some(()))
        }
    })
    .await?;
    let health: Value =
        serde_json::from_str(&world.http.get(world.url("/healthz")).send().await?.text().await?)?;
    assert!(health["ledger"]["held_pixels"].as_u64() >= Some(1), "{health}");
    assert!(!health.to_string().contains("\"held\":\"token\""), "numbers only: {health}");
    // Another pixel goes on meanwhile.
    world
        .postback("server/lead_sold")
        .json(&json!({ "transaction_id": "not-held", "email": "a@b.example" }))
        .send()
        .await?;
    world.received("PIXELMAIN", "not-held").await?;
    assert_eq!(world.tiktok.counts(Some("PIXELHELD")).kept, 0);

    world.tiktok.restore_token("local-tiktok-token-held");
    admin(&world, "POST", "pixels/held/release").await?;
    all_taken(&world, "PIXELHELD", &ids).await
}

async fn hanging(world: Arc<World>) -> Outcome {
    // Two time-outs of ten seconds; the first after TikTok has taken the events.
    world.tiktok.push(Some("PIXELHUNG"), Step::hang().keeping(Keep::BeforeDelay));
    world.tiktok.push(Some("PIXELHUNG"), Step::hang());
    let url = world.url("/postback/hung");
    let mut ids = send(&world.http, &url, "local-hung-token", "hung", 3).await?;
    assert_eq!(ids.len(), 3);
    let begun = Instant::now();
    world
        .postback("server/lead_sold")
        .json(&json!({ "transaction_id": "not-hung", "email": "a@b.example" }))
        .send()
        .await?;
    world.received("PIXELMAIN", "not-hung").await?;
    assert!(
        begun.elapsed() < Duration::from_secs(9),
        "it waited for the other: {:?}",
        begun.elapsed()
    );
    ids.extend(send(&world.http, &url, "local-hung-token", "behind", 2).await?);
    all_taken(&world, "PIXELHUNG", &ids).await
}

async fn busy(world: Arc<World>) -> Outcome {
    // As many as send at once, always with something to send and slowly answered; and one more, whose
    // name is behind theirs.
    const BUSY: [&str; 4] = ["busy0", "busy1", "busy2", "busy3"];
    let slow = Step::honest().after(Duration::from_millis(700));
    let worker: Runtime = worker(&world.tiktok)
        .configure(|config| {
            for pixel in BUSY.into_iter().chain(["quiet"]) {
                let table = json!({ "event_source_id": pixel, "access_token": "TIKTOK_TOKEN" });
                config.worker()["pixels"][pixel] = table;
            }
            let sources = &mut config.worker()["sources"];
            sources["busy"] = json!({ "pixels": BUSY, "token": "BUSY_TOKEN" });
            sources["quiet"] = json!({ "pixel": "quiet", "token": "QUIET_TOKEN" });
        })
        .start()
        .await?;
    for pixel in BUSY {
        let script = Script { standing: Some(slow.clone()), ..Script::default() };
        world.tiktok.set_script(Some(pixel), script);
    }
    let (url, mut number) = (worker.url("/postback/busy"), 0);
    let mut more = async || {
        number += 1;
        send(&world.http, &url, "local-busy-token", &format!("busy{number}"), 1).await
    };
    while !BUSY.into_iter().all(|pixel| world.tiktok.counts(Some(pixel)).requests > 1) {
        more().await?;
    }
    let ids =
        send(&world.http, &worker.url("/postback/quiet"), "local-quiet-token", "quiet", 1).await?;
    assert_eq!(ids, ["quiet-0"]);
    let begun = Instant::now();
    while world.tiktok.counts(Some("quiet")).kept == 0 {
        more().await?;
        assert!(begun.elapsed() < Duration::from_secs(10), "it never has its turn");
    }
    Ok(())
}

async fn poison(world: Arc<World>) -> Outcome {
    // They gather behind a hold, so that they go out as one batch; TikTok names no index.
    admin(&world, "POST", "pixels/poison/hold").await?;
    let script = Script {
        poison: vec!["poison-77".to_owned()],
        messages: Some(MessageStyle::Unnamed),
        ..Script::default()
    };
    world.tiktok.set_script(Some("PIXELPOISON"), script);
    let url = world.url("/postback/poison");
    let mut ids = send(&world.http, &url, "local-poison-token", "poison", 150).await?;
    assert_eq!(ids.len(), 150);
    admin(&world, "POST", "pixels/poison/release").await?;
    ids.retain(|id| id != "poison-77");
    all_taken(&world, "PIXELPOISON", &ids).await?;
    let rejected = poll_until("the poisoned event to be rejected", AT_LAST, || {
        let events = admin(&world, "GET", "events?pixel=poison&state=rejected");
        async move { Ok(events.await?["events"].as_array().filter(|e| !e.is_empty()).cloned()) }
    })
    .await?;
    assert_eq!(rejected.len(), 1, "{rejected:?}");
    assert_eq!(rejected[0]["event_id"], "poison-77");
    let refused = world.tiktok.counts(Some("PIXELPOISON")).refused;
    assert!(refused <= 20, "{refused} refusals to find one event among 150");
    Ok(())
}

async fn by_hand(world: Arc<World>) -> Outcome {
    let held = admin(&world, "POST", "pixels/byhand/hold").await?;
    let is_held = |health: &Value| {
        let pixels = health["pixels"].as_array().cloned().unwrap_or_default();
        pixels.iter().any(|p| p["pixel"] == "byhand" && p["held"] == "person")
    };
    assert!(is_held(&held), "the answer says so: {held}");
    let url = world.url("/postback/byhand");
    let ids = send(&world.http, &url, "local-byhand-token", "byhand", 5).await?;
    assert_eq!(ids.len(), 5, "a hold is not the sender's");
    // Whoever came after them is delivered: they have had their turn.
    world
        .postback("server/lead_sold")
        .json(&json!({ "transaction_id": "not-by-hand", "email": "a@b.example" }))
        .send()
        .await?;
    world.received("PIXELMAIN", "not-by-hand").await?;
    assert_eq!(world.tiktok.counts(Some("PIXELBYHAND")).requests, 0);
    let page = admin(&world, "GET", "events?pixel=byhand&state=held").await?;
    assert_eq!(page["events"].as_array().map(Vec::len), Some(5), "{page}");
    assert!(is_held(&admin(&world, "GET", "health").await?));
    // Nobody can hold or release without the token.
    let open = world.http.post(world.url("/api/pixels/byhand/release")).send().await?;
    assert_eq!(open.status(), 401);

    let released = admin(&world, "POST", "pixels/byhand/release").await?;
    assert!(!is_held(&released), "{released}");
    all_taken(&world, "PIXELBYHAND", &ids).await?;
    assert_eq!(world.tiktok.counts(Some("PIXELBYHAND")).requests, 1, "in one request");
    Ok(())
}

async fn late_click(world: Arc<World>) -> Outcome {
    let state = tempfile::tempdir()?;
    let worker: Runtime = worker(&world.tiktok).state(state.path()).start().await?;
    let id = "0123456789abcdef0123456789abcdef";
    let answer = world.http.post(worker.url("/postback/server")).bearer_auth("local-server-token");
    let body = json!({ "trigger": "lead_sold", "transaction_id": "late", "click_id": id, "email": "a@b.example" });
    let answer: Value = serde_json::from_str(&answer.json(&body).send().await?.text().await?)?;
    assert_eq!((&answer["status"], &answer["match"]), (&json!("accepted"), &json!("waiting")));

    let record = json!({
        "v": 1, "campaign": "spring", "clicked_at": 1, "ttclid": "E.C.P.late",
        "landing_url": "https://quotes.example.com/late",
    });
    let root = repository();
    let put = Command::new(root.join("node_modules/.bin/node"))
        .arg(root.join("node_modules/wrangler/bin/wrangler.js"))
        .args(["kv", "key", "put", "--binding", "CLICKS", "--local", "--persist-to"])
        .arg(state.path())
        .arg("--config")
        .arg(root.join("wrangler.toml"))
        .args([&format!("click:{id}"), &record.to_string()])
        .env("WRANGLER_SEND_METRICS", "false")
        .env("CI", "1")
        .output()?;
    assert!(put.status.success(), "{}", String::from_utf8_lossy(&put.stderr));

    // The first look is 75 s after the postback.
    let event = poll_until("the late event", AT_LAST, || {
        let filter = tiktok_stand_in::EventFilter {
            event_id: Some("late".to_owned()),
            ..tiktok_stand_in::EventFilter::default()
        };
        let found = world.tiktok.events(&filter).into_iter().next();
        async move { Ok(found.map(|event| event.body)) }
    })
    .await?;
    assert_eq!(event["user"]["ttclid"], "E.C.P.late");
    assert_eq!(event["page"]["url"], "https://quotes.example.com/late");
    Ok(())
}
