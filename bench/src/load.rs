//! Load, by wrk: one thread, a few connections that are kept, as fast as the Worker answers.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
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
        self.wrk(port, how_long, None)
    }

    /// Sends until that many are answered.
    pub(crate) fn send(&mut self, port: u16, count: u64) -> Result<Report> {
        // Sooner or later: even a hundred a second come to an end.
        self.wrk(port, Duration::from_secs(1 + count / 100), Some(count))
    }

    fn wrk(&mut self, port: u16, longest: Duration, enough: Option<u64>) -> Result<Report> {
        let output = Command::new("wrk")
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
            .output()
            .context("cannot run wrk")?;
        let said = String::from_utf8_lossy(&output.stderr);
        let line = said.lines().last().unwrap_or_default();
        let report: Report =
            serde_json::from_str(line).with_context(|| format!("wrk did not report: {said}"))?;
        if report.errors > 0 || report.requests < enough.unwrap_or(1) {
            bail!("the Worker failed under load: {line}");
        }
        // Sent and never answered are at most as many as there are connections.
        self.numbers += report.requests + u64::from(self.connections) + 1;
        Ok(report)
    }
}
