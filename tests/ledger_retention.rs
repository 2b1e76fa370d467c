//! What leaves the ledger, and when: what nobody waits for has an end, and nothing leaves before its time.

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

use clickjoin::ledger::State::{Delivered, Expired, Held};
use clickjoin::ledger::protocol::{EventFilter, HoldReason, ListAsk, ReplayAsk, Submit};
use clickjoin::ledger::store::Turn;
use ledger_support::{World, code, draft, postback, postback_to, settings, slug};

const DAY_MS: i64 = 86_400_000;

/// All that the alarm does but send: moves aside and purges.
fn tick(world: &World) {
    for pixel in world.store.pixels() {
        while world.store.turn(&pixel, &world.settings, world.now()).unwrap() == Turn::Parked {}
    }
    for _ in 0..100 {
        if !world.store.purge_due(&world.settings, world.now()).unwrap() {
            return;
        }
        world.store.purge(&world.settings, world.now()).unwrap();
        world.wait(1_000);
    }
    panic!("the purge comes to rest");
}

fn held_pixels(world: &World) -> Vec<(String, Option<HoldReason>)> {
    let health = world.store.health(world.now()).unwrap();
    health.pixels.into_iter().map(|pixel| (pixel.pixel.to_string(), pixel.held)).collect()
}

/// `main` has left the configuration with so many events.
fn gone(events: usize) -> World {
    let mut world = World::new();
    for n in 0..events {
        world.submit(&postback(&format!("t{n}")));
    }
    world.settings = settings(&[("other", true)]);
    world.restart();
    tick(&world);
    assert!(world.states().iter().all(|(_, state)| *state == Held));
    world
}

#[test]
fn events_of_a_pixel_that_is_gone_expire_and_leave() {
    let mut world = gone(1_200);
    world.wait(30 * DAY_MS);
    tick(&world);
    assert_eq!(world.state("t0"), Held, "not yet");
    // Whatever happens in between, it is the pixel that has been gone for so long.
    world.restart();
    world.wait(DAY_MS);
    assert!(world.next_due().is_some_and(|due| due <= 300_000), "the alarm sees to it");
    world.store.purge(&world.settings, world.now()).unwrap();
    let expired =
        |world: &World| world.states().into_iter().filter(|(_, state)| *state == Expired).count();
    assert_eq!(expired(&world), 500, "a slice at a time");
    world.wait(1_000);
    tick(&world);
    assert_eq!(expired(&world), 1_200);
    let (message, step) =
        ("SELECT message FROM events", "SELECT history ->> '$[#-1].what' FROM events");
    assert_eq!(
        world.database.text(message).unwrap(),
        "its pixel has not been in the configuration for 30 days"
    );
    assert_eq!(world.database.text(step).unwrap(), "pixel_gone");
    assert_eq!(world.database.number("SELECT count FROM tally WHERE state = 'expired'"), 1_200);
    assert!(held_pixels(&world).is_empty(), "nobody waits for it any more");
    // They can be seen and replayed for as long again; then they leave.
    world.wait(29 * DAY_MS);
    tick(&world);
    assert_eq!(world.states().len(), 1_200);
    world.wait(2 * DAY_MS);
    tick(&world);
    assert!(world.states().is_empty());
    assert_eq!(world.database.number("SELECT count(*) FROM leads"), 0);
    assert_eq!(world.next_due(), None);
}

#[test]
fn a_pixel_that_comes_back_is_delivered() {
    let mut world = gone(3);
    world.wait(29 * DAY_MS);
    tick(&world);
    world.settings = settings(&[("main", true)]);
    world.restart();
    world.wait(5 * DAY_MS);
    world.store.purge(&world.settings, world.now()).unwrap();
    world.settle(&world.batch("main"), &code(0));
    assert!(world.states().iter().all(|(_, state)| *state == Delivered));
}

#[test]
fn one_that_comes_back_too_late_is_replayed() {
    let mut world = gone(3);
    world.wait(31 * DAY_MS);
    tick(&world);
    assert_eq!(world.state("t1"), Expired);
    // A replay while it is still gone waits for the whole time once more.
    let all = ReplayAsk::default();
    assert_eq!(world.store.replay(&all, world.now()).unwrap().replayed, 3);
    tick(&world);
    world.wait(29 * DAY_MS);
    tick(&world);
    assert_eq!(world.state("t1"), Held);
    world.wait(2 * DAY_MS);
    tick(&world);
    assert_eq!(world.state("t1"), Expired);
    world.settings = settings(&[("main", true)]);
    world.restart();
    world.store.replay(&all, world.now()).unwrap();
    world.settle(&world.batch("main"), &code(0));
    assert!(world.states().iter().all(|(_, state)| *state == Delivered));
}

