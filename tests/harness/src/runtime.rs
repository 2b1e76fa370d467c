//! One `wrangler dev` with the built Worker in it: the real runtime, offline.
//!
//! Each run has a scratch folder with its own configuration and `.dev.vars`, so that the user's files
//! are only ever read. State (KV, Durable Objects) is in a folder that outlives a restart.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::config::{self, WorkerConfig};
use crate::net::{free_port, http, is_free};
use crate::process::{Group, Log, OnLine};

/// wrangler is ready in two seconds on an idle machine; a busy one gets this long.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// How long wrangler may take to end by itself before it is killed.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// Changes the configuration before the run.
type Change = Box<dyn FnOnce(&mut WorkerConfig)>;

/// What a run should be like; everything has a default. Made by [`Runtime::builder`].
#[derive(Default)]
pub struct Builder {
    port: Option<u16>,
    state: Option<PathBuf>,
    secrets: BTreeMap<String, Option<String>>,
    changes: Vec<Change>,
    on_line: Option<OnLine>,
    rebuild: bool,
}

impl Builder {
    /// Listens on this port of the loopback address. Default: a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Keeps KV and Durable Objects in this folder. Default: a fresh one, removed at the end.
    #[must_use]
    pub fn state(mut self, folder: impl Into<PathBuf>) -> Self {
        self.state = Some(folder.into());
        self
    }

    /// Gives one secret this value. Default: [`WorkerConfig::local_secrets`].
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.secrets.insert(name.into(), Some(value.into()));
        self
    }

    /// Leaves one secret out, though the configuration names it.
    #[must_use]
    pub fn without_secret(mut self, name: impl Into<String>) -> Self {
        self.secrets.insert(name.into(), None);
        self
    }

    /// Changes the configuration, after the repository's `wrangler.toml` is read. Can be given often.
    #[must_use]
    pub fn configure(mut self, change: impl FnOnce(&mut WorkerConfig) + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// Calls this with every line that wrangler prints, as it comes.
    #[must_use]
    pub fn on_line(mut self, on_line: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.on_line = Some(std::sync::Arc::new(on_line));
        self
    }

    /// Runs `make build` whenever a source of the Worker changes, and reloads it.
    #[must_use]
    pub fn rebuild_on_change(mut self) -> Self {
        self.rebuild = true;
        self
    }

    /// Starts it and waits until the Worker answers.
    ///
    /// # Errors
    /// When the Worker is not built, wrangler is not installed, the port is taken, or nothing answers
    /// within a minute; with what wrangler printed.
    pub async fn start(self) -> Result<Runtime> {
        let repository = config::repository();
        for (file, remedy) in
            [("build/index.js", "make build"), ("node_modules/.bin/wrangler", "make setup")]
        {
            if !repository.join(file).exists() {
                bail!("{file} is missing. Run: {remedy}");
            }
        }
        let mut config = WorkerConfig::read(&repository)?;
        for change in self.changes {
            change(&mut config);
        }
        let mut secrets = config.local_secrets();
        for (name, value) in self.secrets {
            match value {
                Some(value) => secrets.insert(name, value),
                None => secrets.remove(&name),
            };
        }

        let scratch = tempfile::Builder::new().prefix("clickjoin-").tempdir()?;
        let folder = scratch.path().canonicalize()?;
        config.localise(&repository, &folder, self.rebuild);
        let settings = serde_json::to_vec_pretty(&config.wrangler)?;
        fs::write(folder.join("wrangler.json"), settings)?;
        config::write_dev_vars(&folder.join(".dev.vars"), &secrets)?;
        let state = self.state.unwrap_or_else(|| folder.join("state"));
        let port = match self.port {
            Some(port) => port,
            None => free_port()?,
        };

        let command = wrangler_dev(&repository, &folder, &state, port);
        let log = Log::default();
        let group = Group::start(&command, &log, self.on_line.clone())?;
        let mut runtime = Runtime {
            command,
            group,
            log,
            port,
            config,
            secrets,
            on_line: self.on_line,
            _scratch: scratch,
        };
        runtime.ready().await?;
        Ok(runtime)
    }
}

