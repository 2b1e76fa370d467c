//! What the trials share: the running Worker, the stand-in for TikTok, a client, and a way to write a
//! trial as an async function.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use harness::{Builder, Runtime, local};
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use tiktok_stand_in::{EventFilter, StandIn};

/// How long a trial may take, every wait included; far more than any needs.
const TRIAL_WITHIN: Duration = Duration::from_secs(180);

/// How long an accepted event may take to reach the stand-in.
pub(crate) const DELIVERY_WITHIN: Duration = Duration::from_secs(30);

/// The result of a trial.
pub(crate) type Outcome = anyhow::Result<()>;

/// What all trials share.
pub(crate) struct World {
    tokio: tokio::runtime::Runtime,
    worker: Mutex<Option<Runtime>>,
    /// What the Worker takes for TikTok.
    pub(crate) tiktok: StandIn,
    /// Where the Worker is, without a slash at the end.
    pub(crate) base: String,
    /// Follows no redirects and keeps no cookies.
    pub(crate) http: reqwest::Client,
}

impl World {
    /// Builds the Worker if need be and starts it. Ends the process when that fails: there is nothing
    /// to try without it.
    pub(crate) fn start() -> Self {
        let mut world = Self::idle();
        let started = harness::runtime::build()
            .and_then(|()| world.tokio.block_on(worker(&world.tiktok).start()));
        match started {
            Ok(worker) => {
                world.base = worker.url("");
                world.worker = Mutex::new(Some(worker));
                world
            }
            Err(error) => {
                eprintln!("end-to-end tests cannot start: {error:#}");
                std::process::exit(1);
            }
        }
    }

    /// A world without a Worker.
    pub(crate) fn idle() -> Self {
        Self {
            tokio: tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .expect("threads can be started"),
            worker: Mutex::new(None),
            tiktok: local::stand_in(0).expect("a port is free"),
            base: String::new(),
            http: harness::http(),
        }
    }

    /// The full URL of a path of the Worker.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A POST to `/postback/{path}` with the token of the source that the path begins with.
    pub(crate) fn postback(&self, path: &str) -> reqwest::RequestBuilder {
        authorized(self.http.post(self.url(&format!("/postback/{path}"))), path)
    }

    /// The same as a GET.
    pub(crate) fn get_postback(&self, path: &str) -> reqwest::RequestBuilder {
        authorized(self.http.get(self.url(&format!("/postback/{path}"))), path)
    }

    /// Waits until the stand-in has taken an event with this id, and gives its `data[]` element.
    pub(crate) async fn received(&self, pixel: &str, event_id: &str) -> anyhow::Result<Value> {
        self.received_where(pixel, None, event_id).await
    }

    /// As [`Self::received`], of events with this name.
    pub(crate) async fn received_named(
        &self,
        pixel: &str,
        event: &str,
        event_id: &str,
    ) -> anyhow::Result<Value> {
        self.received_where(pixel, Some(event), event_id).await
    }

    async fn received_where(
        &self,
        pixel: &str,
        event: Option<&str>,
        event_id: &str,
    ) -> anyhow::Result<Value> {
        let filter = EventFilter {
            pixel: Some(pixel.to_owned()),
            event: event.map(str::to_owned),
            event_id: Some(event_id.to_owned()),
            ..EventFilter::default()
        };
        let what = format!("{event_id} at {pixel}");
        harness::poll_until(what, DELIVERY_WITHIN, || {
            let found = self.tiktok.events(&filter).into_iter().next();
            async move { Ok(found.map(|event| event.body)) }
        })
        .await
        .with_context(|| format!("the stand-in has {:?}", self.tiktok.counts(Some(pixel))))
    }

    /// Unix seconds.
    pub(crate) fn now() -> u64 {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        now.expect("after 1970").as_secs()
    }

