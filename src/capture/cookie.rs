//! The first-party cookie `cj`: which click id a visitor has, for which click, and which of a
//! campaign's destinations they were sent to.
//!
//! `cj={click id}.{fingerprint}.{destination}`. The fingerprint stands for campaign and ttclid, so
//! that the same visitor with the same ttclid keeps the click id while a new ad click gets a new one;
//! it is empty where nothing was stored under the id. The destination's tag is empty where there was
//! nothing to choose. The cookie is a bonus: the URL and KV are the truth. Nobody else's click can be
//! changed by forging one: nothing is ever stored under an id that a visitor brings.

use crate::click::ClickId;
use crate::slug::Slug;
use sha2::{Digest, Sha256};

const NAME: &str = "cj";
/// 30 days in seconds: TikTok's longest click window is 28.
const MAX_AGE: u32 = 2_592_000;
/// Bytes of the fingerprint. It only tells one visitor's own clicks apart.
const FINGERPRINT: usize = 8;

/// What stands for a click: its campaign and ttclid, hashed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Fingerprint([u8; FINGERPRINT]);

impl Fingerprint {
    pub(super) fn of(campaign: &Slug, ttclid: &str) -> Self {
        let hash =
            Sha256::new().chain_update(campaign.as_str()).chain_update("\n").chain_update(ttclid);
        let hash = hash.finalize();
        let mut bytes = [0; FINGERPRINT];
        bytes.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
        Self(bytes)
    }

    /// A number that is the same whenever the click is.
    pub(super) fn draw(self) -> u32 {
        number(self.0)
    }

    pub(super) fn hex(self) -> String {
        hex::encode(self.0)
    }
}

/// A number made of the first four bytes.
pub(super) fn number(bytes: impl IntoIterator<Item = u8>) -> u32 {
    bytes.into_iter().take(4).fold(0, |number, byte| (number << 8) | u32::from(byte))
}

/// What a visitor's cookie says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Known<'a> {
    pub(super) id: ClickId,
    /// Of the click that was stored under the id; empty if none was.
    pub(super) fingerprint: &'a str,
    /// Of the destination; may be empty.
    pub(super) tag: &'a str,
}

/// Reads the `Cookie` header; a cookie that is not of our form counts as none.
pub(super) fn read(cookies: &str) -> Option<Known<'_>> {
    let mut parts = value(cookies, NAME)?.split('.');
    let id = ClickId::parse(parts.next()?)?;
    let known = Known { id, fingerprint: parts.next()?, tag: parts.next().unwrap_or_default() };
    let is_short_hex = |text: &str| {
        text.len() <= FINGERPRINT.saturating_mul(2) && text.bytes().all(|b| b.is_ascii_hexdigit())
    };
    // Parts of it are written back: nothing may be in them that we did not put there.
    let good = is_short_hex(known.fingerprint) && is_short_hex(known.tag);
    (good && parts.next().is_none()).then_some(known)
}

/// The value of a cookie by its name.
pub(super) fn value<'a>(cookies: &'a str, name: &str) -> Option<&'a str> {
    cookies
        .split(';')
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
}

/// The `Set-Cookie` header.
pub(super) fn write(id: ClickId, fingerprint: &str, tag: &str) -> String {
    format!(
        "{NAME}={id}.{fingerprint}.{tag}; Path=/; Max-Age={MAX_AGE}; Secure; HttpOnly; SameSite=Lax"
    )
}
