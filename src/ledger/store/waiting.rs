//! Events whose click id KV did not know when they came: looked up again 75 s, 5 min and 15 min
//! after, and sent without the click if it never comes.

use super::outbox::Item;
use super::{LedgerError, Sql, Store, Value, accepted_at};
use crate::click::{ClickId, ClickRecord};
use crate::event::{Event, EventSource};
use crate::few::Map;
use crate::ledger::join::Join;
use crate::ledger::machine::{Facts, Happened};
use crate::ledger::sql::Fields;
use crate::ledger::{MatchedBy, State, backoff};
use crate::slug::Slug;
use crate::time::UnixMillis;

/// So many clicks are looked up in one go.
const LOOKUPS: usize = 50;

/// An event that waits for its click.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// Its number.
    pub id: i64,
    /// The click that it waits for.
    pub click_id: ClickId,
}

/// Everything that is needed to end a wait.
struct Row {
    item: Item,
    source: Slug,
    transaction_id: Option<String>,
    event_source: EventSource,
    fallback_page_url: Option<String>,
    event: Event,
}

impl<S: Sql> Store<S> {
    /// Events whose click is to be looked up now, the longest due first.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn waiting(&self, now: UnixMillis) -> Result<Vec<Waiting>, LedgerError> {
        let select = "SELECT id, click_id FROM events INDEXED BY later
                      WHERE pixel = ?1 AND state = 'waiting' AND due <= ?2 ORDER BY due LIMIT ?3";
        let mut waiting = Vec::new();
        for pixel in self.pixels() {
            let limit = Value::Int(i64::try_from(LOOKUPS).unwrap_or(i64::MAX));
            for row in self.sql.exec(select, &[pixel.as_str().into(), now.into(), limit])? {
                let mut fields = Fields::of(row, "waiting event");
                let id = fields.int()?;
                match fields.word(ClickId::parse) {
                    Ok(click_id) => waiting.push(Waiting { id, click_id }),
                    Err(_) => self.give_up(id, now)?,
                }
            }
        }
        waiting.truncate(LOOKUPS);
        Ok(waiting)
    }

    /// The clicks of waiting events were looked up: each is found, or not. One event that cannot be
    /// read, or not be written, does not keep the others: what cannot be read is given up, and what
    /// could not be written waits for the next look.
    ///
    /// # Errors
    /// The first failure of the storage.
    pub fn all_looked_up(
        &self,
        waiting: &[Waiting],
        found: &Map<ClickId, Option<ClickRecord>>,
        now: UnixMillis,
    ) -> Result<(), LedgerError> {
        let mut result = Ok(());
        for event in waiting {
            let click = found.get(&event.click_id).and_then(Option::as_ref);
            let done = match self.looked_up(event, click, now) {
                Err(LedgerError::Corrupt(_)) => self.give_up(event.id, now),
                other => other.map(|_| ()),
            };
            result = result.and(done);
        }
        result
    }

    /// Ends the wait of an event that this version cannot read. Left alone it would be looked at for
    /// ever; rejected, a person sees it, and a replay sends what is stored as it is.
    fn give_up(&self, id: i64, now: UnixMillis) -> Result<(), LedgerError> {
        // Nothing of the row is needed for this: a waiting event has never been sent.
        let facts = Facts { state: State::Waiting, attempts: 0, since: now };
        let item = Item { id, facts, bytes: 0 };
        let message = "the stored event cannot be read by this version of Clickjoin";
        self.sql.atomically(|| {
            let happened = Happened::ClickRefused;
            self.move_events(&[item], happened, "unreadable", Some(message), now)
        })?;
        Ok(())
    }

    /// A click was looked up for a waiting event: found, or not. The state it is in then; none if it
    /// did not wait any longer (another postback may have brought the click meanwhile), so running
    /// this twice does nothing the second time.
    ///
    /// # Errors
    /// When the storage fails: then the event still waits, and its click is looked up again.
    pub fn looked_up(
        &self,
        waiting: &Waiting,
        click: Option<&ClickRecord>,
        now: UnixMillis,
    ) -> Result<Option<State>, LedgerError> {
        self.sql.atomically(|| {
            let Some(row) = self.waiting_row(waiting.id)? else { return Ok(None) };
            let memory = match (&row.transaction_id, click) {
                // Another postback of the lead may have known the click.
                (Some(transaction), None) => self.memory(&row.source, transaction)?,
                _ => None,
            };
            let join = match (click, &memory) {
                (Some(click), _) => Join::by_click(Some(waiting.click_id), click),
                (None, Some(memory)) => Join::by_memory(memory, None),
                (None, None) => {
                    let accepted = accepted_at(row.item.id);
                    if let Some(next) = backoff::next_click_try(now.since(accepted)) {
                        let happened = Happened::ClickMissing { next: accepted.plus(next) };
                        self.move_events(&[row.item], happened, "click_missing", None, now)?;
                        return Ok(Some(State::Waiting));
                    }
                    Join::none(MatchedBy::None)
                }
            };
            self.end_wait(row, &join, now).map(Some)
        })
    }

    /// Ends the wait of an event because a later postback brought the click. Inside a transaction.
    pub(super) fn settle_waiting(
        &self,
        id: i64,
        join: &Join,
        now: UnixMillis,
    ) -> Result<Option<State>, LedgerError> {
        match self.waiting_row(id)? {
            Some(row) => self.end_wait(row, join, now).map(Some),
            None => Ok(None),
        }
    }

    fn end_wait(&self, row: Row, join: &Join, now: UnixMillis) -> Result<State, LedgerError> {
        let Row { item, source, transaction_id, mut event, .. } = row;
        let checked = join.complete(&mut event, row.event_source, row.fallback_page_url.as_deref());
        let payload = serde_json::to_string(&event).map_err(|_| LedgerError::Corrupt("event"))?;
        let fill = "UPDATE events SET payload = ?2, matched_by = ?3, match_keys = ?4,
                    fallback_page_url = NULL WHERE id = ?1";
        let values = [
            item.id.into(),
            payload.into(),
            join.matched_by.as_str().into(),
            u32::from(event.match_keys().bits()).into(),
        ];
        self.sql.exec(fill, &values)?;
        let (happened, what, message) = match &checked {
            Ok(()) if join.matched_by == MatchedBy::None => {
                (Happened::ClickSettled, "click_unknown", None)
            }
            Ok(()) => (Happened::ClickSettled, "click_found", None),
            Err(rejection) => (Happened::ClickRefused, "check_failed", Some(rejection.to_string())),
        };
        self.move_events(&[item], happened, what, message.as_deref(), now)?;
        if let Some(transaction) = &transaction_id {
            self.note_lead(&source, transaction, join.remember.as_ref(), &[item.id])?;
        }
        Ok(if checked.is_ok() { State::Queued } else { State::Rejected })
    }

    fn waiting_row(&self, id: i64) -> Result<Option<Row>, LedgerError> {
        let select = "SELECT attempts, since, source, transaction_id, event_source,
                      fallback_page_url, payload FROM events WHERE id = ?1 AND state = 'waiting'";
        let Some(row) = self.sql.exec(select, &[id.into()])?.pop() else { return Ok(None) };
        let mut fields = Fields::of(row, "waiting event");
        let facts =
            Facts { state: State::Waiting, attempts: fields.small()?, since: fields.time()? };
        Ok(Some(Row {
            item: Item { id, facts, bytes: 0 },
            source: fields.word(Slug::parse)?,
            transaction_id: fields.maybe_text()?,
            event_source: fields.word(EventSource::parse)?,
            fallback_page_url: fields.maybe_text()?,
            event: fields.word(|text| serde_json::from_str(text).ok())?,
        }))
    }
}
