//! How the shard is, in numbers that cost little to find: unfinished events only, and of these no
//! more than are needed to see that something is wrong.

use super::{LedgerError, Sql, Store, accepted_at};
use crate::ledger::State;
use crate::ledger::protocol::{Health, OpenCounts, PixelHealth};
use crate::ledger::sql::{Fields, Value};
use crate::time::UnixMillis;

/// Counting stops here: some ten milliseconds.
pub(super) const COUNT_UP_TO: i64 = 100_000;

/// Anybody may ask `/healthz`, as often as they like: within this time they get the same counts, so
/// that counting takes a hundredth of the shard at most.
const COUNTED_FOR_MS: i64 = 1_000;

/// What was counted, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    at: UnixMillis,
    open: OpenCounts,
    oldest: Option<i64>,
    oldest_waiting: Option<i64>,
    kept_clicks: u64,
}

impl Counted {
    /// Whether it still is the answer. Not if the clock went back: that could last.
    fn holds(&self, now: UnixMillis) -> bool {
        let age = now.since(self.at);
        (0..COUNTED_FOR_MS).contains(&age)
    }
}

impl<S: Sql> Store<S> {
    /// How the shard is. The counts may be a second old; which pixels are held is of this moment.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn health(&self, now: UnixMillis) -> Result<Health, LedgerError> {
        let counted = match self.counted.get().filter(|counted| counted.holds(now)) {
            Some(counted) => counted,
            None => self.count(now)?,
        };
        self.counted.set(Some(counted));
        let seconds = |id: i64| now.since(accepted_at(id)).max(0).div_euclid(1_000);
        let pixels = self.unopen_pixels()?.into_iter().filter_map(|(pixel, state)| {
            let stopped = state.held.is_some() || state.paused_until(now).is_some();
            stopped.then_some(PixelHealth {
                pixel,
                held: state.held,
                code: state.code,
                since: state.since.unwrap_or(now),
                next_try: state.tried_next(),
            })
        });
        Ok(Health {
            open: counted.open,
            oldest_open_seconds: counted.oldest.map(seconds),
            oldest_waiting_seconds: counted.oldest_waiting.map(seconds),
            pixels: pixels.collect(),
            kept_clicks: counted.kept_clicks,
        })
    }

    /// Whether [`health`](Self::health) was asked within the last second: then nothing that costs has
    /// to be done for it again.
    pub fn counted_lately(&self, now: UnixMillis) -> bool {
        self.counted.get().is_some_and(|counted| counted.holds(now))
    }

    fn count(&self, now: UnixMillis) -> Result<Counted, LedgerError> {
        let mut open = OpenCounts::default();
        let mut oldest: Option<i64> = None;
        let mut oldest_waiting: Option<i64> = None;
        let new = "SELECT 'queued', count(*), min(id) FROM (SELECT id FROM events
                   WHERE id >= ?1 AND state = 'queued' AND due IS NULL ORDER BY id LIMIT ?2)";
        let later = "SELECT state, count(*), min(id) FROM (SELECT state, id FROM events
                     INDEXED BY later WHERE due IS NOT NULL LIMIT ?1) GROUP BY state";
        let mut rows = self.sql.exec(new, &[self.mark.get().into(), Value::Int(COUNT_UP_TO)])?;
        rows.extend(self.sql.exec(later, &[Value::Int(COUNT_UP_TO)])?);
        let mut total: u64 = 0;
        for row in rows {
            let mut fields = Fields::of(row, "count");
            let state = fields.word(State::parse)?;
            let count = fields.count()?;
            let first = fields.maybe_int()?;
            total = total.saturating_add(count);
            let counted = match state {
                State::Waiting => &mut open.waiting,
                State::Queued => &mut open.queued,
                State::Retry => &mut open.retry,
                State::Held => &mut open.held,
                State::Delivered | State::Rejected | State::Expired => continue,
            };
            *counted = counted.saturating_add(count);
            if state == State::Waiting {
                oldest_waiting = oldest_waiting.into_iter().chain(first).min();
            }
            oldest = oldest.into_iter().chain(first).min();
        }
        open.capped = i64::try_from(total).map_or(true, |total| total >= COUNT_UP_TO);
        Ok(Counted { at: now, open, oldest, oldest_waiting, kept_clicks: self.kept_clicks()? })
    }
}
