//! The ledger's tables: postbacks in, batches out, answers written down.

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

use clickjoin::ledger::State::{Delivered, Expired, Held, Queued, Rejected, Retry, Waiting};
use clickjoin::ledger::backoff::Jitter;
use clickjoin::ledger::protocol::{CountsAsk, HoldReason, Status, Submit};
use clickjoin::ledger::store::Turn;
use clickjoin::ledger::{LedgerError, MatchedBy, State, Store};
use clickjoin::slug::Slug;
use ledger_support::{
    Database, NOW, World, click, click_id, code, draft, early, message, postback, postback_to,
    settings, slug, time_out,
};

#[test]
fn an_event_is_stored_sent_and_delivered() {
    let world = World::new();
    let kept = world.submit(&postback("t1"));
    assert_eq!(kept.outcomes.len(), 1);
    assert_eq!(kept.outcomes[0].status, Status::Accepted);
    assert_eq!(kept.outcomes[0].state, Some(Queued));
    assert_eq!(kept.wake, Some(NOW), "a lone event goes at once");
    assert_eq!(world.next_due(), Some(0));
    let batch = world.batch("main");
    assert_eq!(world.batch("main"), batch, "nothing is marked while it is on its way");
    let body = world.store.payloads(&batch.items).unwrap();
    assert!(body.contains("E.C.P.1") && body.contains("203.0.113.7") && body.contains("Browser/1"));
    let settled = world.settle(&batch, &code(0));
    assert_eq!(settled.states.get(&Delivered), Some(&1));
    assert_eq!(world.state("t1"), Delivered);
    assert_eq!(world.turn("main"), Turn::Idle);
    // Nothing to do but the purge.
    assert_eq!(world.next_due(), Some(30 * 86_400_000 + 1));
}

#[test]
fn the_same_postback_again_is_a_duplicate_in_every_state() {
    let world = World::new();
    world.submit(&postback("t1"));
    let again = |expected: State| {
        let kept = world.submit(&postback("t1"));
        assert_eq!(kept.outcomes[0].status, Status::Duplicate);
        assert_eq!(kept.outcomes[0].state, Some(expected));
        assert_eq!(kept.wake, None);
    };
    again(Queued);
    world.settle(&world.batch("main"), &code(50002));
    again(Retry);
    world.wait(10_000);
    world.settle(&world.batch("main"), &code(40002));
    again(Rejected);
    assert_eq!(world.states().len(), 1);
    // Another event, pixel or id is none.
    for other in [
        Submit { events: vec![draft("main", "Purchase", "t1")], ..postback("t1") },
        postback_to("other", "t1"),
        postback("t2"),
    ] {
        assert_eq!(world.submit(&other).outcomes[0].status, Status::Accepted);
    }
}

#[test]
fn a_failing_storage_stores_nothing_and_the_next_try_is_no_duplicate() {
    for statement in 0..12 {
        let world = World::new();
        world.database.faults.statement.set(Some(statement));
        let submit = Submit {
            events: vec![draft("main", "Lead", "t1"), draft("other", "Lead", "t1")],
            ..postback("t1")
        };
        let first = world.try_submit(&submit);
        world.database.faults.statement.set(None);
        let second = world.submit(&submit);
        let expected = match first {
            Err(LedgerError::Storage(_)) => Status::Accepted,
            Err(error) => panic!("{error}"),
            Ok(_) => Status::Duplicate,
        };
        assert!(second.outcomes.iter().all(|outcome| outcome.status == expected), "{statement}");
        assert_eq!(world.states().len(), 2);
    }
}

#[test]
fn at_most_three_rows_and_one_alarm_for_a_postback() {
    let world = World::new();
    world.submit(&postback("t0"));
    let before = world.database.connection.total_changes();
    world.submit(&postback("t1"));
    // The event and its lead; `once` is the third row written, `later` is not touched.
    assert_eq!(world.database.connection.total_changes() - before, 2);
    assert_eq!(world.database.number("SELECT count(*) FROM events WHERE due IS NOT NULL"), 0);
}

