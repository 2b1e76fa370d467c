//! How long and how often: the whole benchmark, or one short round that only shows that it runs.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::contestant::{Repository, Who};

/// What the command line asks for.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) smoke: bool,
    pub(crate) rounds: usize,
    /// Each contestant's share of a round, for CPU.
    pub(crate) turn: Duration,
    /// And alone, for requests per second and latencies.
    pub(crate) alone: Duration,
    pub(crate) warm_up: Duration,
    pub(crate) connections: u32,
    /// Postbacks of a burst.
    pub(crate) burst: u64,
    /// How often each contestant is started.
    pub(crate) cold_starts: usize,
    /// The "hundred thousand" of the memory measurement, and how many of them.
    pub(crate) memory_requests: u64,
    pub(crate) memory_times: usize,
    /// Scenarios and parts to run, by their words; all when empty.
    pub(crate) only: Vec<String>,
    /// Another build of ours to take part.
    pub(crate) before: Option<PathBuf>,
}

const HELP: &str = "bench [--smoke] [--rounds N] [--seconds N] [--before FOLDER] [PART…]
  --smoke          one short round of everything: shows that it runs, says nothing about speed
  --rounds N       rounds of each scenario (9)
  --seconds N      length of each contestant's turn (2)
  --before FOLDER  another build of Clickjoin (a copy of build/) to compare with
  PART             only these: size, same-job, capture-new, capture-returning,
                   redirect-without-ttclid, postback-accepted, postback-duplicate,
                   capture-slow-kv, burst, cold-start, memory";

impl Plan {
    /// Reads the command line.
    pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let second = Duration::from_secs(1);
        let mut plan = Self {
            smoke: false,
            rounds: 9,
            turn: 2 * second,
            alone: second,
            warm_up: 3 * second,
            connections: 8,
            burst: 10_000,
            cold_starts: 15,
            memory_requests: 100_000,
            memory_times: 5,
            only: Vec::new(),
            before: None,
        };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--smoke" => {
                    plan = Self {
                        smoke: true,
                        rounds: 1,
                        turn: second / 4,
                        warm_up: second,
                        burst: 500,
                        cold_starts: 1,
                        memory_requests: 500,
                        memory_times: 1,
                        ..plan
                    };
                }
                "--rounds" => plan.rounds = number(args.next())?,
                "--seconds" => plan.turn = second * u32::try_from(number(args.next())?)?,
                "--before" => plan.before = args.next().map(PathBuf::from),
                part if !part.starts_with('-') => plan.only.push(part.to_owned()),
                _ => bail!("{HELP}"),
            }
        }
        Ok(plan)
    }

    /// Whether this part is asked for.
    pub(crate) fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }

    /// Who takes part, in the order of the table.
    pub(crate) fn contestants(&self, repository: &Repository) -> Vec<Who> {
        let mut all = vec![Who::Clickjoin];
        if repository.has_before() {
            all.push(Who::Before);
        }
        all.extend([Who::Hono, Who::Floor]);
        all
    }
}

fn number(arg: Option<String>) -> Result<usize> {
    match arg.as_deref().map(str::parse) {
        Some(Ok(number)) if number > 0 => Ok(number),
        _ => bail!("{HELP}"),
    }
}
