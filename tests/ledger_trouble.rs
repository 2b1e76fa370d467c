//! The ledger's own troubles: tables that cannot be opened, rows that cannot be read, an alarm that
//! cannot be set, a person who stops a batch that is on its way.

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

mod ledger_support;

use clickjoin::few::Map;
use clickjoin::ledger::State::{Delivered, Queued, Rejected, Waiting};
use clickjoin::ledger::alarm::Alarm;
use clickjoin::ledger::backoff::Jitter;
use clickjoin::ledger::delivery::Delivery;
use clickjoin::ledger::protocol::{ReplayAsk, Status};
use clickjoin::ledger::{LedgerError, Store};
use ledger_support::{Database, NOW, World, click, click_id, code, early, postback, slug};

#[test]
fn tables_that_cannot_be_opened_are_opened_later() {
    let kept = World::new();
    kept.submit(&postback("t1"));
    kept.settle(&kept.batch("main"), &code(0));
    kept.submit(&postback("t2"));
    // A database that is there already, and one that is made.
    for database in [Some(kept.database.clone()), None] {
        let mut failures = 0;
        for statement in 0..100 {
            let database = database.clone().unwrap_or_else(Database::new);
            database.faults.statement.set(Some(statement));
            let opened = Store::open(database.clone());
            let failed = database.faults.statement.replace(None).is_none();
            match opened {
                Err(LedgerError::Storage(_)) => assert!(failed),
                Err(error) => panic!("{error}"),
                Ok(_) => assert!(!failed, "statement {statement} failed unseen"),
            }
            failures += u32::from(failed);
            // The next question opens them, whole.
            let world = World::on(database);
            world.submit(&postback("t3"));
            assert_eq!(world.state("t3"), Queued);
            world.batch("main");
            if !failed {
                break;
            }
        }
        assert!(failures >= 4, "{failures} statements failed");
        for fault in [&kept.database.faults.commit_lost, &kept.database.faults.commit_kept] {
            fault.set(false);
        }
    }
    // Making them is all or nothing, also when its commit fails or only seems to.
    for kept in [false, true] {
        let database = Database::new();
        database.faults.commit_lost.set(!kept);
        database.faults.commit_kept.set(kept);
        assert!(matches!(Store::open(database.clone()), Err(LedgerError::Storage(_))));
        World::on(database).submit(&postback("t1"));
    }
}

#[test]
fn one_unreadable_event_does_not_keep_the_others_waiting() {
    for damage in [
        "UPDATE events SET payload = '{' WHERE event_id = 't2'",
        "UPDATE events SET event_source = 'of a later version' WHERE event_id = 't2'",
        "UPDATE events SET click_id = 'no click id' WHERE event_id = 't2'",
        "UPDATE events SET click_id = NULL WHERE event_id = 't2'",
    ] {
        let world = World::new();
        for n in 1..=3 {
            world.submit(&early(&format!("t{n}"), n));
        }
        world.database.connection.execute(damage, []).unwrap();
        world.wait(75_000);
        let waiting = world.store.waiting(world.now()).unwrap();
        let found: Map<_, _> = (1..=3).map(|n| (click_id(n), Some(click("LATE")))).collect();
        world.store.all_looked_up(&waiting, &found, world.now()).unwrap();
        assert_eq!(world.state("t1"), Queued, "{damage}");
        assert_eq!(world.state("t2"), Rejected, "{damage}");
        assert_eq!(world.state("t3"), Queued, "{damage}");
        let said = world.database.text("SELECT message FROM events WHERE event_id = 't2'").unwrap();
        assert!(said.contains("cannot be read"), "{said}");
        assert_eq!(world.batch("main").items.len(), 2);
        assert!(world.store.waiting(world.now().plus(900_000)).unwrap().is_empty(), "no loop");
        assert_eq!(world.database.number("SELECT count FROM tally WHERE state = 'rejected'"), 1);
        // A person can see it and send it as it is.
        let all = ReplayAsk::default();
        assert_eq!(world.store.replay(&all, world.now()).unwrap().replayed, 1);
    }
}

/// What the storage would not take waits for the next look; it is not given up.
#[test]
fn a_failing_storage_gives_nothing_up() {
    for statement in 0..12 {
        let world = World::new();
        for n in 1..=3 {
            world.submit(&early(&format!("t{n}"), n));
        }
        world.wait(75_000);
        let waiting = world.store.waiting(world.now()).unwrap();
        let found: Map<_, _> = (1..=3).map(|n| (click_id(n), Some(click("LATE")))).collect();
        world.database.faults.statement.set(Some(statement));
        let first = world.store.all_looked_up(&waiting, &found, world.now());
        assert!(matches!(first, Err(LedgerError::Storage(_))), "{statement}");
        let states: Vec<_> = world.states().into_iter().map(|(_, state)| state).collect();
        assert_eq!(states.iter().filter(|state| **state == Waiting).count(), 1, "{states:?}");
        assert_eq!(states.iter().filter(|state| **state == Queued).count(), 2, "{states:?}");
        let waiting = world.store.waiting(world.now()).unwrap();
        world.store.all_looked_up(&waiting, &found, world.now()).unwrap();
        assert!(world.states().iter().all(|(_, state)| *state == Queued));
    }
}

#[test]
fn a_hold_stops_a_batch_that_is_being_cut() {
    let world = World::new();
    for n in 0..100 {
        world.submit(&postback(&format!("t{n}")));
    }
    let batch = world.batch("main");
    let target = world.settings.pixels.get(&slug("main")).unwrap().target.clone();
    let mut delivery = Delivery::new(batch);
    let mut answered = |answer: i64| {
        let body = delivery.body(&world.store, &target).unwrap();
        if body.is_some() {
            let now = world.now();
            delivery.answered(&world.store, &code(answer), now, Jitter::MIDDLE).unwrap();
        }
        body.is_some()
    };
    assert!(answered(40002), "the whole is refused");
    assert!(answered(0), "the first half is good");
    world.store.hold(&slug("main"), world.now()).unwrap();
    assert!(!answered(0), "a person has stopped it");
    let count = |wanted| world.states().iter().filter(|(_, state)| *state == wanted).count();
    assert_eq!((count(Delivered), count(Queued)), (50, 50));
    world.store.release(&slug("main")).unwrap();
    world.settle(&world.batch("main"), &code(0));
    assert_eq!(count(Delivered), 100);
}

/// As `edge::ledger` does it: rows are written, the alarm cannot be set, the answer is 503.
#[test]
fn what_is_stored_without_an_alarm_gets_one_at_the_next_question() {
    let world = World::new();
    let alarm = Alarm::unknown();
    assert!(alarm.must_look());
    let kept = world.submit(&postback("t1"));
    assert!(alarm.set_for(kept.wake.unwrap(), world.now()).is_some());
    alarm.failed();
    // The sender tries again. Its postback is a duplicate, which wakes nobody by itself.
    assert!(alarm.must_look(), "and so whatever is asked first sees to the alarm");
    let due = world.store.next_due(&world.settings, world.now()).unwrap();
    assert_eq!(alarm.set_for(due.unwrap(), world.now()), Some(NOW.plus(1)));
    let again = world.submit(&postback("t1"));
    assert_eq!((again.outcomes[0].status, again.wake), (Status::Duplicate, None));
    assert_eq!(world.states().len(), 1);
}