#[test]
fn the_lead_is_remembered_by_its_transaction() {
    let world = World::new();
    world.submit(&postback("t1"));
    let sold = Submit {
        click_id: None,
        click: None,
        events: vec![draft("main", "Purchase", "t1-sold")],
        ..postback("t1")
    };
    let memory = world.store.memory_for(&sold).unwrap();
    assert_eq!(memory.as_ref().unwrap().click_id, Some(click_id(1)));
    let kept = world.submit(&sold);
    assert_eq!(kept.outcomes[0].status, Status::Accepted);
    let payload =
        world.database.text("SELECT payload FROM events WHERE event = 'Purchase'").unwrap();
    assert!(payload.contains("E.C.P.1") && payload.contains("/landing"), "{payload}");
    assert!(!payload.contains("203.0.113.7"), "the memory holds no address");
    let way = world.database.text("SELECT matched_by FROM events WHERE event = 'Purchase'");
    assert_eq!(way.as_deref(), Some("transaction_id"));
    // Another source's transaction of the same name is another lead.
    let stranger = Submit { source: slug("phonexa"), ..sold };
    assert!(world.store.memory_for(&stranger).unwrap().is_none());
}

#[test]
fn memory_and_dump_hold_no_address_after_delivery() {
    let world = World::new();
    world.submit(&postback("t1"));
    world.settle(&world.batch("main"), &code(0));
    for table in ["events", "leads"] {
        let column = if table == "events" { "payload" } else { "memory" };
        let text =
            world.database.text(&format!("SELECT group_concat({column}) FROM {table}")).unwrap();
        assert!(text.contains("E.C.P.1"), "{text}");
        assert!(!text.contains("203.0.113.7") && !text.contains("Browser/1"), "{text}");
    }
}

#[test]
fn blanking_in_sql_is_blanking_in_rust() {
    let world = World::new();
    world.submit(&postback("t1"));
    let batch = world.batch("main");
    let mut event: clickjoin::event::Event =
        serde_json::from_str(&world.store.payloads(&batch.items).unwrap()).unwrap();
    world.settle(&batch, &code(0));
    event.blank_visitor();
    let expected = serde_json::to_string(&event).unwrap();
    assert_eq!(world.database.text("SELECT payload FROM events"), Some(expected));
}

#[test]
fn rejected_and_expired_events_keep_what_a_replay_needs() {
    let world = World::new();
    world.submit(&postback("t1"));
    world.settle(&world.batch("main"), &message(40002, "Invalid value for data.0.user"));
    assert_eq!(world.state("t1"), Rejected);
    assert!(world.database.text("SELECT payload FROM events").unwrap().contains("203.0.113.7"));
    let said = world.database.text("SELECT code || message || request_id FROM events").unwrap();
    assert_eq!(said, "40002Invalid value for data.0.userr-1");
}

#[test]
fn retry_until_expired() {
    let world = World::new();
    world.submit(&postback("t1"));
    let mut tries = 0;
    while world.state("t1") != Expired {
        let batch = world.batch("main");
        world.settle(&batch, &code(50002));
        tries += 1;
        assert!(tries < 200);
        if world.state("t1") == Retry {
            let due = world.next_due().unwrap();
            assert!(due > 0, "there is a pause");
            world.wait(due);
        }
    }
    let hours = world.now().since(NOW) / 3_600_000;
    assert!((72..=74).contains(&hours), "{hours} h");
    assert!((75..=90).contains(&tries), "{tries} tries");
    let history = world.database.text("SELECT history FROM events").unwrap();
    let steps: Vec<serde_json::Value> = serde_json::from_str(&history).unwrap();
    assert_eq!(steps.len(), 40);
    assert_eq!(steps[39]["state"], "expired");
    assert_eq!(steps[0]["state"], "retry");
}

#[test]
fn a_held_pixel_waits_is_probed_and_released() {
    let world = World::new();
    for n in 0..5 {
        world.submit(&postback(&format!("t{n}")));
    }
    world.submit(&postback_to("other", "o1"));
    let batch = world.batch("main");
    world.settle(&batch, &code(40105));
    assert!(
        world.states().iter().all(|(id, state)| *state == if id == "o1" { Queued } else { Held })
    );
    // New ones are held at once; other pixels go on.
    let kept = world.submit(&postback("t5"));
    assert_eq!(kept.outcomes[0].state, Some(Held));
    world.settle(&world.batch("other"), &code(0));
    assert_eq!(world.turn("main"), Turn::Idle);
    assert_eq!(world.next_due(), Some(300_000));
    let health = world.store.health(world.now()).unwrap();
    assert_eq!(health.open.held, 6);
    assert_eq!(health.pixels[0].held, Some(HoldReason::Token));
    assert_eq!(health.pixels[0].code, Some(40105));

    world.wait(300_000);
    let probe = world.batch("main");
    assert!(probe.probe);
    assert_eq!(probe.items.len(), 1);
    world.settle(&probe, &code(40105));
    assert_eq!(world.turn("main"), Turn::Idle, "one probe");
    world.wait(300_000);
    world.settle(&world.batch("main"), &code(0));
    let rest = world.batch("main");
    assert!(!rest.probe);
    assert_eq!(rest.items.len(), 5, "released by the first success");
    world.settle(&rest, &code(0));
    assert!(world.states().iter().all(|(_, state)| *state == Delivered));
}

