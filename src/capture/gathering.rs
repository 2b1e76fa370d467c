//! What an isolate gathers between two reports to the ledger: clicks counted by campaign and day, and
//! clicks that neither KV nor the ledger would take. One report every few seconds carries it all, so
//! that a click costs no Durable Object request. What an isolate has not reported when it ends is
//! missing from the counts.

use crate::click::{ClickId, ClickRecord, ClickTally};
use crate::few::Map;
use crate::slug::Slug;
use crate::time::UnixMillis;

/// Most clicks that wait in memory: a record has 1 to 12 KB, an isolate 128 MB for everything.
const MAX_WAITING: usize = 1_000;
/// Milliseconds after which a report that was begun counts as failed: the runtime may have ended the
/// request that it was part of.
const REPORT_ENDS: i64 = 30_000;

/// Clicks of one campaign and day.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Count {
    /// Visits that were captured, stored or not.
    pub clicks: u64,
    /// Of these, clicks that were to be stored.
    pub stored: u64,
    /// KV puts that failed.
    pub failed: u64,
    /// Clicks that were not stored because too many came from one address.
    pub limited: u64,
}

impl Count {
    fn add(&mut self, more: Self) {
        self.clicks = self.clicks.saturating_add(more.clicks);
        self.stored = self.stored.saturating_add(more.stored);
        self.failed = self.failed.saturating_add(more.failed);
        self.limited = self.limited.saturating_add(more.limited);
    }
}

/// What a report carries.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Told {
    /// Counts by day (since 1970-01-01, UTC) and campaign.
    pub counts: Map<i64, Map<Slug, Count>>,
    /// Clicks for the ledger to keep.
    pub clicks: Vec<(ClickId, ClickRecord)>,
}

impl Told {
    /// Whether there is nothing to report.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.clicks.is_empty()
    }

    /// The ledger keeps the first so many clicks; a full one does not keep all. How many it keeps.
    pub fn kept(&mut self, clicks: u64) -> u64 {
        let most = usize::try_from(clicks).unwrap_or(usize::MAX).min(self.clicks.len());
        let kept = self.clicks.drain(..most).count();
        u64::try_from(kept).unwrap_or(u64::MAX)
    }
}

/// An isolate's gatherings.
#[derive(Default, Debug)]
pub struct Gathering {
    untold: Told,
    reporting_since: Option<UnixMillis>,
    tally: ClickTally,
}

