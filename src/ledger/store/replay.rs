//! Sending again what was rejected or expired, with the old event ids.

use super::console::Conditions;
use super::outbox::Item;
use super::{LAST_ID, LedgerError, Sql, Store, Value};
use crate::ledger::State;
use crate::ledger::machine::{Facts, Happened};
use crate::ledger::protocol::{ReplayAsk, Replayed};
use crate::ledger::sql::Fields;
use crate::time::UnixMillis;

/// Events replayed with one question.
const SLICE: i64 = 1_000;

impl<S: Sql> Store<S> {
    /// Queues rejected and expired events again: one, or a slice of a filter's. An event that is
    /// neither stays as it is, so running it twice replays nothing the second time.
    ///
    /// # Errors
    /// When the storage fails: then nothing is replayed.
    pub fn replay(&self, ask: &ReplayAsk, now: UnixMillis) -> Result<Replayed, LedgerError> {
        let mut conditions = Conditions::default();
        let wanted = match ask.id {
            Some(id) => format!("id = {}", conditions.bind(id)),
            None => conditions.of(&ask.filter),
        };
        let before = conditions.bind(ask.before.unwrap_or(LAST_ID));
        let limit = conditions.bind(SLICE);
        let from = if ask.id.is_some() { "events" } else { "events INDEXED BY failed" };
        let select = format!(
            "SELECT id, state, attempts, since, pixel FROM {from}
             WHERE state IN ('rejected', 'expired') AND {wanted} AND id < {before}
             ORDER BY id DESC LIMIT {limit}"
        );
        let rows = self.sql.exec(&select, &conditions.values)?;
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            let mut fields = Fields::of(row, "event");
            let id = fields.int()?;
            let facts = Facts {
                state: fields.word(State::parse)?,
                attempts: fields.small()?,
                since: fields.time()?,
            };
            self.knows(&fields.text()?);
            items.push(Item { id, facts, bytes: 0 });
        }
        self.atomically(|| self.move_events(&items, Happened::Replayed, "replayed", None, now))?;
        let full = i64::try_from(items.len()).is_ok_and(|count| count >= SLICE);
        let state = match ask.id {
            Some(id) if items.is_empty() => self.state_of(id)?,
            _ => None,
        };
        Ok(Replayed {
            replayed: u64::try_from(items.len()).unwrap_or(u64::MAX),
            next: items.last().map(|item| item.id).filter(|_| full && ask.id.is_none()),
            state,
        })
    }

    fn state_of(&self, id: i64) -> Result<Option<State>, LedgerError> {
        let rows = self.sql.exec("SELECT state FROM events WHERE id = ?1", &[Value::Int(id)])?;
        rows.into_iter().next().map(|row| Fields::of(row, "event").word(State::parse)).transpose()
    }
}