#[test]
fn a_long_hold_burns_nothing() {
    let world = World::new();
    world.submit(&postback("t1"));
    world.settle(&world.batch("main"), &code(40105));
    world.wait(10 * 86_400_000);
    world.store.release(&slug("main")).unwrap();
    world.settle(&world.batch("main"), &time_out());
    assert_eq!(world.state("t1"), Retry);
}

#[test]
fn the_limit_pauses_the_pixel_five_minutes() {
    let world = World::new();
    world.submit(&postback("t1"));
    world.settle(&world.batch("main"), &code(40100));
    let kept = world.submit(&postback("t2"));
    assert_eq!(kept.wake, Some(NOW.plus(300_000)));
    assert_eq!(world.turn("main"), Turn::Idle);
    assert_eq!(world.next_due(), Some(300_000));
    world.wait(299_999);
    assert_eq!(world.turn("main"), Turn::Idle);
    world.wait(1);
    assert_eq!(world.batch("main").items.len(), 2);
}

#[test]
fn a_pixel_without_configuration_or_secret_is_held_not_lost() {
    let mut world = World::new();
    world.submit(&postback("t1"));
    for (pixels, reason) in [
        (settings(&[("other", true)]), HoldReason::NotConfigured),
        (settings(&[("main", false), ("other", true)]), HoldReason::SecretMissing),
    ] {
        world.settings = pixels;
        world.restart();
        world.turn("main");
        assert_eq!(world.turn("main"), Turn::Idle);
        assert_eq!(world.state("t1"), Held);
        let health = world.store.health(world.now()).unwrap();
        assert_eq!(health.pixels[0].held, Some(reason));
        assert_eq!(world.next_due(), Some(300_000), "looked at again");
        let kept = world.submit(&postback(reason.as_str()));
        assert_eq!(kept.outcomes[0].state, Some(Held));
        assert_eq!(kept.wake, Some(NOW.plus(300_000)), "with an alarm, like all that is taken");
    }
    world.settings = settings(&[("main", true)]);
    world.restart();
    assert_eq!(world.next_due(), Some(0));
    assert_eq!(world.batch("main").items.len(), 3);
}

#[test]
fn a_person_holds_and_releases() {
    let world = World::new();
    world.submit(&postback("t1"));
    world.store.hold(&slug("main"), world.now()).unwrap();
    assert_eq!(world.turn("main"), Turn::Parked);
    assert_eq!(world.turn("main"), Turn::Idle);
    assert_eq!(world.state("t1"), Held);
    world.wait(100 * 86_400_000);
    assert_eq!(world.turn("main"), Turn::Idle, "nobody probes");
    world.store.release(&slug("main")).unwrap();
    world.settle(&world.batch("main"), &code(0));
    assert_eq!(world.state("t1"), Delivered);
}

/// A roll-back leaves a reason that only the newer version knows: its pixel waits for a person, and no
/// other pixel does.
#[test]
fn a_hold_for_an_unknown_reason_is_ended_by_a_person() {
    let world = World::new();
    world.store.hold(&slug("main"), world.now()).unwrap();
    let newer = "UPDATE pixels SET held = 'from_tomorrow'";
    world.database.connection.execute(newer, []).unwrap();
    let mut world = world;
    world.restart();
    world.submit(&postback("t1"));
    world.submit(&postback_to("other", "t2"));
    world.settle(&world.batch("other"), &code(0));
    assert_eq!((world.state("t1"), world.state("t2")), (Held, Delivered));
    world.store.release(&slug("main")).unwrap();
    world.settle(&world.batch("main"), &code(0));
    assert_eq!(world.state("t1"), Delivered);
}

