//! The ledger's tables and every statement on them. What an event or a pixel becomes is decided in
//! `machine`, `pixel` and `join`; here it is looked up and written down.
//!
//! Every statement touches rows by a key or an index range of *unfinished* events, so that the time
//! it takes does not grow with what is finished.

mod clicks;
mod console;
mod health;
mod outbox;
mod pixels;
mod postback;
mod purge;
mod replay;
mod schema;
mod settle;
mod waiting;

pub use outbox::{Batch, Item, Turn};
pub use postback::{Kept, request_body};
pub use settle::Settled;
pub use waiting::Waiting;

use super::LedgerError;
use super::pixel::PixelState;
use super::sql::{Fields, Sql, Value};
use crate::few::Map;
use crate::slug::Slug;
use crate::time::UnixMillis;
use std::cell::{Cell, RefCell};

/// An event's number is the millisecond it was accepted, times this, plus a count. It stays below
/// 2^53 until the year 2248.
const IDS_PER_MS: i64 = 1_024;

/// Greater than every number: the greatest that JavaScript holds exactly.
const LAST_ID: i64 = 9_007_199_254_740_991;

/// After so many finished events the mark is written down. Opening looks through at most so many
/// events (and the unfinished ones) to find it again.
const MARK_EVERY: u64 = 2_000;

/// The first number of a millisecond.
fn id_at(time: UnixMillis) -> i64 {
    time.0.saturating_mul(IDS_PER_MS)
}

/// When the event of a number was accepted.
fn accepted_at(id: i64) -> UnixMillis {
    UnixMillis(id.div_euclid(IDS_PER_MS))
}

/// One shard's tables. There is one of these for a database at a time.
#[derive(Debug)]
pub struct Store<S> {
    sql: S,
    /// The newest number given out.
    last_id: Cell<i64>,
    /// No event before this number is new (queued and without a due time).
    mark: Cell<i64>,
    /// The mark as it was last written down.
    written_mark: Cell<i64>,
    /// Events finished since then.
    finished: Cell<u64>,
    /// Where the next slice of the purge begins, and when.
    purge_from: Cell<i64>,
    purge_at: Cell<UnixMillis>,
    /// What `health` counted last.
    counted: Cell<Option<health::Counted>>,
    /// Pixels that have, or lately had, unfinished events.
    pixels: RefCell<Map<Slug, ()>>,
    /// The pixels that do not simply send, as the tables have them; none: to be read.
    unopen: RefCell<Option<Map<Slug, PixelState>>>,
}

impl<S: Sql> Store<S> {
    /// Opens the tables, making them if there are none.
    ///
    /// # Errors
    /// When the storage fails or is of a newer version.
    pub fn open(sql: S) -> Result<Self, LedgerError> {
        schema::prepare(&sql)?;
        let mark = match sql.exec("SELECT value FROM meta WHERE name = 'mark'", &[])?.pop() {
            Some(row) => Fields::of(row, "mark").int()?,
            None => 0,
        };
        let newest = match sql.exec("SELECT max(id) FROM events", &[])?.pop() {
            Some(row) => Fields::of(row, "event number").maybe_int()?.unwrap_or(0),
            None => 0,
        };
        let store = Self {
            sql,
            // Never behind the mark, even if the clock went back and all events have left.
            last_id: Cell::new(newest.max(mark)),
            mark: Cell::new(mark),
            written_mark: Cell::new(mark),
            finished: Cell::new(0),
            purge_from: Cell::new(0),
            purge_at: Cell::new(UnixMillis(0)),
            counted: Cell::new(None),
            pixels: RefCell::default(),
            unopen: RefCell::default(),
        };
        store.find_pixels()?;
        store.advance_mark()?;
        Ok(store)
    }

    /// Statements that happen together or not at all. What was read in between may have been undone.
    fn atomically<T>(
        &self,
        work: impl FnOnce() -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let result = self.sql.atomically(work);
        if result.is_err() {
            self.unopen.replace(None);
        }
        result
    }

