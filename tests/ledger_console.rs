//! The console's questions, replay, the purge, and what capture hands over.

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

use clickjoin::ledger::State::{self, Delivered, Queued, Rejected, Waiting};
use clickjoin::ledger::backoff::Jitter;
use clickjoin::ledger::protocol::{
    ClickCount, CountsAsk, EventFilter, KeptClick, ListAsk, ReplayAsk, Submit,
};
use clickjoin::time::UnixMillis;
use ledger_support::{
    NOW, World, click, click_id, code, draft, early, message, postback, postback_to, slug,
};

const DAY_MS: i64 = 86_400_000;

fn ids(world: &World, filter: EventFilter) -> Vec<String> {
    let ask = ListAsk { filter, ..ListAsk::default() };
    let page = world.store.list(&ask).expect("a page");
    page.events.iter().map(|event| event.event_id.to_string()).collect()
}

/// One of each: t0 delivered, t1 rejected, t2 waiting, t3 queued for `other`, t4 new.
fn one_of_each() -> World {
    let world = World::new();
    world.submit(&postback("t0"));
    world.settle(&world.batch("main"), &code(0));
    world.wait(1);
    world.submit(&postback("t1"));
    world.settle(&world.batch("main"), &message(40002, "Invalid value for data.0.event_id"));
    world.wait(1);
    world.submit(&early("t2", 2));
    world.wait(1);
    world.submit(&postback_to("other", "t3"));
    world.wait(1);
    let purchase = vec![draft("main", "Purchase", "t4-b")];
    world.submit(&Submit { events: purchase, source: slug("phonexa"), ..postback("t4") });
    world
}

#[test]
fn lists_by_every_filter() {
    let world = one_of_each();
    let all = || EventFilter::default();
    assert_eq!(ids(&world, all()), ["t4-b", "t3", "t2", "t1", "t0"], "newest first");
    let state = |state| EventFilter { state: Some(state), ..all() };
    assert_eq!(ids(&world, state(Delivered)), ["t0"]);
    assert_eq!(ids(&world, state(Rejected)), ["t1"]);
    assert_eq!(ids(&world, state(Waiting)), ["t2"]);
    assert_eq!(ids(&world, state(Queued)), ["t4-b", "t3"]);
    assert_eq!(ids(&world, EventFilter { pixel: Some(slug("other")), ..all() }), ["t3"]);
    assert_eq!(ids(&world, EventFilter { source: Some(slug("phonexa")), ..all() }), ["t4-b"]);
    let event = clickjoin::event::EventName::parse("Purchase");
    assert_eq!(ids(&world, EventFilter { event, ..all() }), ["t4-b"]);
    let event_id = clickjoin::event::EventId::parse("t1");
    assert_eq!(ids(&world, EventFilter { event_id, ..all() }), ["t1"]);
    for transaction in ["t0", "t2"] {
        let transaction_id = Some(transaction.to_owned());
        assert_eq!(ids(&world, EventFilter { transaction_id, ..all() }), [transaction]);
    }
    let transaction_id = Some("t4".to_owned());
    let source = Some(slug("pingtree"));
    assert!(ids(&world, EventFilter { transaction_id, source, ..all() }).is_empty());
    assert_eq!(ids(&world, EventFilter { click_id: Some(click_id(2)), ..all() }), ["t2"]);
    let from = Some(NOW.plus(1));
    let to = Some(NOW.plus(3));
    assert_eq!(ids(&world, EventFilter { from, to, ..all() }), ["t2", "t1"]);
    let rejected = EventFilter { state: Some(Rejected), source: Some(slug("phonexa")), ..all() };
    assert!(ids(&world, rejected).is_empty());
}

#[test]
fn pages_go_on_where_they_ended() {
    let world = World::new();
    for n in 0..120 {
        world.submit(&postback(&format!("t{n:03}")));
    }
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let ask = ListAsk { before, limit: Some(50), ..ListAsk::default() };
        let page = world.store.list(&ask).expect("a page");
        seen.extend(page.events.iter().map(|event| event.event_id.to_string()));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 120);
    assert!(seen.is_sorted_by(|a, b| a > b));
}

