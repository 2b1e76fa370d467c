//! Alternating short rounds: every contestant's turn comes in each round, in an order that rotates, so
//! that what the machine does meanwhile hits all of them alike.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;

use crate::contestant::{Repository, Who};
use crate::load::Load;
use crate::plan::Plan;
use crate::scenario::{Scenario, Seen};
use crate::statistics::Spread;
use crate::workerd::Workerd;

/// How long effects may take to be seen: batches wait some seconds for company.
const DONE_WITHIN: Duration = Duration::from_secs(120);

/// One contestant's turn.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Turn {
    /// Microseconds of CPU, of the whole process, for each request, with all that follows from it.
    pub(crate) cpu_us: f64,
    pub(crate) requests_per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

/// A scenario's rounds.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Outcome {
    pub(crate) scenario: &'static str,
    pub(crate) title: &'static str,
    pub(crate) turns: BTreeMap<Who, Vec<Turn>>,
    pub(crate) summaries: BTreeMap<Who, Summary>,
}

/// A contestant over all rounds, and us against it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Summary {
    pub(crate) cpu_us: Spread,
    pub(crate) requests_per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Clickjoin's CPU divided by this one's, round by round.
    pub(crate) clickjoin_is: Spread,
}

struct Seat {
    who: Who,
    workerd: Workerd,
    load: Load,
    turns: Vec<Turn>,
}

/// Runs one scenario.
pub(crate) fn run(repository: &Repository, plan: &Plan, scenario: Scenario) -> Result<Outcome> {
    let mut seats = Vec::new();
    for who in plan.contestants(repository) {
        seats.push(Seat::take(repository, plan, scenario, who)?);
    }
    for round in 0..plan.rounds {
        let first = round % seats.len();
        let (begin, end) = seats.split_at_mut(first);
        for seat in end.iter_mut().chain(begin) {
            let turn = seat.turn(scenario, plan.turn)?;
            seat.turns.push(turn);
        }
    }
    for seat in &seats {
        let log = seat.workerd.log()?;
        ensure!(log.is_empty(), "{} complained:\n{}", seat.who.name(), log.trim_end());
    }
    let turns = seats.into_iter().map(|seat| (seat.who, seat.turns)).collect();
    Outcome::new(scenario, turns)
}

impl Seat {
    fn take(repository: &Repository, plan: &Plan, scenario: Scenario, who: Who) -> Result<Self> {
        let named = || format!("{} in {}", who.name(), scenario.word());
        let program = repository.program(who, scenario.floor());
        let workerd = Workerd::start(repository, &program, &crate::scenario::new_click())
            .with_context(named)?;
        let request = scenario.set_up(who, &workerd).with_context(named)?;
        let load = Load::new(repository.bench("load/load.lua"), &request, plan.connections)?;
        let mut seat = Self { who, workerd, load, turns: Vec::new() };
        // Compilers of the engine have had their turn after some thousand requests.
        seat.turn(scenario, plan.warm_up).with_context(named)?;
        Ok(seat)
    }

    fn turn(&mut self, scenario: Scenario, how_long: Duration) -> Result<Turn> {
        let seen = Seen::of(&self.workerd)?;
        let cpu = self.workerd.cpu()?;
        let report = self.load.run(self.workerd.port(), how_long)?;
        let begun = Instant::now();
        while !scenario.is_done(self.who, &self.workerd, report.requests, seen)? {
            if begun.elapsed() > DONE_WITHIN {
                let now = Seen::of(&self.workerd)?;
                bail!("{} requests, and only this came of them: {seen:?} {now:?}", report.requests);
            }
            sleep(Duration::from_millis(50));
        }
        let cpu = self.workerd.cpu()? - cpu;
        Ok(Turn {
            cpu_us: cpu.as_secs_f64() * 1e6 / report.requests as f64,
            requests_per_second: report.requests as f64 / report.seconds,
            p50_ms: report.p50_ms,
            p99_ms: report.p99_ms,
        })
    }
}

impl Outcome {
    fn new(scenario: Scenario, turns: BTreeMap<Who, Vec<Turn>>) -> Result<Self> {
        let column = |who: Who, field: fn(&Turn) -> f64| -> Vec<f64> {
            turns.get(&who).into_iter().flatten().map(field).collect()
        };
        let ours = column(Who::Clickjoin, |turn| turn.cpu_us);
        let mut summaries = BTreeMap::new();
        for &who in turns.keys() {
            let spread = |field| Spread::of(column(who, field)).context("no rounds");
            let cpu_us = spread(|turn| turn.cpu_us)?;
            let theirs = column(who, |turn| turn.cpu_us);
            summaries.insert(
                who,
                Summary {
                    cpu_us,
                    requests_per_second: spread(|turn| turn.requests_per_second)?.median,
                    p50_ms: spread(|turn| turn.p50_ms)?.median,
                    p99_ms: spread(|turn| turn.p99_ms)?.median,
                    clickjoin_is: Spread::of_ratios(&ours, &theirs).context("no pairs")?,
                },
            );
        }
        Ok(Self { scenario: scenario.word(), title: scenario.title(), turns, summaries })
    }
}
