//! Postbacks under load, in the real runtime: `cargo bench --bench load -- [per second] [seconds]`.
//!
//! Starts `workerd` and the stand-in, sends postbacks at a steady pace, and reports how long the
//! answers took, when the last event reached TikTok after the last postback, in how many requests,
//! and whether anything that was acknowledged is missing. The load generator and the
//! stand-in share the machine with the Worker.
//!
//! Two cores, a disk whose sync takes 3 ms:
//!
//! | postbacks | p50 | p90 | p99 | worst | at TikTok after the last answer | requests |
//! |---|---|---|---|---|---|---|
//! | 500/s for 60 s, 30,000 taken | < 1 ms | 1 ms | 18 ms | 126 ms | all, after 147 ms | 300 |
//! | 1,000/s for 10 s, 10,000 taken | < 1 ms | 1 ms | 55 ms | 141 ms | all, after 127 ms | 51 |
//!
//! Before postbacks were committed together (`edge::ledger::intake`) the disk allowed 250 a second.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench"
)]

use harness::local;
use serde_json::json;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tiktok_stand_in::RequestFilter;

const PIXEL: &str = "PIXELLOAD";

/// The runtime itself, without wrangler's proxy before it, which costs more than the Worker.
struct Workerd {
    process: Child,
    base: String,
    _folder: tempfile::TempDir,
}

impl Workerd {
    async fn start(tiktok: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let repository = harness::config::repository();
        for file in ["index.js", "index_bg.wasm"] {
            std::fs::copy(repository.join("build").join(file), folder.path().join(file))?;
        }
        std::fs::create_dir(folder.path().join("state"))?;
        let config = json!({
            "tiktok_api_base": tiktok,
            "pixels": {"main": {"event_source_id": PIXEL, "access_token": "TIKTOK_TOKEN"}},
            "campaigns": {"spring": {"destination": "https://quotes.example.com/solar"}},
            "sources": {"load": {"pixel": "main", "token": "LOAD_TOKEN"}},
        });
        let port = harness::free_port()?;
        let capnp = CAPNP
            .replace("STATE", &format!("{:?}", folder.path().join("state")))
            .replace("ADDRESS", &format!("\"127.0.0.1:{port}\""))
            .replace("V8_FLAGS", if std::env::var_os("LOAD_PERF").is_some() { PERF } else { "" })
            .replace("CONFIG_JSON", &format!("{:?}", config.to_string()));
        std::fs::write(folder.path().join("load.capnp"), capnp)?;
        let mut command = Command::new(repository.join("node_modules/.bin/workerd"));
        command.arg("serve").arg("load.capnp").current_dir(folder.path());
        if std::env::var_os("LOAD_LOG").is_none() {
            command.stdout(Stdio::null());
        }
        let process = command.spawn()?;
        let base = format!("http://127.0.0.1:{port}");
        let health = format!("{base}/healthz");
        let http = harness::http();
        harness::poll_until("the Worker", Duration::from_secs(20), || {
            let request = http.get(&health).send();
            async move { Ok(request.await.ok()) }
        })
        .await?;
        Ok(Self { process, base, _folder: folder })
    }
}

impl Drop for Workerd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// For `perf`: names of compiled functions in /tmp/perf-PID.map.
const PERF: &str = "\"--perf-basic-prof\"";

const CAPNP: &str = r#"using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = [V8_FLAGS],
  services = [
    (name = "main", worker = .main),
    (name = "kv", worker = .kv),
    (name = "disk", disk = (path = STATE, writable = true)),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = ADDRESS, http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = embed "index.js"),
    (name = "index_bg.wasm", wasm = embed "index_bg.wasm"),
  ],
  compatibilityDate = "2026-11-01",
  bindings = [
    (name = "CONFIG", json = CONFIG_JSON),
    (name = "TIKTOK_TOKEN", text = "tt-load"),
    (name = "LOAD_TOKEN", text = "load-secret"),
    (name = "CLICKS", kvNamespace = "kv"),
    (name = "LEDGER", durableObjectNamespace = "Ledger"),
  ],
  durableObjectNamespaces = [(className = "Ledger", uniqueKey = "ledger", enableSql = true)],
  durableObjectStorage = (localDisk = "disk"),
  globalOutbound = "internet",
);
const kv :Workerd.Worker = (
  modules = [(name = "kv.js", esModule = "export default { fetch() { return new Response(null, { status: 404 }) } }")],
  compatibilityDate = "2026-11-01",
);
"#;

async fn run(pace: u64, seconds: u64) -> anyhow::Result<()> {
    let tiktok = local::stand_in(0)?;
    let worker = Workerd::start(&tiktok.base_url()).await?;
    let url = format!("{}/postback/load", worker.base);
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
