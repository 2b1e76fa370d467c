//! The Durable Object's storage and the outgoing fetch, as thinly as they can be named.
//!
//! The `worker` crate builds a `Vec` of enums and one JavaScript value for each, parses dates for
//! alarms and clones headers; and it does not know `transactionSync`, which the ledger needs so that
//! a postback is stored as a whole or not at all.

use js_sys::{Array, Object, Promise};
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
    #[wasm_bindgen(method, catch, variadic)]
    pub(super) fn exec(
        this: &SqlStorage,
        statement: &str,
        bindings: &Array,
    ) -> Result<Cursor, JsValue>;

    /// Rows on their way.
    pub(super) type Cursor;
    #[wasm_bindgen(method, catch)]
    pub(super) fn raw(this: &Cursor) -> Result<RawRows, JsValue>;

    /// Rows as arrays.
    pub(super) type RawRows;
    #[wasm_bindgen(method, catch, js_name = toArray)]
    pub(super) fn to_array(this: &RawRows) -> Result<Array, JsValue>;

    /// What the object is made with.
    #[derive(Clone)]
    pub type Context;
    #[wasm_bindgen(method, getter)]
    pub(super) fn storage(this: &Context) -> Storage;

    /// A request to the object.
    pub type Question;
    #[wasm_bindgen(method)]
    pub(super) fn text(this: &Question) -> Promise;

    /// `new Response(body, init)`
    pub(super) type Response;
    #[wasm_bindgen(constructor)]
    pub(super) fn new(body: &str, init: &Object) -> Response;
}
