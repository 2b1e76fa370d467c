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
use crate::ledger::log::TroubleLine;
use crate::ledger::protocol::Ask;
use crate::ledger::{LedgerError, Settings, Store};
use crate::time::UnixMillis;
use intake::Intake;
use js::{Context, Question, Response, Storage};
use js_sys::{Object, Promise};
use serde::Serialize;
use sql::DurableSql;
use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

/// An alarm that is so late was lost: the platform promises to be at most a minute late.
const LATE_MS: i64 = 90_000;

/// One shard of the ledger: the class that the runtime makes objects of.
#[wasm_bindgen]
pub struct Ledger {
    shard: Rc<Shard>,
}

#[wasm_bindgen]
impl Ledger {
    /// The object, when it is needed again.
    #[wasm_bindgen(constructor)]
    pub fn new(context: &Context, bindings: Bindings) -> Self {
        let shard = Shard {
            storage: context.storage(),
            settings: setup::settings(&bindings),
            bindings,
            store: OnceCell::new(),
            armed: Cell::new(None),
            looked_for_alarm: Cell::new(false),
            delivering: Cell::new(false),
            last_send: Cell::new(UnixMillis(0)),
            intake: Intake::default(),
        };
        Self { shard: Rc::new(shard) }
    }

    /// Answers a question.
    pub fn fetch(&self, question: Question) -> Promise {
        let shard = Rc::clone(&self.shard);
        // Running twice is asking twice; each question says what that does.
        future_to_promise(async move { Ok(shard.reply(&question).await.into()) })
    }

    /// At least once, and perhaps again after a crash: everything due is found anew, and what was on
    /// its way is sent again with the same ids.
    pub fn alarm(&self) -> Promise {
        let shard = Rc::clone(&self.shard);
        // See above for what happens if it runs twice.
        future_to_promise(async move { shard.ring().await })
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
    /// When the alarm will ring, as far as this instance has set it.
    armed: Cell<Option<UnixMillis>>,
    /// Whether an alarm that an earlier instance set has been looked for.
    looked_for_alarm: Cell<bool>,
    /// The alarm is running. It looks for new work until there is none and arms itself as its last
    /// step, so nobody else needs to.
    delivering: Cell<bool>,
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

    async fn reply(self: &Rc<Self>, question: &Question) -> Response {
        // Running twice is asking twice; each question says what that does.
        let text = JsFuture::from(question.text()).await;
        let text = text.ok().and_then(|text| text.as_string()).unwrap_or_default();
        let (status, body) = match self.answer(&text).await {
            Ok(body) => (200, body),
            Err(error) => {
                trouble(&error, "question");
                (error.status(), error_body(&error))
            }
        };
        let init = Object::new();
        if status != 200 {
            super::reply::set(&init, "status", &JsValue::from_f64(f64::from(status)));
        }
        Response::new(&body, &init)
    }

    /// The alarm rings.
    async fn ring(&self) -> Result<JsValue, JsValue> {
        self.armed.set(None);
        self.looked_for_alarm.set(true);
        delivery::run(self).await;
        // An error would make the platform call again after 2 s, six times: only where our own
        // schedule could not be stored is that better than nothing.
        match self.arm_next().await {
            Ok(()) => Ok(JsValue::UNDEFINED),
            Err(error) => {
                trouble(&error, "arm");
                Err(js_sys::Error::new(error.code()).into())
            }
        }
    }

    async fn answer(self: &Rc<Self>, text: &str) -> Result<String, LedgerError> {
        let ask: Ask = serde_json::from_str(text).map_err(|_| LedgerError::Ask)?;
        // A second look finds the alarm that the first one set.
        self.look_for_alarm().await?;
        self.ask(ask).await
    }

    /// Once in an instance's life: finds out when the alarm rings, and arms it if an earlier instance
    /// died between its rows and its alarm (they are one transaction, so this is a belt to those
    /// braces) or a new configuration makes something due.
    async fn look_for_alarm(&self) -> Result<(), LedgerError> {
        if self.looked_for_alarm.replace(true) {
            return Ok(());
        }
        let found = self.find_alarm().await;
        if found.is_err() {
            // Then the next question looks.
            self.looked_for_alarm.set(false);
        }
        found
    }

    async fn find_alarm(&self) -> Result<(), LedgerError> {
        let promise = self.storage.get_alarm().map_err(|_| unreachable_storage())?;
        // Asking twice changes nothing.
        let at = JsFuture::from(promise).await.map_err(|_| unreachable_storage())?;
        if self.armed.get().is_none() {
            #[allow(clippy::as_conversions, reason = "a time in whole milliseconds")]
            self.armed.set(at.as_f64().map(|at| UnixMillis(at as i64)));
        }
        // The second arming finds that it is armed.
        self.arm_next().await
    }

    /// Arms the alarm for whatever is due next.
    async fn arm_next(&self) -> Result<(), LedgerError> {
        let Some(settings) = &self.settings else {
            // Nothing can be said about what is due. A new configuration brings a new instance.
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
        let now = now();
        let armed = self.armed.get().filter(|armed| now.since(*armed) < LATE_MS);
        if self.delivering.get() || armed.is_some_and(|armed| armed <= due) {
            return Ok(());
        }
        // At least 1 ms ahead: an alarm that sets itself for the moment it rings may be lost.
        let at = due.max(now.plus(1));
        self.armed.set(Some(at));
        #[allow(clippy::as_conversions, reason = "a time in whole milliseconds")]
        let promise = self.storage.set_alarm(at.0 as f64).map_err(|_| self.not_armed())?;
        // Setting it twice to the same time changes nothing.
        JsFuture::from(promise).await.map_err(|_| self.not_armed())?;
        Ok(())
    }

    fn not_armed(&self) -> LedgerError {
        self.armed.set(None);
        unreachable_storage()
    }
}

fn unreachable_storage() -> LedgerError {
    LedgerError::Storage("the alarm".to_owned())
}

#[derive(Serialize)]
struct ErrorBody {
    error: ErrorWords,
}

#[derive(Serialize)]
struct ErrorWords {
    code: &'static str,
    message: String,
}

fn error_body(error: &LedgerError) -> String {
    let error = ErrorWords { code: error.code(), message: error.safe_message() };
    serde_json::to_string(&ErrorBody { error }).unwrap_or_default()
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
