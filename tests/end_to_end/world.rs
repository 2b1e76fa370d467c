//! What the trials share: the running Worker, a client, and a way to write a trial as an async function.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use harness::Runtime;
use libtest_mimic::{Failed, Trial};

/// How long a trial may take, every wait included; far more than any needs.
const TRIAL_WITHIN: Duration = Duration::from_secs(90);

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
            world
                .tokio
                .block_on(async { Ok(Running { worker: Runtime::builder().start().await? }) })
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
        }
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
