//! Storing clicks while KV and the ledger hang and fail: the redirect never waits, and the click is
//! kept all the same. In bare workerd, whose KV and ledger are stand-ins.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use harness::outside::{Mood, Outside};
use harness::workerd::Workerd;
use harness::{Runtime, poll_until};
use libtest_mimic::Trial;
use reqwest::header::LOCATION;
use serde_json::{Value, json};

use crate::world::{Outcome, World, trial, worker};

/// Longer than any wait before a click is where it should be.
const SOON: Duration = Duration::from_secs(40);

/// What counts as at once, on a machine that does other things too; KV hangs for 5 s.
const AT_ONCE: Duration = Duration::from_secs(2);

/// The trials of this module.
pub(crate) fn trials(world: &Arc<World>) -> Vec<Trial> {
    vec![
        trial(world, "storing::what_hangs_delays_nobody", hanging),
        trial(world, "storing::a_failed_put_is_tried_again", refused_once),
        trial(world, "storing::the_ledger_keeps_what_kv_will_not", handed_over),
        trial(world, "storing::a_click_that_nobody_takes_waits", waiting),
        trial(world, "storing::clicks_are_counted_in_few_requests", counting),
        trial(world, "storing::repeats_and_robots_cost_no_write", no_wasted_writes),
        trial(world, "storing::a_flood_is_redirected_and_not_stored", flood),
    ]
}

/// A bare Worker with one campaign.
struct Bare {
    worker: Workerd,
    outside: Outside,
    http: reqwest::Client,
}

impl Bare {
    async fn start() -> anyhow::Result<Self> {
        let outside = Outside::start().await?;
        let config = json!({ "campaigns": { "spring": { "destination": "https://l.example/p" } } });
        let worker = Workerd::start(&config, &outside).await?;
        Ok(Self { worker, outside, http: harness::http() })
    }

    /// Clicks, and gives the click id and how long the redirect took.
    async fn click(&self, query: &str) -> anyhow::Result<(String, Duration)> {
        let begun = Instant::now();
        let url = self.worker.url(&format!("/c/spring?{query}"));
        let answer = self.http.get(url).send().await?;
        let took = begun.elapsed();
        assert_eq!(answer.status(), 302);
        let location = answer.headers().get(LOCATION).context("a location")?.to_str()?;
        let (_, id) = location.split_once("click_id=").context("a click id")?;
        Ok((id.to_owned(), took))
    }

    /// Waits until KV has the click.
    async fn in_kv(&self, id: &str) -> anyhow::Result<Value> {
        let kv = &self.outside.kv;
        let key = format!("click:{id}");
        let line = poll_until("the click in KV", SOON, || {
            let line = kv.get(&key);
            async move { Ok(line) }
        });
        Ok(serde_json::from_str(&line.await?)?)
    }

    /// `clicks` of `/healthz`.
    async fn tally(&self) -> anyhow::Result<Value> {
        tally(&self.http, self.worker.url("/healthz")).await
    }

    /// The first click that the ledger keeps with this id.
    async fn in_ledger(&self, id: &str) -> anyhow::Result<Value> {
        let ledger = &self.outside.ledger;
        poll_until("the click in the ledger", SOON, || {
            let asks = ledger.taken("keep_clicks");
            let clicks = asks.iter().filter_map(|ask| ask["clicks"].as_array()).flatten();
            let found = clicks.into_iter().find(|click| click["id"] == id).cloned();
            async move { Ok(found) }
        })
        .await
    }
}

async fn tally(http: &reqwest::Client, url: String) -> anyhow::Result<Value> {
    let health: Value = serde_json::from_str(&http.get(url).send().await?.text().await?)?;
    Ok(health["clicks"].clone())
}

async fn hanging(_: Arc<World>) -> Outcome {
    let bare = Bare::start().await?;
    let five_seconds = Mood::Hangs(Duration::from_secs(5));
    bare.outside.kv.set_mood(five_seconds);
    bare.outside.ledger.set_mood(five_seconds);
    for number in 0..5 {
        let (_, took) = bare.click(&format!("ttclid=E.C.P.{number}")).await?;
        assert!(took < AT_ONCE, "{took:?}");
    }
    let (id, took) = bare.click("ttclid=E.C.P.last").await?;
    assert!(took < AT_ONCE, "{took:?}");
    poll_until("six puts that hang", SOON, || {
        let all = bare.outside.kv.puts() >= 6;
        async move { Ok(all.then_some(())) }
    })
    .await?;
    // KV comes to itself while the first try hangs: the second one stores the click.
    bare.outside.kv.set_mood(Mood::Works);
    assert_eq!(bare.in_kv(&id).await?["ttclid"], "E.C.P.last");
    Ok(())
}

async fn refused_once(_: Arc<World>) -> Outcome {
    let bare = Bare::start().await?;
    bare.outside.kv.set_mood(Mood::Refuses(1));
    let (id, _) = bare.click("ttclid=E.C.P.1").await?;
    let record = bare.in_kv(&id).await?;
    assert_eq!((&record["campaign"], &record["ttclid"]), (&json!("spring"), &json!("E.C.P.1")));
    let tally = bare.tally().await?;
    assert_eq!((&tally["failed_puts"], &tally["handed_over"]), (&json!(1), &json!(0)), "{tally}");
    Ok(())
}

