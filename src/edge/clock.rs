//! The runtime's clock and randomness.

use crate::time::UnixMillis;
use js_sys::Date;

/// Milliseconds since the epoch. JavaScript's clock gives whole numbers far below 2^53.
pub(super) fn now() -> UnixMillis {
    #[allow(clippy::as_conversions, reason = "a whole f64 far below 2^53")]
    UnixMillis(Date::now() as i64)
}

/// 16 random bytes; none where the runtime has no randomness, which it always has.
pub(super) fn random() -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}
