//! Everything received: requests, events, and how often each was seen.
//!
//! Counts and tallies are right for any number of events, and one event is found in constant time. The
//! requests and events themselves are kept up to a limit, the newest ones; so are the requests' bodies.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde_json::Value;

use crate::record::{
    Counts, Disposition, EventFilter, EventRecord, Outcome, RequestFilter, RequestRecord, Tally,
};
use crate::validate::{Accepted, Finding};

/// TikTok drops an event that it kept within so long before.
const DEDUPE_MS: i64 = 48 * 60 * 60 * 1_000;

/// How many records are kept; counts go on beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests.
    pub requests: usize,
    /// Events, with their JSON.
    pub events: usize,
    /// Bytes of all requests' bodies together.
    pub body_bytes: usize,
}

impl Default for Limits {
    /// Enough for a burst of 100,000 events, in a few hundred megabytes at worst.
    fn default() -> Self {
        Self { requests: 100_000, events: 100_000, body_bytes: 128 << 20 }
    }
}

/// Pixel, event name, event id.
type Key = (String, String, String);

/// All that was received.
#[derive(Debug, Default)]
pub(crate) struct Store {
    limits: Limits,
    requests: VecDeque<RequestRecord>,
    dropped_requests: u64,
    /// Of the requests that still have their body: the bytes, and the id of the first one.
    body_bytes: usize,
    first_body: u64,
    events: VecDeque<StoredEvent>,
    dropped_events: u64,
    by_key: HashMap<Key, Entry>,
    total: Counts,
    by_pixel: BTreeMap<String, Counts>,
}

/// What is known of one key.
#[derive(Debug, Default)]
struct Entry {
    tally: Tally,
    kept_ms: Option<i64>,
    /// Places in `events`, counted from the very first event.
    places: Vec<u64>,
}

/// An [`EventRecord`] whose JSON is text, which takes a fifth of the memory.
#[derive(Debug)]
struct StoredEvent {
    record: EventRecord,
    body: Box<str>,
}

impl StoredEvent {
    fn open(&self) -> EventRecord {
        EventRecord {
            body: serde_json::from_str(&self.body).unwrap_or(Value::Null),
            ..self.record.clone()
        }
    }
}

impl Store {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Writes a request down, and that its events were seen; answers its id. `record.id` is ignored.
    pub(crate) fn arrive(&mut self, mut record: RequestRecord, body: Option<&Value>) -> u64 {
        let id = self.total.requests;
        record.id = id;
        let pixel = record.pixel.clone();
        self.count(pixel.as_deref(), |counts| {
            counts.requests += 1;
            counts.refused += u64::from(record.refusal.is_some());
            counts.scripted += u64::from(record.scripted);
            counts.events_seen += record.events as u64;
            counts.findings += record.findings.len() as u64;
            counts.largest_batch = counts.largest_batch.max(record.events);
            counts.largest_body = counts.largest_body.max(record.body_bytes);
        });
        if let Some(pixel) = pixel {
            for (event, event_id) in identified(body) {
                self.entry(&pixel, event, event_id).tally.seen += 1;
            }
        }
        self.body_bytes += record.body.as_ref().map_or(0, String::len);
        self.requests.push_back(record);
        self.shed_bodies();
        while self.requests.len() > self.limits.requests {
            if let Some(old) = self.requests.pop_front() {
                self.body_bytes -= old.body.map_or(0, |body| body.len());
                self.dropped_requests += 1;
            }
        }
        id
    }