fn wrangler_dev(repository: &Path, scratch: &Path, state: &Path, port: u16) -> Command {
    let tools = repository.join("node_modules/.bin");
    let mut path = tools.clone().into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());

    // The project's own Node: wrangler refuses older ones.
    let mut command = Command::new(tools.join("node"));
    command
        .arg(repository.join("node_modules/wrangler/bin/wrangler.js"))
        .args(["dev", "--local", "--ip", "127.0.0.1", "--inspector-port", "0"])
        .args(["--show-interactive-dev-session", "false"])
        .args(["--port", &port.to_string()])
        .arg("--config")
        .arg(scratch.join("wrangler.json"))
        .arg("--persist-to")
        .arg(state)
        .current_dir(scratch)
        .env("PATH", path)
        // Quiet and offline: no metrics, no banner, no look for updates, no request for Request.cf.
        .env("CI", "1")
        .env("NO_COLOR", "1")
        .env("FORCE_COLOR", "0")
        .env("WRANGLER_SEND_METRICS", "false")
        .env("WRANGLER_SEND_ERROR_REPORTS", "false")
        .env("WRANGLER_HIDE_BANNER", "true")
        .env("WRANGLER_LOG_PATH", scratch.join("wrangler-logs"))
        .env("WRANGLER_REGISTRY_PATH", scratch.join("registry"))
        .env("CLOUDFLARE_CF_FETCH_ENABLED", "false");
    command
}

/// A running Worker. Dropping it kills it and removes its scratch folder.
pub struct Runtime {
    command: Command,
    group: Group,
    log: Log,
    port: u16,
    config: WorkerConfig,
    secrets: BTreeMap<String, String>,
    on_line: Option<OnLine>,
    // Last: removed after the group is gone.
    _scratch: TempDir,
}

impl Runtime {
    /// A run with the repository's configuration, local secrets, a free port and fresh state.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The port of the loopback address it listens on. A restart keeps it.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The full URL of a path: `url("/healthz")` is `http://127.0.0.1:54321/healthz`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The value that a secret has in this run.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<&str> {
        self.secrets.get(name).map(String::as_str)
    }

    /// The configuration of this run.
    #[must_use]
    pub fn config(&self) -> &WorkerConfig {
        &self.config
    }

    /// What wrangler and the Worker have printed so far, over all restarts.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Kills wrangler and workerd at once, as a power cut would, and returns when nobody listens any
    /// more. State stays; see [`Self::restart`].
    pub fn kill_hard(&mut self) {
        self.group.kill();
        // The signal reaches all of them now, but only the leader is ours to wait for: workerd holds
        // its port a moment longer.
        let end = Instant::now() + STOP_WITHIN;
        while !is_free(self.port) && Instant::now() < end {
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Lets wrangler end by itself, and kills it when it does not.
    pub fn stop(&mut self) {
        self.group.stop(STOP_WITHIN);
    }

    /// Starts it again on the same port with the same state, after ending it if it still runs.
    ///
    /// # Errors
    /// As [`Builder::start`].
    pub async fn restart(&mut self) -> Result<()> {
        self.kill_hard();
        self.group = Group::start(&self.command, &self.log, self.on_line.clone())?;
        self.ready().await
    }

    /// Whether wrangler still runs.
    pub fn is_running(&mut self) -> bool {
        self.group.exited().is_none()
    }

    async fn ready(&mut self) -> Result<()> {
        let client = http();
        let begun = Instant::now();
        loop {
            // Any answer will do: whether the Worker is content is not asked here. Nobody's path, and
            // not `/healthz`: that would wake the ledger, whose alarm has to ring by itself.
            if client.get(self.url("/c")).send().await.is_ok() {
                return Ok(());
            }
            if let Some(status) = self.group.exited() {
                bail!("wrangler dev ended ({status}). It printed:\n{}", self.log.text());
            }
            if begun.elapsed() > READY_WITHIN {
                bail!(
                    "wrangler dev did not answer within {READY_WITHIN:?}. It printed:\n{}",
                    self.log.text()
                );
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Builds the Worker if its sources are newer than the build, by `make build`.
///
/// # Errors
/// When it does not build; make has said why.
pub fn build() -> Result<()> {
    let repository = config::repository();
    let status = Command::new("make")
        .args(["--silent", "build"])
        .current_dir(&repository)
        .status()
        .context("make is missing; it builds the Worker")?;
    if !status.success() {
        bail!("the Worker did not build");
    }
    Ok(())
}
