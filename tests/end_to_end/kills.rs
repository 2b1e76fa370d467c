//! The runtime is killed (SIGKILL: it can finish nothing) at each step of an event's way, and started
//! again on the same state, or on one that it cannot use, or much later: whatever was acknowledged
//! reaches the stand-in once, with its own id.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use harness::{Runtime, poll_until};
use libtest_mimic::Trial;
use rusqlite::Connection;
use serde_json::{Value, json};
use tiktok_stand_in::{Keep, Step};
use tokio::sync::Notify;

use crate::faults::{AT_LAST, all_taken, send};
use crate::world::{Outcome, World, trial, worker};

/// The trials of this module, in the order of an event's way.
pub(crate) fn trials(world: &Arc<World>) -> Vec<Trial> {
    vec![
        trial(world, "kills::while_postbacks_stream_in", stream),
        trial(world, "kills::between_the_answer_and_delivery", alone),
        trial(world, "kills::while_tiktok_has_not_taken_it", midway),
        trial(world, "kills::when_tiktok_has_it_and_we_do_not_know", killed),
        trial(world, "kills::when_the_tables_cannot_be_opened_afterwards", unreadable),
        trial(world, "kills::and_started_again_after_the_retention", aged),
    ]
}

/// Kills at chance moments: before the insert, between insert and answer, after it, during delivery.
async fn stream(world: Arc<World>) -> Outcome {
    const ROUNDS: usize = 5;
    const EACH: usize = 400;
    let mut worker: Runtime = worker(&world.tiktok).start().await?;
    let url = worker.url("/postback/stream");
    let (mut all, mut answered, mut unanswered) = (Vec::new(), 0, 0);
    for round in 0..ROUNDS {
        let ids: Vec<_> = (0..EACH).map(|number| format!("stream-{round}-{number}")).collect();
        let first = Arc::new(Notify::new());
        let post = post_all(world.http.clone(), url.clone(), ids.clone(), Some(Arc::clone(&first)));
        let posting = tokio::spawn(post);
        // By turns before anything need have been answered, and soon after the first answer, when not
        // all can have been.
        let within = if round % 2 == 0 { 300 } else { 40 };
        if round % 2 == 1 {
            first.notified().await;
        }
        let nanoseconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.subsec_nanos();
        let moment = Duration::from_millis(u64::from(nanoseconds % within));
        tokio::time::sleep(moment).await;
        worker.kill_hard();
        let (yes, no): (Vec<_>, Vec<_>) =
            posting.await?.into_iter().partition(|(_, status)| status.is_some());
        for (id, status) in &yes {
            assert_eq!(status.as_deref(), Some("accepted"), "{id}, {moment:?}");
        }
        (answered, unanswered) = (answered + yes.len(), unanswered + no.len());
        worker.restart().await?;
        // Whoever got no answer sends again: it may have been stored, and is never stored twice.
        let again = no.into_iter().map(|(id, _)| id).collect();
        for (id, status) in post_all(world.http.clone(), url.clone(), again, None).await {
            let stored = matches!(status.as_deref(), Some("accepted" | "duplicate"));
            assert!(stored, "{id} is {status:?}, {moment:?}");
        }
        all.extend(ids);
    }
    assert!(answered > 0 && unanswered > 0, "{answered} and {unanswered}: no kill was in between");
    for (id, status) in post_all(world.http.clone(), url, all.clone(), None).await {
        assert_eq!(status.as_deref(), Some("duplicate"), "{id}");
    }
    all_taken(&world, "PIXELSTREAM", &all).await
}

/// Posts all of them, eight at a time; the `status` of each 200, none where there was no 200. Tells
/// `first` of each.
async fn post_all(
    http: reqwest::Client,
    url: String,
    ids: Vec<String>,
    first: Option<Arc<Notify>>,
) -> Vec<(String, Option<String>)> {
    let posts = ids.into_iter().map(|id| {
        let (http, url, first) = (&http, &url, &first);
        async move {
            let status = post(http, url, &id).await;
            if let (Some(first), Some(_)) = (first, &status) {
                first.notify_one();
            }
            (id, status)
        }
    });
    futures_util::stream::iter(posts).buffer_unordered(8).collect().await
}

