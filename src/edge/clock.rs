//! The runtime's clock and randomness.

use crate::time::UnixMillis;
use js_sys::Date;
use std::cell::RefCell;

/// Milliseconds since the epoch. JavaScript's clock gives whole numbers far below 2^53.
pub(super) fn now() -> UnixMillis {
    #[allow(clippy::as_conversions, reason = "a whole f64 far below 2^53")]
    UnixMillis(Date::now() as i64)
}

/// Random bytes fetched at once: enough for 64 click ids, each of which is handed out once.
const POOL: usize = 1_024;

/// 16 random bytes; none where the runtime has no randomness, which it always has.
pub(super) fn random() -> Option<[u8; 16]> {
    thread_local! {
        static UNUSED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    UNUSED.with_borrow_mut(|unused| {
        if unused.is_empty() {
            let mut pool = vec![0; POOL];
            getrandom::fill(&mut pool).ok()?;
            *unused = pool;
        }
        let rest = unused.len().checked_sub(16)?;
        unused.split_off(rest).try_into().ok()
    })
}
