//! The table on the terminal.

use crate::contestant::Who;
use crate::rounds::Outcome;

/// One scenario: a line for each contestant.
pub(crate) fn scenario(outcome: &Outcome) -> String {
    let rounds = outcome.turns.values().next().map_or(0, Vec::len);
    let mut text = format!(
        "\n{} ({rounds} rounds)\n  {:<11}{:>9}{:>16}{:>11}{:>9}{:>9}   Clickjoin's CPU is\n",
        outcome.title, "", "CPU µs", "(quartiles)", "requests/s", "p50 ms", "p99 ms"
    );
    for (&who, summary) in &outcome.summaries {
        let cpu = summary.cpu_us;
        let quartiles = format!("({:.0}–{:.0})", cpu.low_quartile, cpu.high_quartile);
        text.push_str(&format!(
            "  {:<11}{:>9.1}{quartiles:>16}{:>11.0}{:>9.2}{:>9.2}",
            who.name(),
            cpu.median,
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
