//! Finished events leave when their time is over, a slice at a time, so that delivery never waits.
//!
//! What waits for a right token or for a person waits as long as that takes. But nobody waits for a
//! pixel that is gone: events that are held because the configuration does not have theirs any more
//! expire after the same time, with a message that says so. A pixel that comes back before finds them
//! held and sends them; one that comes back later finds them among the expired for as long again, to be
//! replayed.

use super::outbox::Item;
use super::settle::IDS_PER_DAY;
use super::{LedgerError, Sql, Store, Value, accepted_at, id_at, json_list};
use crate::ledger::State;
use crate::ledger::machine::{Facts, Happened};
use crate::ledger::pixel::PixelState;
use crate::ledger::protocol::HoldReason;
use crate::ledger::settings::Settings;
use crate::ledger::sql::Fields;
use crate::slug::Slug;
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

    /// Lets a slice of the oldest finished events leave, and with a lead's last event what is
    /// remembered of the lead; in the same slice, held events whose pixel is gone for good expire. How
    /// many left. Running it twice lets the next slice leave.
    ///
    /// # Errors
    /// When the storage fails: then what has not been done is done the next time.
    pub fn purge(&self, settings: &Settings, now: UnixMillis) -> Result<u64, LedgerError> {
        let keep_from = settings.keep_from(now);
        let gone = self.gone_pixels(settings, keep_from)?;
        let select = "SELECT id, finished_at, state, attempts, since, pixel FROM events
                      WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3";
        let values = [self.purge_from.get().into(), id_at(keep_from).into(), Value::Int(SLICE)];
        let rows = self.sql.exec(select, &values)?;
        let full = i64::try_from(rows.len()).is_ok_and(|count| count >= SLICE);
        let mut last = 0;
        let (mut over, mut stranded) = (Vec::new(), Vec::new());
        for row in rows {
            let mut fields = Fields::of(row, "event");
            last = fields.int()?;
            if let Some(finished) = fields.maybe_time()? {
                if finished < keep_from {
                    over.push(last);
                }
            } else if !gone.is_empty()
                && let Ok((facts, pixel)) = unfinished(&mut fields)
                && facts.state == State::Held
                // What a person has replayed is held for the whole time once more.
                && facts.since < keep_from
                && gone.contains(&pixel)
            {
                stranded.push(Item { id: last, facts, bytes: 0 });
            }
        }
        let left = u64::try_from(over.len()).unwrap_or(u64::MAX);
        if !stranded.is_empty() {
            let days = settings.retention_days;
            let message = format!("its pixel has not been in the configuration for {days} days");
            let happened = Happened::PixelGone;
            self.atomically(|| {
                self.move_events(&stranded, happened, "pixel_gone", Some(&message), now)
            })?;
        }
        if !over.is_empty() {
            let ids = json_list(over);
            self.atomically(|| {
                // A lead whose newest event leaves while an older one is still there (held, say)
                // lives on with that one.
                let live_on = "UPDATE leads SET newest = (
                                   SELECT max(e.id) FROM json_each('[' || leads.events || ']') AS j
                                   JOIN events AS e ON e.id = j.value
                                   WHERE e.id NOT IN (SELECT value FROM json_each(?1)))
                               WHERE (source, transaction_id) IN (
                                   SELECT source, transaction_id FROM events
                                   WHERE id IN (SELECT value FROM json_each(?1))
                                   AND transaction_id IS NOT NULL)
                               AND newest IN (SELECT value FROM json_each(?1))
                               AND EXISTS (
                                   SELECT 1 FROM json_each('[' || leads.events || ']') AS j
                                   JOIN events AS e ON e.id = j.value
                                   WHERE e.id NOT IN (SELECT value FROM json_each(?1)))";
                self.sql.exec(live_on, std::slice::from_ref(&ids))?;
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
            self.forget_pixels(settings)?;
            self.purge_from.set(0);
            self.purge_at.set(now.plus(AFTER_MS));
        }
        Ok(left)
    }

    /// The pixels that the configuration has not had for so long that their events expire.
    fn gone_pixels(
        &self,
        settings: &Settings,
        keep_from: UnixMillis,
    ) -> Result<Vec<Slug>, LedgerError> {
        let gone = self.unopen_pixels()?.into_iter().filter(|(pixel, state)| {
            settings.lacking(pixel) == Some(HoldReason::NotConfigured)
                && state.gone_before(keep_from)
        });
        Ok(gone.map(|(pixel, _)| pixel).collect())
    }

    /// Forgets pixels that the configuration does not have and for which nothing waits: nobody needs
    /// to be told any more that they are held. A person's hold is forgotten by a person.
    fn forget_pixels(&self, settings: &Settings) -> Result<(), LedgerError> {
        for (pixel, state) in self.unopen_pixels()? {
            let gone = settings.lacking(&pixel) == Some(HoldReason::NotConfigured)
                && state.held != Some(HoldReason::Person);
            if gone && !self.has_unfinished(&pixel)? {
                self.save_pixel(&pixel, &state, &PixelState::OPEN)?;
            }
        }
        Ok(())
    }

    fn has_unfinished(&self, pixel: &Slug) -> Result<bool, LedgerError> {
        let later = "SELECT 1 FROM events INDEXED BY later
                     WHERE pixel = ?1 AND due IS NOT NULL LIMIT 1";
        let later = self.sql.exec(later, &[pixel.as_str().into()])?;
        Ok(!later.is_empty() || self.has_new(pixel)?)
    }

    /// Whether a slice is due.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn purge_due(&self, settings: &Settings, now: UnixMillis) -> Result<bool, LedgerError> {
        Ok(self.next_purge(settings, now)?.is_some_and(|due| due <= now))
    }
}

/// The rest of an unfinished event's row. One that cannot be read must not stop the purge.
fn unfinished(fields: &mut Fields) -> Result<(Facts, Slug), LedgerError> {
    let facts = Facts {
        state: fields.word(State::parse)?,
        attempts: fields.small()?,
        since: fields.time()?,
    };
    Ok((facts, fields.word(Slug::parse)?))
}