async fn handed_over(_: Arc<World>) -> Outcome {
    let bare = Bare::start().await?;
    // The free plan's daily limit: every put is refused until tomorrow.
    bare.outside.kv.set_mood(Mood::Refuses(1_000));
    let (id, took) = bare.click("ttclid=E.C.P.1").await?;
    assert!(took < AT_ONCE, "{took:?}");
    assert_eq!(bare.in_ledger(&id).await?["record"]["ttclid"], "E.C.P.1");
    poll_until("the count of it", SOON, || async {
        let tally = bare.tally().await?;
        Ok((tally["handed_over"] == 1 && tally["failed_puts"] == 2).then_some(()))
    })
    .await
}

async fn waiting(_: Arc<World>) -> Outcome {
    let bare = Bare::start().await?;
    bare.outside.kv.set_mood(Mood::Refuses(1_000));
    bare.outside.ledger.set_mood(Mood::Refuses(1_000));
    let (id, _) = bare.click("ttclid=E.C.P.1").await?;
    poll_until("a click that waits", SOON, || async {
        Ok((bare.tally().await?["waiting"] == 1).then_some(()))
    })
    .await?;
    // Any request after the ledger has come to itself carries it there.
    bare.outside.ledger.set_mood(Mood::Works);
    poll_until("the click handed over", SOON, || async {
        Ok((bare.tally().await?["handed_over"] == 1).then_some(()))
    })
    .await?;
    assert_eq!(bare.in_ledger(&id).await?["record"]["ttclid"], "E.C.P.1");
    assert_eq!(bare.tally().await?["lost"], 0);
    Ok(())
}

async fn counting(_: Arc<World>) -> Outcome {
    let bare = Bare::start().await?;
    for number in 0..7 {
        bare.click(&format!("ttclid=E.C.P.{number}")).await?;
    }
    bare.click("utm=organic").await?;
    let sum = |name: &str| -> u64 {
        let asks = bare.outside.ledger.taken("count_clicks");
        let counts = asks.iter().filter_map(|ask| ask["counts"].as_array()).flatten();
        counts
            .filter(|count| count["campaign"] == "spring")
            .filter_map(|count| count[name].as_u64())
            .sum()
    };
    poll_until("all clicks counted", SOON, || {
        let counted = sum("clicks") == 8;
        async move { Ok(counted.then_some(())) }
    })
    .await?;
    assert_eq!((sum("stored"), sum("failed")), (7, 0));
    let asked = bare.outside.ledger.taken("count_clicks").len();
    assert!(asked <= 3, "{asked} requests for 8 clicks");
    Ok(())
}

async fn no_wasted_writes(_: Arc<World>) -> Outcome {
    let bare = Bare::start().await?;
    let get = |query: &str| bare.http.get(bare.worker.url(&format!("/c/spring?{query}")));
    let first = get("ttclid=E.C.P.1").send().await?;
    let cookie = first.headers().get("set-cookie").context("a cookie")?.to_str()?;
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let url = bare.worker.url("/c/spring?ttclid=E.C.P.2");
    let others = [
        get("ttclid=E.C.P.1").header("cookie", cookie),
        bare.http.head(&url),
        get("ttclid=E.C.P.2").header("sec-purpose", "prefetch;prerender"),
        get("ttclid=E.C.P.2").header("purpose", "prefetch"),
        get("ttclid=E.C.P.2").header("user-agent", "thirdLandingPageFeInfra"),
        get("ttclid=E.C.P.2").header("user-agent", "WhatsApp/2.23"),
        get("ttclid=__CLICKID__"),
        get(""),
    ];
    for request in others {
        assert_eq!(request.send().await?.status(), 302);
    }
    // The one click after all of them: when it is there, so would be whatever they had stored.
    let (id, _) = bare.click("ttclid=E.C.P.3").await?;
    bare.in_kv(&id).await?;
    assert_eq!(bare.outside.kv.puts(), 2);
    Ok(())
}

async fn flood(world: Arc<World>) -> Outcome {
    const ALLOWED: u32 = 5;
    let worker: Runtime = worker(&world.tiktok)
        .configure(|config| {
            config.wrangler["ratelimits"] = json!([{
                "name": "CLICK_LIMIT",
                "namespace_id": "1001",
                "simple": { "limit": ALLOWED, "period": 60 },
            }]);
        })
        .start()
        .await?;
    for number in 0..30 {
        let url = worker.url(&format!("/c/spring?ttclid=E.C.P.made-up-{number}"));
        assert_eq!(world.http.get(url).send().await?.status(), 302);
    }
    poll_until("the clicks that were not stored", SOON, || async {
        let tally = tally(&world.http, worker.url("/healthz")).await?;
        let limited = tally["limited"].as_u64().unwrap_or_default();
        // The clicks may fall into two windows of the limit, never more.
        let expected = u64::from(30 - 2 * ALLOWED)..=u64::from(30 - ALLOWED);
        Ok(expected.contains(&limited).then_some(()))
    })
    .await
}