#[test]
fn one_event_with_its_history() {
    let world = World::new();
    world.submit(&postback("t1"));
    world.settle(&world.batch("main"), &code(50002));
    world.wait(10_000);
    world.settle(&world.batch("main"), &code(0));
    let ask = ListAsk::default();
    let listed = world.store.list(&ask).expect("a page").events.remove(0);
    let detail = world.store.event(listed.id).expect("storage").expect("an event");
    assert_eq!(detail.summary, listed);
    assert_eq!((listed.state, listed.attempts, listed.code), (Delivered, 2, Some(0)));
    assert_eq!(listed.accepted_at, NOW);
    assert_eq!(listed.finished_at, Some(NOW.plus(10_000)));
    assert!(listed.match_keys.contains(&"ttclid".to_owned()));
    let story: Vec<_> =
        detail.history.iter().map(|step| (step.state, step.what.as_str())).collect();
    assert_eq!(story, [(State::Retry, "again_code"), (Delivered, "ok")]);
    assert!(detail.payload.get().contains("E.C.P.1"));
    assert!(world.store.event(1).expect("storage").is_none());
}

#[test]
fn counts_follow_an_event_through_rejection_and_replay() {
    let world = one_of_each();
    let today = NOW.0 / DAY_MS;
    let counts = |state: State| -> u64 {
        let ask = CountsAsk { from_day: today - 1, to_day: today };
        let counts = world.store.counts(&ask).expect("counts");
        counts.events.iter().filter(|day| day.state == state).map(|day| day.count).sum()
    };
    assert_eq!([Delivered, Rejected, Waiting, Queued].map(counts), [1, 1, 1, 2]);
    let rejected = ids_of(&world, Rejected);
    let replay = ReplayAsk { id: Some(rejected[0]), ..ReplayAsk::default() };
    let replayed = world.store.replay(&replay, world.now()).expect("replayed");
    assert_eq!((replayed.replayed, replayed.state), (1, None));
    assert_eq!([Delivered, Rejected, Waiting, Queued].map(counts), [1, 0, 1, 3]);
    let again = world.store.replay(&replay, world.now()).expect("replayed");
    assert_eq!((again.replayed, again.state), (0, Some(Queued)), "once");
    world.settle(&world.batch("main"), &code(0));
    assert_eq!([Delivered, Rejected, Waiting, Queued].map(counts), [3, 0, 1, 1]);
    let delivered = ReplayAsk { id: Some(rejected[0]), ..ReplayAsk::default() };
    let never = world.store.replay(&delivered, world.now()).expect("replayed");
    assert_eq!((never.replayed, never.state), (0, Some(Delivered)));
}

fn ids_of(world: &World, state: State) -> Vec<i64> {
    let filter = EventFilter { state: Some(state), ..EventFilter::default() };
    let page = world.store.list(&ListAsk { filter, ..ListAsk::default() }).expect("a page");
    page.events.iter().map(|event| event.id).collect()
}

#[test]
fn all_of_a_filter_is_replayed_in_slices() {
    let world = World::new();
    for n in 0..1_500 {
        world.submit(&postback(&format!("t{n}")));
    }
    world.submit(&postback_to("other", "o1"));
    for pixel in ["main", "main", "other"] {
        let batch = world.batch(pixel);
        for item in &batch.items {
            let alone = std::slice::from_ref(item);
            world
                .store
                .settle(&batch, alone, &code(40002), world.now(), Jitter::MIDDLE)
                .expect("settled");
        }
    }
    let filter = EventFilter { pixel: Some(slug("main")), ..EventFilter::default() };
    let mut ask = ReplayAsk { filter, ..ReplayAsk::default() };
    let mut total = 0;
    let mut slices = 0;
    loop {
        let replayed = world.store.replay(&ask, world.now()).expect("replayed");
        total += replayed.replayed;
        slices += 1;
        ask.before = replayed.next;
        if replayed.next.is_none() {
            break;
        }
    }
    assert_eq!((total, slices), (1_500, 2));
    assert_eq!(world.state("o1"), Rejected);
    assert_eq!(world.batch("main").items.len(), 1_000);
}

