//! `[vars.CONFIG.pixels.*]`: a TikTok event source and the token to write to it.

use super::reader::Reader;
use super::{Problems, SecretName};
use crate::event::EventSource;

/// Longest event source id and test code, in bytes. TikTok's have about 20.
const MAX_ID_BYTES: usize = 64;

/// A TikTok event source with its access token.
#[derive(Clone, PartialEq, Debug)]
pub struct Pixel {
    /// A web pixel, an offline set or a CRM set.
    pub event_source: EventSource,
    /// Its id at TikTok: pixel code, offline set id or CRM set id.
    pub event_source_id: String,
    /// The name of the secret that holds its access token.
    pub access_token: SecretName,
    /// Set while testing: every event becomes a test event.
    pub test_event_code: Option<String>,
}

impl Pixel {
    pub(super) fn read(mut reader: Reader<'_>, problems: &mut Problems) -> Option<Self> {
        let event_source = reader.parsed(
            "event_source",
            |text| EventSource::parse(text).ok_or("must be web, offline or crm"),
            problems,
        );
        let event_source_id = reader.required("event_source_id", id, problems);
        let access_token = reader.required("access_token", SecretName::parse, problems);
        let test_event_code = reader.parsed("test_event_code", id, problems);
        reader.finish(problems);
        Some(Self {
            event_source: event_source.unwrap_or(EventSource::Web),
            event_source_id: event_source_id?,
            access_token: access_token?,
            test_event_code,
        })
    }
}

/// An id or a code as TikTok shows it.
pub(super) fn id(text: &str) -> Result<String, &'static str> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    if text.len() <= MAX_ID_BYTES && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("must be the id as TikTok shows it: up to 64 letters, digits, '-' and '_'")
    }
}