async fn post(http: &reqwest::Client, url: &str, id: &str) -> Option<String> {
    let body = json!({
        "trigger": "lead_sold", "transaction_id": id, "email": format!("{id}@example.com"),
    });
    let answer = http.post(url).bearer_auth("local-stream-token").json(&body).send().await.ok()?;
    if answer.status() != 200 {
        return None;
    }
    let body: Value = serde_json::from_str(&answer.text().await.ok()?).ok()?;
    body["status"].as_str().map(str::to_owned)
}

/// After the restart nobody asks the ledger anything ([`Runtime::restart`] asks a route that does not
/// touch it): the alarm that was stored with the event has to ring by itself. workerd keeps alarms on
/// disk and rings what is overdue as soon as it starts, as the platform does.
async fn alone(world: Arc<World>) -> Outcome {
    let mut worker: Runtime = worker(&world.tiktok).start().await?;
    let url = worker.url("/postback/alone");
    let mut ids = Vec::new();
    for round in 0..20 {
        // Behind one that has just been sent, the next is gathered for 200 ms: time to kill.
        let sent =
            send(&world.http, &url, "local-alone-token", &format!("first{round}"), 1).await?;
        ids.extend(sent);
        all_taken(&world, "PIXELALONE", &ids).await?;
        let sent = send(&world.http, &url, "local-alone-token", &format!("then{round}"), 1).await?;
        worker.kill_hard();
        assert_eq!(sent.len(), 1);
        ids.extend(sent);
        let tally = world.tiktok.tally("PIXELALONE", "Purchase", &format!("then{round}-0"));
        let undelivered = tally.kept == 0;
        worker.restart().await?;
        if undelivered {
            return all_taken(&world, "PIXELALONE", &ids).await;
        }
    }
    anyhow::bail!("it was always faster than the kill")
}

/// TikTok was asked and did not take the events.
async fn midway(world: Arc<World>) -> Outcome {
    world.tiktok.push(Some("PIXELMIDWAY"), Step::hang());
    let mut worker: Runtime = worker(&world.tiktok).start().await?;
    let url = worker.url("/postback/midway");
    let ids = send(&world.http, &url, "local-midway-token", "midway", 10).await?;
    assert_eq!(ids.len(), 10);
    poll_until("TikTok to be asked", AT_LAST, || {
        let asked = world.tiktok.counts(Some("PIXELMIDWAY")).requests;
        async move { Ok((asked > 0).then_some(())) }
    })
    .await?;
    worker.kill_hard();
    assert_eq!(world.tiktok.counts(Some("PIXELMIDWAY")).kept, 0);
    worker.restart().await?;
    all_taken(&world, "PIXELMIDWAY", &ids).await
}

/// TikTok took the events, and its answer was not written down.
async fn killed(world: Arc<World>) -> Outcome {
    // TikTok takes the first batch and answers too late for the ledger to hear of it.
    let slow = Step::honest().after(Duration::from_secs(3)).keeping(Keep::BeforeDelay);
    world.tiktok.push(Some("PIXELKILLED"), slow);
    let mut worker: Runtime = worker(&world.tiktok).start().await?;
    let url = worker.url("/postback/killed");
    let mut ids = send(&world.http, &url, "local-killed-token", "killed", 20).await?;
    assert_eq!(ids.len(), 20);
    poll_until("TikTok to have the first", AT_LAST, || {
        let kept = world.tiktok.counts(Some("PIXELKILLED")).kept;
        async move { Ok((kept > 0).then_some(())) }
    })
    .await?;
    worker.kill_hard();
    worker.restart().await?;
    // The same postback once more is a duplicate, not an event.
    let url = worker.url("/postback/killed");
    let again = send(&world.http, &url, "local-killed-token", "killed", 1).await?;
    assert_eq!(again, ["killed-0"]);
    ids.extend(send(&world.http, &url, "local-killed-token", "after", 3).await?);
    all_taken(&world, "PIXELKILLED", &ids).await
}

