//! The picture that the README shows: CPU per request, one bar for each contestant in each scenario.
//! Colours follow the reader's light or dark theme; the quartiles are a line on each bar.

use std::fmt::Write;

use super::Report;
use crate::contestant::Who;
use crate::rounds::Outcome;

const WIDTH: f64 = 820.0;
/// Where bars begin, and how far the longest reaches: its label needs the rest.
const LEFT: f64 = 96.0;
const BARS: f64 = 480.0;
const BAR: f64 = 16.0;
const BAR_STEP: f64 = 21.0;
const TITLE: f64 = 30.0;
const GAP: f64 = 16.0;
const TOP: f64 = 46.0;

const STYLE: &str = "
  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
  .head { font-size: 15px; font-weight: 600 }
  .title { font-weight: 600 }
  .quiet { fill: #59636e }
  .clickjoin { fill: #0969da } .hono { fill: #bf8700 } .floor { fill: #8c959f }
  .spread { stroke: #1f2328; stroke-width: 1.5; opacity: .65 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .quiet { fill: #9198a1 }
    .clickjoin { fill: #4493f8 } .hono { fill: #d29922 } .floor { fill: #656c76 }
    .spread { stroke: #f0f6fc }
  }
";

/// Draws all scenarios.
pub(crate) fn draw(report: &Report) -> String {
    let mut body = String::new();
    let mut y = TOP;
    for outcome in &report.scenarios {
        y = scenario(&mut body, outcome, y);
    }
    let height = y + 8.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH:.0} {height:.0}\" width=\"{WIDTH:.0}\" \
         role=\"img\" aria-label=\"CPU time per request: Clickjoin, the same Worker on Hono, and the least \
         that plain JavaScript must do\">\n<style>{STYLE}</style>\n\
         <text class=\"head\" x=\"0\" y=\"18\">CPU per request, in microseconds of workerd</text>\n\
         <text class=\"quiet\" x=\"0\" y=\"37\">Medians of paired rounds; the line shows the middle half. \
         Less is better. Each scenario has its own scale.</text>\n{body}</svg>\n"
    )
}

/// Draws one scenario from `y` on, and gives where the next begins.
fn scenario(body: &mut String, outcome: &Outcome, y: f64) -> f64 {
    let mut y = y + TITLE;
    // Writing to a text cannot fail.
    let _ = writeln!(
        body,
        "<text class=\"title\" x=\"0\" y=\"{:.0}\">{}</text>",
        y - 8.0,
        outcome.title
    );
    let summaries: Vec<_> =
        outcome.summaries.iter().filter(|(who, _)| **who != Who::Before).collect();
    let longest = summaries.iter().map(|(_, summary)| summary.cpu_us.high_quartile);
    let scale = BARS / longest.fold(f64::MIN_POSITIVE, f64::max);
    for (who, summary) in summaries {
        let cpu = summary.cpu_us;
        let (name, class) = (who.name(), who.name().to_lowercase());
        let end = LEFT + cpu.median * scale;
        let [low, high] = [cpu.low_quartile, cpu.high_quartile].map(|cpu| LEFT + cpu * scale);
        let middle = y + BAR / 2.0;
        let text = y + BAR - 3.5;
        let mut label = format!("{:.0} µs", cpu.median);
        if *who != Who::Clickjoin {
            let _ = write!(label, " · Clickjoin is {:.2} times", summary.clickjoin_is.median);
        }
        let _ = writeln!(
            body,
            "<text class=\"quiet\" x=\"0\" y=\"{text:.1}\">{name}</text>\
             <rect class=\"{class}\" x=\"{LEFT}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{BAR}\" rx=\"2\"/>\
             <line class=\"spread\" x1=\"{low:.1}\" x2=\"{high:.1}\" y1=\"{middle:.1}\" y2=\"{middle:.1}\"/>\
             <text x=\"{:.1}\" y=\"{text:.1}\">{label}</text>",
            end - LEFT,
            end.max(high) + 8.0
        );
        y += BAR_STEP;
    }
    y + GAP - (BAR_STEP - BAR)
}
