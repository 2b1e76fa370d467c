//! The stand-in's clock: the system's, or one that tests set, and in both cases one that can be put
//! forward, so that a test need not wait 48 hours for deduplication to forget.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock; its clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Unix milliseconds at which a fixed clock started; none follows the system's clock.
    start_ms: Option<i64>,
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::starting(None)
    }

    /// A clock that stands still at these unix milliseconds until it is advanced.
    #[must_use]
    pub fn fixed(unix_ms: i64) -> Self {
        Self::starting(Some(unix_ms))
    }

    fn starting(start_ms: Option<i64>) -> Self {
        Self { start_ms, ahead_ms: Arc::default() }
    }

    /// Puts the clock forward.
    pub fn advance(&self, by: Duration) {
        let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        // The closure always returns a value, so this cannot fail.
        let _ = self.ahead_ms.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |ahead| {
            Some(ahead.saturating_add(ms))
        });
    }

    /// Takes every advance back.
    pub fn reset(&self) {
        self.ahead_ms.store(0, Ordering::SeqCst);
    }

    /// Now, in unix milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        let start = self.start_ms.unwrap_or_else(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
        });
        start.saturating_add(self.ahead_ms.load(Ordering::SeqCst))
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}
