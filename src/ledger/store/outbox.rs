//! What is to be sent, and when next: the outbox.
//!
//! One pixel has at most one request on its way, and which events it holds is known to the caller
//! only, not to the tables: after a crash they are simply due again, with the same ids.

use super::{LedgerError, Sql, Store, Value, json_list};
use crate::ledger::machine::{Facts, Happened};
use crate::ledger::pixel::PixelState;
use crate::ledger::settings::Settings;
use crate::ledger::sql::Fields;
use crate::ledger::{State, batch};
use crate::slug::Slug;
use crate::time::UnixMillis;

/// So many events of a pixel that cannot send are moved aside at once: a few milliseconds of work,
/// between which postbacks get their turn.
const PARK_SLICE: i64 = 1_000;

/// An event that is about to be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Item {
    /// Its number.
    pub id: i64,
    /// What the machine has to know of it.
    pub facts: Facts,
    /// Its length as JSON.
    pub bytes: usize,
}

/// Events for one request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Batch {
    /// Their pixel.
    pub pixel: Slug,
    /// The events, oldest need first.
    pub items: Vec<Item>,
    /// The pixel is held, and this one event tries whether it still has to be.
    pub probe: bool,
    /// There is no room for more: gathering more before the next request is of no use.
    pub full: bool,
}

/// What a pixel has to do now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Turn {
    /// Nothing is due.
    Idle,
    /// Send this.
    Send(Batch),
    /// It cannot send; some of its events were moved aside, and there may be more of them.
    Parked,
}

