//! A postback arrives: dedupe, insert, remember. All of it is on disk before anybody is answered.

use super::{LedgerError, Sql, Store, Value};
use crate::event::Event;
use crate::ledger::join::{Decision, Join, Memory};
use crate::ledger::protocol::{Draft, Outcome, Refusal, Status, Submit};
use crate::ledger::settings::Settings;
use crate::ledger::sql::Fields;
use crate::ledger::{MatchedBy, State, backoff, batch};
use crate::slug::Slug;
use crate::time::UnixMillis;
use serde_json::value::RawValue;

/// Longest list of a lead's events, in bytes: about a hundred numbers. The oldest are dropped; the
/// list is for people who look a lead up.
const LEAD_LIST_BYTES: i64 = 1_700;

/// What became of a postback's drafts.
#[derive(Debug)]
pub struct Kept {
    /// One for each draft. Those of test events have no answer yet.
    pub outcomes: Vec<Outcome>,
    /// When the ledger has to wake up for what was stored; none: nothing was.
    pub wake: Option<UnixMillis>,
}

impl<S: Sql> Store<S> {
    /// What is remembered of a postback's lead; not looked for where the postback brought a click.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn memory_for(&self, submit: &Submit) -> Result<Option<Memory>, LedgerError> {
        match &submit.transaction_id {
            Some(transaction) if submit.click.is_none() => self.memory(&submit.source, transaction),
            _ => Ok(None),
        }
    }

    /// What is remembered of a lead.
    pub(super) fn memory(
        &self,
        source: &Slug,
        transaction_id: &str,
    ) -> Result<Option<Memory>, LedgerError> {
        let select = "SELECT memory FROM leads WHERE source = ?1 AND transaction_id = ?2";
        let row = self.sql.exec(select, &[source.as_str().into(), transaction_id.into()])?.pop();
        let Some(row) = row else { return Ok(None) };
        // A memory that cannot be read (of another version) is no memory: the event can still go out.
        let text = Fields::of(row, "lead").maybe_text()?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Stores what is to be stored of a postback, all of it or nothing. Running it twice gives
    /// duplicates the second time, and changes nothing.
    ///
    /// # Errors
    /// When the storage fails: then nothing was stored, and the sender's next try is no duplicate.
    pub fn keep(
        &self,
        submit: &Submit,
        join: &Join,
        settings: &Settings,
        now: UnixMillis,
    ) -> Result<Kept, LedgerError> {
        let decided: Vec<_> =
            submit.events.iter().map(|draft| (draft, join.decide(draft))).collect();
        if submit.dry_run {
            let outcomes =
                decided.iter().map(|(draft, decision)| self.foresee(draft, decision, settings));
            return Ok(Kept { outcomes: outcomes.collect::<Result<_, _>>()?, wake: None });
        }
        self.atomically(|| {
            let mut kept = Kept { outcomes: Vec::with_capacity(decided.len()), wake: None };
            let mut stored = Vec::new();
            for (draft, decision) in &decided {
                let mut outcome = outcome(draft, decision);
                if let Decision::Reject(_) = decision
                    && let Some((_, state)) = self.find(draft)?
                {
                    // What was accepted stays accepted, even if this time the click was not found.
                    (outcome.status, outcome.state) = (Status::Duplicate, Some(state));
                    outcome.rejection = None;
                } else if let Decision::Queue(event) | Decision::Wait(event) = decision {
                    let waits = matches!(decision, Decision::Wait(_));
                    let new = NewEvent { submit, join, draft, event, waits };
                    match self.insert(&new, settings, now)? {
                        Inserted::New { id, state, wake } => {
                            outcome.state = Some(state);
                            kept.wake = kept.wake.into_iter().chain(wake).min();
                            if !waits {
                                stored.push(id);
                            }
                        }
                        Inserted::Duplicate { id, state } => {
                            outcome.status = Status::Duplicate;
                            outcome.state = Some(state);
                            if state == State::Waiting
                                && !waits
                                && let Some(settled) = self.settle_waiting(id, join, now)?
                            {
                                outcome.state = Some(settled);
                                kept.wake = kept.wake.into_iter().chain([now]).min();
                            }
                        }
                    }
                }
                kept.outcomes.push(outcome);
            }
            if let Some(transaction) = &submit.transaction_id {
                self.note_lead(&submit.source, transaction, join.remember.as_ref(), &stored)?;
            }
            Ok(kept)
        })
    }

    /// What would become of a draft, and what TikTok would get.
    fn foresee(
        &self,
        draft: &Draft,
        decision: &Decision,
        settings: &Settings,
    ) -> Result<Outcome, LedgerError> {
        let mut outcome = outcome(draft, decision);
        let event = match decision {
            Decision::Wait(event) | Decision::Queue(event) => {
                let waits = matches!(decision, Decision::Wait(_));
                outcome.state = Some(if waits { State::Waiting } else { State::Queued });
                if let Some((_, state)) = self.find(draft)? {
                    (outcome.status, outcome.state) = (Status::Duplicate, Some(state));
                }
                event
            }
            Decision::Test(event) => event,
            Decision::Reject(_) => return Ok(outcome),
        };
        outcome.payload = request_body(draft, event, settings);
        Ok(outcome)
    }

    /// The event with a draft's (pixel, event, event id).
    fn find(&self, draft: &Draft) -> Result<Option<(i64, State)>, LedgerError> {
        let select =
            "SELECT id, state FROM events WHERE event_id = ?1 AND event = ?2 AND pixel = ?3";
        let key = [
            draft.event.event_id.as_str().into(),
            draft.event.event.as_str().into(),
            draft.pixel.as_str().into(),
        ];
        let Some(row) = self.sql.exec(select, &key)?.pop() else { return Ok(None) };
        let mut fields = Fields::of(row, "event");
        Ok(Some((fields.int()?, fields.word(State::parse)?)))
    }

    fn insert(
        &self,
        new: &NewEvent<'_>,
        settings: &Settings,
        now: UnixMillis,
    ) -> Result<Inserted, LedgerError> {
        let NewEvent { submit, join, draft, event, waits } = *new;
        // One row's lookup, so that an event of a pixel that cannot send does not look as if it could.
        let pixel = self.configured_pixel(&draft.pixel, settings, now)?;
        let first_try = now.plus(backoff::next_click_try(0).unwrap_or(0));
        let (state, due, wake) = match (waits, pixel.held, pixel.paused_until(now)) {
            (true, _, _) => (State::Waiting, Some(first_try), Some(first_try)),
            (false, Some(_), _) => (State::Held, Some(now), pixel.next_look(now)),
            (false, None, Some(until)) => (State::Queued, Some(until), Some(until)),
            (false, None, None) => (State::Queued, None, Some(now)),
        };
        let payload = serde_json::to_string(event).map_err(|_| LedgerError::Corrupt("event"))?;
        let id = self.next_id(now);
        let matched_by = match (join.matched_by, draft.event.user.ttclid.is_some()) {
            // Of several pixels' drafts only some may bring a ttclid.
            (MatchedBy::Ttclid, false) => MatchedBy::None,
            (way, _) => way,
        };
        let values: [Value; 15] = [
            id.into(),
            draft.pixel.as_str().into(),
            event.event.as_str().into(),
            event.event_id.as_str().into(),
            state.as_str().into(),
            due.into(),
            now.into(),
            submit.source.as_str().into(),
            submit.transaction_id.as_deref().into(),
            submit.click_id.map(|click| click.to_string()).into(),
            draft.event_source.as_str().into(),
            matched_by.as_str().into(),
            u32::from(event.match_keys().bits()).into(),
            // Only a waiting event still needs it.
            draft.fallback_page_url.as_deref().filter(|_| waits).into(),
            payload.into(),
        ];
        let insert = "INSERT INTO events (id, pixel, event, event_id, state, due, since, source,
                      transaction_id, click_id, event_source, matched_by, match_keys,
                      fallback_page_url, payload)
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
                      ON CONFLICT (event_id, event, pixel) DO NOTHING RETURNING id";
        if self.sql.exec(insert, &values)?.is_empty() {
            let (id, state) = self.find(draft)?.ok_or(LedgerError::Corrupt("event key"))?;
            return Ok(Inserted::Duplicate { id, state });
        }
        self.knows(draft.pixel.as_str());
        Ok(Inserted::New { id, state, wake })
    }

    /// Writes down a lead's new events and what is remembered of its click. A lead's row leaves with
    /// its newest event, so nothing is written where no event was stored, except that a known lead
    /// may learn of a click.
    pub(super) fn note_lead(
        &self,
        source: &Slug,
        transaction_id: &str,
        remember: Option<&Memory>,
        stored: &[i64],
    ) -> Result<(), LedgerError> {
        let memory = match remember {
            Some(memory) => Some(
                serde_json::to_string(memory).map_err(|_| LedgerError::Corrupt("lead memory"))?,
            ),
            None => None,
        };
        let (source, transaction_id) = (source.as_str(), transaction_id);
        let Some(newest) = stored.iter().max() else {
            if let Some(memory) = memory {
                let update = "UPDATE leads SET memory = ?3 WHERE source = ?1
                              AND transaction_id = ?2 AND memory IS NOT ?3";
                self.sql.exec(update, &[source.into(), transaction_id.into(), memory.into()])?;
            }
            return Ok(());
        };
        let numbers: Vec<_> = stored.iter().map(i64::to_string).collect();
        let upsert = "INSERT INTO leads (source, transaction_id, memory, events, newest)
                      VALUES (?1, ?2, ?3, ?4, ?5)
                      ON CONFLICT (source, transaction_id) DO UPDATE SET
                      memory = coalesce(excluded.memory, memory),
                      events = CASE WHEN length(events) < ?6 THEN events
                          ELSE substr(events, instr(substr(events, 100), ',') + 100) END
                          || ',' || excluded.events,
                      newest = max(newest, excluded.newest)";
        let values: [Value; 6] = [
            source.into(),
            transaction_id.into(),
            memory.into(),
            numbers.join(",").into(),
            (*newest).into(),
            LEAD_LIST_BYTES.into(),
        ];
        self.sql.exec(upsert, &values)?;
        Ok(())
    }
}

