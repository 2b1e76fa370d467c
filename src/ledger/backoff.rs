//! When to try again: pure numbers, in milliseconds. The clock and the dice are arguments.

/// The first pause after a failure.
pub const FIRST_MS: i64 = 5_000;
/// The longest pause: TikTok drops repeats for 48 h, so an hour loses nothing.
pub const LONGEST_MS: i64 = 3_600_000;
/// After so long an event is `expired`: three days of outage is a case for a person.
pub const EXPIRE_MS: i64 = 72 * 3_600_000;
/// TikTok: after the per-minute limit wait 5 minutes.
pub const LIMIT_MS: i64 = 300_000;
/// A held pixel is probed this often; a configuration that lacks something is looked at again too.
pub const PROBE_MS: i64 = 300_000;
/// `Retry-After` is respected from 1 s …
const RETRY_AFTER_MIN_S: i64 = 1;
/// … to 1 h: a hostile or broken peer must not park us for a year.
const RETRY_AFTER_MAX_S: i64 = 3_600;
/// From the third failure of a pixel in a row on, the whole pixel pauses: new events would only fail
/// as well. Fewer can be chance.
const FAILURES_BEFORE_PAUSE: u32 = 3;
/// Longest pause of a whole pixel for failures: it must notice soon that TikTok is back.
const LONGEST_PAUSE_MS: i64 = 60_000;

/// When a click id that KV does not know is looked up again, after the postback: KV may take 60 s to
/// show a write elsewhere, and a miss is cached as long.
pub const CLICK_TRIES_MS: [i64; 3] = [75_000, 300_000, 900_000];

/// A throw of the dice: 16 random bits, spread evenly over ±20 %.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Jitter(pub u16);

impl Jitter {
    /// The throw that changes (almost) nothing.
    pub const MIDDLE: Self = Self(0x8000);

    /// `milliseconds` times 0.8 to 1.2.
    pub fn spread(self, milliseconds: i64) -> i64 {
        // 800 + (0..=400) thousandths.
        let thousandths = 800_i64.saturating_add(i64::from(self.0).saturating_mul(401) >> 16);
        milliseconds.saturating_mul(thousandths).div_euclid(1_000)
    }
}

/// 5 s, 10 s, 20 s, … for the 1st, 2nd, 3rd … failure, up to `longest`.
fn doubled(failures: u32, longest: i64) -> i64 {
    // 2^20 × 5 s is far beyond the longest pause.
    let steps = failures.saturating_sub(1).min(20);
    FIRST_MS.saturating_mul(1_i64.checked_shl(steps).unwrap_or(1)).min(longest)
}

/// What `Retry-After` asks for, within limits.
fn asked(retry_after_s: Option<i64>) -> Option<i64> {
    let seconds = retry_after_s?.clamp(RETRY_AFTER_MIN_S, RETRY_AFTER_MAX_S);
    Some(seconds.saturating_mul(1_000))
}

/// The pause of an event after its `attempts`-th try failed: never sooner than `Retry-After`, never
/// sooner than its own backoff (a peer that always says `1` must not be asked every second).
pub fn after_failure(attempts: u32, retry_after_s: Option<i64>, jitter: Jitter) -> i64 {
    jitter.spread(doubled(attempts, LONGEST_MS)).max(asked(retry_after_s).unwrap_or(0))
}

/// The pause of a pixel that ran into TikTok's limit: what `Retry-After` asks for, else 5 minutes;
/// never less than the event's own backoff.
pub fn after_limit(attempts: u32, retry_after_s: Option<i64>, jitter: Jitter) -> i64 {
    asked(retry_after_s).unwrap_or(LIMIT_MS).max(jitter.spread(doubled(attempts, LONGEST_MS)))
}

/// The pause of a whole pixel after `failures` failed requests in a row, or none.
pub fn pixel_pause(failures: u32, jitter: Jitter) -> Option<i64> {
    let beyond = failures.checked_sub(FAILURES_BEFORE_PAUSE)?.saturating_add(1);
    Some(jitter.spread(doubled(beyond, LONGEST_PAUSE_MS)))
}

/// The next time to look a click up, in milliseconds after the postback, when `elapsed` have passed;
/// none when the last one is over.
pub fn next_click_try(elapsed: i64) -> Option<i64> {
    CLICK_TRIES_MS.into_iter().find(|moment| *moment > elapsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_within_a_fifth() {
        for throw in 0..=u16::MAX {
            let spread = Jitter(throw).spread(10_000);
            assert!((8_000..=12_000).contains(&spread), "{throw}: {spread}");
        }
        assert_eq!(Jitter(0).spread(10_000), 8_000);
        assert_eq!(Jitter(u16::MAX).spread(10_000), 12_000);
        assert_eq!(Jitter::MIDDLE.spread(10_000), 10_000);
    }

    #[test]
    fn backoff_doubles_to_an_hour() {
        let pauses: Vec<_> =
            (1..=12).map(|n| after_failure(n, None, Jitter::MIDDLE) / 1_000).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
        assert_eq!(after_failure(u32::MAX, None, Jitter::MIDDLE), LONGEST_MS);
        assert_eq!(after_failure(0, None, Jitter::MIDDLE), FIRST_MS);
    }

    #[test]
    fn retry_after_is_respected_within_limits() {
        for (asked, expected) in [
            (-5, 5_000),
            (0, 5_000),
            (1, 5_000),
            (30, 30_000),
            (3_600, 3_600_000),
            (i64::MAX, 3_600_000),
        ] {
            assert_eq!(after_failure(1, Some(asked), Jitter::MIDDLE), expected, "{asked}");
        }
        assert_eq!(after_limit(1, None, Jitter::MIDDLE), 300_000);
        assert_eq!(after_limit(1, Some(20), Jitter::MIDDLE), 20_000);
        assert_eq!(after_limit(12, Some(20), Jitter::MIDDLE), 3_600_000);
    }

    #[test]
    fn a_pixel_pauses_from_the_third_failure_on() {
        let pauses: Vec<_> = (0..9).map(|n| pixel_pause(n, Jitter::MIDDLE)).collect();
        let seconds = |s: i64| Some(s * 1_000);
        assert_eq!(pauses[..3], [None, None, None]);
        assert_eq!(
            pauses[3..],
            [seconds(5), seconds(10), seconds(20), seconds(40), seconds(60), seconds(60)]
        );
    }

    #[test]
    fn clicks_are_looked_up_three_times() {
        for (elapsed, next) in [
            (0, Some(75_000)),
            (74_999, Some(75_000)),
            (75_000, Some(300_000)),
            (299_999, Some(300_000)),
            (300_000, Some(900_000)),
            (899_999, Some(900_000)),
            (900_000, None),
            (i64::MAX, None),
        ] {
            assert_eq!(next_click_try(elapsed), next, "{elapsed}");
        }
    }
}
