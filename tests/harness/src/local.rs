//! Clickjoin on this machine: the Worker and a stand-in for TikTok, with the user's configuration made
//! to work locally. Which campaign and which source a visitor and a platform would use is found in that
//! configuration, so that it also works after the user has changed it.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};
use tiktok_stand_in::{StandIn, StandInOptions};

use crate::config::{WorkerConfig, read_dev_vars, repository};

/// What `buyer_event` is mapped to where the configuration has nothing: it has no default.
const BUYER_EVENT: &str = "SubmitApplication";

/// The parts of the configuration that a demonstration uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// A campaign to click on.
    pub campaign: String,
    /// A source to send postbacks as; one of Pingtree's if there is one.
    pub source: String,
    /// The token of that source: its value.
    pub token: String,
    /// The code of the pixel that gets the events.
    pub pixel_code: String,
}

impl Plan {
    /// Finds them.
    ///
    /// # Errors
    /// When the configuration has no campaign, no source or no pixel for them.
    pub fn of(config: &WorkerConfig, secrets: &BTreeMap<String, String>) -> Result<Self> {
        let missing =
            |what| anyhow!("wrangler.toml has no {what} under [vars.CONFIG] to demonstrate with");
        let table = |name| config.get(&[name]).and_then(Value::as_object);
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);

        let sources = table("sources").ok_or_else(|| missing("source"))?;
        let (source, settings) = sources
            .iter()
            .find(|(_, settings)| settings["profile"] == "pingtree")
            .or_else(|| sources.iter().next())
            .ok_or_else(|| missing("source"))?;
        let campaigns = table("campaigns").ok_or_else(|| missing("campaign"))?;
        let (campaign, landing) = campaigns
            .iter()
            .find(|(_, campaign)| {
                settings.get("pixel").is_none_or(|pixel| campaign["pixel"] == *pixel)
            })
            .or_else(|| campaigns.iter().next())
            .ok_or_else(|| missing("campaign"))?;
        let pixel = text(settings.get("pixel"))
            .or_else(|| text(landing.get("pixel")))
            .ok_or_else(|| missing("pixel"))?;
        let pixel_code = text(config.get(&["pixels", &pixel, "event_source_id"]))
            .ok_or_else(|| missing("event_source_id of a pixel"))?;
        let token_name = text(settings.get("token"))
            .or_else(|| text(settings.get("tokens").and_then(|names| names.get(0))));
        let token = token_name.and_then(|name| secrets.get(&name).cloned()).unwrap_or_default();
        Ok(Self { campaign: campaign.clone(), source: source.clone(), token, pixel_code })
    }
}

/// The user's configuration as it is run locally: events go to `tiktok`, and every source knows the
/// buyer event.
///
/// # Errors
/// When `wrangler.toml` cannot be read.
pub fn configuration(tiktok: &str) -> Result<WorkerConfig> {
    let mut config = WorkerConfig::read(&repository())?;
    config.set(&["tiktok_api_base"], json!(tiktok));
    if let Some(sources) = config.worker()["sources"].as_object_mut() {
        for source in sources.values_mut() {
            if source["events"]["buyer_event"].is_null() {
                source["events"]["buyer_event"] = json!(BUYER_EVENT);
            }
        }
    }
    Ok(config)
}

/// A value for every secret of `config`: the user's from `.dev.vars`, where that has one.
#[must_use]
pub fn secrets(config: &WorkerConfig) -> BTreeMap<String, String> {
    let mut secrets = config.local_secrets();
    secrets.extend(read_dev_vars(&repository().join(".dev.vars")));
    secrets
}

/// Starts a stand-in for TikTok on this port of the loopback address; 0 is any free one.
///
/// # Errors
/// When the port is taken.
pub fn stand_in(port: u16) -> Result<StandIn> {
    let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    StandIn::start(StandInOptions { addr, ..StandInOptions::default() })
        .with_context(|| format!("the stand-in for TikTok cannot listen on port {port}"))
}

/// Where a running `make dev` can be found, for `make demo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The Worker's URL, without a slash at the end.
    pub worker: String,
    /// The stand-in's, likewise.
    pub tiktok: String,
}

impl Address {
    fn file() -> PathBuf {
        repository().join(".wrangler/dev.json")
    }

    /// Writes it down. What is returned removes it again when dropped.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn announce(&self) -> Result<Announcement> {
        let text = json!({"worker": self.worker, "tiktok": self.tiktok}).to_string();
        let file = Self::file();
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(Announcement { file })
    }

    /// The `make dev` that was announced last. Whether it still runs must be asked.
    #[must_use]
    pub fn announced() -> Option<Self> {
        let text = fs::read(Self::file()).ok()?;
        let value: Value = serde_json::from_slice(&text).ok()?;
        let field = |name: &str| value[name].as_str().map(str::to_owned);
        Some(Self { worker: field("worker")?, tiktok: field("tiktok")? })
    }
}

/// Removes the announcement of a `make dev` when it ends.
#[derive(Debug)]
pub struct Announcement {
    file: PathBuf,
}

impl Drop for Announcement {
    fn drop(&mut self) {
        // Left behind it does no harm: a reader asks whether anybody answers.
        let _ = fs::remove_file(&self.file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_configuration_can_be_demonstrated() {
        let config = configuration("http://127.0.0.1:1").unwrap();
        let plan = Plan::of(&config, &config.local_secrets()).unwrap();
        assert_eq!((plan.campaign.as_str(), plan.source.as_str()), ("spring", "pingtree"));
        assert_eq!(plan.token, "local-pingtree-token");
        assert!(!plan.pixel_code.is_empty());
    }

    #[test]
    fn a_configuration_without_a_campaign_is_named() {
        let config = WorkerConfig::from_toml("[vars.CONFIG.sources.a]\ntoken = 'T'\n").unwrap();
        let error = Plan::of(&config, &config.local_secrets()).unwrap_err();
        assert!(error.to_string().contains("no campaign"), "{error}");
    }
}