#[test]
fn an_early_postback_waits_for_its_click() {
    let world = World::new();
    let kept = world.submit(&early("t1", 9));
    assert_eq!(kept.outcomes[0].status, Status::Accepted);
    assert_eq!(kept.outcomes[0].state, Some(Waiting));
    assert_eq!(kept.wake, Some(NOW.plus(75_000)));
    assert!(world.store.waiting(world.now()).unwrap().is_empty());
    for after in [75_000, 300_000] {
        world.now.set(NOW.plus(after));
        let waiting = world.store.waiting(world.now()).unwrap();
        assert_eq!(waiting[0].click_id, click_id(9));
        let state = world.store.looked_up(&waiting[0], None, world.now()).unwrap();
        assert_eq!(state, Some(Waiting));
        assert!(world.store.waiting(world.now()).unwrap().is_empty());
    }
    assert_eq!(world.turn("main"), Turn::Idle);
    world.now.set(NOW.plus(900_000));
    let waiting = world.store.waiting(world.now()).unwrap();
    let state = world.store.looked_up(&waiting[0], Some(&click("LATE")), world.now()).unwrap();
    assert_eq!(state, Some(Queued));
    assert_eq!(world.store.looked_up(&waiting[0], None, world.now()).unwrap(), None, "once");
    let batch = world.batch("main");
    assert!(world.store.payloads(&batch.items).unwrap().contains("LATE"));
    let sold = Submit { click_id: None, click_missing: false, ..early("t1", 9) };
    assert!(world.store.memory_for(&sold).unwrap().is_some(), "the lead is remembered");
}

#[test]
fn a_click_that_never_comes() {
    let world = World::new();
    let mut with_ip = early("t1", 9);
    with_ip.events[0].event.user.ttp = Some("ttp".to_owned());
    world.submit(&with_ip);
    world.submit(&early("t2", 9));
    world.wait(900_000);
    for waiting in world.store.waiting(world.now()).unwrap() {
        world.store.looked_up(&waiting, None, world.now()).unwrap();
    }
    assert_eq!(world.state("t1"), Queued, "it has something to match by");
    let batch = world.batch("main");
    assert!(world.store.payloads(&batch.items).unwrap().contains("https://example.com/\""));
    assert_eq!(world.state("t2"), Rejected);
    let reason = world.database.text("SELECT message FROM events WHERE event_id = 't2'").unwrap();
    assert!(reason.contains("nothing that TikTok could match"), "{reason}");
}

#[test]
fn a_later_postback_ends_the_wait() {
    let world = World::new();
    world.submit(&early("t1", 9));
    // The same one again, its click known by now.
    let kept = world.submit(&Submit { click_id: Some(click_id(9)), ..postback("t1") });
    assert_eq!(kept.outcomes[0].status, Status::Duplicate);
    assert_eq!(kept.outcomes[0].state, Some(Queued));
    assert_eq!(kept.wake, Some(NOW));
    assert_eq!(world.batch("main").items.len(), 1);
    // Another event of the lead brings the click: found at the next look.
    let mut first = early("t2", 8);
    first.events = vec![draft("main", "Lead", "t2-lead")];
    world.submit(&first);
    world.submit(&postback("t2"));
    world.wait(75_000);
    let waiting = world.store.waiting(world.now()).unwrap();
    assert_eq!(world.store.looked_up(&waiting[0], None, world.now()).unwrap(), Some(Queued));
}

#[test]
fn a_duplicate_without_match_is_still_a_duplicate() {
    let world = World::new();
    world.submit(&postback("t1"));
    let bare = Submit { transaction_id: None, click: None, click_id: None, ..postback("t1") };
    let kept = world.submit(&bare);
    assert_eq!(kept.outcomes[0].status, Status::Duplicate);
    let unknown = Submit { events: vec![draft("main", "Lead", "new")], ..bare };
    let kept = world.submit(&unknown);
    assert_eq!(kept.outcomes[0].status, Status::Rejected);
    assert!(kept.outcomes[0].rejection.as_ref().unwrap().reason.contains("match"));
    assert_eq!(world.states().len(), 1);
}

