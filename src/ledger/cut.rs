//! Finding the bad event of a refused batch, with few requests and without touching the others.
//!
//! TikTok refuses a whole batch for one event, and its message mostly names the first bad index.
//! Then that one is sent alone and the others together: 3 requests for each bad event. Where no index
//! is named, or the one named turned out good, the batch is halved: of 1,000 events the bad one is
//! alone after 10 halvings, and everything that was cut off on the way goes out together in one
//! request, so one bad event costs about 13. Where many turn out bad, that last request is split as
//! often as bad ones were found, for it will hold more of them.

use std::mem;

/// A batch on its way through TikTok's refusals. `T` is whatever stands for an event.
///
/// Send [`Cut::part`], then say what came of it: [`Cut::settled`] or [`Cut::refused`]; until there is
/// no part left.
#[derive(Clone, Debug)]
pub struct Cut<T> {
    /// What goes out next, all in one request.
    part: Vec<T>,
    /// The other half, while the first one is out: if that is good, the bad one is here.
    other: Vec<T>,
    /// Not known to hold a bad one: goes out once the bad one is found.
    rest: Vec<T>,
    /// The part is a single event that TikTok named.
    named: bool,
    /// TikTok's indexes have not misled us so far.
    trusted: bool,
    /// Bad events that were found by halving.
    found: usize,
}

impl<T> Cut<T> {
    /// A batch that has not been sent yet.
    pub fn new(batch: Vec<T>) -> Self {
        let (other, rest) = (Vec::new(), Vec::new());
        Self { part: batch, other, rest, named: false, trusted: true, found: 0 }
    }

    /// What goes out next; empty when all is done.
    pub fn part(&self) -> &[T] {
        &self.part
    }

    /// The part was taken (or its fate is otherwise known): hands it over and goes on with the next.
    pub fn settled(&mut self) -> Vec<T> {
        if self.named {
            // Named and yet good: from here on halves.
            self.trusted = false;
        }
        self.named = false;
        let done = mem::take(&mut self.part);
        if self.other.is_empty() {
            self.go_on();
        } else {
            // The whole was refused and this half is good: the bad one is in the other. It need not
            // be sent as a whole to know that.
            let suspect = mem::take(&mut self.other);
            self.halve(suspect);
        }
        done
    }

    /// TikTok refused the part because of an event, perhaps naming its index in the part. Hands over
    /// the bad event if it was alone.
    pub fn refused(&mut self, named: Option<usize>) -> Option<T> {
        // The other half is not known to be bad any more: the bad one was in this one.
        self.rest.append(&mut self.other);
        if self.part.len() <= 1 {
            self.found = self.found.saturating_add(usize::from(!self.named));
            self.named = false;
            let bad = self.part.pop();
            self.go_on();
            return bad;
        }
        let mut suspect = mem::take(&mut self.part);
        match named.filter(|index| self.trusted && *index < suspect.len()) {
            Some(index) => {
                self.part.push(suspect.remove(index));
                self.rest.append(&mut suspect);
                self.named = true;
            }
            None => self.halve(suspect),
        }
        None
    }

    /// What has not been decided when one must stop early: the part that is next and all others.
    pub fn undecided(&self) -> usize {
        self.part.len().saturating_add(self.other.len()).saturating_add(self.rest.len())
    }

    fn go_on(&mut self) {
        let slice = self.rest.len().div_ceil(self.found.max(1));
        let later = self.rest.split_off(slice);
        self.part = mem::replace(&mut self.rest, later);
    }

    fn halve(&mut self, mut suspect: Vec<T>) {
        let middle = suspect.len().div_ceil(2);
        self.other = suspect.split_off(middle);
        self.part = suspect;
    }
}

