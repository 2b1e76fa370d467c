//! The console's questions. A list looks through a bounded number of rows at a time; what has an
//! index (event id, lead, unfinished, failed) is found at once.

use super::health::COUNT_UP_TO;
use super::settle::IDS_PER_DAY;
use super::{LAST_ID, LedgerError, Sql, Store, Value, accepted_at, id_at};
use crate::click::ClickId;
use crate::event::{EventId, EventName, MatchKeys};
use crate::few::Map;
use crate::ledger::protocol::{
    Counts, CountsAsk, DayCount, EventDetail, EventFilter, EventPage, EventSummary, ListAsk,
    MatchRate,
};
use crate::ledger::sql::Fields;
use crate::ledger::{MatchedBy, State};
use crate::slug::Slug;
use serde_json::value::RawValue;

/// Rows that a question without a useful index looks through before it asks to be continued.
const LOOK_THROUGH: i64 = 5_000;
/// Longest page.
const MAX_PAGE: u32 = 200;
/// Page where none is asked for.
const PAGE: u32 = 50;
/// Events that the match rates are counted from, the newest of the days asked for: some ten
/// milliseconds. The answer says how many there were.
const RATES_FROM: i64 = 20_000;

const COLUMNS: &str = "id, state, pixel, source, event, event_id, transaction_id, click_id, \
     matched_by, match_keys, attempts, tried_at, due, finished_at, code, message, request_id";

/// Conditions with their parameters, `?1` first.
#[derive(Default)]
pub(super) struct Conditions {
    texts: Vec<String>,
    pub(super) values: Vec<Value>,
}

impl Conditions {
    /// A parameter's place, `?n`.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    fn add(&mut self, column: &str, operator: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            let place = self.bind(value);
            self.texts.push(format!("{column} {operator} {place}"));
        }
    }

    /// The filter's conditions, joined for a WHERE.
    pub(super) fn of(&mut self, filter: &EventFilter) -> String {
        self.add("state", "=", filter.state.map(State::as_str));
        self.add("pixel", "=", filter.pixel.as_ref().map(Slug::as_str));
        self.add("source", "=", filter.source.as_ref().map(Slug::as_str));
        self.add("event", "=", filter.event.as_ref().map(EventName::as_str));
        self.add("event_id", "=", filter.event_id.as_ref().map(EventId::as_str));
        self.add("transaction_id", "=", filter.transaction_id.as_deref());
        self.add("click_id", "=", filter.click_id.map(|click| click.to_string()));
        self.add("id", ">=", filter.from.map(id_at));
        self.add("id", "<", filter.to.map(id_at));
        if self.texts.is_empty() { "1".to_owned() } else { self.texts.join(" AND ") }
    }
}

