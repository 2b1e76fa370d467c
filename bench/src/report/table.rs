//! The tables on the terminal.

use std::collections::BTreeMap;

use crate::burst::Burst;
use crate::cold_start::ColdStart;
use crate::contestant::Who;
use crate::cost::{CONVERSIONS, Estimate, PLAN, RECORD, REPEATED};
use crate::memory::{ALLOWED_GROWTH, Memory};
use crate::rounds::Outcome;
use crate::size::{GOAL, Size};
use crate::statistics::Spread;

/// One scenario: a line for each contestant.
pub(crate) fn scenario(outcome: &Outcome) -> String {
    let rounds = outcome.turns.values().next().map_or(0, Vec::len);
    let mut text = format!(
        "\n{} ({rounds} rounds)\n  {:<11}{:>9}{:>16}{:>9}{:>11}{:>9}{:>9}   Clickjoin's CPU is\n",
        outcome.title, "", "CPU µs", "(quartiles)", "least", "requests/s", "p50 ms", "p99 ms"
    );
    for (&who, summary) in &outcome.summaries {
        let cpu = summary.cpu_us;
        let quartiles = format!("({:.0}–{:.0})", cpu.low_quartile, cpu.high_quartile);
        text.push_str(&format!(
            "  {:<11}{:>9.1}{quartiles:>16}{:>9.1}{:>11.0}{:>9.2}{:>9.2}",
            who.name(),
            cpu.median,
            cpu.min,
            summary.requests_per_second,
            summary.p50_ms,
            summary.p99_ms
        ));
        if who != Who::Clickjoin {
            let is = summary.clickjoin_is;
            text.push_str(&format!("   {:.3} times ({:.3}–{:.3})", is.median, is.min, is.max));
        }
        text.push('\n');
    }
    text
}

/// What is uploaded.
pub(crate) fn sizes(sizes: &[Size]) -> String {
    let mut text = "\nUpload\n".to_owned();
    for size in sizes {
        let (raw, gzipped) = (size.raw as f64 / 1e3, size.gzipped as f64 / 1e3);
        let missed = size.who == Who::Clickjoin && size.gzipped > GOAL;
        let goal = if missed { " (the goal is 200 KB)" } else { "" };
        text.push_str(&format!(
            "  {:<11}{raw:>9.1} KB{gzipped:>9.1} KB gzipped{goal}\n",
            size.who.name()
        ));
    }
    text
}

/// Bursts.
pub(crate) fn bursts(bursts: &[Burst]) -> String {
    let mut text = "\nA burst of postbacks (medians)\n".to_owned();
    for burst in bursts {
        text.push_str(&format!(
            "  {:<11}{} × {} acknowledged in {:.2} s, delivered in {:.2} s with {} requests, {:.0} µs each\n",
            burst.who.name(),
            burst.runs,
            burst.postbacks,
            burst.acknowledged_seconds,
            burst.delivered_seconds,
            burst.tiktok_requests,
            burst.cpu_us
        ));
    }
    text
}

/// Cold starts.
pub(crate) fn cold_starts(starts: &BTreeMap<Who, ColdStart>) -> String {
    let mut text = "\nCold start: to the first answer of a fresh process\n".to_owned();
    for (who, start) in starts {
        let (wall, above) = (start.first_answer_ms, start.above_floor_ms);
        text.push_str(&format!(
            "  {:<11}{:>7.1} ms ({:.1}–{:.1}), {:.1} ms of CPU; above the floor {:.1} ms, {:.1} ms of CPU\n",
            who.name(),
            wall.median,
            wall.low_quartile,
            wall.high_quartile,
            start.cpu_ms.median,
            above.median,
            start.cpu_above_floor_ms.median
        ));
    }
    if let (Some(ours), Some(hono)) = (starts.get(&Who::Clickjoin), starts.get(&Who::Hono)) {
        let is = |field: fn(&ColdStart) -> Spread| field(ours).median / field(hono).median;
        text.push_str(&format!(
            "  Clickjoin's median is {:.2} times Hono's, CPU {:.2} times; above the floor {:.2} times, CPU {:.2} times\n",
            is(|start| start.first_answer_ms),
            is(|start| start.cpu_ms),
            is(|start| start.above_floor_ms),
            is(|start| start.cpu_above_floor_ms)
        ));
    }
    text
}

/// Memory.
pub(crate) fn memory(all: &[Memory]) -> String {
    let mut text =
        "\nMemory: anonymous resident, three isolates with their stand-ins; megabytes at first and after each so many requests\n"
            .to_owned();
    for memory in all {
        let sizes: Vec<String> = memory.megabytes.iter().map(|mb| format!("{mb:.1}")).collect();
        let growth = memory.growth().map_or_else(String::new, |growth| {
            let verdict = if growth <= ALLOWED_GROWTH { "does not grow" } else { "GROWS" };
            format!(
                "; {verdict} ({growth:.2} times the second, {:.0} bytes a request)",
                memory.bytes_per_request().unwrap_or_default()
            )
        });
        text.push_str(&format!(
            "  {:<11}{:<20}{:>8}: {}{growth}\n",
            memory.who.name(),
            memory.scenario,
            memory.requests_each,
            sizes.join(" → ")
        ));
    }
    text
}

/// The cost model.
pub(crate) fn costs(estimates: &[Estimate]) -> String {
    let mut text = format!(
        "\nWhat a month costs at Cloudflare, in dollars, beyond what the plan includes\n\
         {:>13}{:>8}{:>10}{:>8}{:>9}{:>9}{:>9}{:>8}{:>10}   saved by batches, by recognising repeats\n",
        "clicks", "plan", "requests", "CPU", "KV", "storage", "ledger", "logs", "total"
    );
    for Estimate { month, bill, saved_by_batches, saved_by_reuse } in estimates {
        text.push_str(&format!(
            "{:>12.0}M{:>8.2}{:>10.2}{:>8.2}{:>9.2}{:>9.2}{:>9.2}{:>8.2}{:>10.2}   {saved_by_batches:.2}, {saved_by_reuse:.2}\n",
            month.clicks / 1e6,
            PLAN,
            bill.requests,
            bill.cpu,
            bill.kv,
            bill.kv_storage,
            bill.ledger,
            bill.logs,
            bill.total
        ));
    }
    let batches: Vec<String> =
        estimates.iter().map(|estimate| format!("{:.2}", estimate.month.batch)).collect();
    text.push_str(&format!(
        "  Assumed: {:.0} conversions in 100 clicks, {:.0} clicks in 100 repeated, evenly through the month, so\n  \
         {} events in a batch; records of {RECORD:.0} bytes, kept 30 days; one shard, always awake; a line of\n  \
         log for each request. Prices as known when bench/src/cost.rs was written.\n",
        CONVERSIONS * 100.0,
        REPEATED * 100.0,
        batches.join(", ")
    ));
    text
}
