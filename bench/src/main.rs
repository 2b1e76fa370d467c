//! `make bench`: Clickjoin beside the same Worker on Hono and beside the least that plain JavaScript
//! must do, each in a workerd of its own. `bench --help` says what can be left out.
//!
//! | file | what it does |
//! |---|---|
//! | `plan` | how long, how often, which parts |
//! | `contestant`, `workerd` | who runs, and in what |
//! | `scenario`, `load`, `rounds` | what is sent, by wrk, in paired rounds |
//! | `statistics`, `report` | medians, ratios, the table, the picture |

mod contestant;
mod http;
mod load;
mod plan;
mod report;
mod rounds;
mod scenario;
mod statistics;
mod workerd;

use anyhow::Result;

use contestant::Repository;
use plan::Plan;
use scenario::Scenario;

fn main() -> Result<()> {
    let plan = Plan::parse(std::env::args().skip(1))?;
    let scratch = tempfile::tempdir()?;
    let repository = Repository::prepare(scratch.path(), plan.before.clone())?;
    for scenario in Scenario::ALL.into_iter().filter(|scenario| plan.wants(scenario.word())) {
        let outcome = rounds::run(&repository, &plan, scenario)?;
        println!("{}", report::table::scenario(&outcome));
    }
    Ok(())
}
