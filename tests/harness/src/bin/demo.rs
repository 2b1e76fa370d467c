//! `make demo`: one click on an ad and the five conversion points of Pingtree, each followed from the
//! postback to what TikTok got. Uses a running `make dev`, or starts everything for itself. Ends with
//! a failure if anything did not arrive as it should.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use harness::local::{self, Address, Plan};
use harness::paint::{Paint, is_hash, shorten};
use harness::sample::{self, Arrival, CONVERSION_POINTS, ConversionPoint};
use harness::{Runtime, http, poll_until};
use reqwest::Url;
use serde_json::{Value, json};
use tiktok_stand_in::StandIn;

/// Delivery is by alarm, a moment after the postback; a busy machine gets this long.
const ARRIVES_WITHIN: Duration = Duration::from_secs(30);

/// A lead takes a while to fill in a form. The click is stored after its answer, and a postback that
/// overtook it would wait for its second look.
const FORM_FILLING: Duration = Duration::from_millis(500);

#[tokio::main]
async fn main() -> ExitCode {
    let paint = Paint::for_stdout();
    match run(paint).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{} {error:#}", paint.bad("The demo failed:"));
            ExitCode::FAILURE
        }
    }
}

/// What the demonstration runs on.
struct Stage {
    http: reqwest::Client,
    address: Address,
    plan: Plan,
    paint: Paint,
    /// What was started for it, and ends with it; none if `make dev` runs.
    _own: Option<(Runtime, StandIn)>,
}

async fn run(paint: Paint) -> Result<()> {
    let stage = Stage::set(paint).await?;
    println!(
        "\n{}\n",
        paint.bold("One click on a TikTok ad, five conversions, and what TikTok got of them")
    );
    let arrival = stage.click().await?;
    tokio::time::sleep(FORM_FILLING).await;
    let transaction = format!("lead-{}", sample::unique());
    for (number, point) in (1..).zip(CONVERSION_POINTS) {
        stage.convert(number, point, &arrival, &transaction).await?;
    }
    stage.repeat(&arrival, &transaction).await?;
    println!(
        "{}",
        paint.good("1 click, 5 conversions, 5 events at TikTok, each with the click behind it.")
    );
    Ok(())
}

impl Stage {
    /// Finds a running `make dev`, or starts a Worker and a stand-in with fresh state.
    async fn set(paint: Paint) -> Result<Self> {
        let http = http();
        if let Some(address) = Address::announced() {
            let worker = http.get(format!("{}/healthz", address.worker)).send().await;
            let tiktok = http.get(format!("{}/_stand_in/health", address.tiktok)).send().await;
            if worker.is_ok() && tiktok.is_ok() {
                println!("{}", paint.dim("Using the `make dev` that is running."));
                let config = local::configuration(&address.tiktok)?;
                let plan = Plan::of(&config, &local::secrets(&config))?;
                return Ok(Self { http, address, plan, paint, _own: None });
            }
        }
        println!("{}", paint.dim("Starting the Worker and a stand-in for TikTok…"));
        let tiktok = local::stand_in(0)?;
        let config = local::configuration(&tiktok.base_url())?;
        let plan = Plan::of(&config, &config.local_secrets())?;
        let worker = Runtime::builder().configure(move |own| *own = config).start().await?;
        let address = Address { worker: worker.url(""), tiktok: tiktok.base_url() };
        Ok(Self { http, address, plan, paint, _own: Some((worker, tiktok)) })
    }

    fn line(&self, label: &str, text: &str) {
        println!("   {} {text}", self.paint.dim(format!("{label:<9}")));
    }

    async fn click(&self) -> Result<Arrival> {
        let ttclid = sample::ttclid();
        let path = sample::click_path(&self.plan.campaign, &ttclid);
        println!("{}", self.paint.bold("Click"));
        self.line("visitor", &format!("GET {}", shorten(&path, 64)));
        let answer = self
            .http
            .get(format!("{}{path}", self.address.worker))
            .header("user-agent", sample::USER_AGENT)
            .send()
            .await
            .context("the Worker does not answer")?;
        let status = answer.status();
        let location = answer.headers().get("location").and_then(|value| value.to_str().ok());
        let Some(Ok(url)) = location.map(Url::parse) else {
            let body = answer.text().await.unwrap_or_default();
            bail!(
                "the click was answered with {status} and no place to go: {}",
                shorten(&body, 400)
            );
        };
        ensure!(status == 302, "the click was answered with {status} instead of 302");
        let arrival = Arrival::of(&url);
        ensure!(arrival.ttclid == ttclid, "the ttclid did not arrive as it was sent: {url}");
        ensure!(!arrival.click_id.is_empty(), "no click_id was added: {url}");
        let page = format!("{}{}", url.origin().ascii_serialization(), url.path());
        self.line("Clickjoin", &format!("{} to {page}", self.paint.good("302")));
        self.line("click id", &arrival.click_id);
        println!();
        Ok(arrival)
    }