#[test]
fn what_is_replayed_to_a_gone_pixel_has_the_whole_time_again() {
    let mut world = World::new();
    world.submit(&postback("refused"));
    world.settle(&world.batch("main"), &code(40002));
    world.submit(&postback("held"));
    world.settings = settings(&[("other", true)]);
    world.restart();
    tick(&world);
    world.wait(20 * DAY_MS);
    assert_eq!(world.store.replay(&ReplayAsk::default(), world.now()).unwrap().replayed, 1);
    tick(&world);
    world.wait(11 * DAY_MS);
    tick(&world);
    assert_eq!((world.state("held"), world.state("refused")), (Expired, Held));
    world.wait(20 * DAY_MS);
    tick(&world);
    assert_eq!(world.state("refused"), Expired);
}

/// The time counts from when the pixel left, not from when its token went bad; and it never counts for
/// a pixel that is there.
#[test]
fn only_a_missing_pixel_ends_what_is_held() {
    let mut world = World::new();
    world.submit(&postback("t1"));
    world.settle(&world.batch("main"), &code(40105));
    world.submit(&postback_to("other", "o1"));
    world.store.hold(&slug("other"), world.now()).unwrap();
    tick(&world);
    world.wait(100 * DAY_MS);
    tick(&world);
    assert_eq!((world.state("t1"), world.state("o1")), (Held, Held));
    // A mistake in the configuration, put right within a month.
    world.settings = settings(&[("other", true)]);
    world.restart();
    for _ in 0..29 {
        tick(&world);
        world.wait(DAY_MS);
    }
    assert_eq!(world.state("t1"), Held);
    world.settings = settings(&[("main", true)]);
    world.restart();
    tick(&world);
    world.settle(&world.batch("main"), &code(0));
    assert_eq!(world.state("t1"), Delivered);
    // One that a person holds has the whole time too, however long it has been held.
    world.wait(29 * DAY_MS);
    tick(&world);
    assert_eq!(world.state("o1"), Held);
    world.settings = settings(&[("main", true), ("other", true)]);
    world.restart();
    tick(&world);
    world.settings = settings(&[("main", true)]);
    world.restart();
    tick(&world);
    world.wait(29 * DAY_MS);
    tick(&world);
    assert_eq!(world.state("o1"), Held, "it was back in between");
    world.wait(2 * DAY_MS);
    tick(&world);
    assert_eq!(world.state("o1"), Expired);
    assert_eq!(held_pixels(&world), [("other".to_owned(), Some(HoldReason::Person))]);
}

#[test]
fn a_lead_lives_as_long_as_its_last_event() {
    let world = World::new();
    // One event waits for its pixel, a later one of the same lead is delivered.
    world.submit(&Submit { events: vec![draft("other", "Lead", "l1-lead")], ..postback("l1") });
    world.settle(&world.batch("other"), &code(40105));
    world.wait(1);
    world.submit(&Submit { events: vec![draft("main", "Purchase", "l1-sold")], ..postback("l1") });
    world.settle(&world.batch("main"), &code(0));
    let found = |world: &World| -> Vec<String> {
        let transaction_id = Some("l1".to_owned());
        let filter = EventFilter { transaction_id, ..EventFilter::default() };
        let page = world.store.list(&ListAsk { filter, ..ListAsk::default() }).unwrap();
        page.events.iter().map(|event| event.event_id.to_string()).collect()
    };
    assert_eq!(found(&world), ["l1-sold", "l1-lead"]);
    world.wait(31 * DAY_MS);
    tick(&world);
    assert_eq!(world.states().len(), 1);
    assert_eq!(found(&world), ["l1-lead"], "the one that is left");
    world.store.release(&slug("other")).unwrap();
    world.settle(&world.batch("other"), &code(0));
    world.wait(31 * DAY_MS);
    tick(&world);
    assert_eq!(world.database.number("SELECT count(*) FROM leads"), 0);
}
