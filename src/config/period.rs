//! When a campaign runs: switched on, and between two moments of the owner's choice.

use super::Problems;
use super::reader::Reader;
use crate::time::{DAY_MILLIS, UnixMillis};

/// Milliseconds of a minute.
const MINUTE: i64 = 60_000;
/// Years that a campaign can begin or end in; others are slips of the hand.
const YEARS: std::ops::RangeInclusive<u16> = 2000..=2199;

/// When a campaign runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    enabled: bool,
    /// The first moment.
    starts: Option<UnixMillis>,
    /// The first moment after the last.
    ends: Option<UnixMillis>,
}

impl Period {
    /// Whether the campaign runs at `now`.
    pub fn covers(&self, now: UnixMillis) -> bool {
        self.enabled
            && self.starts.is_none_or(|starts| now >= starts)
            && self.ends.is_none_or(|ends| now < ends)
    }

    /// Reads `enabled`, `starts` and `expires`. A date without a time means that whole day in UTC:
    /// a campaign that starts on it runs from its first moment, one that expires on it to its last.
    pub(super) fn read(reader: &mut Reader<'_>, problems: &mut Problems) -> Self {
        let enabled = reader.flag("enabled", true, problems);
        let starts = reader.parsed("starts", moment, problems).map(|(starts, _)| starts);
        let ends = reader.parsed("expires", moment, problems).map(|(_, ends)| ends);
        if starts.zip(ends).is_some_and(|(starts, ends)| starts >= ends) {
            problems.add(reader.path("expires"), "must be later than starts");
        }
        Self { enabled, starts, ends }
    }
}

/// Reads `2026-12-31` or `2026-12-31T23:59[:59]` with `Z` or an offset such as `+02:00`. Answers
/// with the first moment of what was named and the first moment after it.
fn moment(text: &str) -> Result<(UnixMillis, UnixMillis), &'static str> {
    const WRONG: &str = "must be a date such as 2026-12-31 (UTC), or a date and a time with its \
                         zone such as 2026-12-31T18:00:00+02:00";
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let midnight = midnight(date).ok_or(WRONG)?;
    match time {
        None => Ok((midnight, midnight.plus(DAY_MILLIS))),
        Some(time) => {
            let at = midnight.plus(milliseconds(time).ok_or(WRONG)?);
            Ok((at, at))
        }
    }
}

fn midnight(date: &str) -> Option<UnixMillis> {
    let mut parts = date.split('-');
    let year: u16 = digits(parts.next()?, 4).filter(|year| YEARS.contains(year))?;
    let month: usize = digits(parts.next()?, 2)?.into();
    let day: i64 = digits(parts.next()?, 2)?.into();
    let months: [i64; 12] =
        [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *months.get(month.checked_sub(1)?)?;
    if parts.next().is_some() || !(1..=length).contains(&day) {
        return None;
    }
    let years: i64 = (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    let months: i64 = months.iter().take(month.saturating_sub(1)).sum();
    let days = years.saturating_add(months).saturating_add(day).saturating_sub(1);
    Some(UnixMillis(days.saturating_mul(DAY_MILLIS)))
}

/// The milliseconds after midnight UTC of a time with its zone; the offset may lead out of the day.
fn milliseconds(time: &str) -> Option<i64> {
    let (clock, offset) = match time.strip_suffix(['Z', 'z']) {
        Some(clock) => (clock, 0),
        None => {
            let at = time.rfind(['+', '-'])?;
            let (clock, offset) = time.split_at_checked(at)?;
            let minutes = match offset.strip_prefix('-') {
                Some(offset) => hours_and_minutes(offset)?.saturating_neg(),
                None => hours_and_minutes(offset.strip_prefix('+')?)?,
            };
            (clock, minutes)
        }
    };
    let (minutes, seconds) = match clock.split(':').count() {
        3 => {
            let (minutes, seconds) = clock.rsplit_once(':')?;
            (minutes, i64::from(digits(seconds, 2).filter(|seconds| *seconds < 60)?))
        }
        _ => (clock, 0),
    };
    let minutes = hours_and_minutes(minutes)?.saturating_sub(offset);
    Some(minutes.saturating_mul(MINUTE).saturating_add(seconds.saturating_mul(1_000)))
}

fn hours_and_minutes(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let hours = i64::from(digits(hours, 2).filter(|hours| *hours < 24)?);
    let minutes = i64::from(digits(minutes, 2).filter(|minutes| *minutes < 60)?);
    Some(hours.saturating_mul(60).saturating_add(minutes))
}

/// Exactly so many digits.
fn digits(text: &str, count: usize) -> Option<u16> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read() {
        for (text, seconds) in [
            ("2000-01-01", 946_684_800),
            ("2026-10-01", 1_790_812_800),
            ("2028-02-29", 1_835_395_200),
            ("2026-10-01T00:00Z", 1_790_812_800),
            ("2026-10-01T02:30:15+02:30", 1_790_812_815),
            ("2026-09-30 17:00:00-07:00", 1_790_812_800),
        ] {
            let (first, after) = moment(text).expect(text);
            assert_eq!(first.seconds(), seconds, "{text}");
            let length = if text.len() == 10 { DAY_MILLIS } else { 0 };
            assert_eq!(after.since(first), length, "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for bad in [
            "",
            "soon",
            "2026-13-01",
            "2026-00-01",
            "2026-02-29",
            "2026-1-1",
            "26-01-01",
            "1999-01-01",
            "2200-01-01",
            "2026-01-01-01",
            "2026-01-01T00:00",
            "2026-01-01T24:00Z",
            "2026-01-01T00:60Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T00Z",
            "2026-01-01T00:00+2",
            "2026-01-01T00:00é",
            "+026-01-01",
        ] {
            assert!(moment(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_campaign_runs_while_it_is_on_and_in_its_time() {
        let at = |text| moment(text).expect(text).0;
        let days = Period {
            enabled: true,
            starts: Some(at("2026-10-01")),
            ends: moment("2026-10-02").ok().map(|(_, ends)| ends),
        };
        for (now, runs) in [
            ("2026-09-30T23:59:59Z", false),
            ("2026-10-01T00:00:00Z", true),
            ("2026-10-02T23:59:59Z", true),
            ("2026-10-03T00:00:00Z", false),
        ] {
            assert_eq!(days.covers(at(now)), runs, "{now}");
        }
        let off = Period { enabled: false, ..days };
        assert!(!off.covers(at("2026-10-01")));
        let always = Period { enabled: true, starts: None, ends: None };
        assert!(always.covers(UnixMillis(0)));
    }
}
