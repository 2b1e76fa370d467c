//! Whatever fails, in whatever order: nothing that was acknowledged is lost, nothing is sent with
//! another id, and every event ends or is scheduled.
//!
//! A sequence of postbacks, deliveries, look-ups, crashes and waits runs on a real SQLite whose
//! statements and commits fail (a failed commit may still have happened), against a TikTok that
//! answers anything, also after it has taken the events. Then everything is put right, and the ledger
//! has to bring every event to its end by itself.

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
use clickjoin::ledger::State::{self, Delivered, Expired, Rejected};
use clickjoin::ledger::answer::{Answer, Fetched};
use clickjoin::ledger::backoff::{Jitter, PROBE_MS};
use clickjoin::ledger::delivery::Delivery;
use clickjoin::ledger::protocol::{EventFilter, HoldReason, ReplayAsk, Status, Submit};
use clickjoin::ledger::store::{Batch, Turn, Waiting};
use ledger_support::{World, click, early, postback_to, settings, slug};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const PIXELS: [&str; 2] = ["main", "other"];
/// Events whose id ends so are refused by TikTok, whatever the batch.
const BAD: &str = "-bad";

#[derive(Clone, Debug)]
enum Fault {
    None,
    Statement(u32),
    CommitLost,
    CommitKept,
}

#[derive(Clone, Copy, Debug)]
enum Mood {
    /// Takes what is good and refuses what is bad, naming the index or not, or naming a wrong one.
    Reads {
        names: Option<usize>,
    },
    /// Takes everything and the answer is lost on the way.
    TakesAndTimesOut,
    TimesOut,
    Says(i64),
    Garbage(u16),
}

#[derive(Clone, Debug)]
enum Op {
    Postback {
        event: u8,
        pixel: usize,
        early: bool,
        fault: Fault,
    },
    Deliver {
        pixel: usize,
        moods: Vec<Mood>,
        fault: Fault,
        crash_after: Option<usize>,
    },
    LookUp {
        found: bool,
        fault: Fault,
    },
    Wait(i64),
    Crash,
    Hold(usize),
    Release(usize),
    Replay {
        fault: Fault,
    },
    /// The pixel leaves the configuration, or is there again; that is a new instance.
    Configure {
        pixel: usize,
        there: bool,
    },
    Purge {
        fault: Fault,
    },
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        6 => Just(Fault::None),
        2 => (0_u32..8).prop_map(Fault::Statement),
        1 => Just(Fault::CommitLost),
        1 => Just(Fault::CommitKept),
    ]
}

