//! The ledger's [`Sql`] on the Durable Object's SQLite.

use super::js::{SqlStorage, Storage, query};
use crate::ledger::LedgerError;
use crate::ledger::sql::{Sql, Value, gives_rows};
use crate::ledger::sql_text::{pack, unpack};
use wasm_bindgen::{JsCast, JsValue};

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
        let rows = query(&self.sql, &pack(statement, parameters)?, gives_rows(statement));
        match rows.map_err(|error| storage_error(&error))? {
            Some(rows) => unpack(&rows),
            None => Ok(Vec::new()),
        }
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
