//! Access tokens: which are good, and for which pixels.
//!
//! Tokens are never shown: records and pages carry a [`token_label`].

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use crate::validate::Refusal;

const CODE_NO_RIGHTS: i64 = 40_001;
const CODE_NO_TOKEN: i64 = 40_104;
const CODE_BAD_TOKEN: i64 = 40_105;

/// The tokens the stand-in takes. By default any token will do for any pixel; from the first
/// [`Tokens::grant`] on, only the granted ones.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    granted: HashMap<String, Rights>,
    revoked: HashSet<String>,
}

#[derive(Clone, Debug)]
enum Rights {
    AnyPixel,
    Pixels(HashSet<String>),
}

impl Tokens {
    /// Any token that is not empty, for any pixel.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    /// Makes a token good for these pixels (for every pixel if none is named), and good again if it was
    /// revoked. What it was granted before still holds.
    pub fn grant<S: Into<String>>(
        &mut self,
        token: impl Into<String>,
        pixels: impl IntoIterator<Item = S>,
    ) {
        let token = token.into();
        let pixels: HashSet<String> = pixels.into_iter().map(Into::into).collect();
        self.revoked.remove(&token);
        let rights = self.granted.entry(token).or_insert_with(|| Rights::Pixels(HashSet::new()));
        match rights {
            _ if pixels.is_empty() => *rights = Rights::AnyPixel,
            Rights::AnyPixel => {}
            Rights::Pixels(have) => have.extend(pixels),
        }
    }

    /// Makes a token bad (40105) until it is restored or granted again.
    pub fn revoke(&mut self, token: impl Into<String>) {
        self.revoked.insert(token.into());
    }

    /// Takes a revocation back.
    pub fn restore(&mut self, token: &str) {
        self.revoked.remove(token);
    }

    /// Is the token good at all? TikTok asks this before it reads the body.
    pub(crate) fn check(&self, token: Option<&str>) -> Result<(), Refusal> {
        let token = token.filter(|token| !token.is_empty());
        let token =
            token.ok_or_else(|| Refusal::of_request(CODE_NO_TOKEN, "Access token is empty."))?;
        let unknown = !self.granted.is_empty() && !self.granted.contains_key(token);
        if unknown || self.revoked.contains(token) {
            let message = "Access token is incorrect or has been revoked.";
            return Err(Refusal::of_request(CODE_BAD_TOKEN, message));
        }
        Ok(())
    }

    /// May this token, which is good, send for this pixel?
    pub(crate) fn check_pixel(&self, token: &str, pixel: &str) -> Result<(), Refusal> {
        match self.granted.get(token) {
            Some(Rights::Pixels(pixels)) if !pixels.contains(pixel) => {
                let message = format!(
                    "No permission to operate pixel code: {pixel}. You must be an admin or operator \
                     of this advertiser account."
                );
                Err(Refusal::of_request(CODE_NO_RIGHTS, message))
            }
            _ => Ok(()),
        }
    }
}

/// What stands for a token in records and on the page: `#` and the first 8 hexadecimal digits of its
/// SHA-256.
#[must_use]
pub fn token_label(token: &str) -> String {
    let digest = Sha256::digest(token.as_bytes());
    let start = digest.iter().take(4).map(|byte| format!("{byte:02x}"));
    format!("#{}", start.collect::<String>())
}
