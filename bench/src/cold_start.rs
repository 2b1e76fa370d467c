//! Cold start: from a fresh process, and so a fresh isolate, to its first answer.
//!
//! workerd's own start is the greater part of it and the same for all; what the bare redirect needs is
//! taken off to see what a Worker adds: loading, compiling, reading its configuration.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::contestant::{Floor, Repository, Who};
use crate::plan::Plan;
use crate::scenario::new_click;
use crate::statistics::Spread;
use crate::workerd::Workerd;

/// Milliseconds of one contestant.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct ColdStart {
    pub(crate) first_answer_ms: Spread,
    pub(crate) cpu_ms: Spread,
    /// Beyond the floor started in the same round.
    pub(crate) above_floor_ms: Spread,
    pub(crate) cpu_above_floor_ms: Spread,
}

/// Starts each contestant again and again, in turn.
pub(crate) fn run(repository: &Repository, plan: &Plan) -> Result<BTreeMap<Who, ColdStart>> {
    let contestants = [Who::Clickjoin, Who::Hono, Who::Floor];
    let mut walls: BTreeMap<Who, Vec<f64>> = BTreeMap::new();
    let mut cpus = walls.clone();
    // The first of each is thrown away: the files are not in memory yet.
    for round in 0..=plan.cold_starts {
        for turn in 0..contestants.len() {
            let who = contestants[(round + turn) % contestants.len()];
            let program = repository.program(who, Floor::Redirect);
            let workerd = Workerd::start(repository, &program, &new_click())?;
            if round > 0 {
                walls.entry(who).or_default().push(workerd.first_answer.as_secs_f64() * 1e3);
                cpus.entry(who).or_default().push(workerd.cpu()?.as_secs_f64() * 1e3);
            }
        }
    }
    let above = |all: &BTreeMap<Who, Vec<f64>>, who: Who| {
        Spread::of(all[&who].iter().zip(&all[&Who::Floor]).map(|(own, floor)| own - floor))
    };
    let mut starts = BTreeMap::new();
    for who in contestants {
        let spread = |all: &BTreeMap<Who, Vec<f64>>| Spread::of(all[&who].iter().copied());
        let start = (|| {
            Some(ColdStart {
                first_answer_ms: spread(&walls)?,
                cpu_ms: spread(&cpus)?,
                above_floor_ms: above(&walls, who)?,
                cpu_above_floor_ms: above(&cpus, who)?,
            })
        })();
        starts.insert(who, start.context("no cold start")?);
    }
    Ok(starts)
}
