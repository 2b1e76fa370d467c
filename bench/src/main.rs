//! `make bench`: Clickjoin beside the same Worker on Hono and beside the least that plain JavaScript
//! must do, each in a workerd of its own. `bench --help` says what can be left out.
//!
//! | file | what it does |
//! |---|---|
//! | `plan` | how long, how often, which parts |
//! | `contestant`, `workerd`, `http` | who runs, in what, and how it is spoken to |
//! | `same_job` | shows that both do the same before they are compared |
//! | `scenario`, `load`, `rounds` | what is sent, by wrk, in paired rounds |
//! | `burst`, `cold_start`, `memory`, `size` | what rounds do not show |
//! | `cost` | what a month costs with the CPU that was measured |
//! | `statistics`, `report` | medians, ratios, tables, the picture |

mod burst;
mod cold_start;
mod contestant;
mod cost;
mod http;
mod load;
mod memory;
mod plan;
mod report;
mod rounds;
mod same_job;
mod scenario;
mod size;
mod statistics;
mod workerd;

use anyhow::{Result, ensure};

use contestant::{Repository, Who};
use plan::Plan;
use report::{Machine, Report, table};
use scenario::Scenario;

fn main() -> Result<()> {
    let plan = Plan::parse(std::env::args().skip(1))?;
    let scratch = tempfile::tempdir()?;
    let repository = Repository::prepare(scratch.path(), plan.before.clone())?;
    let mut report = Report { machine: Some(Machine::this(&repository)), ..Report::default() };

    for who in [Who::Clickjoin, Who::Hono] {
        report.sizes.push(size::of(&repository, who)?);
    }
    if plan.wants("size") {
        print!("{}", table::sizes(&report.sizes));
        let ours = report.sizes[0].gzipped;
        ensure!(
            ours <= size::LIMIT,
            "the upload has {ours} bytes gzipped, the limit is {}",
            size::LIMIT
        );
    }
    if plan.wants("same-job") {
        same_job::check(&repository)?;
        println!("\nBoth give the same redirects, records and events.");
    }
    for scenario in Scenario::ALL.into_iter().filter(|scenario| plan.wants(scenario.word())) {
        let outcome = rounds::run(&repository, &plan, scenario)?;
        print!("{}", table::scenario(&outcome));
        report.scenarios.push(outcome);
    }
    if plan.wants("burst") {
        report.bursts = burst::run(&repository, &plan)?;
        print!("{}", table::bursts(&report.bursts));
    }
    if plan.wants("cold-start") {
        report.cold_starts = cold_start::run(&repository, &plan)?;
        print!("{}", table::cold_starts(&report.cold_starts));
    }
    if plan.wants("memory") {
        report.memory = memory::run(&repository, &plan)?;
        print!("{}", table::memory(&report.memory));
    }
    if let Some(cpu) = measured_cpu(&report) {
        report.costs = cost::estimates(&cpu);
        print!("{}", table::costs(&report.costs));
    }
    if plan.smoke {
        println!(
            "\nThe benchmark runs. These figures say nothing: for real ones run `make bench`."
        );
    } else if plan.only.is_empty() {
        let folder = repository.bench("results");
        report.write(&folder)?;
        println!("\nWritten to bench/results/.");
    }
    Ok(())
}

/// What the cost model needs, where it was measured.
fn measured_cpu(report: &Report) -> Option<cost::Cpu> {
    let cpu = |scenario: Scenario| report.cpu_us(scenario.word(), Who::Clickjoin);
    Some(cost::Cpu {
        new_click: cpu(Scenario::NewClick)?,
        repeated_click: cpu(Scenario::ReturningVisitor)?,
        postback: cpu(Scenario::Accepted)?,
    })
}
