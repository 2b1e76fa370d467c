//! Finished events leave when their time is over, a slice at a time, so that delivery never waits.

use super::settle::IDS_PER_DAY;
use super::{LedgerError, Sql, Store, Value, accepted_at, id_at, json_list};
use crate::ledger::settings::Settings;
use crate::ledger::sql::Fields;
use crate::time::UnixMillis;

/// Events looked at in one slice: a few milliseconds.
const SLICE: i64 = 500;
/// The pause between slices, in which everything else gets its turn.
const BETWEEN_MS: i64 = 1_000;
/// The pause after the last one. Events that could not leave (not finished, or not long enough) are
/// looked at again so often.
const AFTER_MS: i64 = 3_600_000;
/// Counts by day are kept longer than events: they are small, and last year is worth comparing.
const TALLY_DAYS: i64 = 400;

impl<S: Sql> Store<S> {
    /// When the next slice is due.
    pub(super) fn next_purge(
        &self,
        settings: &Settings,
        now: UnixMillis,
    ) -> Result<Option<UnixMillis>, LedgerError> {
        let oldest = self.sql.exec("SELECT min(id) FROM events", &[])?.pop();
        let oldest = match oldest {
            Some(row) => Fields::of(row, "event number").maybe_int()?,
            None => None,
        };
        let kept_for = now.since(settings.keep_from(now));
        Ok(oldest.map(|id| accepted_at(id).plus(kept_for).plus(1).max(self.purge_at.get())))
    }

    /// Lets a slice of the oldest finished events leave, and with a lead's newest event what is
    /// remembered of the lead. How many left. Running it twice lets the next slice leave.
    ///
    /// # Errors
    /// When the storage fails: then nothing left.
    pub fn purge(&self, settings: &Settings, now: UnixMillis) -> Result<u64, LedgerError> {
        let keep_from = settings.keep_from(now);
        let select =
            "SELECT id, finished_at FROM events WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3";
        let values = [self.purge_from.get().into(), id_at(keep_from).into(), Value::Int(SLICE)];
        let rows = self.sql.exec(select, &values)?;
        let full = i64::try_from(rows.len()).is_ok_and(|count| count >= SLICE);
        let mut last = 0;
        let mut over = Vec::new();
        for row in rows {
            let mut fields = Fields::of(row, "event");
            last = fields.int()?;
            if fields.maybe_time()?.is_some_and(|finished| finished < keep_from) {
                over.push(last);
            }
        }
        let left = u64::try_from(over.len()).unwrap_or(u64::MAX);
        if !over.is_empty() {
            let ids = json_list(over);
            self.atomically(|| {
                let leads = "DELETE FROM leads WHERE (source, transaction_id) IN (
                                 SELECT source, transaction_id FROM events
                                 WHERE id IN (SELECT value FROM json_each(?1))
                                 AND transaction_id IS NOT NULL)
                             AND newest IN (SELECT value FROM json_each(?1))";
                self.sql.exec(leads, std::slice::from_ref(&ids))?;
                let events = "DELETE FROM events WHERE id IN (SELECT value FROM json_each(?1))";
                self.sql.exec(events, std::slice::from_ref(&ids))
            })?;
        }
        if full {
            self.purge_from.set(last);
            self.purge_at.set(now.plus(BETWEEN_MS));
        } else {
            let oldest_day =
                Value::Int(id_at(now).div_euclid(IDS_PER_DAY).saturating_sub(TALLY_DAYS));
            self.sql.exec("DELETE FROM tally WHERE day < ?1", std::slice::from_ref(&oldest_day))?;
            self.sql.exec("DELETE FROM click_counts WHERE day < ?1", &[oldest_day])?;
            self.purge_from.set(0);
            self.purge_at.set(now.plus(AFTER_MS));
        }
        Ok(left)
    }

    /// Whether a slice is due.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn purge_due(&self, settings: &Settings, now: UnixMillis) -> Result<bool, LedgerError> {
        Ok(self.next_purge(settings, now)?.is_some_and(|due| due <= now))
    }
}
