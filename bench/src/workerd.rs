//! One contestant in a workerd of its own, with KV and TikTok as stand-ins inside the same process,
//! and what the operating system says of that process.
//!
//! `workerd serve` and not `wrangler dev`: the latter's proxy costs more than what is measured.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;
use serde::Deserialize;
use tempfile::TempDir;

use crate::contestant::{Program, Repository};
use crate::http::{Answer, Request, exchange, free_port};

/// What every contestant is configured with.
pub(crate) const CONFIG: &str = r#"{
  "tiktok_api_base": "https://business-api.tiktok.com",
  "click_ttl_days": 30, "retention_days": 30, "max_event_age_days": 28, "ledger_shards": 1,
  "pixels": {"main": {"event_source": "web", "event_source_id": "C4PIXELCODE", "access_token": "TIKTOK_TOKEN"}},
  "campaigns": {"spring": {"destination": "https://quotes.example.com/solar?utm_source=tiktok", "pixel": "main"}},
  "sources": {"platform": {"profile": "generic", "pixel": "main", "token": "SOURCE_TOKEN", "currency": "USD", "country": "US"}}
}"#;
/// The source's token.
pub(crate) const SOURCE_TOKEN: &str = "bench-source-token-0123456789";

const READY_WITHIN: Duration = Duration::from_secs(20);

/// What a stand-in has seen.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Counters {
    pub(crate) puts: u64,
    pub(crate) requests: u64,
    pub(crate) events: u64,
    /// KV: the last value put. TikTok: the last request's body, with only its last event.
    pub(crate) last: serde_json::Value,
}

/// A running workerd. Dropping it ends it.
pub(crate) struct Workerd {
    child: Child,
    clock: ClockId,
    ports: Ports,
    /// From the start of the process to its first answer.
    pub(crate) first_answer: Duration,
    log: PathBuf,
    _scratch: TempDir,
}

#[derive(Clone, Copy)]
struct Ports {
    worker: u16,
    kv: u16,
    tiktok: u16,
}

impl Workerd {
    /// Starts it and waits until the Worker has answered `first`.
    pub(crate) fn start(
        repository: &Repository,
        program: &Program,
        first: &Request,
    ) -> Result<Self> {
        // The ledger's files are on a RAM disk where there is one: its CPU is measured, not the disk.
        let ram = Path::new("/dev/shm");
        let mut scratch = tempfile::Builder::new();
        scratch.prefix("clickjoin-bench-");
        let scratch = if ram.is_dir() { scratch.tempdir_in(ram) } else { scratch.tempdir() }?;
        let folder = scratch.path();
        fs::create_dir(folder.join("objects"))?;
        program.stage(folder)?;
        for stand_in in ["kv.js", "tiktok.js"] {
            fs::copy(repository.bench("stand-ins").join(stand_in), folder.join(stand_in))?;
        }
        let ports = Ports { worker: free_port()?, kv: free_port()?, tiktok: free_port()? };
        fs::write(folder.join("config.capnp"), configuration(program, ports, folder))?;

        let log = folder.join("log");
        let output = File::create(&log)?;
        let begun = Instant::now();
        // setpriv: it ends when we do, whatever ends us.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(repository.tool("workerd"))
            .args(["serve", "--experimental", "config.capnp", "config"])
            .current_dir(folder)
            .stdin(Stdio::null())
            // Standard output is what Workers log; the runtime complains on the other.
            .stdout(Stdio::null())
            .stderr(output)
            .spawn()
            .context("cannot run setpriv, of util-linux")?;
        let pid = Pid::from_raw(i32::try_from(child.id())?);
        let clock = clock_getcpuclockid(pid)?;
        let mut this =
            Self { child, clock, ports, first_answer: Duration::ZERO, log, _scratch: scratch };
        let answer = loop {
            if let Ok(answer) = exchange(this.ports.worker, first) {
                break answer;
            }
            if this.child.try_wait()?.is_some() || begun.elapsed() > READY_WITHIN {
                bail!("workerd did not answer. It printed:\n{}", fs::read_to_string(&this.log)?);
            }
            sleep(Duration::from_millis(1));
        };
        this.first_answer = begun.elapsed();
        if answer.status >= 400 {
            let health = this.ask(&Request::get("/healthz", &[]))?;
            bail!("it answers {}: {}\n{}", answer.status, answer.body.trim_end(), health.body);
        }
        Ok(this)
    }

