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

/// Growth between the second and the last hundred thousand that passes for none. Not 1: three heaps
/// grow in steps of megabytes and give back when their collectors like, the stand-ins' too, and SQLite
/// fills its page cache. A tenth of some hundred megabytes over 300,000 requests is some 30 bytes for
/// each: a record or a payload that stayed would be far more. What was found is printed in bytes, so
/// that a smaller leak can be seen, too.
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

    /// What stayed of each request between the second and the last, negative where it shrank.
    pub(crate) fn bytes_per_request(&self) -> Option<f64> {
        let times = self.megabytes.len().checked_sub(3).filter(|&times| times > 0)?;
        let grown = (self.megabytes.last()? - self.megabytes[2]) * 1e6;
        Some(grown / (times as f64 * self.requests_each as f64))
    }
}

/// The same number of times for both: a process that has seen less has kept less.
pub(crate) fn run(repository: &Repository, plan: &Plan) -> Result<Vec<Memory>> {
    let mut all = Vec::new();
    for scenario in [Scenario::NewClick, Scenario::Accepted] {
        for who in [Who::Clickjoin, Who::Hono] {
            all.push(one(repository, plan, scenario, who)?);
        }
    }
    Ok(all)
}

fn one(repository: &Repository, plan: &Plan, scenario: Scenario, who: Who) -> Result<Memory> {
    let program = repository.program(who, scenario.floor());
    let workerd = Workerd::start(repository, &program, &new_click())?;
    let request = scenario.set_up(who, &workerd)?;
    let mut load = Load::new(repository.bench("load/load.lua"), &request, plan.connections)?;
    let mut megabytes = vec![workerd.resident()? as f64 / 1e6];
    for _ in 0..plan.memory_times {
        load.send(workerd.port(), plan.memory_requests)?;
        // Deliveries end, and the collector has its turn.
        sleep(Duration::from_secs(2));
        megabytes.push(workerd.resident()? as f64 / 1e6);
    }
    Ok(Memory { who, scenario: scenario.word(), requests_each: plan.memory_requests, megabytes })
}
