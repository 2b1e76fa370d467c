//! The runtime's clock, its timers and randomness.

use crate::time::UnixMillis;
use futures_util::future::{Either, select};
use js_sys::Date;
use std::cell::RefCell;
use std::pin::pin;
use std::time::Duration;
use worker::Delay;

/// Milliseconds since the epoch. JavaScript's clock gives whole numbers far below 2^53.
pub(super) fn now() -> UnixMillis {
    #[allow(clippy::as_conversions, reason = "a whole f64 far below 2^53")]
    UnixMillis(Date::now() as i64)
}

/// Waits so long.
pub(super) fn pause(milliseconds: u32) -> Delay {
    Delay::from(Duration::from_millis(milliseconds.into()))
}

/// What the work comes to, if it does within some time; else it is dropped.
pub(super) async fn in_time<T>(milliseconds: u32, work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), pin!(pause(milliseconds))).await {
        Either::Left((outcome, _)) => Some(outcome),
        Either::Right(_) => None,
    }
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
