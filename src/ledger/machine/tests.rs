//! Every state against everything that can happen to it.

use super::{Change, Facts, Happened, step};
use crate::ledger::State;
use crate::ledger::answer::{Answer, Fetched};
use crate::ledger::backoff::{EXPIRE_MS, Jitter};
use crate::time::UnixMillis;
use State::{Delivered, Expired, Held, Queued, Rejected, Retry, Waiting};

const NOW: UnixMillis = UnixMillis(1_800_000_000_000);
const YOUNG: UnixMillis = UnixMillis(NOW.0 - 60_000);
const OLD: UnixMillis = UnixMillis(NOW.0 - EXPIRE_MS);

fn http(status: u16, code: i64) -> Answer {
    let body = format!(r#"{{"code":{code}}}"#);
    Answer::read(&Fetched::Http { status, body, retry_after: None })
}

fn facts(state: State, since: UnixMillis) -> Facts {
    Facts { state, attempts: 1, since }
}

fn run(state: State, since: UnixMillis, happened: Happened<'_>) -> Option<Change> {
    step(facts(state, since), happened, NOW, Jitter::MIDDLE)
}

fn answered(state: State, answer: &Answer) -> Option<(State, Option<i64>)> {
    let happened = Happened::Answered { answer, pixel_held: false };
    run(state, YOUNG, happened).map(|change| {
        assert!(change.tried, "an answer is a try");
        assert_eq!(change.attempts, 2);
        (change.state, change.due.map(|due| due.since(NOW)))
    })
}

/// One row for each verdict, one column for each state, in the order of `State::ALL`.
#[test]
fn every_state_meets_every_answer() {
    let delivered = Some((Delivered, None));
    let rejected = Some((Rejected, None));
    let held = Some((Held, Some(0)));
    let again = Some((Retry, Some(10_000)));
    let limited = Some((Retry, Some(300_000)));
    let table = [
        (http(200, 0), [delivered, delivered, delivered, delivered, None, delivered, delivered]),
        (
            http(200, 20001),
            [delivered, delivered, delivered, delivered, None, delivered, delivered],
        ),
        (http(200, 40002), [None, rejected, rejected, rejected, None, None, None]),
        (http(200, 40105), [None, held, held, held, None, None, None]),
        (http(401, 40100), [None, limited, limited, limited, None, None, None]),
        (http(200, 50002), [None, again, again, again, None, None, None]),
        (http(200, 12345), [None, again, again, again, None, None, None]),
        (Answer::read(&Fetched::TimeOut), [None, again, again, again, None, None, None]),
        (Answer::read(&Fetched::Network), [None, again, again, again, None, None, None]),
    ];
    for (answer, row) in table {
        for (state, expected) in State::ALL.into_iter().zip(row) {
            assert_eq!(answered(state, &answer), expected, "{state:?} {answer:?}");
        }
    }
}

#[test]
fn every_state_meets_every_other_happening() {
    let later = NOW.plus(75_000);
    let due = |state, due: UnixMillis| Some((state, Some(due)));
    let table = [
        (Happened::ClickSettled, [due(Queued, NOW), None, None, None, None, None, None]),
        (Happened::ClickRefused, [Some((Rejected, None)), None, None, None, None, None, None]),
        (
            Happened::ClickMissing { next: later },
            [due(Waiting, later), None, None, None, None, None, None],
        ),
        (Happened::PixelHeld, [None, due(Held, NOW), due(Held, NOW), None, None, None, None]),
        (
            Happened::PixelPaused { until: later },
            [None, due(Queued, later), due(Retry, later), None, None, None, None],
        ),
        (Happened::PixelGone, [None, None, None, Some((Expired, None)), None, None, None]),
        (Happened::Replayed, [None, None, None, None, None, due(Queued, NOW), due(Queued, NOW)]),
    ];
    for (happened, row) in table {
        for (state, expected) in State::ALL.into_iter().zip(row) {
            let change = run(state, YOUNG, happened);
            assert_eq!(change.map(|c| (c.state, c.due)), expected, "{state:?} {happened:?}");
            assert!(change.is_none_or(|c| !c.tried), "nothing was sent");
        }
    }
}

#[test]
fn seventy_two_hours_are_the_end() {
    let nothing = Fetched::Http { status: 302, body: String::new(), retry_after: None };
    for (answer, end) in [
        (http(200, 50002), Expired),
        (http(429, 40100), Expired),
        (Answer::read(&Fetched::TimeOut), Expired),
        (Answer::read(&nothing), Expired),
        // A code that nobody lists: "rejected after the usual 72 h".
        (http(200, 12345), Rejected),
    ] {
        let happened = Happened::Answered { answer: &answer, pixel_held: false };
        for state in [Queued, Retry] {
            let change = run(state, OLD, happened).unwrap();
            assert_eq!((change.state, change.due), (end, None), "{state:?}");
            let change = run(state, OLD.plus(1), happened).unwrap();
            assert_eq!(change.state, Retry, "{state:?}");
        }
    }
    // Success is success, however late.
    let ok = http(200, 0);
    let happened = Happened::Answered { answer: &ok, pixel_held: false };
    assert_eq!(run(Retry, OLD, happened).unwrap().state, Delivered);
}

#[test]
fn held_time_does_not_count() {
    let answer = http(200, 50002);
    let probe = Happened::Answered { answer: &answer, pixel_held: true };
    assert_eq!(run(Held, OLD, probe).unwrap().state, Held, "a probe burns nothing");
    let released = Happened::Answered { answer: &answer, pixel_held: false };
    let change = run(Held, OLD, released).unwrap();
    assert_eq!((change.state, change.since), (Retry, Some(NOW)));
}

#[test]
fn a_replayed_event_starts_anew() {
    let change = step(
        Facts { state: Expired, attempts: 80, since: OLD },
        Happened::Replayed,
        NOW,
        Jitter(0),
    );
    let change = change.unwrap();
    assert_eq!((change.attempts, change.since), (0, Some(NOW)));
}

#[test]
fn open_states_are_always_scheduled_and_final_ones_never() {
    let answers =
        [http(200, 0), http(200, 40002), http(200, 40105), http(401, 40100), http(500, 7)];
    let mut happenings = vec![
        Happened::ClickSettled,
        Happened::ClickRefused,
        Happened::ClickMissing { next: NOW },
        Happened::PixelHeld,
        Happened::PixelPaused { until: NOW },
        Happened::PixelGone,
        Happened::Replayed,
    ];
    for answer in &answers {
        happenings.push(Happened::Answered { answer, pixel_held: false });
        happenings.push(Happened::Answered { answer, pixel_held: true });
    }
    for state in State::ALL {
        for since in [YOUNG, OLD] {
            for happened in &happenings {
                let Some(change) = run(state, since, *happened) else { continue };
                assert_eq!(change.due.is_none(), change.state.is_final(), "{state:?} {happened:?}");
            }
        }
    }
}
