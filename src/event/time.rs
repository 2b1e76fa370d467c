//! When an event happened: every form of `event_time` that the design names, to unix seconds.
//!
//! Reading is separate from judging: [`read`] gives the moment, [`judge`] says whether it may be sent.
//! A time that cannot be read is refused and not replaced by now: a wrong time is a wrong attribution.

use super::Amount;
use crate::identity::with_ascii_digits;
use crate::rejection::Rejection;
use crate::time::UnixMillis;

/// The last second of the year 9999. A larger number is milliseconds, microseconds or nanoseconds.
const LAST_SECOND: i64 = 253_402_300_799;

/// How far ahead of now a clock may be, in seconds. TikTok's own limit is open.
const AHEAD_SECONDS: i64 = 600;

const DAY_SECONDS: i64 = 86_400;

/// The canonical field.
const FIELD: &str = "event_time";

/// A moment as a text told it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Moment {
    /// Unix seconds, 1970 to 9999.
    pub(super) seconds: i64,
    /// What had to be assumed.
    pub(super) note: Option<&'static str>,
}

/// Reads unix seconds, milliseconds, microseconds or nanoseconds (decimals are dropped), or a date:
/// ISO 8601, or `YYYY-MM-DD HH:MM:SS`. A date without an offset is UTC.
///
/// ```text
/// 1655321234 · 1655321234567 · 1655321234.5 · 2022-06-15T19:27:14Z · 2022-06-15T21:27:14.5+02:00
/// 20220615T192714Z · 2022-06-15 19:27:14 · 2022-06-15 19:27 · 2022-06-15
/// ```
pub(super) fn read(text: &str) -> Option<Moment> {
    let text = with_ascii_digits(text.trim());
    if text.is_empty() || text.len() > 64 {
        return None;
    }
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return from_number(&text).map(|seconds| Moment { seconds, note: None });
    }
    if let Some(moment) = from_date(&text) {
        return Some(moment);
    }
    // `1.655321234E9`, as Java prints a double.
    let (amount, _) = Amount::from_decimal(&text).ok()?;
    from_number(&amount.to_string()).map(|seconds| Moment { seconds, note: None })
}

/// Whether a moment may be sent at `now`; one that is a little ahead becomes now.
///
/// # Errors
/// When it is more than 10 minutes ahead, or older than `max_age_days` (0: no limit).
pub(super) fn judge(seconds: i64, now: UnixMillis, max_age_days: u32) -> Result<i64, Rejection> {
    let now = now.seconds();
    if seconds > now.saturating_add(AHEAD_SECONDS) {
        return Err(Rejection::field(
            FIELD,
            "more than 10 minutes ahead of now: send unix seconds in UTC, or leave it out for now",
        ));
    }
    let oldest = now.saturating_sub(i64::from(max_age_days).saturating_mul(DAY_SECONDS));
    if max_age_days > 0 && seconds < oldest {
        return Err(Rejection::field(
            FIELD,
            format!(
                "more than {max_age_days} days ago (max_event_age_days): TikTok would not count it"
            ),
        ));
    }
    Ok(seconds.min(now))
}

/// What to tell a sender whose time cannot be read.
pub(super) fn unreadable() -> Rejection {
    Rejection::field(
        FIELD,
        "cannot be read: send unix seconds, or a date as 2022-06-15T19:27:14Z (UTC without an offset)",
    )
}

