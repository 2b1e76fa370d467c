//! The configuration: typed, and checked as a whole before anything runs on it.
//!
//! [`Config::parse`] takes the JSON of `[vars.CONFIG]` and answers with the configuration or with
//! every [`Problem`] it has, each with its path. Secrets are only named here: their values stay with
//! the runtime, and [`Config::secrets`] says which must be there. How a setting is meant is in the
//! README's table; a test keeps that table and this code together.

mod campaign;
mod click_links;
mod consent;
mod destination;
mod macros;
mod period;
mod pixel;
mod problem;
mod reader;
mod secret;
mod source;
mod web_address;

pub use campaign::{Campaign, Store};
pub use click_links::{ClickLinks, landing_hosts};
pub use consent::{Consent, LimitedDataUse};
pub use destination::{Destination, Destinations};
pub use macros::{Piece, pieces};
pub use period::Period;
pub use pixel::Pixel;
pub use problem::{Problem, Problems};
pub use secret::{SecretName, SecretUse};
pub use source::Source;
pub use web_address::{ApiBase, WebAddress};

use crate::few::Map;
use crate::slug::Slug;
use crate::time::UnixMillis;
use reader::Reader;
use serde_json::Value;

/// Longest time for which KV keeps a click, in days. TikTok's click window ends after 28; a year is
/// more than anybody can use.
const MAX_CLICK_TTL_DAYS: u32 = 365;
/// Longest time for which the ledger keeps a finished event, in days: a shard holds 10 GB.
const MAX_RETENTION_DAYS: u32 = 365;
/// Most shards: each is one Durable Object, and the console asks them all.
const MAX_SHARDS: u32 = 64;

/// The whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where TikTok's Events API is.
    pub tiktok_api_base: ApiBase,
    /// How long KV keeps a click, in days.
    pub click_ttl_days: u32,
    /// How long the ledger keeps a finished event, in days.
    pub retention_days: u32,
    /// Older events are rejected; 0 = never.
    pub max_event_age_days: u32,
    /// How many Durable Objects share the ledger's work.
    pub ledger_shards: u32,
    /// The secret that opens `/api` and `/console`; none keeps them closed.
    pub admin_token: Option<SecretName>,
    /// TikTok event sources by name.
    pub pixels: Map<Slug, Pixel>,
    /// Where clicks go, by name.
    pub campaigns: Map<Slug, Campaign>,
    /// The campaign that takes the clicks of unknown names and of campaigns that do not run.
    pub default_campaign: Option<Slug>,
    /// Which addresses of their own campaigns have.
    pub click_links: ClickLinks,
    /// Who sends postbacks, by name.
    pub sources: Map<Slug, Source>,
}

impl Config {
    /// Reads and checks the whole configuration.
    ///
    /// # Errors
    /// Every problem found, in the order of the paths; never only the first.
    pub fn parse(json: &Value) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let Some(mut root) = Reader::root(json, &mut problems) else { return Err(problems) };
        let mut config = Self {
            tiktok_api_base: root
                .parsed("tiktok_api_base", ApiBase::parse, &mut problems)
                .unwrap_or_default(),
            click_ttl_days: root.days("click_ttl_days", 1..=MAX_CLICK_TTL_DAYS, 30, &mut problems),
            retention_days: root.days("retention_days", 2..=MAX_RETENTION_DAYS, 30, &mut problems),
            max_event_age_days: root.days("max_event_age_days", 0..=3_650, 28, &mut problems),
            ledger_shards: root.days("ledger_shards", 1..=MAX_SHARDS, 1, &mut problems),
            admin_token: root.parsed("admin_token", SecretName::parse, &mut problems),
            pixels: root.tables("pixels", Pixel::read, &mut problems),
            campaigns: root.tables("campaigns", Campaign::read, &mut problems),
            default_campaign: root.parsed("default_campaign", campaign::slug, &mut problems),
            click_links: ClickLinks::default(),
            sources: root.tables("sources", Source::read, &mut problems),
        };
        root.finish(&mut problems);
        // A pixel that could not be read is still a pixel that others may name.
        let pixels = pixel_names(json);
        config.check_pixel_names(&pixels, &mut problems);
        config.check_default_campaign(json, &mut problems);
        config.click_links = ClickLinks::of(&config.campaigns, &mut problems);
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    fn check_pixel_names(&self, pixels: &[&str], problems: &mut Problems) {
        let mut check = |path: String, pixel: &Slug| {
            if !pixels.contains(&pixel.as_str()) {
                problems.add(path, format!("no pixel named \"{pixel}\""));
            }
        };
        for (name, campaign) in &self.campaigns {
            if let Some(pixel) = &campaign.pixel {
                check(format!("campaigns.{name}.pixel"), pixel);
            }
        }
        for (name, source) in &self.sources {
            for pixel in &source.pixels {
                check(format!("sources.{name}.pixel"), pixel);
            }
        }
    }

    fn check_default_campaign(&self, json: &Value, problems: &mut Problems) {
        let Some(name) = &self.default_campaign else { return };
        // A campaign that could not be read is still one that may be named.
        let campaigns = json.get("campaigns").and_then(Value::as_object);
        if !campaigns.is_some_and(|campaigns| campaigns.contains_key(name.as_str())) {
            problems.add("default_campaign", format!("no campaign named \"{name}\""));
        }
    }

    /// The campaign that a click on `name` belongs to at `now`: the one of that name if it runs,
    /// else the default campaign if that runs. A name that no campaign can have is an unknown one.
    pub fn campaign(&self, name: &str, now: UnixMillis) -> Option<(&Slug, &Campaign)> {
        let running = |name: &str| {
            self.campaigns.get_key_value(name).filter(|(_, campaign)| campaign.period.covers(now))
        };
        running(name).or_else(|| running(self.default_campaign.as_ref()?.as_str()))
    }

    /// Every secret that the configuration names, with the path that names it.
    pub fn secrets(&self) -> Vec<SecretUse> {
        let mut uses = Vec::new();
        let mut add = |path: String, name: &SecretName| {
            uses.push(SecretUse { path, name: name.clone() });
        };
        if let Some(name) = &self.admin_token {
            add("admin_token".to_owned(), name);
        }
        for (pixel, settings) in &self.pixels {
            add(format!("pixels.{pixel}.access_token"), &settings.access_token);
        }
        for (source, settings) in &self.sources {
            for name in &settings.tokens {
                add(format!("sources.{source}.token"), name);
            }
            for name in &settings.signing_secrets {
                add(format!("sources.{source}.signing_secret"), name);
            }
        }
        uses
    }

    /// What is wrong with the secrets: each that is named and not set. `is_set` asks the runtime
    /// whether a secret of that name has a value.
    pub fn missing_secrets(&self, is_set: impl Fn(&str) -> bool) -> Problems {
        let mut problems = Problems::default();
        for used in self.secrets() {
            if !is_set(used.name.as_str()) {
                problems.add(used.path, used.name.missing());
            }
        }
        problems
    }
}

/// The names under `pixels`, whether their settings hold or not.
fn pixel_names(json: &Value) -> Vec<&str> {
    let pixels = json.get("pixels").and_then(Value::as_object);
    pixels.map(|pixels| pixels.keys().map(String::as_str).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