fn mood() -> impl Strategy<Value = Mood> {
    let codes = vec![40105, 40001, 40100, 50002, 61000, 777, 20001];
    prop_oneof![
        4 => prop::option::of(0_usize..6).prop_map(|names| Mood::Reads { names }),
        1 => Just(Mood::TakesAndTimesOut),
        1 => Just(Mood::TimesOut),
        3 => prop::sample::select(codes).prop_map(Mood::Says),
        1 => prop::sample::select(vec![200_u16, 302, 401, 403, 429, 500, 503]).prop_map(Mood::Garbage),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let wait = prop::sample::select(vec![1, 200, 5_000, 75_000, 300_000, 3_600_000, 90_000_000]);
    prop_oneof![
        6 => (0_u8..12, 0..2_usize, any::<bool>(), fault())
            .prop_map(|(event, pixel, early, fault)| Op::Postback { event, pixel, early, fault }),
        6 => (0..2_usize, prop::collection::vec(mood(), 1..5), fault(), prop::option::of(0..4_usize))
            .prop_map(|(pixel, moods, fault, crash_after)| Op::Deliver { pixel, moods, fault, crash_after }),
        2 => (any::<bool>(), fault()).prop_map(|(found, fault)| Op::LookUp { found, fault }),
        4 => wait.prop_map(Op::Wait),
        2 => Just(Op::Crash),
        1 => (0..2_usize).prop_map(Op::Hold),
        1 => (0..2_usize).prop_map(Op::Release),
        1 => fault().prop_map(|fault| Op::Replay { fault }),
        1 => (0..2_usize, any::<bool>()).prop_map(|(pixel, there)| Op::Configure { pixel, there }),
        2 => fault().prop_map(|fault| Op::Purge { fault }),
    ]
}

/// TikTok, and what the senders were told.
#[derive(Default)]
struct Model {
    acknowledged: BTreeSet<(String, String)>,
    offered: BTreeSet<(String, String)>,
    taken: BTreeMap<(String, String), u32>,
    /// Was in a request that got a code which nobody lists.
    puzzled: BTreeSet<(String, String)>,
    /// Finished, and gone since: how many in which state.
    left: BTreeMap<State, usize>,
}

struct Play {
    world: World,
    model: Model,
}

impl Play {
    fn new() -> Self {
        let mut world = World::new();
        // The shortest there is, so that the waits of a case can reach it.
        world.settings.retention_days = 2;
        Self { world, model: Model::default() }
    }

    fn set(&self, fault: &Fault) {
        let faults = &self.world.database.faults;
        match fault {
            Fault::None => {}
            Fault::Statement(n) => faults.statement.set(Some(*n)),
            Fault::CommitLost => faults.commit_lost.set(true),
            Fault::CommitKept => faults.commit_kept.set(true),
        }
    }

    fn clear(&self) {
        let faults = &self.world.database.faults;
        faults.statement.set(None);
        faults.commit_lost.set(false);
        faults.commit_kept.set(false);
    }

    fn postback(&mut self, event: u8, pixel: usize, is_early: bool, fault: &Fault) {
        let bad = if event.is_multiple_of(5) { BAD } else { "" };
        let id = format!("t{event}{bad}");
        let mut submit = postback_to(PIXELS[pixel], &id);
        if is_early {
            submit = Submit { events: submit.events, ..early(&id, event) };
            // It can be matched without its click too.
            submit.events[0].event.user.ttp = Some("ttp".to_owned());
        }
        self.model.offered.insert((PIXELS[pixel].to_owned(), id.clone()));
        self.set(fault);
        let kept = self.world.try_submit(&submit);
        self.clear();
        if let Ok(kept) = kept {
            assert!(matches!(kept.outcomes[0].status, Status::Accepted | Status::Duplicate));
            self.model.acknowledged.insert((PIXELS[pixel].to_owned(), id));
        }
    }

    /// What TikTok says to a body, taking the events where it does.
    fn tiktok(&mut self, pixel: &str, body: &str, mood: Mood) -> Answer {
        let body: serde_json::Value = serde_json::from_str(body).expect("the body is JSON");
        assert_eq!(body["event_source_id"], format!("CODE{pixel}"), "events go to their own pixel");
        let ids: Vec<String> = body["data"]
            .as_array()
            .expect("events")
            .iter()
            .map(|event| event["event_id"].as_str().expect("a text").to_owned())
            .collect();
        let distinct: BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "no event twice in a request");
        for id in &ids {
            assert!(
                self.model.offered.contains(&(pixel.to_owned(), id.clone())),
                "unknown id {id}"
            );
        }
        let http = |code: i64, message: &str| {
            let body = serde_json::json!({ "code": code, "message": message }).to_string();
            Answer::read(&Fetched::Http { status: 200, body, retry_after: None })
        };
        let mut take = || {
            for id in &ids {
                *self.model.taken.entry((pixel.to_owned(), id.clone())).or_default() += 1;
            }
        };
        match mood {
            Mood::Reads { names } => match ids.iter().position(|id| id.ends_with(BAD)) {
                Some(first) => match names {
                    Some(wrong) => http(40002, &format!("Invalid value for data.{wrong}.event_id")),
                    None if first % 2 == 0 => http(40002, "Invalid parameters"),
                    None => http(40002, &format!("Batch.{first}.event_id is bad")),
                },
                None => {
                    take();
                    http(0, "OK")
                }
            },
            Mood::TakesAndTimesOut => {
                take();
                Answer::read(&Fetched::TimeOut)
            }
            Mood::TimesOut => Answer::read(&Fetched::TimeOut),
            Mood::Says(20001) => {
                take();
                http(20001, "partial")
            }
            Mood::Says(code) => {
                if code == 777 {
                    let keys = ids.iter().map(|id| (pixel.to_owned(), id.clone()));
                    self.model.puzzled.extend(keys);
                }
                http(code, "no")
            }
            Mood::Garbage(status) => Answer::read(&Fetched::Http {
                status,
                body: "<html>".to_owned(),
                retry_after: Some(7),
            }),
        }
    }

    fn deliver(&mut self, batch: Batch, moods: &[Mood], fault: &Fault, crash_after: Option<usize>) {
        let pixel = batch.pixel.to_string();
        let target = self.world.settings.pixels.get(&batch.pixel).unwrap().target.clone();
        let mut delivery = Delivery::new(batch);
        for request in 0..1_000 {
            let Ok(Some(body)) = delivery.body(&self.world.store, &target) else { return };
            let answer = self.tiktok(&pixel, &body, moods[request % moods.len()]);
            if crash_after == Some(request) {
                self.world.restart();
                return;
            }
            self.set(fault);
            let now = self.world.now();
            let settled = delivery.answered(&self.world.store, &answer, now, Jitter::MIDDLE);
            self.clear();
            if settled.is_err() {
                return;
            }
        }
        panic!("a batch has an end");
    }

    fn look_up(&self, found: bool, fault: &Fault) {
        let now = self.world.now();
        let waiting = self.world.store.waiting(now).expect("storage");
        let click = |waiting: &Waiting| (waiting.click_id, found.then(|| click("LATE")));
        let looks: Map<_, _> = waiting.iter().map(click).collect();
        self.set(fault);
        let _ = self.world.store.all_looked_up(&waiting, &looks, now);
        self.clear();
    }

    fn configure(&mut self, pixel: usize, there: bool) {
        let name = PIXELS[pixel];
        let there = |other: &&str| if *other == name { there } else { self.is_there(other) };
        let pixels: Vec<_> = PIXELS.into_iter().filter(there).map(|pixel| (pixel, true)).collect();
        self.world.settings.pixels = settings(&pixels).pixels;
        self.world.restart();
    }

    fn is_there(&self, pixel: &str) -> bool {
        self.world.settings.pixels.contains_key(&slug(pixel))
    }

    /// What leaves was finished, and for long enough; what expires has lost its pixel.
    fn purge(&mut self, fault: &Fault) {
        let before = self.rows();
        let keep_from = self.world.settings.keep_from(self.world.now()).0;
        let young = format!("SELECT count(*) FROM events WHERE finished_at >= {keep_from}");
        let young_before = self.world.database.number(&young);
        self.set(fault);
        let _ = self.world.store.purge(&self.world.settings, self.world.now());
        self.clear();
        assert!(self.world.database.number(&young) >= young_before, "it left too soon");
        let after = self.rows();
        for (key, state) in before {
            match after.get(&key) {
                None => {
                    assert!(state.is_final(), "{key:?} was {state:?} and is gone");
                    self.model.acknowledged.remove(&key);
                    *self.model.left.entry(state).or_default() += 1;
                }
                Some(now) if *now != state => {
                    assert_eq!((state, *now), (State::Held, Expired), "{key:?}");
                    assert!(!self.is_there(&key.0), "{key:?} could have been sent");
                }
                Some(_) => {}
            }
        }
    }

    fn run(&mut self, op: &Op) {
        match op {
            Op::Postback { event, pixel, early, fault } => {
                self.postback(*event, *pixel, *early, fault);
            }
            Op::Deliver { pixel, moods, fault, crash_after } => {
                self.set(fault);
                let now = self.world.now();
                let turn = self.world.store.turn(&slug(PIXELS[*pixel]), &self.world.settings, now);
                self.clear();
                if let Ok(Turn::Send(batch)) = turn {
                    self.deliver(batch, moods, fault, *crash_after);
                }
            }
            Op::LookUp { found, fault } => self.look_up(*found, fault),
            Op::Wait(milliseconds) => self.world.wait(*milliseconds),
            Op::Crash => self.world.restart(),
            Op::Hold(pixel) => {
                self.world.store.hold(&slug(PIXELS[*pixel]), self.world.now()).expect("storage");
            }
            Op::Release(pixel) => {
                self.world.store.release(&slug(PIXELS[*pixel])).expect("storage");
            }
            Op::Configure { pixel, there } => self.configure(*pixel, *there),
            Op::Purge { fault } => self.purge(fault),
            Op::Replay { fault } => {
                self.set(fault);
                let all = ReplayAsk { filter: EventFilter::default(), ..ReplayAsk::default() };
                let _ = self.world.store.replay(&all, self.world.now());
                self.clear();
            }
        }
    }

    fn rows(&self) -> BTreeMap<(String, String), State> {
        let connection = &self.world.database.connection;
        let mut rows =
            connection.prepare("SELECT pixel, event_id, state FROM events").expect("sql");
        let rows =
            rows.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get::<_, String>(2)?)));
        let rows = rows.expect("rows").map(|row| row.expect("a row"));
        rows.map(|(key, state)| (key, State::parse(&state).expect("a state"))).collect()
    }

    /// What must hold after every step.
    fn check(&self) {
        let rows = self.rows();
        for key in &self.model.acknowledged {
            assert!(rows.contains_key(key), "{key:?} was acknowledged and is gone");
        }
        for (key, state) in &rows {
            assert!(self.model.offered.contains(key), "{key:?} was never sent to us");
            if *state == Delivered {
                assert!(self.model.taken.contains_key(key), "{key:?} is not at TikTok");
            }
            if *state == Rejected {
                let puzzled = self.model.puzzled.contains(key);
                assert!(key.1.ends_with(BAD) || puzzled, "{key:?} was not refused");
            }
        }
        let unscheduled = self.world.database.number(
            "SELECT count(*) FROM events WHERE due IS NULL
             AND state NOT IN ('queued', 'delivered', 'rejected', 'expired')",
        );
        assert_eq!(unscheduled, 0);
        let finished_and_due = self.world.database.number(
            "SELECT count(*) FROM events WHERE due IS NOT NULL
             AND state IN ('delivered', 'rejected', 'expired')",
        );
        assert_eq!(finished_and_due, 0);
        self.check_schedule();
        let new = self
            .world
            .database
            .number("SELECT count(*) FROM events WHERE state = 'queued' AND due IS NULL");
        assert!(
            new == 0 || self.world.next_due().is_some_and(|due| due <= 0),
            "new events are due at once"
        );
        // The counts by state are what the rows say.
        for state in [Delivered, Rejected, Expired] {
            let counted = self.world.database.number(&format!(
                "SELECT coalesce(sum(count), 0) FROM tally WHERE state = '{}'",
                state.as_str()
            ));
            let there = rows.values().filter(|row| **row == state).count();
            let left = self.model.left.get(&state).copied().unwrap_or(0);
            assert_eq!(usize::try_from(counted), Ok(there + left), "{state:?}");
        }
    }

    /// Every open event has its time. (That anything at all is due says nothing: the purge always is.)
    fn check_schedule(&self) {
        let (now, next) = (self.world.now(), self.world.next_due());
        let connection = &self.world.database.connection;
        let mut rows = connection
            .prepare("SELECT pixel, state, due FROM events WHERE due IS NOT NULL")
            .expect("sql");
        let rows = rows.query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
        });
        for row in rows.expect("rows") {
            let (name, state, due) = row.expect("a row");
            let pixel = self.world.store.pixel(&slug(&name)).expect("storage");
            let held = state == State::Held.as_str();
            if held && pixel.held == Some(HoldReason::Person) {
                continue;
            }
            // Its own time, or the end of its pixel's pause, or the next look at what it lacks.
            let pause = pixel.next_try.map_or(0, |until| until.since(now));
            let lacks = pixel.held.is_some() || !self.is_there(&name);
            let look = if held && lacks { PROBE_MS } else { 0 };
            let latest = (due - now.0).max(pause).max(look).max(0);
            assert!(
                next.is_some_and(|next| next <= latest),
                "{name}: {state}, due in {latest} ms, is looked at in {next:?}"
            );
        }
    }

    /// Everything works again: what the alarm does, until nothing is due.
    fn recover(&mut self, restarts: bool) {
        for (number, pixel) in PIXELS.into_iter().enumerate() {
            self.configure(number, true);
            self.world.store.release(&slug(pixel)).expect("storage");
        }
        if restarts {
            self.world.restart();
        }
        for _ in 0..2_000 {
            for pixel in PIXELS {
                for turn in 0.. {
                    assert!(turn < 100, "it comes to rest");
                    match self.world.turn(pixel) {
                        Turn::Send(batch) => {
                            self.deliver(batch, &[Mood::Reads { names: None }], &Fault::None, None);
                        }
                        Turn::Parked => {}
                        Turn::Idle => break,
                    }
                }
            }
            self.look_up(false, &Fault::None);
            let (store, settings) = (&self.world.store, &self.world.settings);
            if store.purge_due(settings, self.world.now()).expect("storage") {
                self.purge(&Fault::None);
            }
            if self.rows().values().all(|state| state.is_final()) {
                return;
            }
            let due = self.world.next_due().expect("something is due");
            // A waiting event that has just been settled is due at once.
            self.world.wait(due.max(1));
        }
        panic!("not at rest: {:?}", self.rows());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_is_lost_whatever_fails(ops in prop::collection::vec(op(), 1..60)) {
        let mut play = Play::new();
        for op in &ops {
            play.run(op);
            play.check();
        }
        play.recover(ops.len().is_multiple_of(2));
        play.check();
        for (key, state) in play.rows() {
            let bad = key.1.ends_with(BAD);
            match state {
                Delivered => assert!(play.model.taken.contains_key(&key)),
                Rejected => assert!(bad || play.model.puzzled.contains(&key), "{key:?}"),
                // Only by 72 h of trying, or by two days without a pixel, which the waits of a case can
                // add up to.
                Expired => {}
                open => panic!("{key:?} is {open:?}"),
            }
        }
    }
}