    /// Prints what the runtime printed, for whoever looks into a failure.
    pub(crate) fn explain(&self) {
        if let Some(worker) = &*self.worker.lock().unwrap_or_else(PoisonError::into_inner) {
            eprintln!("---- the Worker's log ----\n{}\n", worker.log().text());
        }
    }

    /// Ends everything. Dropping the world would do too, if every trial let go of it.
    pub(crate) fn stop(&self) {
        self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Asks `/api/{path}` with the admin token, and gives the JSON of a 200.
pub(crate) async fn admin(world: &World, method: &str, path: &str) -> anyhow::Result<Value> {
    let request = world.http.request(method.parse()?, world.url(&format!("/api/{path}")));
    let answer = request.bearer_auth("local-admin-token").send().await?;
    anyhow::ensure!(answer.status() == 200, "{path} answers {}", answer.status());
    Ok(serde_json::from_str(&answer.text().await?)?)
}

/// The local token of a source.
pub(crate) fn token(source: &str) -> String {
    format!("local-{source}-token")
}

fn authorized(request: reqwest::RequestBuilder, path: &str) -> reqwest::RequestBuilder {
    request.bearer_auth(token(path.split(['/', '?']).next().unwrap_or(path)))
}

/// A Worker with the trials' configuration, not yet started: for trials that need one of their own.
pub(crate) fn worker(tiktok: &StandIn) -> Builder {
    let configuration = configuration(&tiktok.base_url());
    Runtime::builder().configure(move |config| {
        *config.worker() = configuration;
        // All trials call from one address, and many are wrong on purpose.
        config.wrangler["ratelimits"] = json!([
            {"name": "AUTH_LIMIT", "namespace_id": "1001", "simple": {"limit": 10_000, "period": 60}},
            {"name": "CLICK_LIMIT", "namespace_id": "1002", "simple": {"limit": 10_000, "period": 60}},
        ]);
    })
}

/// What the trials configure, whatever the user's `wrangler.toml` says. The secret `X_TOKEN` has the
/// value `local-x-token`.
pub(crate) fn configuration(tiktok: &str) -> Value {
    json!({
        "tiktok_api_base": tiktok,
        "admin_token": "ADMIN_TOKEN",
        "pixels": {
            "main": {
                "event_source": "web",
                "event_source_id": "PIXELMAIN",
                "access_token": "TIKTOK_TOKEN",
            },
            "agency": {"event_source_id": "PIXELAGENCY", "access_token": "TIKTOK_TOKEN"},
            "storm": {"event_source_id": "PIXELSTORM", "access_token": "TIKTOK_TOKEN"},
            "held": {"event_source_id": "PIXELHELD", "access_token": "TIKTOK_TOKEN_HELD"},
            "hung": {"event_source_id": "PIXELHUNG", "access_token": "TIKTOK_TOKEN"},
            "poison": {"event_source_id": "PIXELPOISON", "access_token": "TIKTOK_TOKEN"},
            "killed": {"event_source_id": "PIXELKILLED", "access_token": "TIKTOK_TOKEN"},
            "alone": {"event_source_id": "PIXELALONE", "access_token": "TIKTOK_TOKEN"},
            "midway": {"event_source_id": "PIXELMIDWAY", "access_token": "TIKTOK_TOKEN"},
            "stream": {"event_source_id": "PIXELSTREAM", "access_token": "TIKTOK_TOKEN"},
            "newer": {"event_source_id": "PIXELNEWER", "access_token": "TIKTOK_TOKEN"},
            "byhand": {"event_source_id": "PIXELBYHAND", "access_token": "TIKTOK_TOKEN"},
            "shop": {
                "event_source": "offline",
                "event_source_id": "OFFLINESET",
                "access_token": "TIKTOK_TOKEN",
            },
            "crm": {
                "event_source": "crm",
                "event_source_id": "CRMSET",
                "access_token": "TIKTOK_TOKEN",
            },
        },
        "campaigns": {
            "spring": {
                "destination": "https://quotes.example.com/solar?utm_source=tiktok",
                "pixel": "main",
            },
        },
        "sources": {
            "pingtree": {
                "profile": "pingtree",
                "pixel": "main",
                "token": "PINGTREE_TOKEN",
                "currency": "USD",
                "country": "US",
                "events": {
                    "form_submit": "CompleteRegistration",
                    "lead_sold": "Purchase",
                    "buyer_event": "SubmitApplication",
                },
            },
            "server": {
                "profile": "generic",
                "pixel": "main",
                "token": "SERVER_TOKEN",
                "currency": "USD",
            },
            "both": {"pixels": ["main", "agency"], "token": "BOTH_TOKEN"},
            "storm": {"pixel": "storm", "token": "STORM_TOKEN"},
            "held": {"pixel": "held", "token": "HELD_TOKEN"},
            "poison": {"pixel": "poison", "token": "POISON_TOKEN"},
            "hung": {"pixel": "hung", "token": "HUNG_TOKEN"},
            "killed": {"pixel": "killed", "token": "KILLED_TOKEN"},
            "alone": {"pixel": "alone", "token": "ALONE_TOKEN"},
            "midway": {"pixel": "midway", "token": "MIDWAY_TOKEN"},
            "stream": {"pixel": "stream", "token": "STREAM_TOKEN"},
            "newer": {"pixel": "newer", "token": "NEWER_TOKEN"},
            "byhand": {"pixel": "byhand", "token": "BYHAND_TOKEN"},
            "shop": {"pixel": "shop", "token": "SHOP_TOKEN"},
            "crm": {"pixel": "crm", "token": "CRM_TOKEN"},
            "rotated": {"pixel": "main", "tokens": ["ROTATED_OLD_TOKEN", "ROTATED_TOKEN"]},
            "signed": {"pixel": "main", "signing_secret": "SIGNED_SECRET"},
            "fenced": {"pixel": "main", "token": "FENCED_TOKEN", "allowed_ips": ["198.51.100.0/24"]},
            "near": {
                "pixel": "main",
                "token": "NEAR_TOKEN",
                "allowed_ips": ["127.0.0.0/8", "::1", "198.51.100.0/24"],
            },
            "closed": {"pixel": "main"},
            "anywhere": {"token": "ANYWHERE_TOKEN"},
            "ruled": {
                "pixel": "main",
                "token": "RULED_TOKEN",
                "currency": "USD",
                "filters": ["status != rejected", "payout > 0"],
                "rules": [
                    {"name": "test buyers", "when": "buyer_id = 7", "ignore": true},
                    {"name": "big buyers", "when": "buyer_id in [12, 40]", "event": "SubmitApplication"},
                ],
                "fields": {"transaction_id": "ref", "ttclid": ["s3", "s4"], "email": "f7"},
                "events": {"VIP lead": "Subscribe"},
                "event_id": "{transaction_id}-{goal}",
            },
            "everflow": {"profile": "everflow", "pixel": "main", "token": "EVERFLOW_TOKEN"},
            "tune": {"profile": "tune", "pixel": "main", "token": "TUNE_TOKEN"},
            "strict": {"pixel": "main", "token": "STRICT_TOKEN", "always_ok": true},
        },
    })
}

/// A trial with this name that runs `body`.
pub(crate) fn trial<Body, Run>(world: &Arc<World>, name: &str, body: Body) -> Trial
where
    Body: FnOnce(Arc<World>) -> Run + Send + 'static,
    Run: Future<Output = Outcome>,
{
    let world = Arc::clone(world);
    Trial::test(name, move || {
        let run = async { tokio::time::timeout(TRIAL_WITHIN, body(Arc::clone(&world))).await };
        match world.tokio.block_on(run) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Failed::from(format!("{error:?}"))),
            Err(_) => Err(Failed::from(format!("not done within {TRIAL_WITHIN:?}"))),
        }
    })
}
