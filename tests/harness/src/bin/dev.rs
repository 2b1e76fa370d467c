//! `make dev`: Clickjoin on this machine until Ctrl-C, with a stand-in for TikTok, a landing page, and
//! the links and commands to try it with. A change of a source rebuilds and reloads the Worker.

use std::fs;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use harness::landing::Landing;
use harness::local::{self, Address, Plan};
use harness::net::{free_port, http, is_free};
use harness::paint::Paint;
use harness::sample::{self, Arrival};
use harness::{Runtime, WorkerConfig, config};
use reqwest::Url;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nmake dev: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let paint = Paint::for_stdout();
    let worker_port = port("CLICKJOIN_PORT", 8787, "the Worker")?;
    let tiktok_port = port("CLICKJOIN_TIKTOK_PORT", 8788, "the stand-in for TikTok")?;
    let landing_port = port("CLICKJOIN_LANDING_PORT", 8789, "the landing page")?;
    let state = config::repository().join(".wrangler/dev-state");
    fs::create_dir_all(&state).context("cannot make the folder for local state")?;

    // Held until the end: dropping one ends it.
    let tiktok = local::stand_in(tiktok_port)?;
    let mut settings = local::configuration(&tiktok.base_url())?;
    land_here(&mut settings, landing_port);
    let secrets = local::secrets(&settings);
    let plan = Plan::of(&settings, &secrets)?;
    let worker_url = format!("http://localhost:{worker_port}");
    let tiktok_url = format!("http://localhost:{tiktok_port}");
    let endpoint = format!("{worker_url}/postback/{}", plan.source);
    Landing { endpoint: endpoint.clone(), token: plan.token.clone(), tiktok: tiktok_url.clone() }
        .serve(landing_port)
        .await?;

    println!("{}", paint.dim("Starting the Worker…"));
    let talking = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&talking);
    let mut builder = Runtime::builder().port(worker_port).state(state).rebuild_on_change();
    for (name, value) in &secrets {
        builder = builder.secret(name, value);
    }
    let mut worker = builder
        .configure(move |config| *config = settings)
        .on_line(move |line| {
            // What wrangler says while it starts is shown only if it fails.
            if heard.load(Ordering::Relaxed) {
                say(paint, line);
            }
        })
        .start()
        .await?;
    let _announcement =
        Address { worker: worker_url.clone(), tiktok: tiktok_url.clone() }.announce()?;

    let ttclid = sample::ttclid();
    let link = format!("{worker_url}{}", sample::click_path(&plan.campaign, &ttclid));
    let arrival = first_click(&worker_url, &link).await;
    let transaction = format!("lead-{}", sample::unique());
    let curl = sample::curl(&endpoint, &plan.token, &arrival, &transaction);
    let next = sample::click_path(&plan.campaign, &sample::ttclid());
    println!();
    println!("{}", paint.bold("Clickjoin is running on this machine. Ctrl-C ends it."));
    println!();
    println!("{}", paint.bold("1  A click on an ad: open this in a browser"));
    println!("{}\n", paint.link(format!("{worker_url}{next}")));
    println!(
        "{}",
        paint.bold("2  A conversion, as Pingtree reports it: paste this into another terminal")
    );
    println!("{}\n", paint.link(curl));
    println!("{}", paint.bold("3  What TikTok got of it"));
    println!("{}\n", paint.link(format!("{tiktok_url}/")));
    for (what, how) in [
        ("Is the configuration right?", format!("{worker_url}/healthz")),
        ("The whole story in one go", "make demo".to_owned()),
        ("Forget all local clicks", "rm -r .wrangler/dev-state".to_owned()),
    ] {
        println!("{}  {}", paint.dim(format!("{what:<27}")), paint.link(how));
    }
    println!();
    talking.store(true, Ordering::Relaxed);

    let mut hang_up = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut look = tokio::time::interval(Duration::from_millis(500));
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => break,
            _ = hang_up.recv() => break,
            _ = terminate.recv() => break,
            _ = look.tick() => {
                if !worker.is_running() {
                    bail!("wrangler ended by itself; its last words are above");
                }
            }
        }
    }
    println!("\n{}", paint.dim("Ending. Clicks and conversions are kept for the next time."));
    talking.store(false, Ordering::Relaxed);
    worker.stop();
    Ok(())
}

/// The port named by an environment variable or the usual one; another if that is taken.
fn port(variable: &str, usual: u16, what: &str) -> Result<u16> {
    let port = match std::env::var(variable) {
        Ok(text) => text.parse().with_context(|| format!("{variable}={text} is no port"))?,
        Err(_) => usual,
    };
    if is_free(port) {
        return Ok(port);
    }
    let other = free_port()?;
    println!(
        "Port {port} is taken, so {what} is on {other} this time. {variable} chooses another."
    );
    Ok(other)
}

/// Sends every campaign's visitors to the local landing page, with the path and query of its own.
fn land_here(config: &mut WorkerConfig, port: u16) {
    let Some(campaigns) = config.worker()["campaigns"].as_object_mut() else { return };
    for campaign in campaigns.values_mut() {
        let Some(Ok(url)) = campaign["destination"].as_str().map(Url::parse) else { continue };
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        campaign["destination"] = json!(format!("http://localhost:{port}{}{query}", url.path()));
    }
}

/// Makes one click, so that the command that is printed has a click to be joined to.
async fn first_click(worker: &str, link: &str) -> Arrival {
    let answer = http().get(link).header("user-agent", sample::USER_AGENT).send().await;
    let location = answer.ok().and_then(|answer| {
        let location = answer.headers().get("location")?.to_str().ok()?;
        Url::parse(location).ok()
    });
    match location {
        Some(url) => Arrival::of(&url),
        None => {
            println!("The Worker did not redirect a click. {worker}/healthz says why:");
            if let Ok(answer) = http().get(format!("{worker}/healthz")).send().await {
                println!("{}", answer.text().await.unwrap_or_default());
            }
            Arrival::default()
        }
    }
}

/// Prints one line of wrangler's, less its decoration.
fn say(paint: Paint, line: &str) {
    let line = line.trim_start_matches("[wrangler:info] ").trim_start_matches("[custom build]");
    if !line.trim().is_empty() {
        println!("{}", paint.dim(line.trim()));
    }
}
