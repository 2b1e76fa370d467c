//! The built Worker in bare workerd, the runtime itself without wrangler around it: what wrangler
//! cannot give is under the test's own hands. KV and the ledger are stand-ins that hang and fail as
//! they are told, every fetch of the Worker ends at one origin, and the `Host` of a request is whatever
//! the test says. See [`crate::outside::Outside`].

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::config::{WorkerConfig, repository};
use crate::net::{free_port, http};
use crate::outside::Outside;
use crate::process::{Group, Log};

/// workerd is ready in a fraction of a second on an idle machine; a busy one gets this long.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// The Durable Object that stands for the ledger: it passes on what it is asked.
const LEDGER: &str = r#"import { DurableObject } from "cloudflare:workers";
export class Ledger extends DurableObject {
  async ask(question) {
    const answer = await fetch("http://ledger/", { method: "POST", body: question });
    if (answer.ok) return answer.text();
  }
}
export default { fetch: () => new Response(null, { status: 404 }) };
"#;

/// What is different from the usual around a Worker.
#[derive(Clone, Copy, Default, Debug)]
pub struct Around {
    /// A module in front of the Worker's own, which it imports as `./index.js`.
    pub front: Option<&'static str>,
    /// The Worker's own ledger in place of the stand-in. Then what the Worker fetches
    /// goes where its URL says, and not to the origin.
    pub own_ledger: bool,
}

/// A running Worker. Dropping it kills it and removes its folder.
pub struct Workerd {
    _group: Group,
    log: Log,
    port: u16,
    _folder: TempDir,
}

impl Workerd {
    /// Starts the built Worker with this `[vars.CONFIG]`, local secrets, and this around it.
    ///
    /// # Errors
    /// When the Worker is not built, workerd is not installed, or nothing answers within a minute.
    pub async fn start(worker: &Value, outside: &Outside) -> Result<Self> {
        Self::start_in(worker, outside, Around::default()).await
    }

    /// As [`Self::start`], with something different around it.
    ///
    /// # Errors
    /// As there.
    pub async fn start_in(worker: &Value, outside: &Outside, around: Around) -> Result<Self> {
        let repository = repository();
        let workerd = repository.join("node_modules/.bin/workerd");
        for (file, remedy) in
            [(repository.join("build/index.js"), "make build"), (workerd.clone(), "make setup")]
        {
            if !file.exists() {
                bail!("{} is missing. Run: {remedy}", file.display());
            }
        }
        let mut config = WorkerConfig::read(&repository)?;
        *config.worker() = worker.clone();
        let port = free_port()?;
        let folder = tempfile::Builder::new().prefix("clickjoin-").tempdir()?;
        for file in ["index.js", "index_bg.wasm"] {
            fs::copy(repository.join("build").join(file), folder.path().join(file))?;
        }
        fs::write(folder.path().join("ledger.js"), LEDGER)?;
        fs::create_dir(folder.path().join("disk"))?;
        if let Some(front) = around.front {
            fs::write(folder.path().join("front.js"), front)?;
        }
        fs::write(folder.path().join("config.capnp"), capnp(&config, port, outside, around))?;

        let log = Log::default();
        let group = Group::start(&serve(&workerd, folder.path()), &log, None)?;
        let mut running = Self { _group: group, log, port, _folder: folder };
        running.ready().await?;
        Ok(running)
    }

    /// The full URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What workerd and the Worker have printed so far.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }

    async fn ready(&mut self) -> Result<()> {
        let client = http();
        let begun = Instant::now();
        while client.get(self.url("/healthz")).send().await.is_err() {
            if let Some(status) = self._group.exited() {
                bail!("workerd ended ({status}). It printed:\n{}", self.log.text());
            }
            if begun.elapsed() > READY_WITHIN {
                bail!("workerd does not answer. It printed:\n{}", self.log.text());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

fn serve(workerd: &Path, folder: &Path) -> Command {
    let mut command = Command::new(workerd);
    command.args(["serve", "--experimental", "config.capnp"]).current_dir(folder);
    command
}

/// The configuration in workerd's own language.
fn capnp(config: &WorkerConfig, port: u16, outside: &Outside, around: Around) -> String {
    let front = match around.front {
        Some(_) => r#"(name = "front.js", esModule = embed "front.js"),"#,
        None => "",
    };
    let (ledger_from, own_ledger, outbound) = if around.own_ledger {
        let own = r#"durableObjectNamespaces = [(className = "Ledger", uniqueKey = "own", enableSql = true)],
  durableObjectStorage = (localDisk = "disk"),"#;
        ("clickjoin", own, "internet")
    } else {
        ("objects", "", "origin")
    };
    let secrets: BTreeMap<String, String> = config.local_secrets();
    let secrets: String = secrets
        .iter()
        .map(|(name, value)| format!("    (name = {}, text = {}),\n", text(name), text(value)))
        .collect();
    let date = config.wrangler["compatibility_date"].as_str().unwrap_or("2026-11-01");
    let worker = config.wrangler["vars"]["CONFIG"].to_string();
    format!(
        r#"using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "clickjoin", worker = .clickjoin),
    (name = "kv", external = (address = {kv}, http = ())),
    (name = "origin", external = (address = {origin}, http = ())),
    (name = "ledger", external = (address = {ledger}, http = ())),
    (name = "objects", worker = .objects),
    (name = "disk", disk = (path = "disk", writable = true)),
    (name = "internet", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:{port}", http = (), service = "clickjoin")],
);
const clickjoin :Workerd.Worker = (
  compatibilityDate = {date},
  modules = [
    {front}
    (name = "index.js", esModule = embed "index.js"),
    (name = "index_bg.wasm", wasm = embed "index_bg.wasm"),
  ],
  bindings = [
    (name = "CLICKS", kvNamespace = "kv"),
    (name = "LEDGER", durableObjectNamespace = (className = "Ledger", serviceName = "{ledger_from}")),
    (name = "CONFIG", json = {worker}),
{secrets}  ],
  {own_ledger}
  globalOutbound = "{outbound}",
);
const objects :Workerd.Worker = (
  compatibilityDate = {date},
  modules = [(name = "ledger.js", esModule = embed "ledger.js")],
  durableObjectNamespaces = [(className = "Ledger", uniqueKey = "ledger")],
  durableObjectStorage = (inMemory = void),
  globalOutbound = "ledger",
);
"#,
        kv = text(&outside.kv.address().to_string()),
        origin = text(&outside.origin.address().to_string()),
        ledger = text(&outside.ledger.address().to_string()),
        date = text(date),
        worker = text(&worker),
    )
}

/// A text in quotes, as Cap'n Proto reads it.
fn text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
