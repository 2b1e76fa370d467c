//! The built Worker in the real runtime, driven over HTTP as platforms and visitors drive it.
//!
//! One `wrangler dev` with fresh state, on free ports, serves all trials; they run at the same time, so
//! each uses names of its own (transaction ids, ttclids). A trial that restarts or reconfigures the
//! Worker starts a [`harness::Runtime`] of its own. Trials live in the modules beside this file: each
//! has a `trials` function that gives its list, named in [`all`].
//!
//! Arguments are those of `cargo test`: `cargo test --test end_to_end -- healthz` runs the trials with
//! `healthz` in their names.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may say what it expects and stop when it is not so"
)]

mod api;
mod capture;
mod faults;
mod health;
mod kills;
mod landing_page;
mod page_script;
mod postback;
mod sources;
mod storing;
mod world;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};

use crate::world::World;

/// Every trial there is.
fn all(world: &Arc<World>) -> Vec<Trial> {
    [
        health::trials(world),
        api::trials(world),
        faults::trials(world),
        kills::trials(world),
        capture::trials(world),
        storing::trials(world),
        landing_page::trials(world),
        page_script::trials(world),
        postback::trials(world),
        sources::trials(world),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Trials mostly wait for the Worker, not for a processor.
    arguments.test_threads.get_or_insert(8);
    // Listing needs names only: nothing is built or started for it.
    let world = Arc::new(if arguments.list { World::idle() } else { World::start() });
    let conclusion = libtest_mimic::run(&arguments, all(&world));
    if conclusion.has_failed() {
        world.explain();
    }
    world.stop();
    conclusion.exit_code()
}
