//! The state machine of one pixel: whether it sends, pauses, or is held.
//!
//! A pixel that sends has no row; one that does not is a row of the table `pixels`.

use super::answer::{Answer, Verdict};
use super::backoff::{self, Jitter};
use super::protocol::HoldReason;
use crate::time::UnixMillis;

/// What is known of a pixel that does not simply send.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct PixelState {
    /// Why it is held.
    pub held: Option<HoldReason>,
    /// Failed requests in a row.
    pub failures: u32,
    /// Not before this moment: the end of the pause, or the next probe. Of a pixel that a person holds,
    /// which is not tried: since when the configuration has not had it.
    pub next_try: Option<UnixMillis>,
    /// Since when it has been held or paused.
    pub since: Option<UnixMillis>,
    /// TikTok's code that led here.
    pub code: Option<i64>,
}

impl PixelState {
    /// A pixel that sends.
    pub const OPEN: Self =
        Self { held: None, failures: 0, next_try: None, since: None, code: None };

    /// The end of its pause, where it pauses now.
    pub fn paused_until(&self, now: UnixMillis) -> Option<UnixMillis> {
        self.next_try.filter(|until| self.held.is_none() && *until > now)
    }

    /// Whether it is held and a probe is due. Only TikTok's verdict is probed: the configuration can
    /// be looked at without sending anything, and a person's hold is a person's.
    pub fn probe_due(&self, now: UnixMillis) -> bool {
        self.held == Some(HoldReason::Token) && self.next_try.is_none_or(|at| at <= now)
    }

    /// When a held pixel is to be looked at again; none: it is not held, or a person holds it.
    pub fn next_look(&self, now: UnixMillis) -> Option<UnixMillis> {
        match self.held? {
            HoldReason::Token => self.next_try.or(Some(now)),
            // A new configuration starts a new instance, but only if something wakes it.
            HoldReason::NotConfigured | HoldReason::SecretMissing => {
                Some(now.plus(backoff::PROBE_MS))
            }
            HoldReason::Person => None,
        }
    }

    /// The pixel after an answer to one of its requests.
    #[must_use]
    pub fn answered(
        &self,
        answer: &Answer,
        attempts: u32,
        now: UnixMillis,
        jitter: Jitter,
    ) -> Self {
        let failures = self.failures.saturating_add(1);
        match (answer.verdict, self.held) {
            // A batch that was on its way while a person held the pixel, or while the configuration
            // changed: its answer is about its events only.
            (
                _,
                Some(HoldReason::Person | HoldReason::NotConfigured | HoldReason::SecretMissing),
            ) => *self,
            (Verdict::Delivered, _) => Self::OPEN,
            (Verdict::BadToken, held) => Self {
                held: Some(HoldReason::Token),
                failures: 0,
                next_try: Some(now.plus(backoff::PROBE_MS)),
                since: if held.is_some() { self.since } else { Some(now) },
                code: answer.code,
            },
            // Released by the first success only: a refused event does not show that the token is
            // good, for TikTok may look at the event first.
            (_, Some(HoldReason::Token)) => {
                Self { next_try: Some(now.plus(backoff::PROBE_MS)), ..*self }
            }
            (Verdict::BadEvent, None) => Self::OPEN,
            (Verdict::Limited, None) => {
                let pause = backoff::after_limit(attempts, answer.retry_after, jitter);
                self.paused(failures, now.plus(pause), now, answer.code)
            }
            (Verdict::Again, None) => match backoff::pixel_pause(failures, jitter) {
                Some(pause) => self.paused(failures, now.plus(pause), now, answer.code),
                None => Self { failures, ..*self },
            },
        }
    }

    fn paused(&self, failures: u32, until: UnixMillis, now: UnixMillis, code: Option<i64>) -> Self {
        Self { held: None, failures, next_try: Some(until), since: self.since.or(Some(now)), code }
    }

    /// The pixel, held for a reason that is not TikTok's. A person's hold stays; another reason
    /// replaces what was there, and keeps its time, except that one which leaves the configuration
    /// begins a time of its own: its events have an end then, see [`Self::gone_before`].
    #[must_use]
    pub fn hold(&self, reason: HoldReason, now: UnixMillis) -> Self {
        if self.held == Some(reason) || self.held == Some(HoldReason::Person) {
            return *self;
        }
        let keeps_time = self.held.is_some() && reason != HoldReason::NotConfigured;
        let since = if keeps_time { self.since } else { Some(now) };
        Self { held: Some(reason), failures: 0, next_try: None, since, code: None }
    }

    /// Whether the configuration has not had the pixel since before `moment`.
    pub fn gone_before(&self, moment: UnixMillis) -> bool {
        let gone = match self.held {
            Some(HoldReason::NotConfigured) => self.since,
            Some(HoldReason::Person) => self.next_try,
            _ => None,
        };
        gone.is_some_and(|gone| gone < moment)
    }