/// The unit is told by the size: seconds reach the year 9999, and milliseconds of any year after 1977
/// are beyond that. (Those before would be seconds far in the future, which are refused.)
fn from_number(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.contains('.') {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    let units = [1, 1_000, 1_000_000, 1_000_000_000];
    units
        .into_iter()
        .map(|unit| number.div_euclid(unit))
        .find(|seconds| (0..=LAST_SECOND).contains(seconds))
}

/// A date, perhaps a time of day, perhaps an offset.
fn from_date(text: &str) -> Option<Moment> {
    let mut rest = text;
    let year = take_digits(&mut rest, 4)?;
    let extended = skip(&mut rest, '-');
    let month = take_digits(&mut rest, 2)?;
    if extended != skip(&mut rest, '-') {
        return None;
    }
    let day = take_digits(&mut rest, 2)?;
    let days = days_since_epoch(year, month, day)?;
    let midnight = days.checked_mul(DAY_SECONDS)?;
    if rest.is_empty() && extended {
        return Some(Moment {
            seconds: midnight,
            note: Some("has no time of day: taken as midnight UTC"),
        });
    }
    if !skip(&mut rest, 'T') && !skip(&mut rest, 't') && !skip(&mut rest, ' ') {
        return None;
    }
    let second_of_day = time_of_day(&mut rest)?;
    let (offset, note) = offset(rest)?;
    let seconds = midnight.checked_add(second_of_day)?.checked_sub(offset)?;
    (0..=LAST_SECOND).contains(&seconds).then_some(Moment { seconds, note })
}

/// `HH:MM`, `HH:MM:SS`, `HHMM` or `HHMMSS`, with decimals that are dropped; seconds since midnight.
fn time_of_day(rest: &mut &str) -> Option<i64> {
    let hour = take_digits(rest, 2)?;
    let extended = skip(rest, ':');
    let minute = take_digits(rest, 2)?;
    let more =
        if extended { skip(rest, ':') } else { rest.starts_with(|c: char| c.is_ascii_digit()) };
    let second = if more { take_digits(rest, 2)? } else { 0 };
    if more && (skip(rest, '.') || skip(rest, ',')) {
        take_digits(rest, 1)?;
        *rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    // 60 is a leap second, which unix time does not have: it is the next minute's first.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    hour.checked_mul(3_600)?.checked_add(minute.checked_mul(60)?)?.checked_add(second)
}

/// Seconds east of UTC: nothing, `Z`, `UTC`, `GMT`, `+02:00`, `-0530`, `+02`. A space for the plus is
/// what an unencoded URL makes of it.
fn offset(rest: &str) -> Option<(i64, Option<&'static str>)> {
    let lost_plus =
        rest.starts_with(' ') && rest.trim_start().starts_with(|c: char| c.is_ascii_digit());
    let mut rest = rest.trim_start();
    if ["", "z", "utc", "gmt"].iter().any(|utc| utc.eq_ignore_ascii_case(rest)) {
        return Some((0, None));
    }
    let west = skip(&mut rest, '-') || skip(&mut rest, '\u{2212}');
    if !west && !skip(&mut rest, '+') && !lost_plus {
        return None;
    }
    let hours = take_digits(&mut rest, 2)?;
    let colon = skip(&mut rest, ':');
    let minutes = if rest.is_empty() && !colon { 0 } else { take_digits(&mut rest, 2)? };
    // The largest offset in use is 14 hours.
    if !rest.is_empty() || hours > 15 || minutes > 59 {
        return None;
    }
    let seconds = hours.checked_mul(3_600)?.checked_add(minutes.checked_mul(60)?)?;
    let note = lost_plus
        .then_some("the space before the offset was read as a +, which an unencoded URL loses");
    Some((if west { seconds.checked_neg()? } else { seconds }, note))
}

/// Takes exactly `count` digits off the front.
fn take_digits(rest: &mut &str, count: usize) -> Option<i64> {
    let (digits, behind) = rest.split_at_checked(count)?;
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    *rest = behind;
    digits.parse().ok()
}

/// Takes one character off the front, if it is there.
fn skip(rest: &mut &str, c: char) -> bool {
    match rest.strip_prefix(c) {
        Some(behind) => {
            *rest = behind;
            true
        }
        None => false,
    }
}

/// The moment that a text of any of the forms above tells; none if it tells none.
pub fn moment(text: &str) -> Option<UnixMillis> {
    Some(UnixMillis(read(text)?.seconds.checked_mul(1_000)?))
}

/// Days from 1970-01-01 to a date of the Gregorian calendar; none if there is no such date.
fn days_since_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    // Days of the year before the month, and days in it.
    let (before, length) = match month {
        1 => (0, 31),
        2 => (31, if leap { 29 } else { 28 }),
        3 => (59, 31),
        4 => (90, 30),
        5 => (120, 31),
        6 => (151, 30),
        7 => (181, 31),
        8 => (212, 31),
        9 => (243, 30),
        10 => (273, 31),
        11 => (304, 30),
        12 => (334, 31),
        _ => return None,
    };
    if year < 1970 || !(1..=length).contains(&day) {
        return None;
    }
    // Leap days up to the end of the year before; 477 of them precede 1970.
    let past = year.checked_sub(1)?;
    let leap_days = past
        .div_euclid(4)
        .checked_sub(past.div_euclid(100))?
        .checked_add(past.div_euclid(400))?
        .checked_sub(477)?;
    let this_leap_day = i64::from(leap && month > 2);
    year.checked_sub(1970)?
        .checked_mul(365)?
        .checked_add(leap_days)?
        .checked_add(before)?
        .checked_add(this_leap_day)?
        .checked_add(day.checked_sub(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let table = [
            ("1655321234", 1_655_321_234),
            ("1655321234567", 1_655_321_234),
            ("1655321234567890", 1_655_321_234),
            ("1655321234567890123", 1_655_321_234),
            ("1655321234.987", 1_655_321_234),
            ("1655321234567.5", 1_655_321_234),
            ("1.655321234E9", 1_655_321_234),
            ("١٦٥٥٣٢١٢٣٤", 1_655_321_234),
            ("0", 0),
            ("2022-06-15T19:27:14Z", 1_655_321_234),
            ("2022-06-15t19:27:14z", 1_655_321_234),
            ("2022-06-15T19:27:14.999Z", 1_655_321_234),
            ("2022-06-15T19:27:14,5Z", 1_655_321_234),
            ("2022-06-15T21:27:14+02:00", 1_655_321_234),
            ("2022-06-15T21:27:14+0200", 1_655_321_234),
            ("2022-06-15T21:27:14+02", 1_655_321_234),
            ("2022-06-15T13:57:14-05:30", 1_655_321_234),
            ("2022-06-15 21:27:14 +0200", 1_655_321_234),
            ("2022-06-15T21:27:14 02:00", 1_655_321_234),
            ("2022-06-15 19:27:14", 1_655_321_234),
            ("2022-06-15 19:27:14.123456", 1_655_321_234),
            ("2022-06-15 19:27:14 UTC", 1_655_321_234),
            ("2022-06-15T19:27:14", 1_655_321_234),
            (" 2022-06-15 19:27:14 ", 1_655_321_234),
            ("20220615T192714Z", 1_655_321_234),
            ("2022-06-15T19:27Z", 1_655_321_220),
            ("2022-06-15 19:27", 1_655_321_220),
            ("2022-06-15", 1_655_251_200),
            ("1970-01-01T00:00:00Z", 0),
            ("9999-12-31T23:59:59Z", LAST_SECOND),
            ("253402300799", LAST_SECOND),
            ("253402300800", 253_402_300),
            ("2000-02-29T00:00:00Z", 951_782_400),
            ("2016-12-31T23:59:60Z", 1_483_228_800),
            ("2024-03-01T00:00:00Z", 1_709_251_200),
            ("2100-03-01T00:00:00Z", 4_107_542_400),
        ];
        for (given, wanted) in table {
            assert_eq!(read(given).map(|moment| moment.seconds), Some(wanted), "{given}");
        }
        assert!(read("2022-06-15").expect("date").note.is_some());
        assert!(read("2022-06-15T21:27:14 02:00").expect("date").note.is_some());
        assert!(read("2022-06-15T21:27:14Z").expect("date").note.is_none());
    }

    #[test]
    fn no_times() {
        let bad = [
            "",
            " ",
            "now",
            "-1",
            "-1655321234",
            "1.2.3",
            ".",
            "99999999999999999999",
            "2022-13-01",
            "2022-00-01",
            "2022-02-29",
            "2100-02-29",
            "2022-06-31",
            "2022-06-00",
            "2022-06-15T24:00:00Z",
            "2022-06-15T19:60:00Z",
            "2022-06-15T19:27:61Z",
            "2022-06-15T19:27:14X",
            "2022-06-15T19:27:14.",
            "2022-06-15T19",
            "2022-06-15T",
            "2022-0615",
            "202206-15",
            "06/15/2022",
            "15.06.2022",
            "Wed, 15 Jun 2022 19:27:14 GMT",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+01:00",
            "10000-01-01T00:00:00Z",
            "9999-12-31T23:59:59-01:00",
            "2022-06-15T19:27:14+99:00",
            "2022-06-15T19:27:14+02:",
            "2022-06-15T19:27:14+2",
            "１９",
            "éééé-06-15",
            "NaN",
        ];
        for given in bad {
            let unreadable =
                read(given).is_none_or(|moment| given == "１９" && moment.seconds == 19);
            assert!(unreadable, "{given}");
        }
    }

    #[test]
    fn every_day_of_the_calendar_follows_the_one_before() {
        let mut expected = 0;
        for year in 1970..=9999 {
            for month in 1..=12 {
                for day in 1..=31 {
                    if let Some(days) = days_since_epoch(year, month, day) {
                        assert_eq!(days, expected, "{year}-{month}-{day}");
                        expected += 1;
                    }
                }
            }
        }
        assert_eq!(expected * DAY_SECONDS, LAST_SECOND + 1);
    }

    #[test]
    fn what_may_be_sent() {
        let now = UnixMillis(1_700_000_000_999);
        let second = 1_700_000_000;
        assert_eq!(judge(second, now, 28), Ok(second));
        assert_eq!(judge(second + 600, now, 28), Ok(second));
        assert!(judge(second + 601, now, 28).is_err());
        let oldest = second - 28 * DAY_SECONDS;
        assert_eq!(judge(oldest, now, 28), Ok(oldest));
        assert_eq!(judge(oldest - 1, now, 28).expect_err("old").field, Some("event_time"));
        assert_eq!(judge(0, now, 0), Ok(0));
        assert!(judge(LAST_SECOND, now, u32::MAX).is_err());
        assert_eq!(judge(0, now, u32::MAX), Ok(0));
    }
}
