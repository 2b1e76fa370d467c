//! Storing clicks while KV and the ledger hang and fail: the redirect never waits, and the click is
//! kept all the same. In bare workerd, whose KV and ledger are stand-ins.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use harness::outside::{Mood, Outside};
use harness::workerd::{Around, Workerd};
use harness::{Runtime, poll_until};
use libtest_mimic::Trial;
use reqwest::header::LOCATION;
use serde_json::{Value, json};

use crate::world::{Outcome, World, configuration, token, trial, worker};

/// Longer than any wait before a click is where it should be.
const SOON: Duration = Duration::from_secs(40);

/// What counts as at once, on a machine that does other things too; KV hangs for 5 s.
const AT_ONCE: Duration = Duration::from_secs(2);

/// The trials of this module.
pub(crate) fn trials(world: &Arc<World>) -> Vec<Trial> {
    vec![
        trial(world, "storing::what_hangs_delays_nobody", hanging),
        trial(world, "storing::what_hangs_for_ever_is_given_up", hanging_for_ever),
        trial(world, "storing::a_rate_limit_that_hangs_costs_no_click", hanging_limit),
        trial(world, "storing::a_failed_put_is_tried_again", refused_once),
        trial(world, "storing::the_ledger_keeps_what_kv_will_not", handed_over),
        trial(world, "storing::a_click_that_nobody_takes_waits", waiting),
        trial(world, "storing::a_full_ledger_keeps_no_more", full_ledger),
        trial(world, "storing::conversions_join_while_kv_takes_nothing", write_limit),
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
        let config = json!({ "campaigns": { "spring": { "destination": "https://l.example/p" } } });
        Self::around(&config, Around::default()).await
    }

    async fn around(config: &Value, around: Around) -> anyhow::Result<Self> {
        let outside = Outside::start().await?;
        let worker = Workerd::start_in(config, &outside, around).await?;
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

async fn health(http: &reqwest::Client, url: String) -> anyhow::Result<Value> {
    Ok(serde_json::from_str(&http.get(url).send().await?.text().await?)?)
}

async fn tally(http: &reqwest::Client, url: String) -> anyhow::Result<Value> {
    Ok(health(http, url).await?["clicks"].clone())
}

async fn hanging(_: Arc<World>) -> Outcome {
    let bare = Bare::start().await?;
    let five_seconds = Mood::Hangs(Duration::from_secs(5));
    bare.outside.kv.set_mood(five_seconds);
    bare.outside.ledger.set_mood(five_seconds);
    let mut ids = Vec::new();
    for number in 0..6 {
        let (id, took) = bare.click(&format!("ttclid=E.C.P.{number}")).await?;
        assert!(took < AT_ONCE, "{took:?}");
        ids.push(id);
    }
    poll_until("six puts that hang", SOON, || {
        let all = bare.outside.kv.puts() >= 6;
        async move { Ok(all.then_some(())) }
    })
    .await?;
    // KV comes to itself while the first try hangs: the second one stores the click.
    bare.outside.kv.set_mood(Mood::Works);
    for (number, id) in ids.iter().enumerate() {
        assert_eq!(bare.in_kv(id).await?["ttclid"], format!("E.C.P.{number}"));
    }
    Ok(())
}

/// Neither KV nor the ledger ever answers: both puts and the hand-over run into their time-outs, and
/// the click is there when the ledger is.
async fn hanging_for_ever(_: Arc<World>) -> Outcome {
    let bare = Bare::start().await?;
    let for_ever = Mood::Hangs(Duration::from_secs(600));
    bare.outside.kv.set_mood(for_ever);
    bare.outside.ledger.set_mood(for_ever);
    // Of one second: they share a timer, and each goes on by itself.
    let mut ids = Vec::new();
    for number in 0..3 {
        let (id, took) = bare.click(&format!("ttclid=E.C.P.{number}")).await?;
        assert!(took < AT_ONCE, "{took:?}");
        ids.push(id);
    }
    poll_until("clicks that wait", SOON, || async {
        let (_, took) = bare.click("utm=organic").await?;
        assert!(took < AT_ONCE, "{took:?}");
        Ok((bare.tally().await?["waiting"] == 3).then_some(()))
    })
    .await?;
    let health = health(&bare.http, bare.worker.url("/healthz")).await?;
    assert_eq!((bare.outside.kv.puts(), &health["clicks"]["failed_puts"]), (6, &json!(6)));
    assert_eq!(health["ledger"]["reachable"], false, "and /healthz does not wait for it either");
    bare.outside.ledger.set_mood(Mood::Works);
    poll_until("the clicks handed over", SOON, || async {
        Ok((bare.tally().await?["handed_over"] == 3).then_some(()))
    })
    .await?;
    for (number, id) in ids.iter().enumerate() {
        let kept = bare.in_ledger(id).await?;
        assert_eq!(kept["record"]["ttclid"], format!("E.C.P.{number}"));
    }
    Ok(())
}

async fn hanging_limit(_: Arc<World>) -> Outcome {
    const FRONT: &str = r#"import worker from "./index.js";
const CLICK_LIMIT = { limit: () => new Promise(() => {}) };
export default { fetch: (request, env, ctx) => worker.fetch(request, { ...env, CLICK_LIMIT }, ctx) };
"#;
    let config = json!({ "campaigns": { "spring": { "destination": "https://l.example/p" } } });
    let around = Around { front: Some(FRONT), ..Around::default() };
    let bare = Bare::around(&config, around).await?;
    let (id, took) = bare.click("ttclid=E.C.P.1").await?;
    assert!(took < AT_ONCE, "{took:?}");
    assert_eq!(bare.in_kv(&id).await?["ttclid"], "E.C.P.1");
    assert_eq!(bare.tally().await?["limited"], 0);
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

async fn full_ledger(_: Arc<World>) -> Outcome {
    let bare = Bare::start().await?;
    bare.outside.kv.set_mood(Mood::Refuses(1_000));
    bare.outside.ledger.set_room(1);
    for number in 0..3 {
        bare.click(&format!("ttclid=E.C.P.{number}")).await?;
    }
    let becomes = |handed_over: u64, waiting: u64| {
        let bare = &bare;
        poll_until(format!("{waiting} clicks that wait"), SOON, move || async move {
            let tally = bare.tally().await?;
            let as_expected = tally["handed_over"] == handed_over && tally["waiting"] == waiting;
            Ok((as_expected && tally["lost"] == 0).then_some(()))
        })
    };
    becomes(1, 2).await?;
    // Reports in which it keeps none, then one of two, then the last one.
    bare.outside.ledger.set_room(1);
    becomes(2, 1).await?;
    bare.outside.ledger.set_room(10);
    becomes(3, 0).await
}

/// The free plan's daily limit of writes: every put is refused until tomorrow. The real ledger.
async fn write_limit(world: Arc<World>) -> Outcome {
    let config = configuration(&world.tiktok.base_url());
    let around = Around { own_ledger: true, ..Around::default() };
    let bare = Bare::around(&config, around).await?;
    bare.outside.kv.set_mood(Mood::Refuses(u32::MAX));
    let (id, took) = bare.click("ttclid=E.C.P.limit").await?;
    assert!(took < AT_ONCE, "{took:?}");
    poll_until("the ledger keeps the click", SOON, || async {
        Ok((bare.tally().await?["handed_over"] == 1).then_some(()))
    })
    .await
    .with_context(|| bare.worker.log().text())?;
    // With the click id alone: the ledger has the click. With the URL's ttclid alone: that joins.
    for (lead, key, value, matched) in [
        ("limit-by-id", "click_id", id.as_str(), "click_id"),
        ("limit-by-ttclid", "ttclid", "E.C.P.limit", "ttclid"),
    ] {
        let postback = json!({
            "trigger": "form_submit", "transaction_id": lead, "email": "visitor@example.com", key: value,
        });
        let request = bare.http.post(bare.worker.url("/postback/server"));
        let answer = request.bearer_auth(token("server")).json(&postback).send().await?;
        let answer: Value = serde_json::from_str(&answer.text().await?)?;
        assert_eq!((&answer["status"], &answer["match"]), (&json!("accepted"), &json!(matched)));
        let event = world.received("PIXELMAIN", lead).await?;
        assert_eq!(event["user"]["ttclid"], "E.C.P.limit", "{event}");
    }
    // Tomorrow the ledger writes it.
    bare.outside.kv.set_mood(Mood::Works);
    assert_eq!(bare.in_kv(&id).await?["ttclid"], "E.C.P.limit");
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
    let limited = poll_until("the clicks that were not stored", SOON, || async {
        let tally = tally(&world.http, worker.url("/healthz")).await?;
        let limited = tally["limited"].as_u64().unwrap_or_default();
        // The clicks may fall into two windows of the limit, never more.
        let expected = u64::from(30 - 2 * ALLOWED)..=u64::from(30 - ALLOWED);
        Ok(expected.contains(&limited).then_some(limited))
    })
    .await?;
    // The ledger hears of them, and shows them to whoever may ask.
    poll_until("the counts of the day", SOON, || async {
        let request = world.http.get(worker.url("/api/counts")).bearer_auth("local-admin-token");
        let counts: Value = serde_json::from_str(&request.send().await?.text().await?)?;
        let sum = |name: &str| -> u64 {
            let days = counts["clicks"].as_array().into_iter().flatten();
            days.filter_map(|day| day[name].as_u64()).sum()
        };
        let all = (sum("clicks"), sum("stored"), sum("failed"), sum("limited"));
        Ok((all == (30, 30, 0, limited)).then_some(()))
    })
    .await
}