    /// When it is tried next, by itself.
    pub fn tried_next(&self) -> Option<UnixMillis> {
        self.next_try.filter(|_| self.held != Some(HoldReason::Person))
    }

    /// The pixel, looked at against the configuration: `lacking` is what it lacks to send.
    #[must_use]
    pub fn configured(&self, lacking: Option<HoldReason>, now: UnixMillis) -> Self {
        match (lacking, self.held) {
            (lacking, Some(HoldReason::Person)) => {
                let gone = lacking == Some(HoldReason::NotConfigured);
                Self { next_try: gone.then(|| self.next_try.unwrap_or(now)), ..*self }
            }
            (Some(reason), _) => self.hold(reason, now),
            // What it lacked is there now.
            (None, Some(HoldReason::NotConfigured | HoldReason::SecretMissing)) => Self::OPEN,
            (None, _) => *self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::answer::Fetched;

    const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

    fn code(code: i64) -> Answer {
        let body = format!(r#"{{"code":{code}}}"#);
        Answer::read(&Fetched::Http { status: 200, body, retry_after: None })
    }

    fn after(pixel: PixelState, answer: i64) -> PixelState {
        pixel.answered(&code(answer), 1, NOW, Jitter::MIDDLE)
    }

    #[test]
    fn a_bad_token_holds_and_a_success_releases() {
        let held = after(PixelState::OPEN, 40105);
        assert_eq!(held.held, Some(HoldReason::Token));
        assert_eq!((held.since, held.code), (Some(NOW), Some(40105)));
        assert!(!held.probe_due(NOW.plus(299_999)) && held.probe_due(NOW.plus(300_000)));
        let later = NOW.plus(300_000);
        for other in [40105, 40100, 50002, 40002, 777] {
            let still = held.answered(&code(other), 1, later, Jitter::MIDDLE);
            assert_eq!((still.held, still.since), (Some(HoldReason::Token), Some(NOW)), "{other}");
            assert_eq!(still.next_try, Some(later.plus(300_000)), "{other}");
        }
        assert_eq!(after(held, 0), PixelState::OPEN);
    }

    #[test]
    fn the_limit_pauses_five_minutes() {
        let paused = after(PixelState::OPEN, 40100);
        assert_eq!(paused.paused_until(NOW), Some(NOW.plus(300_000)));
        assert_eq!(paused.paused_until(NOW.plus(300_000)), None);
        assert_eq!(after(paused, 0), PixelState::OPEN);
    }

    #[test]
    fn failures_in_a_row_pause_the_pixel() {
        let mut pixel = PixelState::OPEN;
        for _ in 0..2 {
            pixel = after(pixel, 50002);
            assert_eq!(pixel.paused_until(NOW), None);
        }
        pixel = after(pixel, 50002);
        assert_eq!(pixel.paused_until(NOW), Some(NOW.plus(5_000)));
        assert_eq!(after(pixel, 40002), PixelState::OPEN, "TikTok is there and reads events");
    }

    #[test]
    fn people_and_configuration() {
        let person = PixelState::OPEN.hold(HoldReason::Person, NOW);
        assert_eq!(person.next_try, None);
        assert!(!person.probe_due(NOW));
        for answer in [0, 40105, 50002] {
            assert_eq!(after(person, answer), person, "only a person releases it");
        }
        assert_eq!(person.configured(Some(HoldReason::SecretMissing), NOW), person);
        assert_eq!(person.configured(None, NOW), person);

        let lacking = PixelState::OPEN.configured(Some(HoldReason::SecretMissing), NOW);
        assert_eq!(lacking.held, Some(HoldReason::SecretMissing));
        assert_eq!(lacking.configured(Some(HoldReason::SecretMissing), NOW.plus(1)), lacking);
        assert_eq!(lacking.configured(None, NOW), PixelState::OPEN);
        let token = after(PixelState::OPEN, 40105);
        assert_eq!(token.configured(None, NOW), token);

        let later = NOW.plus(1_000);
        for held in [token, lacking] {
            let gone = held.configured(Some(HoldReason::NotConfigured), later);
            assert_eq!((gone.held, gone.since), (Some(HoldReason::NotConfigured), Some(later)));
            assert!(gone.gone_before(later.plus(1)) && !gone.gone_before(later));
            assert!(!held.gone_before(later.plus(1)), "it is still there");
        }
        // A person's hold keeps its own time beside the one since when the pixel is gone.
        assert!(!person.gone_before(later));
        let gone = person.configured(Some(HoldReason::NotConfigured), later);
        assert_eq!((gone.held, gone.since), (person.held, person.since));
        assert_eq!((gone.tried_next(), gone.next_look(later)), (None, None));
        assert_eq!(gone.configured(Some(HoldReason::NotConfigured), later.plus(9)), gone);
        assert!(gone.gone_before(later.plus(1)) && !gone.gone_before(later));
        assert_eq!(gone.configured(None, later), person, "it is back");
    }
}