    /// Takes the events of a request in: keeps, deduplicates, or sets apart.
    pub(crate) fn keep(&mut self, request: u64, now_ms: i64, accepted: &Accepted, body: &Value) {
        if let Some(record) = self.request_mut(request) {
            record.kept = true;
        }
        let pixel = accepted.event_source_id.as_str();
        let data = body.get("data").and_then(Value::as_array);
        for (event, json) in accepted.events.iter().zip(data.into_iter().flatten()) {
            let place = self.dropped_events + self.events.len() as u64;
            let test = accepted.test_event_code.is_some();
            let entry = self.entry(pixel, &event.event, &event.event_id);
            let disposition = entry.take(now_ms, test);
            entry.places.push(place);
            self.count(Some(pixel), |counts| match disposition {
                Disposition::Kept => counts.kept += 1,
                Disposition::Deduplicated => counts.deduplicated += 1,
                Disposition::Test => counts.test += 1,
            });
            let record = EventRecord {
                request,
                time_ms: now_ms,
                pixel: pixel.to_owned(),
                event: event.event.clone(),
                event_id: event.event_id.clone(),
                disposition,
                test_event_code: accepted.test_event_code.clone(),
                body: Value::Null,
            };
            let body = json.to_string().into_boxed_str();
            self.events.push_back(StoredEvent { record, body });
        }
        while self.events.len() > self.limits.events {
            self.events.pop_front();
            self.dropped_events += 1;
        }
    }

    /// Writes down how a request ended.
    pub(crate) fn finish(&mut self, request: u64, outcome: Outcome) {
        if let Some(record) = self.request_mut(request) {
            record.outcome = outcome;
        }
    }

    pub(crate) fn events(&self, filter: &EventFilter) -> Vec<EventRecord> {
        let found = self.chosen(filter).map(StoredEvent::open);
        found.take(filter.limit.unwrap_or(usize::MAX)).collect()
    }

    fn chosen<'a>(
        &'a self,
        filter: &'a EventFilter,
    ) -> Box<dyn Iterator<Item = &'a StoredEvent> + 'a> {
        let wanted = |stored: &&StoredEvent| {
            let record = &stored.record;
            is_or_any(&filter.pixel, &record.pixel)
                && is_or_any(&filter.event, &record.event)
                && is_or_any(&filter.event_id, &record.event_id)
                && filter.disposition.is_none_or(|d| d == record.disposition)
        };
        let key = (&filter.pixel, &filter.event, &filter.event_id);
        if let (Some(pixel), Some(event), Some(event_id)) = key {
            // One event: by its key, not by looking through all of them.
            let entry = self.find(pixel, event, event_id);
            let places = entry.map_or(&[][..], |entry| &entry.places);
            let stored = places.iter().filter_map(|place| {
                let place = usize::try_from(place.checked_sub(self.dropped_events)?);
                self.events.get(place.ok()?)
            });
            return in_order(stored.filter(wanted), filter.newest);
        }
        in_order(self.events.iter().filter(wanted), filter.newest)
    }

    pub(crate) fn requests(&self, filter: &RequestFilter) -> Vec<RequestRecord> {
        let wanted = |record: &&RequestRecord| {
            let pixel = filter.pixel.as_ref();
            pixel.is_none_or(|pixel| record.pixel.as_ref() == Some(pixel))
                && filter.refused.is_none_or(|refused| record.refusal.is_some() == refused)
                && filter.scripted.is_none_or(|scripted| record.scripted == scripted)
        };
        in_order(self.requests.iter().filter(wanted), filter.newest)
            .take(filter.limit.unwrap_or(usize::MAX))
            .map(|record| record.copy(filter.bodies))
            .collect()
    }

    /// One request, without its body.
    pub(crate) fn request(&self, id: u64) -> Option<RequestRecord> {
        let place = usize::try_from(id.checked_sub(self.dropped_requests)?).ok()?;
        self.requests.get(place).map(|record| record.copy(false))
    }

    /// Findings with the ids of their requests, oldest first.
    pub(crate) fn findings(&self, pixel: Option<&str>) -> Vec<(u64, Finding)> {
        let of_pixel = |record: &&RequestRecord| {
            pixel.is_none_or(|pixel| record.pixel.as_deref() == Some(pixel))
        };
        let requests = self.requests.iter().filter(of_pixel);
        requests
            .flat_map(|record| record.findings.iter().map(|found| (record.id, found.clone())))
            .collect()
    }

    pub(crate) fn tally(&self, pixel: &str, event: &str, event_id: &str) -> Tally {
        self.find(pixel, event, event_id).map_or_else(
            || Tally {
                pixel: pixel.to_owned(),
                event: event.to_owned(),
                event_id: event_id.to_owned(),
                ..Tally::default()
            },
            |entry| entry.tally.clone(),
        )
    }

    pub(crate) fn tallies(&self, pixel: Option<&str>) -> Vec<Tally> {
        let mut tallies: Vec<Tally> = self
            .by_key
            .values()
            .map(|entry| &entry.tally)
            .filter(|tally| pixel.is_none_or(|pixel| tally.pixel == pixel))
            .cloned()
            .collect();
        tallies.sort_by(|a, b| {
            (&a.pixel, &a.event, &a.event_id).cmp(&(&b.pixel, &b.event, &b.event_id))
        });
        tallies
    }

    pub(crate) fn counts(&self, pixel: Option<&str>) -> Counts {
        match pixel {
            None => self.total,
            Some(pixel) => self.by_pixel.get(pixel).copied().unwrap_or_default(),
        }
    }

    pub(crate) fn counts_by_pixel(&self) -> BTreeMap<String, Counts> {
        self.by_pixel.clone()
    }

    fn count(&mut self, pixel: Option<&str>, change: impl Fn(&mut Counts)) {
        change(&mut self.total);
        if let Some(pixel) = pixel {
            match self.by_pixel.get_mut(pixel) {
                Some(counts) => change(counts),
                None => change(self.by_pixel.entry(pixel.to_owned()).or_default()),
            }
        }
    }

    fn find(&self, pixel: &str, event: &str, event_id: &str) -> Option<&Entry> {
        let key = (pixel.to_owned(), event.to_owned(), event_id.to_owned());
        self.by_key.get(&key)
    }

    fn entry(&mut self, pixel: &str, event: &str, event_id: &str) -> &mut Entry {
        let key = (pixel.to_owned(), event.to_owned(), event_id.to_owned());
        self.by_key.entry(key).or_insert_with_key(|key| Entry {
            tally: Tally {
                pixel: key.0.clone(),
                event: key.1.clone(),
                event_id: key.2.clone(),
                ..Tally::default()
            },
            ..Entry::default()
        })
    }

    fn request_mut(&mut self, id: u64) -> Option<&mut RequestRecord> {
        let place = usize::try_from(id.checked_sub(self.dropped_requests)?).ok()?;
        self.requests.get_mut(place)
    }

    /// Forgets the oldest bodies until the rest fits.
    fn shed_bodies(&mut self) {
        while self.body_bytes > self.limits.body_bytes {
            self.first_body = self.first_body.max(self.dropped_requests);
            let first = self.first_body;
            let Some(record) = self.request_mut(first) else {
                return;
            };
            let freed = record.body.take().map_or(0, |body| body.len());
            self.body_bytes -= freed;
            self.first_body += 1;
        }
    }
}

