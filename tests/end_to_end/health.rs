//! `/healthz`: whether the Worker is there and content with its configuration.

use std::sync::Arc;

use libtest_mimic::Trial;

use crate::world::{Outcome, World, trial};

/// The trials of this module.
pub(crate) fn trials(world: &Arc<World>) -> Vec<Trial> {
    vec![trial(world, "health::healthz_answers", healthz_answers)]
}

async fn healthz_answers(world: Arc<World>) -> Outcome {
    let answer = world.http.get(world.url("/healthz")).send().await?;
    assert_eq!(answer.status(), 200);
    Ok(())
}
