//! What is remembered of a click: one line of JSON in KV, written once and never changed.
//!
//! The layout is versioned and pinned by `tests/golden`. Values are capped where the click is
//! captured; here they are taken as they are.

use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The version that this code writes. A reader refuses versions it does not know.
const VERSION: u8 = 1;

/// TikTok's own ids of the ad that was clicked, where the link's macros brought them.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct AdIds {
    /// `__CAMPAIGN_ID__`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<String>,
    /// `__AID__`, the ad group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aid: Option<String>,
    /// `__CID__`, the ad.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cid: Option<String>,
    /// `__PLACEMENT__`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placement: Option<String>,
}

impl AdIds {
    /// Whether the link brought none of them.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A captured click. `ip` and `user_agent` are personal: they leave this record only towards TikTok.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClickRecord {
    v: u8,
    /// The campaign of ours that was clicked.
    pub campaign: String,
    /// When, in milliseconds.
    pub clicked_at: UnixMillis,
    /// TikTok's click id, byte for byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttclid: Option<String>,
    /// The TikTok pixel's own cookie, `_ttp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttp: Option<String>,
    /// The visitor's address, as the platform saw it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// The visitor's `User-Agent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// ISO 3166 two letters, as Cloudflare located the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The first language of `Accept-Language`, such as `en-US`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Where the visitor was sent, with every parameter.
    pub landing_url: String,
    /// The `Referer` of the click.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
    /// The visitor's other parameters, as the query string that came (percent-encoded), without ttclid.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub params: String,
    /// TikTok's ids of the ad.
    #[serde(skip_serializing_if = "AdIds::is_empty", default)]
    pub ad: AdIds,
    /// The visitor asked that their data be used only in a limited way.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub limited_data_use: bool,
}

impl ClickRecord {
    /// A record of the present version with only what every click has.
    pub fn new(campaign: &str, clicked_at: UnixMillis, landing_url: String) -> Self {
        Self {
            v: VERSION,
            campaign: campaign.to_owned(),
            clicked_at,
            ttclid: None,
            ttp: None,
            ip: None,
            user_agent: None,
            country: None,
            locale: None,
            landing_url,
            referrer: None,
            params: String::new(),
            ad: AdIds::default(),
            limited_data_use: false,
        }
    }

    /// The line that is stored.
    ///
    /// # Errors
    /// Never in practice: every field is a text, a number or a flag.
    pub fn encode(&self) -> Result<String, RecordError> {
        // Room for what a record usually has: growing four times on the way costs as much as writing.
        let mut line = Vec::with_capacity(1_536);
        serde_json::to_writer(&mut line, self).map_err(|_| RecordError::Unreadable)?;
        String::from_utf8(line).map_err(|_| RecordError::Unreadable)
    }

    /// Reads a stored line.
    ///
    /// # Errors
    /// When the line is not a record, or one of a version that this code does not know.
    pub fn decode(line: &str) -> Result<Self, RecordError> {
        let record: Self = serde_json::from_str(line).map_err(|_| RecordError::Unreadable)?;
        if record.v == VERSION { Ok(record) } else { Err(RecordError::Version(record.v)) }
    }
}

impl fmt::Debug for ClickRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClickRecord({}, {})", self.campaign, self.clicked_at.0)
    }
}

/// Why a stored line is no click record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecordError {
    /// Not the JSON of a record.
    Unreadable,
    /// A version that this code does not know.
    Version(u8),
}
