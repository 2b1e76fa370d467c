//! `/healthz`: whether the Worker is there and content with its configuration.

use std::sync::Arc;

use libtest_mimic::Trial;

use crate::world::{Outcome, World, trial, worker};

/// The trials of this module.
pub(crate) fn trials(world: &Arc<World>) -> Vec<Trial> {
    vec![
        trial(world, "health::healthz_answers", healthz_answers),
        trial(world, "health::a_killed_worker_comes_back", a_killed_worker_comes_back),
    ]
}

async fn healthz_answers(world: Arc<World>) -> Outcome {
    let answer = world.http.get(world.url("/healthz")).send().await?;
    assert_eq!(answer.status(), 200);
    Ok(())
}

/// What every trial of a crash relies on.
async fn a_killed_worker_comes_back(world: Arc<World>) -> Outcome {
    let mut own = worker(&world.tiktok).start().await?;
    own.kill_hard();
    let refused = world.http.get(own.url("/healthz")).send().await;
    assert!(refused.is_err_and(|error| error.is_connect()), "something outlived the kill");
    own.restart().await?;
    assert_eq!(world.http.get(own.url("/healthz")).send().await?.status(), 200);
    Ok(())
}
