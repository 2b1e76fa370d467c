//! Why a request goes no further, and what the caller is told of it.

use crate::postback::auth::AuthError;
use crate::postback::body::BodyError;
use std::borrow::Cow;

/// Why a request goes no further.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The body cannot be read.
    Body(BodyError),
    /// The caller may not.
    Auth(AuthError),
    /// No source of that name.
    UnknownSource,
    /// Neither GET nor POST.
    Method,
    /// Too many wrong tokens from one address.
    SlowDown,
    /// The configuration does not hold.
    NotConfigured,
    /// Nothing was stored; sending it again is right.
    NotStored,
}

/// How long a caller should wait before it sends again what was not stored, in seconds. The ledger
/// is back within seconds; platforms that retry at all wait longer by themselves.
const RETRY_SECONDS: u32 = 30;

/// How long a caller with wrong tokens should wait, in seconds: the rate limit's window.
const SLOW_DOWN_SECONDS: u32 = 60;

impl Failure {
    /// The HTTP status that answers it.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Body(error) => error.status(),
            Self::Auth(error) => error.status(),
            Self::UnknownSource => 404,
            Self::Method => 405,
            Self::SlowDown => 429,
            Self::NotConfigured | Self::NotStored => 503,
        }
    }

    /// A fixed word for logs and metrics. The answer has it too, except of an [`AuthError`], whose
    /// code tells more than a stranger should know.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Body(error) => error.code(),
            Self::Auth(error) => error.code(),
            Self::UnknownSource => "unknown_source",
            Self::Method => "method_not_allowed",
            Self::SlowDown => "too_many_wrong_tokens",
            Self::NotConfigured => "not_configured",
            Self::NotStored => "not_stored",
        }
    }

    pub(super) const fn public_code(&self) -> &'static str {
        match self {
            Self::Auth(_) => "unauthorized",
            other => other.code(),
        }
    }

    /// What is wrong and what to do, in words for the caller.
    pub fn safe_message(&self) -> Cow<'static, str> {
        match self {
            Self::Body(error) => error.safe_message(),
            Self::Auth(error) => error.safe_message().into(),
            Self::UnknownSource => {
                "no source of that name; look at the postback's path and at [vars.CONFIG.sources]"
                    .into()
            }
            Self::Method => "send a postback by GET or POST".into(),
            Self::SlowDown => "too many wrong tokens from this address; wait a minute".into(),
            Self::NotConfigured => {
                "the configuration does not hold; /healthz says what is wrong".into()
            }
            Self::NotStored => "it may not be stored; send it again".into(),
        }
    }

    pub(super) const fn retry_after(&self) -> Option<u32> {
        match self {
            Self::NotConfigured | Self::NotStored => Some(RETRY_SECONDS),
            Self::SlowDown => Some(SLOW_DOWN_SECONDS),
            _ => None,
        }
    }
}
