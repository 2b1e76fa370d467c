//! The first-party cookie `cj`: which click id a visitor has, and for which click.
//!
//! `cj={click id}.{fingerprint}`. The fingerprint stands for campaign and ttclid, so that the same
//! visitor with the same ttclid keeps the click id while a new ad click gets a new one. The cookie is
//! a bonus: the URL and KV are the truth.

use crate::click::ClickId;
use crate::slug::Slug;
use sha2::{Digest, Sha256};

const NAME: &str = "cj";
/// 30 days in seconds: TikTok's longest click window is 28.
const MAX_AGE: u32 = 2_592_000;
/// Bytes of the fingerprint. It only tells one visitor's own clicks apart.
const FINGERPRINT: usize = 8;

/// What a visitor's cookie says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Known<'a> {
    pub(super) id: ClickId,
    fingerprint: &'a str,
}

impl Known<'_> {
    /// Whether the cookie was set for this very click.
    pub(super) fn matches(&self, campaign: &Slug, ttclid: &str) -> bool {
        self.fingerprint == fingerprint(campaign, ttclid)
    }
}

/// Reads the `Cookie` header; a cookie that is not of our form counts as none.
pub(super) fn read(cookies: &str) -> Option<Known<'_>> {
    let (id, fingerprint) = value(cookies, NAME)?.split_once('.')?;
    Some(Known { id: ClickId::parse(id)?, fingerprint })
}

/// The value of a cookie by its name.
pub(super) fn value<'a>(cookies: &'a str, name: &str) -> Option<&'a str> {
    cookies
        .split(';')
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
}

/// The `Set-Cookie` header.
pub(super) fn write(id: ClickId, campaign: &Slug, ttclid: &str) -> String {
    let fingerprint = fingerprint(campaign, ttclid);
    format!("{NAME}={id}.{fingerprint}; Path=/; Max-Age={MAX_AGE}; Secure; HttpOnly; SameSite=Lax")
}

fn fingerprint(campaign: &Slug, ttclid: &str) -> String {
    let hash =
        Sha256::new().chain_update(campaign.as_str()).chain_update("\n").chain_update(ttclid);
    hex::encode(hash.finalize().get(..FINGERPRINT).unwrap_or_default())
}