impl<S: Sql> Store<S> {
    /// A page of events, newest first.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn list(&self, ask: &ListAsk) -> Result<EventPage, LedgerError> {
        let filter = &ask.filter;
        let limit = i64::from(ask.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE));
        let before = ask.before.unwrap_or(LAST_ID);
        let mut conditions = Conditions::default();
        let wanted = conditions.of(filter);
        let (before_place, limit_place) = (conditions.bind(before), conditions.bind(limit));
        // Where the rows come from: a set that an index gives, or a slice of everything.
        let (from, sliced) = match (&filter.event_id, &filter.transaction_id, filter.state) {
            (Some(_), _, _) => ("events INDEXED BY once".to_owned(), false),
            (None, Some(transaction), _) => {
                let ids = conditions.bind(self.lead_events(filter.source.as_ref(), transaction)?);
                (
                    format!(
                        "(SELECT * FROM events WHERE id IN (SELECT value FROM json_each({ids})))"
                    ),
                    false,
                )
            }
            (None, None, Some(State::Rejected | State::Expired)) => {
                ("events INDEXED BY failed".to_owned(), false)
            }
            (None, None, Some(State::Waiting | State::Queued | State::Retry | State::Held)) => {
                (self.unfinished(&mut conditions), false)
            }
            (None, None, Some(State::Delivered) | None) => {
                let slice = conditions.bind(LOOK_THROUGH);
                let newest_first = format!(
                    "(SELECT * FROM events WHERE id < {before_place} ORDER BY id DESC LIMIT {slice})"
                );
                (newest_first, true)
            }
        };
        // The partial index `failed` is only used where the condition is there word for word.
        let failed =
            if from.ends_with("failed") { "state IN ('rejected', 'expired') AND " } else { "" };
        let select = format!(
            "SELECT {COLUMNS} FROM {from} WHERE {failed}{wanted} AND id < {before_place}
             ORDER BY id DESC LIMIT {limit_place}"
        );
        let rows = self.sql.exec(&select, &conditions.values)?;
        let full = i64::try_from(rows.len()).is_ok_and(|count| count >= limit);
        let events = rows.into_iter().map(summary).collect::<Result<Vec<_>, _>>()?;
        let next = if full {
            events.last().map(|event| event.id)
        } else if sliced {
            self.slice_end(before, filter)?
        } else {
            None
        };
        Ok(EventPage { events, next })
    }

    /// The last number of a slice, if there may be more behind it.
    fn slice_end(&self, before: i64, filter: &EventFilter) -> Result<Option<i64>, LedgerError> {
        let select = "SELECT count(*), min(id) FROM (SELECT id FROM events WHERE id < ?1
                      ORDER BY id DESC LIMIT ?2)";
        let row = self.sql.exec(select, &[before.into(), LOOK_THROUGH.into()])?.pop();
        let mut fields = Fields::of(row.unwrap_or_default(), "count");
        let (count, last) = (fields.int()?, fields.maybe_int()?);
        let from = filter.from.map_or(0, id_at);
        Ok(last.filter(|last| count >= LOOK_THROUGH && *last > from))
    }

    /// The unfinished events, as a table: those of `later`, and the new ones.
    fn unfinished(&self, conditions: &mut Conditions) -> String {
        let (mark, cap) = (conditions.bind(self.mark.get()), conditions.bind(COUNT_UP_TO));
        format!(
            "(SELECT * FROM events WHERE id IN (
                 SELECT id FROM (SELECT id FROM events INDEXED BY later
                                 WHERE due IS NOT NULL LIMIT {cap})
                 UNION ALL
                 SELECT id FROM (SELECT id FROM events WHERE id >= {mark} AND state = 'queued'
                                 AND due IS NULL LIMIT {cap})))"
        )
    }

    /// The numbers of a lead's events: its list, and those that wait for their click, which are not
    /// in it yet.
    fn lead_events(&self, source: Option<&Slug>, transaction: &str) -> Result<Value, LedgerError> {
        let sources = match source {
            Some(source) => vec![source.to_string()],
            None => self.lead_sources()?,
        };
        let mut list = Vec::new();
        for source in sources {
            let select = "SELECT events FROM leads WHERE source = ?1 AND transaction_id = ?2";
            if let Some(row) = self.sql.exec(select, &[source.into(), transaction.into()])?.pop() {
                list.push(Fields::of(row, "lead").text()?);
            }
        }
        for pixel in self.pixels() {
            let select = "SELECT id FROM events INDEXED BY later
                          WHERE pixel = ?1 AND state = 'waiting' AND due IS NOT NULL
                          AND transaction_id = ?2 LIMIT 100";
            for row in self.sql.exec(select, &[pixel.as_str().into(), transaction.into()])? {
                list.push(Fields::of(row, "event number").int()?.to_string());
            }
        }
        Ok(Value::Text(format!("[{}]", list.join(","))))
    }

    /// The sources that leads came from: one index seek for each.
    fn lead_sources(&self) -> Result<Vec<String>, LedgerError> {
        let mut sources: Vec<String> = Vec::new();
        loop {
            let after = sources.last().map_or("", String::as_str);
            let next = "SELECT min(source) FROM leads WHERE source > ?1";
            let row = self.sql.exec(next, &[after.into()])?.pop().unwrap_or_default();
            match Fields::of(row, "source").maybe_text()? {
                Some(source) => sources.push(source),
                None => return Ok(sources),
            }
        }
    }

    /// One event with everything that is kept of it.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn event(&self, id: i64) -> Result<Option<EventDetail>, LedgerError> {
        let select = format!("SELECT history, payload, {COLUMNS} FROM events WHERE id = ?1");
        let Some(mut row) = self.sql.exec(&select, &[id.into()])?.pop() else { return Ok(None) };
        let rest = row.split_off(row.len().min(2));
        let mut fields = Fields::of(row, "event");
        let history = fields.word(|text| serde_json::from_str(text).ok())?;
        let payload = fields.word(|text| RawValue::from_string(text.to_owned()).ok())?;
        Ok(Some(EventDetail { summary: summary(rest)?, history, payload }))
    }

    /// Counts by day, pixel, source, event and state, and match rates.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn counts(&self, ask: &CountsAsk) -> Result<Counts, LedgerError> {
        let to_day = ask.to_day.min(ask.from_day.saturating_add(400));
        let finished = "SELECT day, pixel, source, event, state, count FROM tally
                        WHERE day >= ?1 AND day <= ?2 AND count > 0";
        let mut rows = self.sql.exec(finished, &[ask.from_day.into(), to_day.into()])?;
        let mut conditions = Conditions::default();
        let unfinished = self.unfinished(&mut conditions);
        let (from, to) = (conditions.bind(ask.from_day), conditions.bind(to_day));
        let open = format!(
            "SELECT id / {IDS_PER_DAY} AS day, pixel, source, event, state, count(*) FROM {unfinished}
             WHERE id / {IDS_PER_DAY} >= {from} AND id / {IDS_PER_DAY} <= {to}
             GROUP BY 1, 2, 3, 4, 5"
        );
        rows.extend(self.sql.exec(&open, &conditions.values)?);
        let events = rows.into_iter().map(day_count).collect::<Result<Vec<_>, _>>()?;
        let open: u64 =
            events.iter().filter(|day| !day.state.is_final()).map(|day| day.count).sum();
        let capped = i64::try_from(open).map_or(true, |open| open >= COUNT_UP_TO);
        let (match_rates, from) = self.match_rates(ask.from_day, to_day)?;
        let clicks = self.click_counts(ask.from_day, to_day)?;
        Ok(Counts { events, match_rates, match_rates_from: Some(from), capped, clicks })
    }

    /// The match rates, and how many events they were counted from.
    fn match_rates(
        &self,
        from_day: i64,
        to_day: i64,
    ) -> Result<(Vec<MatchRate>, u64), LedgerError> {
        let select = "SELECT state = 'delivered', pixel, match_keys, count(*) FROM (
                          SELECT pixel, match_keys, state FROM events
                          WHERE id >= ?1 * ?3 AND id < (?2 + 1) * ?3 ORDER BY id DESC LIMIT ?4)
                      GROUP BY 1, 2, 3";
        let mut looked_at: u64 = 0;
        let values = [from_day.into(), to_day.into(), IDS_PER_DAY.into(), RATES_FROM.into()];
        let mut of: Map<Slug, u64> = Map::new();
        let mut with: Map<(Slug, &'static str), u64> = Map::new();
        for row in self.sql.exec(select, &values)? {
            let mut fields = Fields::of(row, "match rate");
            let delivered = fields.int()? == 1;
            let pixel = fields.word(Slug::parse)?;
            let keys = u16::try_from(fields.int()?).map_err(|_| fields.corrupt())?;
            let count = fields.count()?;
            looked_at = looked_at.saturating_add(count);
            if !delivered {
                continue;
            }
            let add = |total: &mut u64| *total = total.saturating_add(count);
            of.change(pixel.clone(), add);
            for key in MatchKeys::from_bits(keys).names() {
                with.change((pixel.clone(), key), add);
            }
        }
        let rate = |((pixel, key), with): ((Slug, &str), u64)| {
            let of = of.get(&pixel).copied().unwrap_or(0);
            MatchRate { pixel, key: key.to_owned(), with, of }
        };
        Ok((with.into_iter().map(rate).collect(), looked_at))
    }
}