impl<S: Sql> Store<S> {
    /// What a pixel has to do now. Asking twice gives the same batch twice: the caller asks only for
    /// pixels that have no request on their way.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn turn(
        &self,
        pixel: &Slug,
        settings: &Settings,
        now: UnixMillis,
    ) -> Result<Turn, LedgerError> {
        let state = self.configured_pixel(pixel, settings, now)?;
        if state.held.is_some() {
            if self.park(pixel, Happened::PixelHeld, now)? {
                return Ok(Turn::Parked);
            }
            let probe =
                if state.probe_due(now) { self.due(pixel, State::Held, None, 1)? } else { vec![] };
            return Ok(send(pixel, probe, true, false));
        }
        if let Some(until) = state.paused_until(now) {
            let parked = self.park(pixel, Happened::PixelPaused { until }, now)?;
            return Ok(if parked { Turn::Parked } else { Turn::Idle });
        }
        let mut items = Vec::new();
        // What has waited longest first; new events last. Held ones are left from a hold that is over.
        for state in [State::Held, State::Retry, State::Queued] {
            let room = batch::MAX_EVENTS.saturating_sub(items.len());
            items.extend(self.due(pixel, state, Some(now), room)?);
        }
        items.extend(self.new_events(pixel, batch::MAX_EVENTS.saturating_sub(items.len()))?);
        let fitting = batch::fitting(items.iter().map(|item| item.bytes));
        let full = fitting < items.len() || fitting >= batch::MAX_EVENTS;
        items.truncate(fitting);
        Ok(send(pixel, items, false, full))
    }

    /// The events of a pixel in a state, the longest due first; those due until `now`, or all.
    fn due(
        &self,
        pixel: &Slug,
        state: State,
        now: Option<UnixMillis>,
        limit: usize,
    ) -> Result<Vec<Item>, LedgerError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let select = "SELECT id, state, attempts, since, octet_length(payload)
                      FROM events INDEXED BY later
                      WHERE pixel = ?1 AND state = ?2 AND due <= ?3 ORDER BY due LIMIT ?4";
        let values = [
            pixel.as_str().into(),
            state.as_str().into(),
            now.unwrap_or(LAST_MOMENT).into(),
            Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)),
        ];
        self.sql.exec(select, &values)?.into_iter().map(item).collect()
    }

    /// The new events of a pixel, oldest first.
    pub(super) fn new_events(&self, pixel: &Slug, limit: usize) -> Result<Vec<Item>, LedgerError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let select = "SELECT id, state, attempts, since, octet_length(payload) FROM events
                      WHERE id >= ?1 AND pixel = ?2 AND state = 'queued' AND due IS NULL
                      ORDER BY id LIMIT ?3";
        let values = [
            self.mark.get().into(),
            pixel.as_str().into(),
            Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)),
        ];
        self.sql.exec(select, &values)?.into_iter().map(item).collect()
    }

    /// Moves a slice of the events of a pixel that cannot send out of the way: new ones, so that the
    /// mark can move on, and those that come due while it is held. Whether there were any.
    fn park(&self, pixel: &Slug, why: Happened<'_>, now: UnixMillis) -> Result<bool, LedgerError> {
        let limit = usize::try_from(PARK_SLICE).unwrap_or(usize::MAX);
        let mut items = self.new_events(pixel, limit)?;
        if why == Happened::PixelHeld {
            for state in [State::Queued, State::Retry] {
                items.extend(self.due(
                    pixel,
                    state,
                    Some(now),
                    limit.saturating_sub(items.len()),
                )?);
            }
        }
        if items.is_empty() {
            return Ok(false);
        }
        let what = if why == Happened::PixelHeld { "pixel_held" } else { "pixel_paused" };
        self.atomically(|| self.move_events(&items, why, what, None, now))?;
        self.advance_mark()?;
        Ok(true)
    }

    /// The events of a part of a batch as JSON, joined by commas, in the part's order.
    ///
    /// # Errors
    /// When the storage fails, or an event has gone.
    pub fn payloads(&self, items: &[Item]) -> Result<String, LedgerError> {
        let select = "SELECT count(*), group_concat(e.payload, ',' ORDER BY j.key)
                      FROM json_each(?1) AS j CROSS JOIN events AS e ON e.id = j.value";
        let row = self.sql.exec(select, &[json_list(items.iter().map(|item| item.id))])?.pop();
        let mut fields = Fields::of(row.unwrap_or_default(), "payload");
        let count = fields.int()?;
        if usize::try_from(count) != Ok(items.len()) {
            return Err(fields.corrupt());
        }
        fields.text()
    }

    /// When there is next something to do: now, later, or (none) not before the next question.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn next_due(
        &self,
        settings: &Settings,
        now: UnixMillis,
    ) -> Result<Option<UnixMillis>, LedgerError> {
        let mut next =
            [self.next_purge(settings, now)?, self.next_kept_click()?].into_iter().flatten().min();
        for pixel in self.pixels() {
            let state = self.pixel(&pixel)?.configured(settings.lacking(&pixel), now);
            let times =
                [self.next_send(&pixel, &state, now)?, self.first_due(&pixel, State::Waiting)?];
            next = next.into_iter().chain(times.into_iter().flatten()).min();
        }
        Ok(next)
    }

    fn next_send(
        &self,
        pixel: &Slug,
        state: &PixelState,
        now: UnixMillis,
    ) -> Result<Option<UnixMillis>, LedgerError> {
        // New events are due at once: to be sent, or to be moved aside.
        if !self.new_events(pixel, 1)?.is_empty() {
            return Ok(Some(now));
        }
        let queued = self.first_due(pixel, State::Queued)?;
        let retry = self.first_due(pixel, State::Retry)?;
        let held = self.first_due(pixel, State::Held)?;
        let due = queued.into_iter().chain(retry).min();
        Ok(match state.held {
            // What comes due is moved to the held ones.
            Some(_) => due.into_iter().chain(held.and(state.next_look(now))).min(),
            None => {
                let due = due.into_iter().chain(held).min();
                due.map(|due| due.max(state.paused_until(now).unwrap_or(due)))
            }
        })
    }

    /// The earliest due time of a pixel's events in a state: one index seek.
    pub(super) fn first_due(
        &self,
        pixel: &Slug,
        state: State,
    ) -> Result<Option<UnixMillis>, LedgerError> {
        let select = "SELECT min(due) FROM events INDEXED BY later
                      WHERE pixel = ?1 AND state = ?2 AND due IS NOT NULL";
        let row = self.sql.exec(select, &[pixel.as_str().into(), state.as_str().into()])?.pop();
        row.map_or(Ok(None), |row| Fields::of(row, "due time").maybe_time())
    }
}

/// Later than every due time, and still a number that JavaScript holds.
const LAST_MOMENT: UnixMillis = UnixMillis(8_640_000_000_000_000);

fn send(pixel: &Slug, items: Vec<Item>, probe: bool, full: bool) -> Turn {
    if items.is_empty() {
        return Turn::Idle;
    }
    Turn::Send(Batch { pixel: pixel.clone(), items, probe, full })
}

fn item(row: Vec<Value>) -> Result<Item, LedgerError> {
    let mut fields = Fields::of(row, "event");
    let id = fields.int()?;
    let facts = Facts {
        state: fields.word(State::parse)?,
        attempts: fields.small()?,
        since: fields.time()?,
    };
    let bytes = usize::try_from(fields.int()?).map_err(|_| fields.corrupt())?;
    Ok(Item { id, facts, bytes })
}