#[test]
fn dry_run_and_test_events_leave_nothing() {
    let world = World::new();
    let kept = world.submit(&Submit { dry_run: true, ..postback("t1") });
    assert_eq!(kept.outcomes[0].status, Status::Accepted);
    let body = kept.outcomes[0].payload.as_ref().unwrap().get().to_owned();
    assert!(body.starts_with(r#"{"event_source":"web","event_source_id":"CODEmain","data":[{"#));
    let mut test = postback("t1");
    test.events[0].test_event_code = Some("TEST1".to_owned());
    assert_eq!(world.submit(&test).outcomes[0].status, Status::Test);
    assert!(world.states().is_empty());
    assert_eq!(world.database.number("SELECT count(*) FROM leads"), 0);
    assert_eq!(world.next_due(), None);
}

#[test]
fn a_burst_goes_out_in_full_batches_in_order() {
    let world = World::new();
    for n in 0..2_500 {
        world.submit(&postback(&format!("t{n:05}")));
    }
    let mut sizes = Vec::new();
    let mut order = Vec::new();
    while let Turn::Send(batch) = world.turn("main") {
        sizes.push(batch.items.len());
        order.extend(batch.items.iter().map(|item| item.id));
        assert!(world.store.payloads(&batch.items).unwrap().len() <= 512 * 1_024);
        world.settle(&batch, &code(0));
    }
    assert_eq!(sizes.iter().sum::<usize>(), 2_500);
    assert!(sizes.len() <= 4, "{sizes:?}");
    assert!(order.is_sorted());
    assert_eq!(world.database.number("SELECT count FROM tally"), 2_500);
}

#[test]
fn restarts_lose_nothing_whatever_was_going_on() {
    let mut world = World::new();
    for n in 0..30 {
        world.submit(&postback(&format!("t{n}")));
        world.wait(1);
    }
    let batch = world.batch("main");
    world.restart();
    assert_eq!(world.batch("main"), batch, "what was on its way is due again");
    let (first, second) = batch.items.split_at(10);
    world.store.settle(&batch, first, &code(0), world.now(), Jitter::MIDDLE).unwrap();
    world.restart();
    assert_eq!(world.batch("main").items, second);
    world.store.settle(&batch, &second[..10], &time_out(), world.now(), Jitter::MIDDLE).unwrap();
    world.restart();
    assert_eq!(world.batch("main").items.len(), 10);
    assert_eq!(world.next_due(), Some(0));
    world.settle(&world.batch("main"), &code(0));
    assert_eq!(world.next_due(), Some(5_000));
}

#[test]
fn ids_never_repeat_even_if_the_clock_goes_back() {
    let mut world = World::new();
    world.submit(&postback("t1"));
    world.wait(-60_000);
    world.submit(&postback("t2"));
    world.restart();
    world.submit(&postback("t3"));
    let states = world.states();
    assert_eq!(states.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["t1", "t2", "t3"]);
    assert_eq!(world.batch("main").items.len(), 3);
}

#[test]
fn a_newer_database_is_left_alone() {
    let database = Database::new();
    Store::open(database.clone()).unwrap();
    database.connection.execute("UPDATE meta SET value = 99 WHERE name = 'schema'", []).unwrap();
    assert!(matches!(Store::open(database), Err(LedgerError::Schema(99))));
}

#[test]
fn a_database_of_the_first_version_is_brought_up_to_date() {
    let database = Database::new();
    Store::open(database.clone()).unwrap();
    let sql = "ALTER TABLE click_counts DROP COLUMN limited;
               INSERT INTO click_counts VALUES (20000, 'spring', 7, 6, 1);
               UPDATE meta SET value = 1 WHERE name = 'schema'";
    database.connection.execute_batch(sql).unwrap();
    for _ in 0..2 {
        let store = Store::open(database.clone()).unwrap();
        let counts = store.counts(&CountsAsk { from_day: 20_000, to_day: 20_000 }).unwrap();
        assert_eq!((counts.clicks[0].clicks, counts.clicks[0].limited), (7, 0));
    }
}

#[test]
fn own_ttclids_join_and_are_remembered() {
    let world = World::new();
    let mut own = Submit { click_id: None, click: None, ..postback("t1") };
    own.events[0].event.user.ttclid = Some("OWN".to_owned());
    let join = clickjoin::ledger::join::Join::of(&own, None, None);
    assert_eq!(join.matched_by, MatchedBy::Ttclid);
    world.submit(&own);
    let sold = Submit {
        click_id: None,
        click: None,
        events: vec![draft("main", "Purchase", "t1")],
        ..postback("t1")
    };
    world.submit(&sold);
    let payload =
        world.database.text("SELECT payload FROM events WHERE event = 'Purchase'").unwrap();
    assert!(payload.contains("OWN"), "{payload}");
}

#[test]
fn a_turn_begins_behind_the_pixel_that_had_the_last_one() {
    let world = World::new();
    for pixel in ["a", "b", "c"] {
        world.submit(&postback_to(pixel, "t1"));
    }
    let order = |last: Option<&str>| -> String {
        let last = last.map(slug);
        let pixels = world.store.pixels_behind(last.as_ref());
        pixels.iter().map(Slug::as_str).collect()
    };
    for (last, expected) in [
        (None, "abc"),
        (Some("a"), "bca"),
        (Some("bb"), "cab"),
        (Some("c"), "abc"),
        (Some("d"), "abc"),
    ] {
        assert_eq!(order(last), expected, "{last:?}");
    }
}