    pub(crate) fn port(&self) -> u16 {
        self.ports.worker
    }

    /// Sends the Worker one request.
    pub(crate) fn ask(&self, request: &Request) -> Result<Answer> {
        exchange(self.ports.worker, request)
    }

    /// CPU time that the whole process has used, exited threads included.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        Ok(Duration::from(self.clock.now()?))
    }

    /// SIGSTOP and SIGCONT let it rest and go on.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill(Pid::from_raw(i32::try_from(self.child.id())?), signal)?)
    }

    /// Resident size in bytes.
    pub(crate) fn resident(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        // Without the ledger's files, which the system counts where they are mapped.
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        Ok(kilobytes.context("no RssAnon in /proc")? * 1024)
    }

    pub(crate) fn kv(&self) -> Result<Counters> {
        counters(self.ports.kv, "/__stand-in")
    }

    pub(crate) fn tiktok(&self) -> Result<Counters> {
        counters(self.ports.tiktok, "/__stand-in")
    }

    /// Makes KV answer this much later from now on.
    pub(crate) fn slow_kv(&self, delay: Duration) -> Result<()> {
        counters(self.ports.kv, &format!("/__stand-in?delay_ms={}", delay.as_millis())).map(|_| ())
    }

    /// What it printed: nothing, when all is well.
    pub(crate) fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(&self.log)?)
    }
}

impl Drop for Workerd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn counters(port: u16, target: &str) -> Result<Counters> {
    let answer =
        exchange(port, &Request::get(target, &[])).context("a stand-in does not answer")?;
    Ok(serde_json::from_str(&answer.body)?)
}

const LEDGER_BINDING: &str = r#"(name = "LEDGER", durableObjectNamespace = "Ledger"),"#;
const LEDGER: &str = r#"durableObjectNamespaces = [ (className = "Ledger", uniqueKey = "ledger", enableSql = true) ],
  durableObjectStorage = (localDisk = "objects"),"#;

fn configuration(program: &Program, ports: Ports, folder: &Path) -> String {
    let module = |name: &str| {
        let kind = if name.ends_with(".wasm") { "wasm" } else { "esModule" };
        format!("(name = \"{name}\", {kind} = embed \"{name}\")")
    };
    let modules =
        program.modules.iter().map(|(name, _)| module(name)).collect::<Vec<_>>().join(", ");
    let socket = |service: &str, port: u16| {
        format!(
            "(name = \"{service}\", address = \"127.0.0.1:{port}\", http = (), service = \"{service}\")"
        )
    };
    let sockets =
        [socket("main", ports.worker), socket("kv", ports.kv), socket("tiktok", ports.tiktok)];
    let binding = if program.has_ledger { LEDGER_BINDING } else { "" };
    let ledger = if program.has_ledger { LEDGER } else { "" };
    let config = serde_json::to_string(CONFIG).unwrap_or_default();
    format!(
        r#"using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "kv", worker = .kv),
    (name = "tiktok", worker = .tiktok),
    (name = "objects", disk = (path = "{objects}", writable = true)),
  ],
  sockets = [ {sockets} ],
);

const main :Workerd.Worker = (
  modules = [ {modules} ],
  compatibilityDate = "2026-11-01",
  bindings = [
    (name = "CLICKS", kvNamespace = "kv"),
    {binding}
    (name = "CONFIG", json = {config}),
    (name = "TIKTOK_TOKEN", text = "bench-access-token"),
    (name = "SOURCE_TOKEN", text = "{SOURCE_TOKEN}"),
  ],
  globalOutbound = "tiktok",
  {ledger}
);

const kv :Workerd.Worker = (
  modules = [ (name = "kv.js", esModule = embed "kv.js") ],
  compatibilityDate = "2026-11-01",
);

const tiktok :Workerd.Worker = (
  modules = [ (name = "tiktok.js", esModule = embed "tiktok.js") ],
  compatibilityDate = "2026-11-01",
);
"#,
        objects = folder.join("objects").display(),
        sockets = sockets.join(", "),
    )
}
