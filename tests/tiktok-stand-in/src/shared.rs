//! What the server's tasks and the test's own thread share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::record::{Outcome, RequestRecord};
use crate::scripts::Scripts;
use crate::store::Store;
use crate::{Clock, StandInOptions, Tokens};

/// The stand-in's whole state, behind one lock: no request holds it while it waits.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    options: StandInOptions,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) tokens: Tokens,
    pub(crate) scripts: Scripts,
    pub(crate) store: Store,
}

impl State {
    fn new(options: &StandInOptions) -> Self {
        Self {
            tokens: options.tokens.clone(),
            scripts: Scripts::default(),
            store: Store::new(options.limits),
        }
    }
}

impl Shared {
    pub(crate) fn new(options: StandInOptions) -> Self {
        Self { clock: options.clock.clone(), state: Mutex::new(State::new(&options)), options }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere must not hide what was received until then.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As if just started: nothing received, no script, the first tokens, no advance of the clock.
    pub(crate) fn reset(&self) {
        self.clock.reset();
        *self.lock() = State::new(&self.options);
    }

    pub(crate) fn finish(&self, request: u64, outcome: Outcome) {
        let record = {
            let store = &mut self.lock().store;
            store.finish(request, outcome);
            store.request(request)
        };
        if let (Some(observer), Some(record)) = (self.options.observer, record) {
            observer(&record);
        }
    }
}

/// Called with each request when it has ended.
pub type Observer = fn(&RequestRecord);