    async fn post(&self, body: &Value) -> Result<Value> {
        let answer = self
            .http
            .post(format!("{}/postback/{}", self.address.worker, self.plan.source))
            .bearer_auth(&self.plan.token)
            .json(body)
            .send()
            .await
            .context("the Worker does not answer")?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status == 200, "the postback was answered with {status}: {}", shorten(&text, 400));
        serde_json::from_str(&text)
            .with_context(|| format!("the answer is no JSON: {}", shorten(&text, 400)))
    }

    async fn convert(
        &self,
        number: usize,
        point: ConversionPoint,
        arrival: &Arrival,
        transaction: &str,
    ) -> Result<()> {
        let revenue = point.revenue.map(|revenue| format!(", ${revenue:.2}")).unwrap_or_default();
        println!("{}", self.paint.bold(format!("{number}  {}", point.title)));
        self.line("Pingtree", &format!("{} for {transaction}{revenue}", point.trigger));
        let answer = self.post(&body(point, arrival, transaction)).await?;
        let field = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        let (status, event, event_id) = (field("status"), field("event"), field("event_id"));
        ensure!(status == "accepted", "expected the answer \"accepted\": {answer}");
        let found = field("match").replace('_', " ");
        self.line("Clickjoin", &format!("{}, click found by {found}", self.paint.good(&status)));
        for warning in answer["warnings"].as_array().into_iter().flatten() {
            self.line(
                "",
                &format!("warning: {}", warning.as_str().unwrap_or(&warning.to_string())),
            );
        }

        let sent = poll_until(format!("{event} {event_id} at TikTok"), ARRIVES_WITHIN, || async {
            Ok(self.at_tiktok(&event, &event_id).await?.first().cloned())
        })
        .await?;
        self.show(&sent);
        println!();
        check(&sent, point, arrival)
    }

    /// A platform that did not hear our answer sends again; TikTok must not hear of it.
    async fn repeat(&self, arrival: &Arrival, transaction: &str) -> Result<()> {
        let point = CONVERSION_POINTS[1];
        println!("{}", self.paint.bold(format!("{} once more, by mistake", point.title)));
        let answer = self.post(&body(point, arrival, transaction)).await?;
        ensure!(answer["status"] == "duplicate", "expected the answer \"duplicate\": {answer}");
        self.line(
            "Clickjoin",
            &format!("{}, nothing goes to TikTok", self.paint.good("duplicate")),
        );
        println!();
        Ok(())
    }

    /// The events that the stand-in took under this name and id.
    async fn at_tiktok(&self, event: &str, event_id: &str) -> Result<Vec<Value>> {
        let answer = self
            .http
            .get(format!("{}/_stand_in/events", self.address.tiktok))
            .query(&[
                ("pixel", self.plan.pixel_code.as_str()),
                ("event", event),
                ("event_id", event_id),
            ])
            .send()
            .await?;
        let body: Value = answer.error_for_status()?.json().await?;
        let events = body["events"].as_array().cloned().unwrap_or_default();
        Ok(events.into_iter().map(|mut record| record["body"].take()).collect())
    }

    fn show(&self, sent: &Value) {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let name = self.paint.good(text(&sent["event"]));
        self.line("TikTok", &format!("{name}, event id {}", text(&sent["event_id"])));
        for part in ["user", "page", "properties"] {
            let Some(table) = sent[part].as_object() else { continue };
            for (key, value) in table {
                let value = text(value);
                let shown = if is_hash(&value) {
                    format!("{} {}", shorten(&value, 12), self.paint.dim("SHA-256"))
                } else {
                    shorten(&value, 56)
                };
                self.line(
                    "",
                    &format!(
                        "{} {shown}",
                        self.paint.dim(format!("{:<23}", format!("{part}.{key}")))
                    ),
                );
            }
        }
    }
}

fn body(point: ConversionPoint, arrival: &Arrival, transaction: &str) -> Value {
    let mut fields = sample::postback(arrival, transaction, point.revenue);
    fields.push(("trigger", json!(point.trigger)));
    fields.extend(point.detail.map(|(field, value)| (field, json!(value))));
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Whether what arrived is what was meant.
fn check(sent: &Value, point: ConversionPoint, arrival: &Arrival) -> Result<()> {
    let expected = [
        ("/user/email", json!(sample::EMAIL_SHA256)),
        ("/user/phone", json!(sample::MOBILE_SHA256)),
        ("/user/ttclid", json!(arrival.ttclid)),
        ("/user/ip", json!(sample::IP)),
        ("/user/user_agent", json!(sample::USER_AGENT)),
    ];
    for (place, value) in expected {
        let found = sent.pointer(place).unwrap_or(&Value::Null);
        ensure!(*found == value, "{place} of {} is {found} instead of {value}", sent["event"]);
    }
    let value = sent.pointer("/properties/value").and_then(Value::as_f64);
    ensure!(value == point.revenue, "the value is {value:?} instead of {:?}", point.revenue);
    let page = sent.pointer("/page/url").and_then(Value::as_str).unwrap_or_default();
    ensure!(page.starts_with("http"), "a web event came without the page's URL");
    Ok(())
}
