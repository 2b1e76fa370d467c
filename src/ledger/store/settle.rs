//! What happened is written down: an answer of TikTok, a hold, a replay. All events of a request
//! that change alike are written with one statement.

use super::outbox::{Batch, Item};
use super::{IDS_PER_MS, LedgerError, Sql, Store, Value, json_list};
use crate::few::Map;
use crate::ledger::State;
use crate::ledger::answer::Answer;
use crate::ledger::backoff::Jitter;
use crate::ledger::machine::{self, Change, Happened};
use crate::ledger::pixel::PixelState;
use crate::ledger::protocol::Try;
use crate::time::UnixMillis;

/// The days of the numbers: what `id` is divided by to give the day since 1970.
pub(super) const IDS_PER_DAY: i64 = IDS_PER_MS * 86_400_000;

/// Most steps kept of an event. 72 h of backoff are about 80; the first and the last tell the story.
const HISTORY_STEPS: i64 = 40;
/// Where steps are left out.
const HISTORY_MIDDLE: i64 = 20;

/// What an answer did.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Settled {
    /// How many events are now in which state.
    pub states: Map<State, u64>,
    /// The pixel after it.
    pub pixel: PixelState,
}

impl<S: Sql> Store<S> {
    /// Writes down what TikTok answered to `items`, all or a part of a batch. A refusal is for a
    /// single event only: see `cut`. Running it twice for the same answer changes nothing but the
    /// number of tries.
    ///
    /// # Errors
    /// When the storage fails: then nothing was written, and the events are sent again, with their
    /// ids, as after a crash.
    pub fn settle(
        &self,
        batch: &Batch,
        items: &[Item],
        answer: &Answer,
        now: UnixMillis,
        jitter: Jitter,
    ) -> Result<Settled, LedgerError> {
        let settled = self.atomically(|| {
            let before = self.pixel(&batch.pixel)?;
            let attempts = before.failures.saturating_add(1);
            let pixel = before.answered(answer, attempts, now, jitter);
            self.save_pixel(&batch.pixel, &before, &pixel)?;
            let happened = Happened::Answered { answer, pixel_held: batch.probe };
            let what = answer.cause.as_str();
            let states = self.change_events(items, happened, what, Some(answer), now, jitter)?;
            Ok(Settled { states, pixel })
        })?;
        self.after_commit(&settled.states)?;
        Ok(settled)
    }

