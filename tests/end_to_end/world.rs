//! What the trials share: the running Worker, a client, and a way to write a trial as an async function.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use harness::Runtime;
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use tiktok_stand_in::{EventFilter, StandIn, StandInOptions};

/// How long a trial may take, every wait included; far more than any needs.
const TRIAL_WITHIN: Duration = Duration::from_secs(90);

/// How long an accepted event may take to reach the stand-in.
const DELIVERY_WITHIN: Duration = Duration::from_secs(30);

/// The result of a trial.
pub(crate) type Outcome = anyhow::Result<()>;

/// What all trials share.
pub(crate) struct World {
    tokio: tokio::runtime::Runtime,
    running: Mutex<Option<Running>>,
    /// Where the Worker is, without a slash at the end.
    pub(crate) base: String,
    /// Follows no redirects and keeps no cookies.
    pub(crate) http: reqwest::Client,
    tiktok: OnceLock<StandIn>,
}

struct Running {
    worker: Runtime,
}

impl World {
    /// Builds the Worker if need be and starts it. Ends the process when that fails: there is nothing
    /// to try without it.
    pub(crate) fn start() -> Self {
        let mut world = Self::idle();
        let started = harness::runtime::build().and_then(|()| {
            let tiktok = StandIn::start(StandInOptions::default())?;
            let changes = changes(&tiktok.base_url());
            let builder = Runtime::builder().configure(move |config| config.merge(&changes));
            let worker = world.tokio.block_on(builder.start())?;
            let _ = world.tiktok.set(tiktok);
            Ok(Running { worker })
        });
        match started {
            Ok(running) => {
                world.base = running.worker.url("");
                world.running = Mutex::new(Some(running));
                world
            }
            Err(error) => {
                eprintln!("end-to-end tests cannot start: {error:#}");
                std::process::exit(1);
            }
        }
    }

    /// A world in which nothing runs.
    pub(crate) fn idle() -> Self {
        Self {
            tokio: tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .expect("threads can be started"),
            running: Mutex::new(None),
            base: String::new(),
            http: harness::http(),
            tiktok: OnceLock::new(),
        }
    }

    /// The stand-in for TikTok that the Worker reports to.
    pub(crate) fn tiktok(&self) -> &StandIn {
        self.tiktok.get().expect("it runs as long as the trials do")
    }

    /// The local token of a source.
    pub(crate) fn token(&self, source: &str) -> String {
        format!("local-{source}-token")
    }

    /// A POST to `/postback/{path}` with the token of the source that the path begins with.
    pub(crate) fn postback(&self, path: &str) -> reqwest::RequestBuilder {
        self.authorized(self.http.post(self.url(&format!("/postback/{path}"))), path)
    }

    /// The same as a GET.
    pub(crate) fn get_postback(&self, path: &str) -> reqwest::RequestBuilder {
        self.authorized(self.http.get(self.url(&format!("/postback/{path}"))), path)
    }

    fn authorized(&self, request: reqwest::RequestBuilder, path: &str) -> reqwest::RequestBuilder {
        let source = path.split(['/', '?']).next().unwrap_or(path);
        request.bearer_auth(self.token(source))
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
            let found = self.tiktok().events(&filter).into_iter().next();
            async move { Ok(found.map(|event| event.body)) }
        })
        .await
        .with_context(|| format!("the stand-in has {:?}", self.tiktok().counts(Some(pixel))))
    }

    /// Unix seconds.
    pub(crate) fn now() -> u64 {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        now.expect("after 1970").as_secs()
    }

    /// The full URL of a path of the Worker.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Prints what the runtime printed, for whoever looks into a failure.
    pub(crate) fn explain(&self) {
        if let Some(running) = &*self.running.lock().unwrap_or_else(PoisonError::into_inner) {
            eprintln!("---- the Worker's log ----\n{}\n", running.worker.log().text());
        }
    }

    /// Ends everything. Dropping the world would do too, if every trial let go of it.
    pub(crate) fn stop(&self) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
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

/// What the trials' configuration has besides `wrangler.toml`'s own.
fn changes(tiktok: &str) -> Value {
    json!({
        "tiktok_api_base": tiktok,
        "pixels": {
            "agency": { "event_source_id": "C5AGENCY", "access_token": "TIKTOK_TOKEN_AGENCY" },
            "shop": { "event_source": "offline", "event_source_id": "OFFLINE1", "access_token": "TIKTOK_TOKEN_SHOP" },
            "crm": { "event_source": "crm", "event_source_id": "CRM1", "access_token": "TIKTOK_TOKEN_CRM" },
        },
        "campaigns": {
            "agency": { "destination": "https://agency.example.com/", "pixel": "agency" },
        },
        "sources": {
            "both": { "profile": "generic", "pixels": ["main", "agency"], "token": "BOTH_TOKEN" },
            "shop": { "profile": "generic", "pixel": "shop", "token": "SHOP_TOKEN" },
            "crm": { "profile": "generic", "pixel": "crm", "token": "CRM_TOKEN" },
        },
    })
}