impl Gathering {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self {
            untold: Told { counts: Map::new(), clicks: Vec::new() },
            reporting_since: None,
            tally: ClickTally { failed_puts: 0, handed_over: 0, waiting: 0, limited: 0, lost: 0 },
        }
    }

    /// What went wrong since the isolate started.
    pub fn tally(&self) -> ClickTally {
        let waiting = u64::try_from(self.untold.clicks.len()).unwrap_or(u64::MAX);
        ClickTally { waiting, ..self.tally }
    }

    /// A visit was captured; `stored`: and is to be stored.
    pub fn clicked(&mut self, campaign: &Slug, now: UnixMillis, stored: bool) {
        let stored = u64::from(stored);
        self.count(campaign, now, Count { clicks: 1, stored, ..Count::default() });
    }

    /// A put failed.
    pub fn put_failed(&mut self, campaign: &Slug, now: UnixMillis) {
        self.tally.failed_puts = self.tally.failed_puts.saturating_add(1);
        self.count(campaign, now, Count { failed: 1, ..Count::default() });
    }

    /// A click was not stored because too many came from its address.
    pub fn limited(&mut self, campaign: &Slug, now: UnixMillis) {
        self.tally.limited = self.tally.limited.saturating_add(1);
        self.count(campaign, now, Count { limited: 1, ..Count::default() });
    }

    /// The ledger keeps so many clicks.
    pub fn handed_over(&mut self, clicks: u64) {
        self.tally.handed_over = self.tally.handed_over.saturating_add(clicks);
    }

    /// A click waits for the next report. Where too many do, the newest is lost: the older ones have
    /// less time left for their conversions.
    pub fn wait(&mut self, id: ClickId, record: ClickRecord) {
        if self.untold.clicks.len() < MAX_WAITING {
            self.untold.clicks.push((id, record));
        } else {
            self.tally.lost = self.tally.lost.saturating_add(1);
        }
    }

    /// Whether there is anything to report.
    pub fn has_news(&self) -> bool {
        !self.untold.is_empty()
    }

    /// Whether the caller is to make the next report: there is something to tell and nobody is at it.
    /// The caller then waits a few seconds, [takes](Self::take) what has come together, and ends with
    /// [`Self::give_back`].
    pub fn begin_report(&mut self, now: UnixMillis) -> bool {
        let is_begun = self.reporting_since.is_some_and(|since| now.since(since) < REPORT_ENDS);
        if is_begun || self.untold.is_empty() {
            return false;
        }
        self.reporting_since = Some(now);
        true
    }

    /// Takes what is to be reported.
    pub fn take(&mut self) -> Told {
        std::mem::take(&mut self.untold)
    }

    /// The report is over. What has not arrived of it, if anything, is told again with the next one.
    pub fn give_back(&mut self, told: Told) {
        self.reporting_since = None;
        for (day, campaigns) in told.counts {
            for (campaign, count) in campaigns {
                self.add(campaign, day, count);
            }
        }
        for (id, record) in told.clicks {
            self.wait(id, record);
        }
    }

    fn count(&mut self, campaign: &Slug, now: UnixMillis, more: Count) {
        let counts = self.untold.counts.get_mut(&now.day());
        match counts.and_then(|counts| counts.get_mut(campaign)) {
            Some(count) => count.add(more),
            None => self.add(campaign.clone(), now.day(), more),
        }
    }

    fn add(&mut self, campaign: Slug, day: i64, more: Count) {
        self.untold
            .counts
            .change(day, |counts| counts.change(campaign, |count: &mut Count| count.add(more)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: UnixMillis = UnixMillis(1_790_856_000_000);

    fn spring() -> Slug {
        Slug::parse("spring").expect("a name")
    }

    fn record() -> ClickRecord {
        ClickRecord::new("spring", NOON, "https://l.example/".to_owned())
    }

    #[test]
    fn clicks_are_counted_by_day_and_campaign() {
        let mut gathering = Gathering::new();
        gathering.clicked(&spring(), NOON, true);
        gathering.clicked(&spring(), NOON, false);
        gathering.put_failed(&spring(), NOON);
        gathering.limited(&spring(), NOON);
        gathering.clicked(&spring(), NOON.plus(86_400_000), true);
        let told = gathering.take();
        let days: Vec<_> = told
            .counts
            .iter()
            .map(|(day, counts)| (*day, *counts.get("spring").unwrap()))
            .collect();
        let first = Count { clicks: 2, stored: 1, failed: 1, limited: 1 };
        let second = Count { clicks: 1, stored: 1, ..Count::default() };
        assert_eq!(days, [(20_727, first), (20_728, second)]);
        assert_eq!((gathering.tally().failed_puts, gathering.tally().limited), (1, 1));
    }

    #[test]
    fn one_request_at_a_time_makes_the_report() {
        let mut gathering = Gathering::new();
        assert!(!gathering.begin_report(NOON), "there is nothing to tell");
        gathering.clicked(&spring(), NOON, false);
        assert!(gathering.begin_report(NOON));
        assert!(!gathering.begin_report(NOON.plus(5_000)));
        assert!(gathering.begin_report(NOON.plus(30_000)), "the first must have died");
        let _ = gathering.take();
        gathering.give_back(Told::default());
        assert!(!gathering.begin_report(NOON.plus(31_000)));
        gathering.clicked(&spring(), NOON, false);
        assert!(gathering.begin_report(NOON.plus(31_000)));
    }

    #[test]
    fn what_did_not_arrive_is_told_again_with_what_came_since() {
        let mut gathering = Gathering::new();
        gathering.clicked(&spring(), NOON, true);
        gathering.wait(ClickId::from_random([1; 16]), record());
        assert!(gathering.begin_report(NOON));
        let told = gathering.take();
        assert_eq!(gathering.tally().waiting, 0);
        gathering.clicked(&spring(), NOON, true);
        gathering.give_back(told);
        assert_eq!(gathering.tally().waiting, 1);
        assert!(gathering.begin_report(NOON));
        let again = gathering.take();
        assert_eq!(again.clicks.len(), 1);
        assert_eq!(again.counts.get(&20_727).unwrap().get("spring").unwrap().clicks, 2);
    }

    #[test]
    fn what_a_full_ledger_does_not_keep_is_told_again() {
        let id = |byte| ClickId::from_random([byte; 16]);
        for (answer, kept, left) in
            [(0, 0, vec![id(1), id(2)]), (1, 1, vec![id(2)]), (2, 2, vec![]), (9, 2, vec![])]
        {
            let clicks = vec![(id(1), record()), (id(2), record())];
            let mut told = Told { clicks, ..Told::default() };
            assert_eq!(told.kept(answer), kept);
            assert_eq!(told.clicks.iter().map(|(id, _)| *id).collect::<Vec<_>>(), left);
        }
    }

    #[test]
    fn memory_is_bounded_and_what_is_lost_is_counted() {
        let mut gathering = Gathering::new();
        for _ in 0..MAX_WAITING + 3 {
            gathering.wait(ClickId::from_random([1; 16]), record());
        }
        let tally = gathering.tally();
        assert_eq!((tally.waiting, tally.lost), (1_000, 3));
    }
}