    /// Notes that a batch was refused and is being cut: that TikTok answered is news of the pixel,
    /// but of none of its events.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn note_refusal(
        &self,
        batch: &Batch,
        answer: &Answer,
        now: UnixMillis,
    ) -> Result<(), LedgerError> {
        let before = self.pixel(&batch.pixel)?;
        self.save_pixel(&batch.pixel, &before, &before.answered(answer, 1, now, Jitter::MIDDLE))
    }

    /// Writes down something that happened without a request.
    pub(super) fn move_events(
        &self,
        items: &[Item],
        happened: Happened<'_>,
        what: &str,
        message: Option<&str>,
        now: UnixMillis,
    ) -> Result<Map<State, u64>, LedgerError> {
        let states = self.change_events(items, happened, what, None, now, Jitter::MIDDLE)?;
        if let Some(message) = message {
            let note =
                "UPDATE events SET message = ?2 WHERE id IN (SELECT value FROM json_each(?1))";
            let ids = json_list(items.iter().map(|item| item.id));
            self.sql.exec(note, &[ids, message.into()])?;
        }
        Ok(states)
    }

    /// Asks the machine about each event and writes what it says. Inside a transaction.
    fn change_events(
        &self,
        items: &[Item],
        happened: Happened<'_>,
        what: &str,
        answer: Option<&Answer>,
        now: UnixMillis,
        jitter: Jitter,
    ) -> Result<Map<State, u64>, LedgerError> {
        let mut groups: Vec<(State, Change, Vec<i64>)> = Vec::new();
        for item in items {
            let Some(change) = machine::step(item.facts, happened, now, jitter) else { continue };
            let from = item.facts.state;
            match groups.iter_mut().find(|(state, other, _)| *state == from && *other == change) {
                Some((_, _, ids)) => ids.push(item.id),
                None => groups.push((from, change, vec![item.id])),
            }
        }
        let mut states = Map::new();
        for (from, change, ids) in groups {
            let count: u64 = u64::try_from(ids.len()).unwrap_or(u64::MAX);
            states.change(change.state, |total: &mut u64| *total = total.saturating_add(count));
            let ids = json_list(ids);
            self.write(&ids, &change, what, answer, now)?;
            if from.is_final() {
                self.tally(&ids, from, -1)?;
            }
            if change.state.is_final() {
                self.tally(&ids, change.state, 1)?;
            }
        }
        Ok(states)
    }

    fn write(
        &self,
        ids: &Value,
        change: &Change,
        what: &str,
        answer: Option<&Answer>,
        now: UnixMillis,
    ) -> Result<(), LedgerError> {
        let delivered = change.state == State::Delivered;
        let code = answer.and_then(|answer| answer.code);
        let step = Try { at: now, state: change.state, code, what: what.to_owned() };
        let step = serde_json::to_string(&step).map_err(|_| LedgerError::Corrupt("history"))?;
        // TikTok's "OK" is no news.
        let message = answer.filter(|_| !delivered).and_then(|answer| answer.message.as_deref());
        let request_id = answer.and_then(|answer| answer.request_id.as_deref());
        let values: [Value; 13] = [
            ids.clone(),
            change.state.as_str().into(),
            change.attempts.into(),
            change.since.into(),
            change.due.into(),
            Some(now).filter(|_| change.tried).into(),
            Some(now).filter(|_| change.state.is_final()).into(),
            code.into(),
            message.into(),
            request_id.into(),
            step.into(),
            HISTORY_STEPS.into(),
            HISTORY_MIDDLE.into(),
        ];
        self.sql.exec(if delivered { DELIVERED } else { CHANGED }, &values)?;
        Ok(())
    }

    /// Counts finished events by the day they were accepted: a row for each kind in the batch, not
    /// for each event.
    fn tally(&self, ids: &Value, state: State, by: i64) -> Result<(), LedgerError> {
        // A parameter would be a fraction on its way through JavaScript, and so would the day.
        let upsert = format!(
            "INSERT INTO tally (day, pixel, source, event, state, count)
             SELECT id / {IDS_PER_DAY}, pixel, source, event, ?2, ?3 * count(*) FROM events
             WHERE id IN (SELECT value FROM json_each(?1)) GROUP BY 1, 2, 3, 4
             ON CONFLICT (day, pixel, source, event, state)
             DO UPDATE SET count = count + excluded.count"
        );
        self.sql.exec(&upsert, &[ids.clone(), state.as_str().into(), by.into()])?;
        Ok(())
    }

    /// What only speeds things up, after the rows are safe: it must not run on what may be rolled
    /// back, or the mark would pass events that are still new.
    pub(super) fn after_commit(&self, states: &Map<State, u64>) -> Result<(), LedgerError> {
        let finished = states.iter().filter(|(state, _)| state.is_final()).map(|(_, count)| *count);
        self.finished.set(self.finished.get().saturating_add(finished.sum()));
        self.advance_mark()?;
        self.write_mark()
    }
}

/// Without an answer (`?6`, the time of the try, is NULL) what TikTok said last stays. `||` would
/// write a JavaScript number as `20.0`, hence the casts.
macro_rules! update_events {
    ($payload:literal) => {
        concat!(
            "UPDATE events SET
             state = ?2, attempts = ?3, since = coalesce(?4, since), due = ?5,
             tried_at = coalesce(?6, tried_at), finished_at = ?7,
             code = CASE WHEN ?6 IS NULL THEN code ELSE ?8 END,
             message = CASE WHEN ?6 IS NULL THEN message ELSE ?9 END,
             request_id = CASE WHEN ?6 IS NULL THEN request_id ELSE ?10 END,
             history = json_insert(
                 CASE WHEN json_array_length(history) < ?12 THEN history
                 ELSE json_remove(history, '$[' || CAST(?13 AS INTEGER) || ']') END,
                 '$[#]', json(?11))",
            $payload,
            " WHERE id IN (SELECT value FROM json_each(?1))"
        )
    };
}

const CHANGED: &str = update_events!("");
/// What a delivered event must not keep: `Event::blank_visitor`, in SQL, so that a thousand events
/// are not read and written again to take it out. A test holds the two together.
const DELIVERED: &str =
    update_events!(", payload = json_remove(payload, '$.user.ip', '$.user.user_agent')");
