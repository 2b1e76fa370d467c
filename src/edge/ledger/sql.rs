//! The ledger's [`Sql`] on the Durable Object's SQLite.

use super::js::{SqlStorage, Storage, query};
use crate::ledger::LedgerError;
use crate::ledger::sql::{Sql, Value};
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

/// The greatest number that a JavaScript number holds exactly.
const SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// `ctx.storage.sql`, with transactions.
pub(super) struct DurableSql {
    storage: Storage,
    sql: SqlStorage,
}

impl DurableSql {
    pub(super) fn new(storage: Storage) -> Self {
        let sql = storage.sql();
        Self { storage, sql }
    }
}

impl Sql for DurableSql {
    fn exec(&self, statement: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>, LedgerError> {
        let bindings = Array::new();
        for parameter in parameters {
            bindings.push(&bind(parameter)?);
        }
        let reads = statement.starts_with("SELECT") || statement.contains("RETURNING");
        let rows = query(&self.sql, statement, &bindings, reads);
        let Some(rows) = rows.map_err(|error| storage_error(&error))? else {
            return Ok(Vec::new());
        };
        rows.iter()
            .map(|row| Array::unchecked_from_js(row).iter().map(|value| read(&value)).collect())
            .collect()
    }

    fn atomically<T>(
        &self,
        work: impl FnOnce() -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let mut work = Some(work);
        let mut outcome = None;
        let committed = self.storage.transaction_sync(&mut || {
            let result = work.take().map(|work| work());
            let failed = !matches!(result, Some(Ok(_)));
            outcome = result;
            // What is thrown here only makes the storage roll back.
            if failed { Err(JsValue::NULL) } else { Ok(JsValue::UNDEFINED) }
        });
        match (outcome, committed) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(value)), Ok(_)) => Ok(value),
            (_, Err(error)) => Err(storage_error(&error)),
            (None, Ok(_)) => Err(LedgerError::Storage("the transaction did not run".to_owned())),
        }
    }
}

/// The runtime's own words. They name tables and limits, never values; even so they are not logged.
fn storage_error(error: &JsValue) -> LedgerError {
    let message = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    LedgerError::Storage(message.unwrap_or_default())
}

/// Numbers pass through JavaScript: one that would change on the way is an error, not another number.
fn bind(value: &Value) -> Result<JsValue, LedgerError> {
    Ok(match value {
        Value::Null => JsValue::NULL,
        Value::Text(text) => JsValue::from_str(text),
        Value::Int(number) => {
            #[allow(clippy::as_conversions, reason = "checked just below")]
            let float = *number as f64;
            if float.abs() > SAFE_INTEGER {
                return Err(LedgerError::Corrupt("number"));
            }
            JsValue::from_f64(float)
        }
    })
}

fn read(value: &JsValue) -> Result<Value, LedgerError> {
    if let Some(text) = value.as_string() {
        return Ok(Value::Text(text));
    }
    if value.is_null() || value.is_undefined() {
        return Ok(Value::Null);
    }
    match value.as_f64() {
        Some(number) if number.fract() == 0.0 && number.abs() <= SAFE_INTEGER => {
            #[allow(clippy::as_conversions, reason = "a whole number that is exact in both")]
            let number = number as i64;
            Ok(Value::Int(number))
        }
        _ => Err(LedgerError::Corrupt("value")),
    }
}