/// A program of an older version finds the tables of a newer one: it takes nothing and breaks nothing.
async fn unreadable(world: Arc<World>) -> Outcome {
    let state = tempfile::tempdir()?;
    let mut worker: Runtime = worker(&world.tiktok).state(state.path()).start().await?;
    let url = worker.url("/postback/newer");
    let mut ids = send(&world.http, &url, "local-newer-token", "before", 3).await?;
    assert_eq!(ids.len(), 3);
    worker.kill_hard();
    assert_eq!(raise_layout(state.path(), 90)?, 1, "one ledger");
    worker.restart().await?;

    let body =
        json!({ "trigger": "lead_sold", "transaction_id": "during-0", "email": "a@b.example" });
    let post = || world.http.post(&url).bearer_auth("local-newer-token").json(&body).send();
    let refused = post().await?;
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    let health = world.http.get(worker.url("/healthz")).send().await?.text().await?;
    let health: Value = serde_json::from_str(&health)?;
    assert_eq!(
        (&health["status"], &health["ledger"]["reachable"]),
        (&json!("ledger unreachable"), &json!(false))
    );
    worker.kill_hard();
    raise_layout(state.path(), -90)?;
    worker.restart().await?;

    let accepted: Value = serde_json::from_str(&post().await?.text().await?)?;
    assert_eq!(accepted["status"], "accepted", "not a duplicate: nothing was stored: {accepted}");
    ids.push("during-0".to_owned());
    all_taken(&world, "PIXELNEWER", &ids).await
}

/// Forty days later what was delivered leaves, with what was remembered of its lead.
async fn aged(world: Arc<World>) -> Outcome {
    let state = tempfile::tempdir()?;
    let mut worker: Runtime = worker(&world.tiktok)
        .configure(|config| {
            let table = json!({ "event_source_id": "PIXELAGED", "access_token": "TIKTOK_TOKEN" });
            config.worker()["pixels"]["aged"] = table;
            config.worker()["sources"]["aged"] = json!({ "pixel": "aged", "token": "AGED_TOKEN" });
        })
        .state(state.path())
        .start()
        .await?;
    let url = worker.url("/postback/aged");
    let ids = send(&world.http, &url, "local-aged-token", "aged", 3).await?;
    all_taken(&world, "PIXELAGED", &ids).await?;
    delivered(&world, &worker, 3).await?;
    worker.kill_hard();
    let older = "UPDATE events SET id = id - 40 * 86400000 * 1024, \
                 finished_at = finished_at - 40 * 86400000";
    assert_eq!(write(state.path(), older)?, 3);
    let leads = "UPDATE leads SET newest = newest - 40 * 86400000 * 1024, \
                 events = CAST(newest - 40 * 86400000 * 1024 AS TEXT)";
    assert_eq!(write(state.path(), leads)?, 3);
    worker.restart().await?;

    delivered(&world, &worker, 0).await?;
    let again = send(&world.http, &url, "local-aged-token", "later", 1).await?;
    all_taken(&world, "PIXELAGED", &[ids, again].concat()).await?;
    delivered(&world, &worker, 1).await?;
    worker.kill_hard();
    assert_eq!(write(state.path(), "DELETE FROM leads")?, 1, "only the lead of the later one");
    Ok(())
}

/// Waits until the ledger has so many delivered events, and no others.
async fn delivered(world: &World, worker: &Runtime, count: usize) -> Outcome {
    let url = worker.url("/api/events");
    poll_until(format!("{count} delivered events"), AT_LAST, || {
        let page = world.http.get(&url).bearer_auth("local-admin-token").send();
        async move {
            let page: Value = serde_json::from_str(&page.await?.text().await?)?;
            let events = page["events"].as_array().cloned().unwrap_or_default();
            let all = events.iter().all(|event| event["state"] == "delivered");
            Ok((all && events.len() == count).then_some(()))
        }
    })
    .await
}

/// Raises the tables' version in every ledger below a folder; how many there were.
fn raise_layout(folder: &Path, by: i64) -> anyhow::Result<usize> {
    write(folder, &format!("UPDATE meta SET value = value + {by} WHERE name = 'schema'"))
}

/// Writes into every ledger below a folder; how many rows.
fn write(folder: &Path, statement: &str) -> anyhow::Result<usize> {
    let mut written = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            written += write(&path, statement)?;
        } else if path.extension().is_some_and(|extension| extension == "sqlite") {
            // Databases of wrangler's own have no such table.
            written += Connection::open(&path)?.execute(statement, []).unwrap_or(0);
        }
    }
    Ok(written)
}
