//! Does the time of an operation grow with what is finished? `cargo bench --bench ledger` fills a
//! SQLite file with 1 k, 100 k and 1 M finished events and times what the ledger does beside them.
//! A table for people: nothing here passes or fails. What it was (two cores, µs):
//!
//! | | 1 k | 100 k | 1 M |
//! |---|---|---|---|
//! | postback, new | 80 | 42 | 29 |
//! | postback, duplicate | 34 | 39 | 29 |
//! | one, start to end | 138 | 184 | 146 |
//! | 500 delivered | 3,988 | 2,791 | 2,580 |
//! | what is due next | 40 | 31 | 24 |
//! | list, rejected | 17 | 181 | 97 |
//! | purge, a slice of 500 | 5,793 | 6,992 | 14,279 |
//!
//! Rows written, as workerd counts them: a postback 3 and its alarm 1 (the event, its key, its lead),
//! its delivery 1 and a tally for the batch.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may say what it expects and stop when it is not so"
)]

#[path = "../tests/ledger_support/mod.rs"]
mod ledger_support;

use clickjoin::ledger::State;
use clickjoin::ledger::protocol::{CountsAsk, EventFilter, ListAsk, Submit};
use ledger_support::{Database, NOW, World, code, postback};
use std::time::{Duration, Instant};

/// Finished events: nearly all delivered, one in a thousand rejected.
const FILL: &str = "WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < ?1)
    INSERT INTO events (id, pixel, event, event_id, state, since, attempts, tried_at, finished_at,
        code, source, transaction_id, click_id, event_source, matched_by, match_keys, payload)
    SELECT (1800000000000 - ?1 + n) * 1024, 'main', 'Lead', 'old-' || n,
        CASE WHEN n % 1000 = 0 THEN 'rejected' ELSE 'delivered' END, 1800000000000, 1,
        1800000000000, 1800000000000, 0, 'pingtree', 'old-' || n, '01010101010101010101010101010101',
        'web', 'click_id', 49, ?2 FROM n";
const LEADS: &str = "INSERT INTO leads (source, transaction_id, memory, events, newest)
    SELECT source, transaction_id, '{}', CAST(id AS TEXT), id FROM events";

fn filled(rows: i64) -> World {
    let folder =
        std::env::temp_dir().join(format!("clickjoin-bench-{}-{rows}", std::process::id()));
    let _ = std::fs::remove_file(&folder);
    let database = Database::at(&folder);
    let world = World::on(database.clone());
    let payload = format!(
        r#"{{"event":"Lead","event_time":1800000000,"event_id":"old","user":{{"ttclid":"{}"}},"page":{{"url":"https://example.com/"}}}}"#,
        "E.C.P.".repeat(80)
    );
    database.connection.execute(FILL, rusqlite::params![rows, payload]).unwrap();
    database.connection.execute(LEADS, []).unwrap();
    // What a ledger that has worked for a while has written down.
    let mark = "INSERT INTO meta (name, value) VALUES ('mark', (SELECT max(id) FROM events))";
    database.connection.execute(mark, []).unwrap();
    let mut world = world;
    world.restart();
    world
}

fn time(times: u32, mut work: impl FnMut(u32)) -> Duration {
    let begun = Instant::now();
    for n in 0..times {
        work(n);
    }
    begun.elapsed() / times
}

fn main() {
    // Compiled with the tests it has nothing to check.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let mut table: Vec<(&str, Vec<Duration>)> = Vec::new();
    let mut note = |name: &'static str, took: Duration| match table
        .iter_mut()
        .find(|(other, _)| *other == name)
    {
        Some((_, times)) => times.push(took),
        None => table.push((name, vec![took])),
    };
    for rows in [1_000, 100_000, 1_000_000] {
        let world = filled(rows);
        note(
            "open",
            time(3, |_| drop(clickjoin::ledger::Store::open(world.database.clone()).unwrap())),
        );
        note("postback, new", time(500, |n| drop(world.submit(&postback(&format!("new-{n}"))))));
        note(
            "postback, duplicate",
            time(500, |n| {
                drop(world.submit(&postback(&format!("old-{}", n % 1_000))));
            }),
        );
        note(
            "postback, by transaction",
            time(200, |n| {
                let sold = Submit { click: None, click_id: None, ..postback(&format!("new-{n}")) };
                drop(world.submit(&sold));
            }),
        );
        note(
            "500 delivered",
            time(1, |_| {
                let batch = world.batch("main");
                assert_eq!(batch.items.len(), 500);
                world.store.payloads(&batch.items).unwrap();
                world.settle(&batch, &code(0));
            }),
        );
        note(
            "one, start to end",
            time(100, |n| {
                world.submit(&postback(&format!("one-{n}")));
                let batch = world.batch("main");
                world.store.payloads(&batch.items).unwrap();
                world.settle(&batch, &code(0));
            }),
        );
        note(
            "what is due next",
            time(500, |_| {
                let _ = world.next_due();
            }),
        );
        note(
            "health",
            time(100, |n| {
                drop(world.store.health(world.now().plus(1_000 * i64::from(n))).unwrap())
            }),
        );
        note(
            "list, newest 50",
            time(50, |_| {
                drop(world.store.list(&ListAsk::default()).unwrap());
            }),
        );
        note(
            "list, rejected",
            time(50, |_| {
                let filter = EventFilter { state: Some(State::Rejected), ..EventFilter::default() };
                drop(world.store.list(&ListAsk { filter, ..ListAsk::default() }).unwrap());
            }),
        );
        note(
            "list, of a lead",
            time(50, |_| {
                let filter = EventFilter {
                    transaction_id: Some("old-7".to_owned()),
                    ..EventFilter::default()
                };
                assert_eq!(
                    world
                        .store
                        .list(&ListAsk { filter, ..ListAsk::default() })
                        .unwrap()
                        .events
                        .len(),
                    1
                );
            }),
        );
        note(
            "counts of a week",
            time(10, |_| {
                let today = NOW.0 / 86_400_000;
                drop(
                    world.store.counts(&CountsAsk { from_day: today - 6, to_day: today }).unwrap(),
                );
            }),
        );
        world.wait(31 * 86_400_000);
        note(
            "purge, a slice of 500",
            time(1, |_| {
                let left = world.store.purge(&world.settings, world.now()).unwrap();
                assert_eq!(left, 500);
            }),
        );
    }
    println!("{:<28}{:>12}{:>12}{:>12}", "beside finished events:", "1 k", "100 k", "1 M");
    for (name, times) in table {
        print!("{name:<28}");
        for took in times {
            print!("{:>9} µs", took.as_micros());
        }
        println!();
    }
}