/// An event that is about to be stored.
#[derive(Clone, Copy)]
struct NewEvent<'a> {
    submit: &'a Submit,
    join: &'a Join,
    draft: &'a Draft,
    event: &'a Event,
    waits: bool,
}

enum Inserted {
    New { id: i64, state: State, wake: Option<UnixMillis> },
    Duplicate { id: i64, state: State },
}

/// The exact body of a request with this one event; none where the pixel is not configured.
pub fn request_body(draft: &Draft, event: &Event, settings: &Settings) -> Option<Box<RawValue>> {
    let mut target = settings.pixels.get(&draft.pixel)?.target.clone();
    target.test_event_code = draft.test_event_code.clone();
    let event = serde_json::to_string(event).ok()?;
    RawValue::from_string(batch::body(&target, &event)).ok()
}

fn outcome(draft: &Draft, decision: &Decision) -> Outcome {
    let (status, rejection) = match decision {
        Decision::Wait(_) | Decision::Queue(_) => (Status::Accepted, None),
        Decision::Test(_) => (Status::Test, None),
        Decision::Reject(rejection) => (Status::Rejected, Some(Refusal::from(rejection))),
    };
    Outcome {
        pixel: draft.pixel.clone(),
        event: draft.event.event.clone(),
        event_id: draft.event.event_id.clone(),
        status,
        state: None,
        rejection,
        tiktok: None,
        payload: None,
    }
}
