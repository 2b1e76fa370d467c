//! A burst of postbacks: how long until TikTok has them all, and in how many requests.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::contestant::{Repository, Who};
use crate::load::Load;
use crate::plan::Plan;
use crate::scenario::{Scenario, Seen, new_click};
use crate::statistics::Spread;
use crate::workerd::Workerd;

const PATIENCE: Duration = Duration::from_secs(300);

/// Bursts of each; one burst alone is at the mercy of what else the machine does.
const RUNS: usize = 3;

/// What became of a contestant's bursts: the median of each figure.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Burst {
    pub(crate) who: Who,
    pub(crate) runs: usize,
    pub(crate) postbacks: u64,
    /// Until the last was acknowledged.
    pub(crate) acknowledged_seconds: f64,
    /// Until TikTok had them all, from the first postback.
    pub(crate) delivered_seconds: f64,
    pub(crate) tiktok_requests: u64,
    /// CPU for each postback, delivery included, in microseconds.
    pub(crate) cpu_us: f64,
}

/// Sends bursts to each of those who deliver, in turn and each time to a fresh process.
pub(crate) fn run(repository: &Repository, plan: &Plan) -> Result<Vec<Burst>> {
    let contestants = [Who::Clickjoin, Who::Hono];
    let mut all = Vec::new();
    for _ in 0..if plan.smoke { 1 } else { RUNS } {
        for who in contestants {
            all.push(one(repository, plan, who)?);
        }
    }
    let of = |who| all.iter().filter(|burst| burst.who == who).copied().collect::<Vec<_>>();
    contestants.into_iter().map(|who| median(&of(who)).context("no bursts")).collect()
}

/// Figure by figure; none of no bursts.
fn median(bursts: &[Burst]) -> Option<Burst> {
    let of = |field: fn(&Burst) -> f64| Some(Spread::of(bursts.iter().map(field))?.median);
    Some(Burst {
        who: bursts.first()?.who,
        runs: bursts.len(),
        postbacks: of(|burst| burst.postbacks as f64)? as u64,
        acknowledged_seconds: of(|burst| burst.acknowledged_seconds)?,
        delivered_seconds: of(|burst| burst.delivered_seconds)?,
        tiktok_requests: of(|burst| burst.tiktok_requests as f64)? as u64,
        cpu_us: of(|burst| burst.cpu_us)?,
    })
}

fn one(repository: &Repository, plan: &Plan, who: Who) -> Result<Burst> {
    let scenario = Scenario::Accepted;
    let program = repository.program(who, scenario.floor());
    let workerd = Workerd::start(repository, &program, &new_click())?;
    let request = scenario.set_up(who, &workerd)?;
    let mut load = Load::new(repository.bench("load/load.lua"), &request, plan.connections)?;
    // Not the first that it ever saw.
    load.send(workerd.port(), plan.burst / 10)?;
    sleep(Duration::from_secs(1));
    let before = Seen::of(&workerd)?;
    let cpu = workerd.cpu()?;
    let begun = Instant::now();
    let report = load.send(workerd.port(), plan.burst)?;
    let acknowledged = begun.elapsed();
    let now = loop {
        let now = Seen::of(&workerd)?;
        if now.events >= before.events + report.requests {
            break now;
        }
        if begun.elapsed() > PATIENCE {
            bail!("{who:?} delivered only {} of {}", now.events - before.events, report.requests);
        }
        sleep(Duration::from_millis(10));
    };
    Ok(Burst {
        who,
        runs: 1,
        postbacks: report.requests,
        acknowledged_seconds: acknowledged.as_secs_f64(),
        delivered_seconds: begun.elapsed().as_secs_f64(),
        tiktok_requests: now.requests - before.requests,
        cpu_us: (workerd.cpu()? - cpu).as_secs_f64() * 1e6 / report.requests as f64,
    })
}