#[test]
fn match_rates_are_of_delivered_events() {
    let world = one_of_each();
    let today = NOW.0 / DAY_MS;
    let counts = world.store.counts(&CountsAsk { from_day: today, to_day: today }).expect("counts");
    let rate = |key: &str| {
        let rate = counts.match_rates.iter().find(|rate| rate.key == key);
        rate.map(|rate| (rate.pixel.as_str().to_owned(), rate.with, rate.of))
    };
    assert_eq!(rate("ttclid"), Some(("main".to_owned(), 1, 1)));
    assert_eq!(rate("ip"), Some(("main".to_owned(), 1, 1)), "counted although it is blanked");
    assert_eq!(rate("email"), None);
}

#[test]
fn match_rates_say_what_they_were_counted_from() {
    let world = World::new();
    let day = NOW.0 / DAY_MS;
    let counts = |world: &World| {
        let ask = CountsAsk { from_day: day, to_day: day };
        world.store.counts(&ask).expect("counts")
    };
    assert_eq!(counts(&world).match_rates_from, Some(0));
    // Five events, of which one is delivered.
    assert_eq!(counts(&one_of_each()).match_rates_from, Some(5));
    for n in 0..20_010 {
        world.submit(&postback(&format!("t{n}")));
    }
    world.settle(&world.batch("main"), &code(0));
    let counts = counts(&world);
    assert_eq!(counts.match_rates_from, Some(20_000), "the newest");
    let of = counts.match_rates.iter().map(|rate| rate.of).max();
    assert_eq!(of, Some(990), "the ten oldest of a batch of 1,000 are not among them");
}

/// No index by click: it would be a fifth row for each postback. What is far back is found by going on.
#[test]
fn a_click_is_found_however_far_back_it_is() {
    let world = World::new();
    world.submit(&Submit { click_id: Some(click_id(7)), ..postback("needle") });
    for n in 0..12_000 {
        world.submit(&postback(&format!("t{n}")));
    }
    let filter = EventFilter { click_id: Some(click_id(7)), ..EventFilter::default() };
    let mut ask = ListAsk { filter, ..ListAsk::default() };
    let mut sizes = Vec::new();
    loop {
        let page = world.store.list(&ask).expect("a page");
        sizes.push(page.events.len());
        ask.before = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [0, 0, 1], "a page can be empty and still have a next one");
}

#[test]
fn finished_events_leave_and_take_their_lead_along() {
    let world = World::new();
    for n in 0..1_200 {
        world.submit(&postback(&format!("t{n}")));
    }
    while let clickjoin::ledger::store::Turn::Send(batch) = world.turn("main") {
        world.settle(&batch, &code(0));
    }
    world.submit(&postback_to("other", "held"));
    world.settle(&world.batch("other"), &code(40105));
    assert!(!world.store.purge_due(&world.settings, world.now()).expect("storage"));
    world.wait(30 * DAY_MS + 1);
    world.submit(&postback("fresh"));
    let mut slices = 0;
    while world.store.purge_due(&world.settings, world.now()).expect("storage") {
        assert!(world.store.purge(&world.settings, world.now()).expect("purged") <= 500);
        slices += 1;
        assert!(slices < 10);
        world.wait(1_000);
    }
    assert_eq!(slices, 3);
    let left: Vec<_> = world.states().into_iter().map(|(id, _)| id).collect();
    assert_eq!(left, ["held", "fresh"], "what is not finished stays");
    assert_eq!(world.database.number("SELECT count(*) FROM leads"), 2);
    assert_eq!(world.database.number("SELECT sum(count) FROM tally"), 1_200, "the counts stay");
    let due = world.store.next_due(&world.settings, world.now()).expect("storage");
    assert!(due.is_some_and(|due| due <= world.now()), "the fresh one, and a probe");
}

