//! The runtime's resident size as requests go by the hundred thousand.

use std::thread::sleep;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use crate::contestant::{Repository, Who};
use crate::load::Load;
use crate::plan::Plan;
use crate::scenario::{Scenario, new_click};
use crate::workerd::Workerd;

/// Growth between the second and the last hundred thousand that is none: the collector's whim.
pub(crate) const ALLOWED_GROWTH: f64 = 1.10;

/// One contestant in one scenario.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Memory {
    pub(crate) who: Who,
    pub(crate) scenario: &'static str,
    pub(crate) requests_each: u64,
    /// Before the first, then after each so many requests.
    pub(crate) megabytes: Vec<f64>,
}

impl Memory {
    /// The last against the second; none where there were not that many.
    pub(crate) fn growth(&self) -> Option<f64> {
        (self.megabytes.len() > 3)
            .then(|| self.megabytes.last().map(|last| last / self.megabytes[2]))?
    }
}

/// Five times for us, once for Hono.
pub(crate) fn run(repository: &Repository, plan: &Plan) -> Result<Vec<Memory>> {
    let mut all = Vec::new();
    for scenario in [Scenario::NewClick, Scenario::Accepted] {
        for (who, times) in [(Who::Clickjoin, plan.memory_times), (Who::Hono, 1)] {
            all.push(one(repository, plan, scenario, who, times)?);
        }
    }
    Ok(all)
}

fn one(
    repository: &Repository,
    plan: &Plan,
    scenario: Scenario,
    who: Who,
    times: usize,
) -> Result<Memory> {
    let program = repository.program(who, scenario.floor());
    let workerd = Workerd::start(repository, &program, &new_click())?;
    let request = scenario.set_up(who, &workerd)?;
    let mut load = Load::new(repository.bench("load/load.lua"), &request, plan.connections)?;
    let mut megabytes = vec![workerd.resident()? as f64 / 1e6];
    for _ in 0..times {
        load.send(workerd.port(), plan.memory_requests)?;
        // Deliveries end, and the collector has its turn.
        sleep(Duration::from_secs(2));
        megabytes.push(workerd.resident()? as f64 / 1e6);
    }
    Ok(Memory { who, scenario: scenario.word(), requests_each: plan.memory_requests, megabytes })
}
