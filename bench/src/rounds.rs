//! Paired rounds, in an order that rotates. What the machine does meanwhile hits all contestants alike:
//!
//! - CPU is taken while all of them are under load but only one runs at a time, for a slice of
//!   milliseconds, the others stopped. A compiler in the background that made one turn of seconds twice
//!   as dear as the next changes such ratios by a few hundredths.
//!   Timers run on while a contestant is stopped, and what fell due is done when its slice begins. That
//!   is against whoever has more of them: us, whose 200 ms for a batch go by with less coming in.
//! - Requests per second and latencies are taken in a turn of their own, one after the other.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::Signal;
use serde::Serialize;

use crate::contestant::{Repository, Who};
use crate::load::{Load, Running};
use crate::plan::Plan;
use crate::scenario::{Scenario, Seen};
use crate::statistics::Spread;
use crate::workerd::Workerd;

/// How long effects may take to be seen: batches wait 200 ms for company, and a
/// backlog takes its time.
const DONE_WITHIN: Duration = Duration::from_secs(120);

/// How long one runs while the others rest: some hundred requests, and far shorter than anything that
/// disturbs.
const SLICE: Duration = Duration::from_millis(40);
/// For the answers that are on their way when the load stops.
const LAST_ANSWERS: Duration = Duration::from_millis(3);

/// One contestant's round.
#[derive(Clone, Copy, Debug, Default, Serialize)]
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
        let count = seats.len();
        seats.rotate_left(round.min(1) % count);
        measure(&mut seats, scenario, plan)?;
    }
    for seat in &seats {
        let log = seat.workerd.log()?;
        ensure!(log.is_empty(), "{} complained:\n{}", seat.who.name(), log.trim_end());
    }
    let turns = seats.into_iter().map(|seat| (seat.who, seat.turns)).collect();
    Outcome::new(scenario, turns)
}

/// One round of all.
fn measure(seats: &mut [Seat], scenario: Scenario, plan: &Plan) -> Result<()> {
    let mut shared = Vec::new();
    for seat in seats.iter() {
        let before = (Seen::of(&seat.workerd)?, seat.workerd.cpu()?);
        // It is ended when it has had its slices, long before this.
        let running = seat.load.start(seat.workerd.port(), DONE_WITHIN, None)?;
        seat.pause(&running)?;
        shared.push((before, running));
    }
    let slices = (plan.turn.as_millis() / SLICE.as_millis()).max(1);
    for _ in 0..slices {
        for (seat, (_, running)) in seats.iter().zip(&shared) {
            seat.workerd.signal(Signal::SIGCONT)?;
            running.signal(Signal::SIGCONT)?;
            sleep(SLICE);
            seat.pause(running)?;
        }
    }
    for (seat, ((seen, cpu), mut running)) in seats.iter_mut().zip(shared) {
        seat.workerd.signal(Signal::SIGCONT)?;
        running.signal(Signal::SIGCONT)?;
        running.end()?;
        let requests = seat.load.finish(running)?.requests;
        seat.wait_for_effects(scenario, requests, seen)?;
        let cpu_us = (seat.workerd.cpu()? - cpu).as_secs_f64() * 1e6 / requests as f64;
        seat.turns.push(Turn { cpu_us, ..Turn::default() });
    }
    for seat in seats {
        let seen = Seen::of(&seat.workerd)?;
        let alone = seat.load.run(seat.workerd.port(), plan.alone)?;
        seat.wait_for_effects(scenario, alone.requests, seen)?;
        if let Some(turn) = seat.turns.last_mut() {
            turn.requests_per_second = alone.requests as f64 / alone.seconds;
            (turn.p50_ms, turn.p99_ms) = (alone.p50_ms, alone.p99_ms);
        }
    }
    Ok(())
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
        seat.load.run(seat.workerd.port(), plan.warm_up).with_context(named)?;
        Ok(seat)
    }

    /// Stops load and Worker.
    fn pause(&self, running: &Running) -> Result<()> {
        running.signal(Signal::SIGSTOP)?;
        sleep(LAST_ANSWERS);
        self.workerd.signal(Signal::SIGSTOP)
    }

    /// Waits until all that was sent has had its effects, so that their CPU is counted.
    fn wait_for_effects(&self, scenario: Scenario, sent: u64, before: Seen) -> Result<()> {
        let begun = Instant::now();
        while !scenario.is_done(self.who, &self.workerd, sent, before)? {
            if begun.elapsed() > DONE_WITHIN {
                let now = Seen::of(&self.workerd)?;
                bail!("{sent} requests, and only this came of them: {before:?} {now:?}");
            }
            sleep(Duration::from_millis(50));
        }
        Ok(())
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
