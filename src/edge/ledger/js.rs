//! The Durable Object's storage and the outgoing fetch, as thinly as they can be named.
//!
//! The `worker` crate builds a `Vec` of enums and one JavaScript value for each, parses dates for
//! alarms and clones headers; and it does not know `transactionSync`, which the ledger needs so that
//! a postback is stored as a whole or not at all.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// `ctx.storage`
    #[derive(Clone)]
    pub(super) type Storage;
    #[wasm_bindgen(method, getter)]
    pub(super) fn sql(this: &Storage) -> SqlStorage;
    /// Rolls back when `work` throws, and throws what it threw.
    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    pub(super) fn transaction_sync(
        this: &Storage,
        work: &mut dyn FnMut() -> Result<JsValue, JsValue>,
    ) -> Result<JsValue, JsValue>;
    /// Takes an absolute time in milliseconds (the crate's own takes an offset).
    #[wasm_bindgen(method, catch, js_name = setAlarm)]
    pub(super) fn set_alarm(this: &Storage, at: f64) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getAlarm)]
    pub(super) fn get_alarm(this: &Storage) -> Result<Promise, JsValue>;

    /// `ctx.storage.sql`
    pub(super) type SqlStorage;

    /// What the object is made with.
    #[derive(Clone)]
    pub type Context;
    #[wasm_bindgen(method, getter)]
    pub(super) fn storage(this: &Context) -> Storage;
}

#[wasm_bindgen(module = "/src/edge/glue.js")]
extern "C" {
    /// Runs a packed statement; its rows, packed, if it `reads` any.
    #[wasm_bindgen(catch)]
    pub(super) fn query(
        sql: &SqlStorage,
        packed: &str,
        reads: bool,
    ) -> Result<Option<String>, JsValue>;
}
