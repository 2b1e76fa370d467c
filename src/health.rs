//! What `/healthz` tells: the version, whether the configuration holds, which secrets are there.

use crate::click::ClickTally;
use crate::config::{Problems, SecretUse};
use serde::Serialize;

/// The answer of `/healthz`, for everybody to see: no secret's value is in it, nor its name where
/// that might be the value.
#[derive(Serialize, Debug)]
pub struct Health<'a> {
    status: &'static str,
    version: &'static str,
    problems: &'a Problems,
    secrets: Vec<SecretPresence<'a>>,
    clicks: ClickTally,
}

#[derive(Serialize, Debug)]
struct SecretPresence<'a> {
    setting: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    present: bool,
}

impl<'a> Health<'a> {
    /// The state of a configuration with `problems`; `secrets` are those that it names, each with
    /// whether it is set; `clicks` is what went wrong with storing clicks in the isolate that answers.
    pub fn new(
        problems: &'a Problems,
        secrets: &'a [(SecretUse, bool)],
        clicks: ClickTally,
    ) -> Self {
        let secrets = secrets.iter().map(|(used, present)| SecretPresence {
            setting: &used.path,
            name: used.name.shown(),
            present: *present,
        });
        Self {
            status: if problems.is_empty() { "ok" } else { "misconfigured" },
            version: env!("CARGO_PKG_VERSION"),
            problems,
            secrets: secrets.collect(),
            clicks,
        }
    }
}
