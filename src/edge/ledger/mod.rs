//! The ledger's Durable Object: reads a question, asks the pure ledger, keeps the alarm armed,
//! answers. What it delivers, and when, is `delivery`'s.
//!
//! Statements with no `.await` between them are one transaction of the object's, its alarm included,
//! and no answer leaves before they are on disk. So an event and the alarm that will deliver it are
//! stored together, and what is acknowledged is both.

mod clicks;
mod delivery;
mod intake;
mod js;
mod questions;
mod setup;
mod sql;

use super::clock::now;
use super::js::Env as Bindings;
use crate::edge::settled::settled;
use crate::ledger::alarm::Alarm;
use crate::ledger::log::TroubleLine;
use crate::ledger::protocol::Ask;
use crate::ledger::{LedgerError, Settings, Store};
use crate::time::UnixMillis;
use intake::Intake;
use js::{Context, Storage};
use js_sys::Promise;
use serde::Serialize;
use sql::DurableSql;
use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::future_to_promise;

/// One shard of the ledger.
#[wasm_bindgen]
pub struct Ledger {
    shard: Rc<Shard>,
}

#[wasm_bindgen]
impl Ledger {
    /// As the runtime makes it: with its state and the Worker's bindings.
    #[wasm_bindgen(constructor)]
    pub fn new(context: &Context, bindings: &Bindings) -> Self {
        let shard = Shard {
            storage: context.storage(),
            settings: setup::settings(bindings),
            bindings: bindings.clone(),
            store: OnceCell::new(),
            alarm: Alarm::unknown(),
            last_send: Cell::new(UnixMillis(0)),
            intake: Intake::default(),
        };
        Self { shard: Rc::new(shard) }
    }

    /// Answers a question of the protocol: JSON for JSON, or nothing where it could not be done.
    /// Running twice is asking twice; each question says what that does.
    pub fn ask(&self, question: String) -> Promise {
        let shard = Rc::clone(&self.shard);
        future_to_promise(async move {
            // See above: what is stored is stored once.
            Ok(match shard.answer(&question).await {
                Ok(answer) => answer.into(),
                Err(error) => {
                    trouble(&error, "question");
                    JsValue::UNDEFINED
                }
            })
        })
    }

    /// At least once, and perhaps again after a crash: everything due is found anew, and what was on
    /// its way is sent again with the same ids.
    pub fn alarm(&self) -> Promise {
        let shard = Rc::clone(&self.shard);
        future_to_promise(async move {
            shard.alarm.rings();
            // The second run sends again what the first had not written down, with the same ids.
            delivery::run(&shard).await;
            // An error would make the platform call again after 2 s, six times: only where our own
            // schedule could not be stored is that better than nothing. Arming twice finds it armed.
            match shard.arm_next().await {
                Ok(()) => Ok(JsValue::UNDEFINED),
                Err(error) => {
                    trouble(&error, "arm");
                    // It gives up after the sixth; then whoever asks next sees to the alarm.
                    shard.alarm.failed();
                    Err(error.code().into())
                }
            }
        })
    }
}

/// What the object works with.
pub(super) struct Shard {
    storage: Storage,
    bindings: Bindings,
    /// None where the configuration does not hold: then nothing is taken and nothing is sent.
    settings: Option<Settings>,
    /// Opened by the first who needs it.
    store: OnceCell<Store<DurableSql>>,
    alarm: Alarm,
    /// When a request to TikTok began last.
    last_send: Cell<UnixMillis>,
    intake: Intake,
}

impl Shard {
    /// The tables. Where they could not be opened, the next question tries again.
    fn store(&self) -> Result<&Store<DurableSql>, LedgerError> {
        if self.store.get().is_none() {
            let store = Store::open(DurableSql::new(self.storage.clone()))?;
            // Nobody else has opened them meanwhile: nothing was waited for.
            let _ = self.store.set(store);
        }
        self.store.get().ok_or(LedgerError::Corrupt("store"))
    }

    fn settings(&self) -> Result<&Settings, LedgerError> {
        self.settings.as_ref().ok_or(LedgerError::Config)
    }

    async fn answer(self: &Rc<Self>, text: &str) -> Result<String, LedgerError> {
        let ask: Ask = serde_json::from_str(text).map_err(|_| LedgerError::Ask)?;
        // A second look finds the alarm that the first one set.
        if self.alarm.must_look() {
            self.look_for_alarm().await.inspect_err(|_| self.alarm.failed())?;
        }
        // A question that is asked twice says in `questions` what that does.
        self.ask(ask).await
    }

    /// Once in an instance's life: finds out when the alarm rings, and arms it if an earlier instance
    /// died between its rows and its alarm (they are one transaction, so this is a belt to those
    /// braces) or a new configuration makes something due. And again after it could not be set.
    async fn look_for_alarm(&self) -> Result<(), LedgerError> {
        let promise = self.storage.get_alarm().map_err(|_| self.not_armed())?;
        // Asking twice changes nothing.
        let at = settled(&promise).await.map_err(|_| self.not_armed())?;
        #[allow(clippy::as_conversions, reason = "a time in whole milliseconds")]
        self.alarm.found(at.as_f64().map(|at| UnixMillis(at as i64)));
        // The second arming finds that it is armed.
        self.arm_next().await
    }

    /// Arms the alarm for whatever is due next.
    async fn arm_next(&self) -> Result<(), LedgerError> {
        let Some(settings) = &self.settings else {
            // Nothing can be said about what is due. A new configuration brings a new instance.
            // Arming twice finds it armed.
            return self.arm(now().plus(crate::ledger::backoff::PROBE_MS)).await;
        };
        match self.store()?.next_due(settings, now())? {
            // Arming twice moves the alarm to the earlier time.
            Some(due) => self.arm(due).await,
            None => Ok(()),
        }
    }

    /// Makes the alarm ring at `due` or before. The call into the storage is made before this
    /// first waits, and so in one transaction with whatever the caller has just written.
    async fn arm(&self, due: UnixMillis) -> Result<(), LedgerError> {
        let Some(at) = self.alarm.set_for(due, now()) else { return Ok(()) };
        #[allow(clippy::as_conversions, reason = "a time in whole milliseconds")]
        let promise = self.storage.set_alarm(at.0 as f64).map_err(|_| self.not_armed())?;
        // Setting it twice to the same time changes nothing.
        settled(&promise).await.map_err(|_| self.not_armed())?;
        Ok(())
    }

    fn not_armed(&self) -> LedgerError {
        self.alarm.failed();
        LedgerError::Storage("the alarm".to_owned())
    }
}

/// One JSON line.
fn log(line: &impl Serialize) {
    if let Ok(line) = serde_json::to_string(line) {
        super::js::console_log(&line);
    }
}

fn trouble(error: &LedgerError, at: &'static str) {
    log(&TroubleLine::new(error, at));
}