fn day_count(row: Vec<Value>) -> Result<DayCount, LedgerError> {
    let mut fields = Fields::of(row, "count");
    Ok(DayCount {
        day: fields.int()?,
        pixel: fields.word(Slug::parse)?,
        source: fields.word(Slug::parse)?,
        event: fields.word(EventName::parse)?,
        state: fields.word(State::parse)?,
        count: fields.count()?,
    })
}

fn summary(row: Vec<Value>) -> Result<EventSummary, LedgerError> {
    let mut fields = Fields::of(row, "event");
    let id = fields.int()?;
    Ok(EventSummary {
        id,
        accepted_at: accepted_at(id),
        state: fields.word(State::parse)?,
        pixel: fields.word(Slug::parse)?,
        source: fields.word(Slug::parse)?,
        event: fields.word(EventName::parse)?,
        event_id: fields.word(EventId::parse)?,
        transaction_id: fields.maybe_text()?,
        click_id: fields.maybe_word(ClickId::parse)?,
        matched_by: fields.word(MatchedBy::parse)?,
        match_keys: {
            let bits = u16::try_from(fields.int()?).map_err(|_| fields.corrupt())?;
            MatchKeys::from_bits(bits).names().map(str::to_owned).collect()
        },
        attempts: fields.small()?,
        tried_at: fields.maybe_time()?,
        next_try: fields.maybe_time()?,
        finished_at: fields.maybe_time()?,
        code: fields.maybe_int()?,
        message: fields.maybe_text()?,
        request_id: fields.maybe_text()?,
    })
}
