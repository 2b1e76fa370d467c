//! Load, by wrk: one thread, a few connections that are kept, as fast as the Worker answers.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Deserialize;

use crate::http::Request;

/// Where a request has this, each sending of it has a number of its own.
pub(crate) const NUMBER: &str = "@@@@@@@@@";

/// What wrk reports of a run.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Report {
    pub(crate) requests: u64,
    pub(crate) seconds: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    errors: u64,
}

/// wrk with its script.
pub(crate) struct Load {
    script: PathBuf,
    request: tempfile::NamedTempFile,
    /// Numbers given out so far, at most.
    numbers: u64,
    connections: u32,
}

impl Load {
    pub(crate) fn new(script: PathBuf, request: &Request, connections: u32) -> Result<Self> {
        let file = tempfile::NamedTempFile::new()?;
        fs::write(file.path(), request.bytes())?;
        Ok(Self { script, request: file, numbers: 0, connections })
    }

    /// Sends for that long.
    pub(crate) fn run(&mut self, port: u16, how_long: Duration) -> Result<Report> {
        let running = self.start(port, how_long, None)?;
        self.finish(running)
    }

    /// Sends until that many are answered.
    pub(crate) fn send(&mut self, port: u16, count: u64) -> Result<Report> {
        // Sooner or later: even a hundred a second come to an end.
        let running = self.start(port, Duration::from_secs(1 + count / 100), Some(count))?;
        let report = self.finish(running)?;
        ensure!(report.requests >= count, "only {} of {count} were answered", report.requests);
        Ok(report)
    }

    /// Begins to send for that long, or until there are enough answers.
    pub(crate) fn start(
        &self,
        port: u16,
        longest: Duration,
        enough: Option<u64>,
    ) -> Result<Running> {
        let wrk = Command::new("wrk")
            .args(["--threads", "1", "--connections", &self.connections.to_string()])
            // wrk counts in whole seconds.
            .args(["--duration", &format!("{}s", longest.as_secs().max(1))])
            .args(["--timeout", "30s", "--script"])
            .arg(&self.script)
            .arg(format!("http://127.0.0.1:{port}/"))
            .arg("--")
            .arg(self.request.path())
            .arg(self.numbers.to_string())
            .args(enough.map(|enough| enough.to_string()))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run wrk")?;
        Ok(Running(wrk))
    }

    /// Waits until it has sent, and hears what it has to report.
    pub(crate) fn finish(&mut self, mut running: Running) -> Result<Report> {
        let mut last = String::new();
        let output = running.0.stderr.take().context("no output")?;
        for line in BufReader::new(output).lines() {
            last = line?;
            if last == "enough" {
                running.signal(Signal::SIGINT)?;
            }
        }
        running.0.wait()?;
        let report: Report =
            serde_json::from_str(&last).with_context(|| format!("wrk did not report: {last}"))?;
        if report.errors > 0 || report.requests == 0 {
            bail!("the Worker failed under load: {last}");
        }
        // Sent and never answered are at most as many as there are connections.
        self.numbers += report.requests + u64::from(self.connections) + 1;
        Ok(report)
    }
}

/// A wrk that sends.
pub(crate) struct Running(Child);

impl Running {
    /// SIGINT makes it end and report, SIGSTOP and SIGCONT let it rest and go on.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill(Pid::from_raw(i32::try_from(self.0.id())?), signal)?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
