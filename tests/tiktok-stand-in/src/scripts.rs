//! Which step a request meets: a pixel's own script goes before the script for all.

use std::collections::HashMap;

use crate::script::{Script, Step};
use crate::validate::{Accepted, MessageStyle, Refusal};

/// The scripts in force.
#[derive(Debug, Default)]
pub(crate) struct Scripts {
    all: Live,
    by_pixel: HashMap<String, Live>,
}

/// A script, and how far its random numbers have come.
#[derive(Debug, Default)]
struct Live {
    script: Script,
    random_state: u64,
}

impl Scripts {
    /// Replaces the script of one pixel, or that for all.
    pub(crate) fn set(&mut self, pixel: Option<&str>, script: Script) {
        let random_state = script.random.as_ref().map_or(0, |random| random.seed);
        *self.live(pixel) = Live { script, random_state };
    }

    /// Adds a step to the end of a queue.
    pub(crate) fn push(&mut self, pixel: Option<&str>, step: Step) {
        self.live(pixel).script.queue.push_back(step);
    }

    /// What is left of a script.
    pub(crate) fn get(&self, pixel: Option<&str>) -> Script {
        match pixel {
            None => self.all.script.clone(),
            Some(pixel) => {
                self.by_pixel.get(pixel).map_or_else(Script::default, |live| live.script.clone())
            }
        }
    }

    /// The step that the next request of this pixel meets; a queued one is used up.
    pub(crate) fn next(&mut self, pixel: Option<&str>) -> Option<Step> {
        let own = pixel.and_then(|pixel| self.by_pixel.get_mut(pixel));
        own.and_then(Live::next).or_else(|| self.all.next())
    }

    /// Refuses a batch that holds a poisoned event.
    pub(crate) fn check_poison(&self, accepted: &Accepted) -> Result<(), Refusal> {
        let scripts = || self.in_force(Some(&accepted.event_source_id));
        if scripts().all(|script| script.poison.is_empty()) {
            return Ok(());
        }
        let bad = |id: &String| scripts().any(|script| script.poison.contains(id));
        match accepted.events.iter().position(|event| bad(&event.event_id)) {
            None => Ok(()),
            Some(index) => Err(Refusal::new("event_id", "is not acceptable", None).at(index)),
        }
    }

    /// The wording of a refusal.
    pub(crate) fn messages(&self, pixel: Option<&str>) -> MessageStyle {
        self.in_force(pixel).find_map(|script| script.messages).unwrap_or_default()
    }

    fn in_force(&self, pixel: Option<&str>) -> impl Iterator<Item = &Script> {
        let own = pixel.and_then(|pixel| self.by_pixel.get(pixel));
        own.into_iter().chain([&self.all]).map(|live| &live.script)
    }

    fn live(&mut self, pixel: Option<&str>) -> &mut Live {
        match pixel {
            None => &mut self.all,
            Some(pixel) => self.by_pixel.entry(pixel.to_owned()).or_default(),
        }
    }
}

impl Live {
    fn next(&mut self) -> Option<Step> {
        self.queued().or_else(|| self.at_random()).or_else(|| self.script.standing.clone())
    }

    fn queued(&mut self) -> Option<Step> {
        let front = self.script.queue.front_mut()?;
        if front.times > 1 {
            front.times -= 1;
            return Some(front.clone());
        }
        self.script.queue.pop_front()
    }

    fn at_random(&mut self) -> Option<Step> {
        let random = self.script.random.as_ref()?;
        let strikes = unit(split_mix(&mut self.random_state)) < random.probability;
        let chosen = split_mix(&mut self.random_state);
        let count = u64::try_from(random.steps.len()).ok().filter(|n| *n > 0)?;
        let index = usize::try_from(chosen % count).ok()?;
        strikes.then(|| random.steps.get(index).cloned()).flatten()
    }
}

/// SplitMix64: small, seedable, and good enough to choose faults with.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A number from 0 up to, not including, 1: the upper 32 bits, which a float holds exactly.
fn unit(bits: u64) -> f64 {
    let upper = u32::try_from(bits >> 32).unwrap_or(u32::MAX);
    f64::from(upper) / 4_294_967_296.0
}
