//! One reply out of those of all shards.

use super::cursor::{Cursor, EventNumber, Position};
use crate::ledger::protocol::{Counts, EventPage, EventSummary, Health, Replayed};
use crate::slug::Slug;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A page of events of all shards, newest first.
#[derive(Serialize, Debug)]
pub struct Events {
    events: Vec<NumberedEvent>,
    /// Where the next page begins; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize, Debug)]
struct NumberedEvent {
    /// `{shard}-{number}`, the address of the event.
    number: String,
    #[serde(flatten)]
    event: EventSummary,
}

/// The newest `limit` events of the shards' pages, in the order of the shards. `asked` are the
/// positions that the pages were asked from.
pub fn events(pages: Vec<EventPage>, asked: &Cursor, limit: u32) -> Events {
    let mut positions: Vec<Position> = asked.positions().to_vec();
    let mut candidates: Vec<(u32, EventSummary)> = Vec::new();
    for ((shard, page), position) in (0_u32..).zip(pages).zip(positions.iter_mut()) {
        *position = page.next.map_or(Position::End, Position::Before);
        for event in page.events {
            let place = |shard: u32, event: &EventSummary| {
                (Reverse(event.accepted_at), shard, Reverse(event.id))
            };
            let at = candidates
                .partition_point(|(other, earlier)| place(*other, earlier) <= place(shard, &event));
            candidates.insert(at, (shard, event));
        }
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let rest = candidates.split_off(candidates.len().min(limit));
    // What did not fit is asked for again: the list goes on before the event in front of it.
    for (shard, first_left_out) in rest.iter().rev() {
        let index = usize::try_from(*shard).unwrap_or(usize::MAX);
        if let Some(position) = positions.get_mut(index) {
            *position = Position::Before(first_left_out.id.saturating_add(1));
        }
    }
    let cursor = Cursor::new(positions);
    let number = |shard, event: EventSummary| NumberedEvent {
        number: EventNumber { shard, id: event.id }.to_string(),
        event,
    };
    Events {
        events: candidates.into_iter().map(|(shard, event)| number(shard, event)).collect(),
        next: (!cursor.is_end()).then(|| cursor.to_string()),
    }
}

/// What a replay of all shards did.
#[derive(Serialize, Debug)]
pub struct ReplayedAll {
    replayed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The shards' replies, in their order, as one.
pub fn replayed(replies: &[Replayed]) -> ReplayedAll {
    let position = |reply: &Replayed| reply.next.map_or(Position::End, Position::Before);
    let cursor = Cursor::new(replies.iter().map(position).collect());
    ReplayedAll {
        replayed: replies.iter().fold(0, |sum, reply| reply.replayed.saturating_add(sum)),
        next: (!cursor.is_end()).then(|| cursor.to_string()),
    }
}

/// The sums of the shards' counts.
pub fn counts(replies: Vec<Counts>) -> Counts {
    let mut events = BTreeMap::new();
    let mut rates = BTreeMap::new();
    let mut delivered: BTreeMap<Slug, u64> = BTreeMap::new();
    let mut capped = false;
    let mut clicks = Vec::new();
    let mut from: Option<u64> = None;
    for reply in replies {
        capped |= reply.capped;
        // Capture tells the first shard only: there is nothing to add up.
        clicks.extend(reply.clicks);
        if let Some(looked_at) = reply.match_rates_from {
            from = Some(from.unwrap_or(0).saturating_add(looked_at));
        }
        // A shard without a key says nothing of it, but its events count: without them the rate would
        // come out too high. Within a shard `of` is the same for every key of a pixel.
        let of: BTreeMap<_, _> =
            reply.match_rates.iter().map(|rate| (rate.pixel.clone(), rate.of)).collect();
        for (pixel, of) in of {
            let sum = delivered.entry(pixel).or_default();
            *sum = sum.saturating_add(of);
        }
        for count in reply.events {
            let key = (
                Reverse(count.day),
                count.pixel.clone(),
                count.source.clone(),
                count.event.clone(),
                count.state.as_str(),
            );
            let sum = events.entry(key).or_insert_with(|| (count.clone(), 0_u64));
            sum.1 = sum.1.saturating_add(count.count);
        }
        for rate in reply.match_rates {
            let sum = rates
                .entry((rate.pixel.clone(), rate.key.clone()))
                .or_insert_with(|| (rate.clone(), 0_u64));
            sum.1 = sum.1.saturating_add(rate.with);
        }
    }
    Counts {
        events: events
            .into_values()
            .map(|(mut row, count)| {
                row.count = count;
                row
            })
            .collect(),
        match_rates: rates
            .into_values()
            .map(|(mut row, with)| {
                row.with = with;
                row.of = delivered.get(&row.pixel).copied().unwrap_or(row.of);
                row
            })
            .collect(),
        match_rates_from: from,
        capped,
        clicks,
    }
}

/// The shards' health as one.
pub fn health(replies: Vec<Health>) -> Health {
    let mut all = Health::default();
    for reply in replies {
        let open = &mut all.open;
        open.waiting = open.waiting.saturating_add(reply.open.waiting);
        open.queued = open.queued.saturating_add(reply.open.queued);
        open.retry = open.retry.saturating_add(reply.open.retry);
        open.held = open.held.saturating_add(reply.open.held);
        open.capped |= reply.open.capped;
        all.oldest_open_seconds = all.oldest_open_seconds.max(reply.oldest_open_seconds);
        all.oldest_waiting_seconds = all.oldest_waiting_seconds.max(reply.oldest_waiting_seconds);
        all.kept_clicks = all.kept_clicks.saturating_add(reply.kept_clicks);
        for pixel in reply.pixels {
            match all.pixels.iter_mut().find(|known| known.pixel == pixel.pixel) {
                // One shard's pause must not hide that another holds the pixel.
                Some(known) if known.held.is_none() && pixel.held.is_some() => *known = pixel,
                Some(_) => {}
                None => all.pixels.push(pixel),
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn page(ids: &[(i64, i64)], next: Option<i64>) -> EventPage {
        let event = |&(id, accepted_at): &(i64, i64)| {
            json!({
                "id": id, "accepted_at": accepted_at, "state": "delivered", "pixel": "main",
                "source": "pingtree", "event": "Lead", "event_id": id.to_string(),
                "matched_by": "none", "match_keys": [], "attempts": 1,
            })
        };
        let events: Vec<_> = ids.iter().map(event).collect();
        serde_json::from_value(json!({ "events": events, "next": next })).expect("a page")
    }

    #[test]
    fn a_shard_without_a_key_counts_all_the_same() {
        let shard = |rates: &[(&str, u64, u64)]| -> Counts {
            let rate = |&(key, with, of): &(&str, u64, u64)| json!({ "pixel": "main", "key": key, "with": with, "of": of });
            let rates: Vec<_> = rates.iter().map(rate).collect();
            let counts =
                json!({ "events": [], "match_rates": rates, "match_rates_from": rates.len() });
            serde_json::from_value(counts).expect("counts")
        };
        let all = counts(vec![shard(&[("email", 3, 10), ("ip", 10, 10)]), shard(&[("ip", 9, 10)])]);
        let rates: Vec<_> =
            all.match_rates.iter().map(|rate| (rate.key.as_str(), rate.with, rate.of)).collect();
        assert_eq!(rates, [("email", 3, 20), ("ip", 19, 20)]);
        assert_eq!(all.match_rates_from, Some(3));
    }

    #[test]
    fn a_hold_is_seen_behind_a_pause() {
        let shard = |held: Option<&str>| -> Health {
            let open = json!({ "waiting": 0, "queued": 0, "retry": 0, "held": 0, "capped": false });
            let pixel = json!({ "pixel": "main", "held": held, "since": 1 });
            serde_json::from_value(json!({ "open": open, "pixels": [pixel] })).expect("health")
        };
        for order in [[None, Some("token")], [Some("token"), None]] {
            let all = health(order.into_iter().map(shard).collect());
            assert_eq!(all.pixels.len(), 1);
            assert!(all.pixels.iter().all(|pixel| pixel.held.is_some()), "{order:?}");
        }
    }

    /// All of two shards' events, read page by page, come once each and newest first.
    #[test]
    fn pages_of_all_shards_are_one_list() {
        let shards: [&[(i64, i64)]; 2] =
            [&[(9, 90), (8, 70), (7, 20)], &[(30, 80), (29, 75), (28, 60), (27, 10)]];
        for limit in 1..=8 {
            let mut cursor = Cursor::start(2);
            let mut seen = Vec::new();
            loop {
                let ask = |(shard, position): (&&[(i64, i64)], &Position)| {
                    let older = |id: i64| match position {
                        Position::Start => true,
                        Position::Before(before) => id < *before,
                        Position::End => false,
                    };
                    let rest: Vec<_> = shard.iter().copied().filter(|(id, _)| older(*id)).collect();
                    let (now, later) = rest.split_at(rest.len().min(limit));
                    let next = now.last().filter(|_| !later.is_empty()).map(|(id, _)| *id);
                    page(now, next)
                };
                let pages = shards.iter().zip(cursor.positions()).map(ask).collect();
                let limit = u32::try_from(limit).expect("small");
                let answer = events(pages, &cursor, limit);
                seen.extend(answer.events.iter().map(|event| event.number.clone()));
                match answer.next {
                    Some(next) => cursor = Cursor::parse(&next, 2).expect("a cursor"),
                    None => break,
                }
            }
            let order = ["0-9", "1-30", "1-29", "0-8", "1-28", "0-7", "1-27"];
            assert_eq!(seen, order, "limit {limit}");
        }
    }
}
