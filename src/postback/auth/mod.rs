//! Whether a caller may speak for a source. Looking up the secrets is left to the edge.
//!
//! - A source with neither a token nor a signing secret is closed.
//! - Any one right credential is enough: `Authorization: Bearer`, `token=`, or a signature of the
//!   body. A wrong one beside it does no harm: platforms send headers of their own.
//! - A signature of an empty body counts for nothing: it is the same for every GET, so whoever saw
//!   one could send any query.
//! - `allowed_ips` narrows, it never opens. It is looked at after the credentials, so only somebody
//!   with a right one learns of it.
//!
//! Comparison takes the same time for every text: both sides are hashed first, and the hashes are
//! compared to the end, with every secret.

mod cidr;
mod signature;

pub use cidr::Cidr;

use super::body;
use crate::raw::RawText;
use crate::urlencoded;
use sha2::{Digest, Sha256};
use std::fmt;
use std::net::IpAddr;

/// What a caller shows. It has no `Debug`: it holds secrets.
#[derive(Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// The `authorization` header.
    pub authorization: Option<&'a str>,
    /// The `token` of the query, or of the body where neither header nor query has a right one.
    pub token: Option<&'a str>,
    /// The `x-signature` header.
    pub signature: Option<&'a str>,
    /// The body, byte for byte.
    pub body: &'a [u8],
    /// The caller's address.
    pub caller_ip: Option<&'a str>,
}

/// What a source asks for. It has no `Debug`: it holds secrets.
#[derive(Clone, Default)]
pub struct AuthPolicy<'a> {
    /// The values of its tokens; several are valid while one replaces another. Empty ones and white
    /// space around them do not count: `echo secret | wrangler secret put` adds a line end.
    pub tokens: Vec<&'a str>,
    /// The values of its signing secrets.
    pub signing_secrets: Vec<&'a str>,
    /// Where it may call from; empty: from anywhere.
    pub allowed_ips: &'a [Cidr],
}

/// Why a caller is sent away; always with 401.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuthError {
    /// The source has no token and no signing secret.
    Closed,
    /// The caller shows nothing.
    Missing,
    /// The caller shows something wrong.
    Wrong,
    /// The credentials are right, the address is not.
    Address,
}

impl AuthError {
    /// The HTTP status that answers it.
    pub const fn status(self) -> u16 {
        401
    }

    /// A fixed word, for logs and metrics only: a caller is not told whether a source is closed.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Closed => "source_closed",
            Self::Missing => "no_credentials",
            Self::Wrong => "wrong_credentials",
            Self::Address => "wrong_address",
        }
    }

    /// What to do, in words for the caller.
    pub const fn safe_message(self) -> &'static str {
        match self {
            Self::Closed | Self::Missing | Self::Wrong => {
                "no or wrong token; send the source's token as `Authorization: Bearer …` or as \
                 `token=…`, or sign the body in `x-signature`"
            }
            Self::Address => {
                "the token is right, but this address is not in the source's `allowed_ips`"
            }
        }
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.safe_message())
    }
}

impl std::error::Error for AuthError {}

/// Whether a caller may speak for a source.
///
/// # Errors
/// See [`AuthError`]. Nothing else of a request is looked at before this has been passed.
pub fn authenticate(
    policy: &AuthPolicy<'_>,
    credentials: &Credentials<'_>,
) -> Result<(), AuthError> {
    let tokens = secrets(&policy.tokens);
    let signing_secrets = secrets(&policy.signing_secrets);
    if tokens.is_empty() && signing_secrets.is_empty() {
        return Err(AuthError::Closed);
    }
    let bearer = credentials.authorization.and_then(bearer);
    let right = [bearer, credentials.token].into_iter().flatten().any(|shown| {
        let shown = shown.trim();
        // A `+` of a token that nobody encoded arrives as a space; no token has spaces.
        is_one_of(shown, &tokens)
            || (shown.contains(' ') && is_one_of(&shown.replace(' ', "+"), &tokens))
    });
    let signed = credentials.signature.is_some_and(|signature| {
        !credentials.body.is_empty()
            && signature::is_right(signature, credentials.body, &signing_secrets)
    });
    if !right && !signed {
        let nothing =
            bearer.is_none() && credentials.token.is_none() && credentials.signature.is_none();
        return Err(if nothing { AuthError::Missing } else { AuthError::Wrong });
    }
    let inside = policy.allowed_ips.is_empty()
        || credentials
            .caller_ip
            .and_then(|ip| ip.trim().parse::<IpAddr>().ok())
            .is_some_and(|ip| policy.allowed_ips.iter().any(|range| range.contains(ip)));
    if inside { Ok(()) } else { Err(AuthError::Address) }
}

/// The `token` of a query, if it has one.
pub fn query_token(query: &str) -> Option<RawText> {
    urlencoded::pairs(query).find_map(|pair| match pair {
        urlencoded::Pair::Decoded(name, value, with_plus) if name.eq_ignore_ascii_case("token") => {
            Some(RawText::new(with_plus.unwrap_or(value)))
        }
        _ => None,
    })
}

/// The `token` of a body that nobody is trusted to have sent: called only where neither header nor
/// query has a right one. A body that cannot be read has none.
pub fn body_token(content_type: Option<&str>, body: &[u8]) -> Option<RawText> {
    let parsed = body::parse(content_type, "", body).ok()?;
    let token = parsed.pairs.into_iter().find(|pair| pair.name.eq_ignore_ascii_case("token"))?;
    Some(RawText::new(token.value.expose()))
}

fn secrets<'a>(values: &[&'a str]) -> Vec<&'a str> {
    values.iter().map(|value| value.trim()).filter(|value| !value.is_empty()).collect()
}

/// The token of `Bearer …`, the word in any case.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

fn is_one_of(shown: &str, secrets: &[&str]) -> bool {
    let shown = Sha256::digest(shown);
    // `fold` and not `any`: the time tells neither which secret it was nor whether it was one.
    secrets.iter().fold(false, |found, secret| found | same(&shown, &Sha256::digest(secret)))
}

/// Whether two hashes are the same; every byte is looked at.
fn same(a: &[u8], b: &[u8]) -> bool {
    let differences = a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b));
    a.len() == b.len() && std::hint::black_box(differences) == 0
}