    /// A number for an event that is accepted now: greater than every other.
    fn next_id(&self, now: UnixMillis) -> i64 {
        let id = id_at(now).max(self.last_id.get().saturating_add(1));
        self.last_id.set(id);
        id
    }

    /// The pixels that may have unfinished events.
    pub fn pixels(&self) -> Vec<Slug> {
        self.pixels.borrow().keys().cloned().collect()
    }

    /// The same, beginning behind the one that had its turn last: where fewer can send at once than
    /// there are, those that always have something to send must not keep the others from it.
    pub fn pixels_behind(&self, last: Option<&Slug>) -> Vec<Slug> {
        let pixels = self.pixels.borrow();
        let behind = pixels.keys().filter(|pixel| Some(*pixel) > last);
        let before = pixels.keys().filter(|pixel| Some(*pixel) <= last);
        behind.chain(before).cloned().collect()
    }

    /// Which pixels have unfinished events, from the tables: one index seek for each, and one look
    /// through the new events.
    fn find_pixels(&self) -> Result<(), LedgerError> {
        let mut after = String::new();
        let next =
            "SELECT min(pixel) FROM events INDEXED BY later WHERE due IS NOT NULL AND pixel > ?1";
        while let Some(row) = self.sql.exec(next, &[after.as_str().into()])?.pop() {
            let Some(pixel) = Fields::of(row, "pixel").maybe_text()? else { break };
            self.knows(&pixel);
            after = pixel;
        }
        let new =
            "SELECT DISTINCT pixel FROM events WHERE id >= ?1 AND state = 'queued' AND due IS NULL";
        for row in self.sql.exec(new, &[self.mark.get().into()])? {
            self.knows(&Fields::of(row, "pixel").text()?);
        }
        Ok(())
    }

    /// Whether a pixel has new events: whether there is a reason to gather more.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn has_new(&self, pixel: &Slug) -> Result<bool, LedgerError> {
        Ok(!self.new_events(pixel, 1)?.is_empty())
    }

    fn knows(&self, pixel: &str) {
        let mut pixels = self.pixels.borrow_mut();
        if !pixels.contains_key(pixel)
            && let Some(pixel) = Slug::parse(pixel)
        {
            pixels.insert(pixel, ());
        }
    }

    /// Moves the mark up to the oldest new event, or behind the newest event of all. What it passes
    /// is never looked at again for sending.
    fn advance_mark(&self) -> Result<(), LedgerError> {
        let oldest = "SELECT id FROM events WHERE id >= ?1 AND state = 'queued' AND due IS NULL
                      ORDER BY id LIMIT 1";
        let mark = match self.sql.exec(oldest, &[self.mark.get().into()])?.pop() {
            Some(row) => Fields::of(row, "event number").int()?,
            None => self.last_id.get().saturating_add(1),
        };
        self.mark.set(mark.max(self.mark.get()));
        Ok(())
    }

    /// Writes the mark down when enough has been finished since the last time. It may be lost: then
    /// opening looks through more events.
    fn write_mark(&self) -> Result<(), LedgerError> {
        if self.finished.get() < MARK_EVERY || self.mark.get() <= self.written_mark.get() {
            return Ok(());
        }
        let write = "INSERT INTO meta (name, value) VALUES ('mark', ?1)
                     ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.sql.exec(write, &[self.mark.get().into()])?;
        self.written_mark.set(self.mark.get());
        self.finished.set(0);
        Ok(())
    }
}

/// A list of numbers, as `json_each` reads it: one parameter however many there are.
fn json_list(ids: impl IntoIterator<Item = i64>) -> Value {
    let mut list = String::from("[");
    for (n, id) in ids.into_iter().enumerate() {
        if n > 0 {
            list.push(',');
        }
        list.push_str(&id.to_string());
    }
    list.push(']');
    Value::Text(list)
}