impl Entry {
    fn take(&mut self, now_ms: i64, test: bool) -> Disposition {
        if test {
            self.tally.test += 1;
            return Disposition::Test;
        }
        let kept_lately = |kept_ms: i64| now_ms.saturating_sub(kept_ms) < DEDUPE_MS;
        if self.kept_ms.is_some_and(kept_lately) {
            self.tally.deduplicated += 1;
            return Disposition::Deduplicated;
        }
        self.kept_ms = Some(now_ms);
        self.tally.kept += 1;
        Disposition::Kept
    }
}

/// Name and id of each event of a body, right or wrong, that has both as strings.
fn identified(body: Option<&Value>) -> impl Iterator<Item = (&str, &str)> {
    let data = body.and_then(|body| body.get("data")).and_then(Value::as_array);
    data.into_iter().flatten().filter_map(|item| {
        let event = item.get("event")?.as_str()?;
        Some((event, item.get("event_id")?.as_str()?))
    })
}

fn is_or_any(wanted: &Option<String>, is: &str) -> bool {
    wanted.as_ref().is_none_or(|wanted| wanted == is)
}

fn in_order<'a, T: 'a>(
    found: impl DoubleEndedIterator<Item = &'a T> + 'a,
    newest: bool,
) -> Box<dyn Iterator<Item = &'a T> + 'a> {
    if newest { Box::new(found.rev()) } else { Box::new(found) }
}
