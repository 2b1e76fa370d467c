//! `/healthz`: whether the Worker is there and content with its configuration; and what everything
//! else answers when it is not.

use std::sync::Arc;

use harness::{Builder, Runtime};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::world::{Outcome, World, trial, worker};

/// The trials of this module.
pub(crate) fn trials(world: &Arc<World>) -> Vec<Trial> {
    vec![
        trial(world, "health::says_that_all_is_well", all_is_well),
        trial(world, "health::no_configuration", no_configuration),
        trial(world, "health::a_broken_configuration", broken_configuration),
        trial(world, "health::a_missing_secret", missing_secret),
    ]
}

async fn all_is_well(world: Arc<World>) -> Outcome {
    let answer = world.http.get(world.url("/healthz")).send().await?;
    assert_eq!(answer.status(), 200);
    let text = answer.text().await?;
    let health: Value = serde_json::from_str(&text)?;
    assert_eq!(health["status"], "ok", "{text}");
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(health["problems"], json!([]));
    assert_eq!(health["ledger"]["reachable"], true);
    let secrets = health["secrets"].as_array().expect("a list");
    assert!(secrets.iter().all(|secret| secret["present"] == true), "{text}");
    assert!(secrets.iter().any(|secret| secret["name"] == "PINGTREE_TOKEN"), "{text}");
    assert!(!text.contains("local-pingtree-token"), "a secret's value is nobody's business");
    Ok(())
}

/// Starts a Worker that cannot work, sees that everything but `/healthz` answers 503, and gives the
/// problems.
async fn problems(world: &World, builder: Builder) -> anyhow::Result<Vec<String>> {
    let worker: Runtime = builder.start().await?;
    for (method, path) in [
        ("GET", "/c/spring?ttclid=E.C.P.x"),
        ("POST", "/postback/pingtree"),
        ("GET", "/postback/nobody"),
        ("GET", "/api/health"),
        ("GET", "/"),
    ] {
        let request = world.http.request(method.parse()?, worker.url(path));
        let answer = request.bearer_auth("local-pingtree-token").send().await?;
        assert_eq!(answer.status(), 503, "{path}");
        assert!(answer.headers().contains_key("retry-after"), "{path}");
        assert!(answer.text().await?.contains("/healthz"), "{path} says where to look");
    }
    let answer = world.http.get(worker.url("/healthz")).send().await?;
    assert_eq!(answer.status(), 200);
    let health: Value = serde_json::from_str(&answer.text().await?)?;
    assert_eq!(health["status"], "misconfigured", "{health}");
    Ok(serde_json::from_value(health["problems"].clone())?)
}

async fn no_configuration(world: Arc<World>) -> Outcome {
    let builder = worker(&world.tiktok).configure(|config| {
        config.wrangler["vars"].as_object_mut().expect("a table").remove("CONFIG");
    });
    let problems = problems(&world, builder).await?;
    assert_eq!(problems, ["CONFIG: not set: add [vars.CONFIG] to wrangler.toml"]);
    Ok(())
}

async fn broken_configuration(world: Arc<World>) -> Outcome {
    let builder = worker(&world.tiktok).configure(|config| {
        config.set(&["sources", "pingtree", "pixel"], json!("mian"));
        config.set(&["click_ttl_days"], json!("thirty"));
    });
    let problems = problems(&world, builder).await?;
    assert_eq!(
        problems,
        [
            "click_ttl_days: must be a whole number from 1 to 365",
            "sources.pingtree.pixel: no pixel named \"mian\"",
        ]
    );
    Ok(())
}

async fn missing_secret(world: Arc<World>) -> Outcome {
    let builder = worker(&world.tiktok).without_secret("PINGTREE_TOKEN");
    let problems = problems(&world, builder).await?;
    assert_eq!(problems.len(), 1, "{problems:?}");
    let begins = "sources.pingtree.token: secret PINGTREE_TOKEN is not set";
    assert!(problems[0].starts_with(begins), "{problems:?}");
    Ok(())
}