/// The index of an event that TikTok's message names: `Invalid value for data.3.event_id`,
/// `Batch.0.properties`, `events[3]`.
pub fn named_index(message: &str) -> Option<usize> {
    let lower = message.to_ascii_lowercase();
    let lower = lower.as_str();
    ["data", "batch", "events", "event"]
        .into_iter()
        .flat_map(|word| lower.match_indices(word))
        .filter_map(|(at, word)| {
            let after = lower.get(at.checked_add(word.len())?..)?;
            let before = lower.get(..at)?;
            if before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
                return None;
            }
            let digits = after.strip_prefix(['.', '['])?;
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            let index = digits.get(..end)?.parse().ok()?;
            Some((at, index))
        })
        .min_by_key(|(at, _)| *at)
        .map(|(_, index)| index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    struct Run {
        requests: usize,
        rejected: BTreeSet<usize>,
        delivered: Vec<usize>,
    }

    /// Plays TikTok: refuses every part that holds a bad event, naming what `name` says.
    fn run(n: usize, bad: &BTreeSet<usize>, name: impl Fn(&[usize]) -> Option<usize>) -> Run {
        let mut cut = Cut::new((0..n).collect());
        let mut run = Run { requests: 0, rejected: BTreeSet::new(), delivered: Vec::new() };
        while !cut.part().is_empty() {
            run.requests += 1;
            assert!(run.requests <= 4 * n + 40, "it ends");
            let before = cut.undecided();
            if cut.part().iter().any(|event| bad.contains(event)) {
                let named = name(cut.part());
                run.rejected.extend(cut.refused(named));
            } else {
                run.delivered.extend(cut.settled());
            }
            assert!(cut.undecided() <= before);
        }
        run
    }

    fn check(n: usize, bad: &BTreeSet<usize>, run: &Run) {
        assert_eq!(&run.rejected, bad, "exactly the bad ones are rejected");
        let delivered: BTreeSet<_> = run.delivered.iter().copied().collect();
        assert_eq!(delivered.len(), run.delivered.len(), "nobody is delivered twice");
        assert_eq!(delivered.len() + bad.len(), n, "nobody is lost");
    }

    fn first_bad(bad: &BTreeSet<usize>) -> impl Fn(&[usize]) -> Option<usize> {
        |part| part.iter().position(|event| bad.contains(event))
    }

    #[test]
    fn one_bad_event_among_a_thousand() {
        for position in [0, 1, 2, 333, 499, 500, 501, 998, 999] {
            let bad = BTreeSet::from([position]);
            let named = run(1_000, &bad, first_bad(&bad));
            check(1_000, &bad, &named);
            assert_eq!(named.requests, 3, "whole, alone, the rest");
            let halved = run(1_000, &bad, |_| None);
            check(1_000, &bad, &halved);
            assert!(halved.requests <= 14, "{position}: {} requests", halved.requests);
            let misled = run(1_000, &bad, |_| Some(7));
            check(1_000, &bad, &misled);
            assert!(misled.requests <= 18, "{position}: {} requests", misled.requests);
        }
    }

    #[test]
    fn a_good_batch_is_one_request_and_a_bad_one_alone_too() {
        assert_eq!(run(1_000, &BTreeSet::new(), |_| None).requests, 1);
        let alone = run(1, &BTreeSet::from([0]), |_| Some(0));
        assert_eq!((alone.requests, alone.rejected.len()), (1, 1));
    }

    #[test]
    fn all_bad() {
        let bad: BTreeSet<_> = (0..100).collect();
        check(100, &bad, &run(100, &bad, first_bad(&bad)));
        let halved = run(100, &bad, |_| None);
        check(100, &bad, &halved);
        assert!(halved.requests <= 400, "{} requests", halved.requests);
        let bad = (0..1_000).step_by(100).collect();
        let halved = run(1_000, &bad, |_| None);
        check(1_000, &bad, &halved);
        assert!(halved.requests <= 140, "{} requests for ten", halved.requests);
    }

    proptest! {
        #[test]
        fn whatever_tiktok_names(
            n in 1_usize..200,
            bad in prop::collection::btree_set(0_usize..200, 0..12),
            names in prop::collection::vec(prop::option::of(0_usize..250), 1..40),
        ) {
            let bad: BTreeSet<_> = bad.into_iter().filter(|event| *event < n).collect();
            let turn = std::cell::Cell::new(0);
            let run = run(n, &bad, |_| {
                turn.set(turn.get() + 1);
                names[turn.get() % names.len()]
            });
            check(n, &bad, &run);
        }

        #[test]
        fn messages_never_panic(message in ".*") {
            let _ = named_index(&message);
        }
    }

    #[test]
    fn messages() {
        for (message, index) in [
            ("Invalid value for data.3.event_id", Some(3)),
            ("Invalid value for data.12.event_id: data.3 is fine", Some(12)),
            ("Batch.0.properties.currency: not valid", Some(0)),
            ("events[17].user.email", Some(17)),
            ("data[999]: missing field", Some(999)),
            ("event.5 is wrong", Some(5)),
            ("metadata.3.x", None),
            ("my_data.3.x", None),
            ("data.x.3", None),
            ("data", None),
            ("data.", None),
            ("data.99999999999999999999999", None),
            ("Invalid parameters", None),
            ("é data.4.", Some(4)),
            ("", None),
        ] {
            assert_eq!(named_index(message), index, "{message:?}");
        }
    }
}
