//! What was measured: for people on the terminal, for programs as JSON, for the README as a picture.

pub(crate) mod picture;
pub(crate) mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde::Serialize;

use crate::burst::Burst;
use crate::cold_start::ColdStart;
use crate::contestant::{Repository, Who};
use crate::cost::Estimate;
use crate::memory::Memory;
use crate::rounds::Outcome;
use crate::size::Size;

/// All of it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Option<Machine>,
    pub(crate) sizes: Vec<Size>,
    pub(crate) scenarios: Vec<Outcome>,
    pub(crate) bursts: Vec<Burst>,
    pub(crate) cold_starts: BTreeMap<Who, ColdStart>,
    pub(crate) memory: Vec<Memory>,
    pub(crate) costs: Vec<Estimate>,
}

/// Where it was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    cpu: String,
    cores: usize,
    kernel: String,
    workerd: String,
    commit: String,
}

impl Machine {
    pub(crate) fn this(repository: &Repository) -> Self {
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let mut commit = Command::new("git");
        commit.args(["describe", "--always", "--dirty"]).current_dir(repository.bench("."));
        Self {
            cpu: cpu.map_or_else(String::new, |(_, model)| model.to_owned()),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            kernel: said(Command::new("uname").arg("-r")),
            workerd: said(Command::new(repository.tool("workerd")).arg("--version")),
            commit: said(&mut commit),
        }
    }
}

fn said(command: &mut Command) -> String {
    let output = command.output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_owned()
}

impl Report {
    /// Writes the JSON and the picture into a folder.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)?;
        let mut json = serde_json::to_string_pretty(self)?;
        json.push('\n');
        fs::write(folder.join("results.json"), json)?;
        fs::write(folder.join("cpu.svg"), picture::draw(self))?;
        Ok(())
    }

    /// The middle CPU time of a scenario, in microseconds.
    pub(crate) fn cpu_us(&self, scenario: &str, who: Who) -> Option<f64> {
        let outcome = self.scenarios.iter().find(|outcome| outcome.scenario == scenario)?;
        Some(outcome.summaries.get(&who)?.cpu_us.median)
    }
}
