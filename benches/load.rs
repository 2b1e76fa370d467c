//! Postbacks under load, in the real runtime: `cargo bench --bench load -- [per second] [seconds]`.
//!
//! Starts `wrangler dev` and the stand-in, sends postbacks at a steady pace, and reports how long the
//! answers took, when the last event reached TikTok after the last postback, in how many requests,
//! and whether anything that was acknowledged is missing. The load generator, wrangler's proxy and
//! the stand-in share the machine with the Worker.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench"
)]

use harness::{Runtime, local};
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tiktok_stand_in::RequestFilter;

const PIXEL: &str = "PIXELLOAD";

fn worker(tiktok: &str) -> harness::Builder {
    let config = json!({
        "tiktok_api_base": tiktok,
        "pixels": {"main": {"event_source_id": PIXEL, "access_token": "TIKTOK_TOKEN"}},
        "campaigns": {"spring": {"destination": "https://quotes.example.com/solar", "pixel": "main"}},
        "sources": {"load": {"pixel": "main", "token": "LOAD_TOKEN"}},
    });
    Runtime::builder()
        .configure(move |worker| *worker.worker() = config)
        .secret("TIKTOK_TOKEN", "tt-load")
        .secret("LOAD_TOKEN", "load-secret")
}

async fn run(pace: u64, seconds: u64) -> anyhow::Result<()> {
    let tiktok = local::stand_in(0)?;
    let worker = worker(&tiktok.base_url()).start().await?;
    let url = worker.url("/postback/load");
    let http = harness::http();
    let times: Arc<Mutex<Vec<(Duration, bool)>>> = Arc::default();
    let begun = Instant::now();
    let total = pace * seconds;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..total {
        tokio::time::sleep_until((begun + Duration::from_micros(n * 1_000_000 / pace)).into())
            .await;
        let (http, url, times) = (http.clone(), url.clone(), Arc::clone(&times));
        tasks.spawn(async move {
            let body = json!({
                "trigger": "form_submit", "transaction_id": format!("load-{n}"),
                "ttclid": format!("E.C.P.{n}"), "email": format!("lead{n}@example.com"),
                "page_url": "https://quotes.example.com/solar",
            });
            let sent = Instant::now();
            let answer = http.post(url).bearer_auth("load-secret").json(&body).send().await;
            let taken = answer.is_ok_and(|answer| answer.status() == 200);
            times.lock().unwrap().push((sent.elapsed(), taken));
        });
    }
    while tasks.join_next().await.is_some() {}
    let sent = begun.elapsed();
    let mut times = times.lock().unwrap().clone();
    times.sort();
    let taken = times.iter().filter(|(_, taken)| *taken).count() as u64;
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].0.as_millis();
    println!("{total} postbacks in {:.1} s, {taken} taken", sent.as_secs_f64());
    println!(
        "answers: p50 {} ms, p90 {} ms, p99 {} ms, worst {} ms",
        at(50),
        at(90),
        at(99),
        at(100)
    );
    let ended = Instant::now();
    while tiktok.counts(Some(PIXEL)).kept < taken && ended.elapsed() < Duration::from_secs(60) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let filter = RequestFilter { pixel: Some(PIXEL.to_owned()), ..RequestFilter::default() };
    println!(
        "{} of {taken} at TikTok {} ms after the last answer, in {} requests",
        tiktok.counts(Some(PIXEL)).kept,
        ended.elapsed().as_millis(),
        tiktok.requests(&filter).len(),
    );
    if std::env::var_os("LOAD_LOG").is_some() {
        println!("{}", worker.log().text());
    }
    Ok(())
}

fn main() {
    let numbers: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let (pace, seconds) = match numbers[..] {
        [pace, seconds] => (pace, seconds),
        _ => (500, 60),
    };
    let tokio = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    tokio.block_on(run(pace, seconds)).unwrap();
}