#[test]
fn a_delivered_event_stays_for_the_whole_retention() {
    let world = World::new();
    world.submit(&postback("t1"));
    world.settle(&world.batch("main"), &code(50002));
    // Delivered two days after it was accepted: its retention counts from then.
    world.wait(2 * DAY_MS);
    world.settle(&world.batch("main"), &code(0));
    world.wait(29 * DAY_MS);
    world.store.purge(&world.settings, world.now()).expect("purged");
    assert_eq!(world.states().len(), 1);
    world.wait(DAY_MS + 1);
    world.store.purge(&world.settings, world.now()).expect("purged");
    assert!(world.states().is_empty());
}

#[test]
fn clicks_are_kept_until_kv_takes_them() {
    let world = World::new();
    let kept = |n: u8| KeptClick { id: click_id(n), record: click("KEPT") };
    assert_eq!(world.store.keep_clicks(&[kept(1), kept(2), kept(1)], NOW).expect("kept"), 3);
    assert_eq!(world.database.number("SELECT count(*) FROM kept_clicks"), 2);
    assert_eq!(world.store.kept_click(click_id(1)).expect("storage"), Some(click("KEPT")));
    assert_eq!(world.next_due(), Some(5_000));
    world.wait(5_000);
    let due = world.store.clicks_due(world.now()).expect("storage");
    assert_eq!(due.len(), 2);
    assert_eq!(due[0].1, click("KEPT").encode().expect("a line"));
    for ((id, _), taken) in due.iter().zip([true, false]) {
        world.store.click_put(*id, taken, world.now(), Jitter::MIDDLE).expect("storage");
    }
    assert_eq!(world.next_due(), Some(10_000), "backoff");
    assert_eq!(world.store.health(world.now()).expect("health").kept_clicks, 1);
}

#[test]
fn clicks_are_counted() {
    let world = World::new();
    let count = |campaign: &str, clicks| ClickCount {
        campaign: slug(campaign),
        day: 20_000,
        clicks,
        stored: clicks,
        failed: 0,
        limited: 2,
    };
    world.store.count_clicks(&[count("spring", 3), count("autumn", 1)]).expect("counted");
    world.store.count_clicks(&[count("spring", 4)]).expect("counted");
    let later = ClickCount { day: 20_001, limited: 0, failed: 5, ..count("spring", 9) };
    world.store.count_clicks(std::slice::from_ref(&later)).expect("counted");
    let counts = |from_day, to_day| {
        world.store.counts(&CountsAsk { from_day, to_day }).expect("counts").clicks
    };
    let spring = ClickCount { limited: 4, ..count("spring", 7) };
    assert_eq!(counts(20_000, 20_001), [later.clone(), count("autumn", 1), spring]);
    assert_eq!(counts(20_001, 20_002), [later]);
    assert_eq!(counts(20_002, 20_002), []);
}

#[test]
fn health_says_how_old_the_oldest_is() {
    let world = one_of_each();
    world.now.set(UnixMillis(NOW.0 + 10_500));
    let health = world.store.health(world.now()).expect("health");
    assert_eq!((health.open.waiting, health.open.queued), (1, 2));
    assert_eq!((health.oldest_open_seconds, health.oldest_waiting_seconds), (Some(10), Some(10)));
    assert!(!health.open.capped);
}

#[test]
fn health_counts_once_a_second_however_often_it_is_asked() {
    let world = one_of_each();
    let health = || world.store.health(world.now()).expect("health");
    let statements = || {
        let before = world.database.faults.statements.get();
        health();
        world.database.faults.statements.get() - before
    };
    let (first, second) = (statements(), statements());
    assert!(second < first, "{first}, then {second}");
    world.submit(&postback("t9"));
    assert_eq!(health().open.queued, 2, "as a second ago");
    world.store.hold(&slug("main"), world.now()).expect("storage");
    assert_eq!(health().pixels.len(), 1, "what is held is of this moment");
    world.wait(999);
    assert_eq!(statements(), second);
    assert!(world.store.counted_lately(world.now()));
    world.wait(1);
    assert!(!world.store.counted_lately(world.now()));
    assert_eq!(health().open.queued, 3);
    world.submit(&postback_to("other", "t10"));
    world.wait(-60_000);
    assert_eq!(health().open.queued, 4, "the clock went back");
}
