//! The tables, by version. What is written here is on people's disks: a change is a new version with
//! the statements that lead there.
//!
//! Rows written are what a ledger costs, and every index entry counts as one. So an event costs its
//! row and one index entry (`once`) when it comes, and one row when it is delivered:
//! - `events.id` is made from the time: newest first, by day, and oldest to purge are all the primary
//!   key, and new events to send are found by it too (those from [`super::Store`]'s mark on).
//! - `later` has only what is not new and not finished: waiting, retry, held, replayed.
//! - `failed` has only what was rejected or has expired.
//! - `leads` lists a lead's events, so that no index by transaction id is needed.

use super::{LedgerError, Sql};
use crate::ledger::sql::{Fields, Value};

/// The version that this program writes.
const VERSION: i64 = 2;

const V1: [&str; 11] = [
    // `due`: when something is next to be done; NULL for new events (at once) and finished ones.
    // `since`: the 72 h count from here. `match_keys`: event::MatchKeys' bits.
    "CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        pixel TEXT NOT NULL,
        event TEXT NOT NULL,
        event_id TEXT NOT NULL,
        state TEXT NOT NULL,
        due INTEGER,
        since INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        tried_at INTEGER,
        finished_at INTEGER,
        code INTEGER,
        message TEXT,
        request_id TEXT,
        source TEXT NOT NULL,
        transaction_id TEXT,
        click_id TEXT,
        event_source TEXT NOT NULL,
        matched_by TEXT NOT NULL,
        match_keys INTEGER NOT NULL,
        fallback_page_url TEXT,
        history TEXT NOT NULL DEFAULT '[]',
        payload TEXT NOT NULL
    ) STRICT",
    // Dedupe; the event id first, because people search by it.
    "CREATE UNIQUE INDEX once ON events (event_id, event, pixel)",
    "CREATE INDEX later ON events (pixel, state, due) WHERE due IS NOT NULL",
    // For people: what needs their eyes is found among a million delivered ones.
    "CREATE INDEX failed ON events (id) WHERE state IN ('rejected', 'expired')",
    // `memory`: join::Memory. `events`: the numbers of the lead's events, newest last.
    "CREATE TABLE leads (
        source TEXT NOT NULL,
        transaction_id TEXT NOT NULL,
        memory TEXT,
        events TEXT NOT NULL,
        newest INTEGER NOT NULL,
        PRIMARY KEY (source, transaction_id)
    ) STRICT, WITHOUT ROWID",
    "CREATE TABLE pixels (
        pixel TEXT PRIMARY KEY,
        held TEXT,
        failures INTEGER NOT NULL,
        next_try INTEGER,
        since INTEGER,
        code INTEGER
    ) STRICT, WITHOUT ROWID",
    // Finished events by the day they were accepted. Unfinished ones are counted when asked.
    "CREATE TABLE tally (
        day INTEGER NOT NULL,
        pixel TEXT NOT NULL,
        source TEXT NOT NULL,
        event TEXT NOT NULL,
        state TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (day, pixel, source, event, state)
    ) STRICT, WITHOUT ROWID",
    // Clicks that KV would not take.
    "CREATE TABLE kept_clicks (
        click_id TEXT PRIMARY KEY,
        record TEXT NOT NULL,
        due INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX kept_clicks_due ON kept_clicks (due)",
    "CREATE TABLE click_counts (
        day INTEGER NOT NULL,
        campaign TEXT NOT NULL,
        clicks INTEGER NOT NULL,
        stored INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        PRIMARY KEY (day, campaign)
    ) STRICT, WITHOUT ROWID",
    // `mark`: no event before this number is new; written seldom, made good when opened.
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID",
];

const V2: [&str; 1] = ["ALTER TABLE click_counts ADD COLUMN limited INTEGER NOT NULL DEFAULT 0"];

/// Brings the database to the present version.
///
/// # Errors
/// When the storage fails, or the database is of a newer version: then nothing is touched, and a
/// roll-back of the program loses nothing.
pub(super) fn prepare(sql: &impl Sql) -> Result<(), LedgerError> {
    let before: &[&str] = match version(sql)? {
        Some(VERSION) => return Ok(()),
        Some(1) => &[],
        Some(other) => return Err(LedgerError::Schema(other)),
        None => &V1,
    };
    // All or nothing: a database that was left half-made would be opened as if it were whole.
    sql.atomically(|| {
        for statement in before.iter().chain(&V2) {
            sql.exec(statement, &[])?;
        }
        let version = "INSERT INTO meta (name, value) VALUES ('schema', ?1)
                       ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        sql.exec(version, &[Value::Int(VERSION)])?;
        Ok(())
    })
}

fn version(sql: &impl Sql) -> Result<Option<i64>, LedgerError> {
    let tables =
        sql.exec("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'meta'", &[])?;
    if tables.first().is_none_or(|row| row.first() == Some(&Value::Int(0))) {
        return Ok(None);
    }
    let mut rows = sql.exec("SELECT value FROM meta WHERE name = 'schema'", &[])?;
    rows.pop().map(|row| Fields::of(row, "schema").int()).transpose()
}
