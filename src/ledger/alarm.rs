//! What an instance of a shard knows of its alarm, and when it has to be set. Setting it, and finding
//! out when it rings, is the edge's.
//!
//! There is one alarm, and it must be set for the earliest thing that is due, whatever fails.

use crate::time::UnixMillis;
use std::cell::Cell;

/// An alarm that is so late was lost: the platform promises to be at most a minute late.
const LATE_MS: i64 = 90_000;

/// What is known of the alarm.
#[derive(Debug)]
pub struct Alarm {
    /// When it rings, as far as this instance has set or found it.
    rings_at: Cell<Option<UnixMillis>>,
    /// Whether an alarm that an earlier instance set has been looked for, and set if it was lost.
    looked: Cell<bool>,
    /// It is ringing: delivery runs until nothing is due and sets the alarm as its last step, so nobody
    /// else needs to.
    ringing: Cell<bool>,
}

impl Alarm {
    /// Nothing is known yet.
    pub const fn unknown() -> Self {
        Self { rings_at: Cell::new(None), looked: Cell::new(false), ringing: Cell::new(false) }
    }

    /// Whether the alarm has to be looked for before anything else: once in an instance's life, and
    /// again after something [`failed`](Self::failed). Whoever is told so does it.
    pub fn must_look(&self) -> bool {
        !self.looked.replace(true)
    }

    /// The storage says that it rings then, or not at all. What was set meanwhile is newer.
    pub fn found(&self, at: Option<UnixMillis>) {
        self.rings_at.set(self.rings_at.get().or(at));
    }

    /// The time to set it to, so that it rings at `due` or before; none: it does already.
    pub fn set_for(&self, due: UnixMillis, now: UnixMillis) -> Option<UnixMillis> {
        let rings_at = self.rings_at.get().filter(|at| now.since(*at) < LATE_MS);
        if self.ringing.get() || rings_at.is_some_and(|at| at <= due) {
            return None;
        }
        // At least 1 ms ahead: an alarm that sets itself for the moment it rings may be lost.
        let at = due.max(now.plus(1));
        self.rings_at.set(Some(at));
        Some(at)
    }

    /// It could not be set, or not be looked for. Rows may be on disk that nothing will ring for, so
    /// the next question, whatever it asks, looks again and sets it for whatever is due.
    pub fn failed(&self) {
        self.rings_at.set(None);
        self.looked.set(false);
    }

    /// It rings now.
    pub fn rings(&self) {
        self.rings_at.set(None);
        self.looked.set(true);
        self.ringing.set(true);
    }

    /// What it rang for is done; it is not set.
    pub fn rang(&self) {
        self.ringing.set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

    #[test]
    fn it_is_set_for_the_earliest() {
        let alarm = Alarm::unknown();
        assert_eq!(alarm.set_for(NOW.plus(500), NOW), Some(NOW.plus(500)));
        assert_eq!(alarm.set_for(NOW.plus(500), NOW), None);
        assert_eq!(alarm.set_for(NOW.plus(900), NOW), None);
        assert_eq!(alarm.set_for(NOW, NOW), Some(NOW.plus(1)), "never for this very moment");
        // It did not ring: lost.
        let late = NOW.plus(1 + LATE_MS);
        assert_eq!(alarm.set_for(late, late.plus(-1)), None);
        assert_eq!(alarm.set_for(late, late), Some(late.plus(1)));
    }

    #[test]
    fn an_instance_looks_once() {
        let alarm = Alarm::unknown();
        assert!(alarm.must_look() && !alarm.must_look());
        alarm.found(Some(NOW.plus(500)));
        assert_eq!(alarm.set_for(NOW.plus(700), NOW), None);
        // What was set while the storage was asked is not forgotten.
        assert_eq!(alarm.set_for(NOW.plus(100), NOW), Some(NOW.plus(100)));
        alarm.found(None);
        assert_eq!(alarm.set_for(NOW.plus(100), NOW), None);
    }

    #[test]
    fn after_a_failure_the_next_question_sets_it() {
        let alarm = Alarm::unknown();
        assert!(alarm.must_look());
        assert!(alarm.set_for(NOW, NOW).is_some());
        alarm.failed();
        assert!(alarm.must_look(), "a duplicate alone would not set it");
        assert!(alarm.set_for(NOW, NOW).is_some(), "it is not believed to be set");
    }

    #[test]
    fn nobody_sets_it_while_it_rings() {
        let alarm = Alarm::unknown();
        alarm.rings();
        assert!(!alarm.must_look());
        assert_eq!(alarm.set_for(NOW, NOW), None);
        alarm.rang();
        assert_eq!(alarm.set_for(NOW, NOW), Some(NOW.plus(1)));
    }
}
