//! What the ledger has to know of the configuration. The edge makes it from `config` and the
//! runtime's secrets.

use super::batch::Target;
use super::protocol::HoldReason;
use crate::config::{Config, SecretName};
use crate::few::Map;
use crate::slug::Slug;
use crate::time::UnixMillis;
use std::fmt;

const DAY_MS: i64 = 86_400_000;

/// A TikTok access token. It can be sent, and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

impl AccessToken {
    /// The token, to be sent in the `Access-Token` header and nowhere else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// A pixel as the ledger needs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PixelSettings {
    /// Who receives its requests.
    pub target: Target,
    /// The token; none where the secret is not set.
    pub token: Option<AccessToken>,
}

/// The configuration as the ledger needs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Where events are posted to.
    pub url: String,
    /// How long a finished event is kept, in days; and how long one is held for a pixel that the
    /// configuration does not have any more.
    pub retention_days: u32,
    /// How long KV keeps a click, in days.
    pub click_ttl_days: u32,
    /// The pixels by name.
    pub pixels: Map<Slug, PixelSettings>,
}

impl Settings {
    /// Takes what is needed from the configuration; `secret` reads a secret's value.
    pub fn of(config: &Config, secret: impl Fn(&SecretName) -> Option<String>) -> Self {
        let pixels = config.pixels.iter().map(|(name, pixel)| {
            let target = Target {
                event_source: pixel.event_source,
                event_source_id: pixel.event_source_id.clone(),
                test_event_code: None,
            };
            let token = secret(&pixel.access_token).filter(|token| !token.is_empty());
            (name.clone(), PixelSettings { target, token: token.map(AccessToken) })
        });
        Self {
            url: config.tiktok_api_base.event_track_url(),
            retention_days: config.retention_days,
            click_ttl_days: config.click_ttl_days,
            pixels: pixels.collect(),
        }
    }

    /// What a pixel lacks to send.
    pub fn lacking(&self, pixel: &Slug) -> Option<HoldReason> {
        match self.pixels.get(pixel) {
            None => Some(HoldReason::NotConfigured),
            Some(settings) if settings.token.is_none() => Some(HoldReason::SecretMissing),
            Some(_) => None,
        }
    }

    /// For how many seconds more KV should keep a click; none where it is too late to put it there
    /// (KV takes 60 s at the least).
    pub fn click_ttl(&self, clicked_at: UnixMillis, now: UnixMillis) -> Option<i64> {
        let whole = i64::from(self.click_ttl_days).saturating_mul(DAY_MS);
        let left = clicked_at.plus(whole).since(now).div_euclid(1_000);
        (left >= 60).then_some(left)
    }

    /// Events that were finished before this moment leave; those whose pixel was gone before it
    /// expire.
    pub fn keep_from(&self, now: UnixMillis) -> UnixMillis {
        now.plus(i64::from(self.retention_days).saturating_mul(DAY_MS).saturating_neg())
    }
}
