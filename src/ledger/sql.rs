//! The little that the ledger needs of a database: statements with positional parameters, rows of
//! plain values, and several statements as one. Two things implement it: the Durable Object's SQL
//! (`edge::ledger`), and SQLite itself in the tests.

use super::LedgerError;
use crate::time::UnixMillis;

/// A value in a statement or a row. The ledger stores nothing else: no fractions, no blobs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// SQL's NULL.
    Null,
    /// A number that JavaScript holds exactly (±2^53): it passes through one on the way to SQLite.
    Int(i64),
    /// A text.
    Text(String),
}

/// A database with one writer: us.
pub trait Sql {
    /// Runs one statement. Parameters are `?1`, `?2`, … in order.
    ///
    /// # Errors
    /// When the statement fails; then it has changed nothing.
    fn exec(&self, statement: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>, LedgerError>;

    /// Runs `work` so that all of its statements happen or, if it returns an error, none.
    ///
    /// # Errors
    /// `work`'s own, or that the whole could not be written.
    fn atomically<T>(
        &self,
        work: impl FnOnce() -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError>;
}

/// Whether a statement of ours gives rows.
pub fn gives_rows(statement: &str) -> bool {
    statement.starts_with("SELECT") || statement.contains("RETURNING")
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(i64::from(number))
    }
}

impl From<UnixMillis> for Value {
    fn from(time: UnixMillis) -> Self {
        Self::Int(time.0)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Reads a row's values in order.
#[derive(Debug)]
pub(crate) struct Fields {
    values: std::vec::IntoIter<Value>,
    what: &'static str,
}

impl Fields {
    /// The values of a row of `what` (for the error).
    pub(crate) fn of(row: Vec<Value>, what: &'static str) -> Self {
        Self { values: row.into_iter(), what }
    }

    /// That the row cannot be read.
    pub(crate) fn corrupt(&self) -> LedgerError {
        LedgerError::Corrupt(self.what)
    }

    fn next(&mut self) -> Result<Value, LedgerError> {
        self.values.next().ok_or(LedgerError::Corrupt(self.what))
    }

    pub(crate) fn int(&mut self) -> Result<i64, LedgerError> {
        self.maybe_int()?.ok_or(LedgerError::Corrupt(self.what))
    }

    pub(crate) fn maybe_int(&mut self) -> Result<Option<i64>, LedgerError> {
        match self.next()? {
            Value::Int(number) => Ok(Some(number)),
            Value::Null => Ok(None),
            Value::Text(_) => Err(self.corrupt()),
        }
    }

    pub(crate) fn count(&mut self) -> Result<u64, LedgerError> {
        u64::try_from(self.int()?).map_err(|_| self.corrupt())
    }

    pub(crate) fn small(&mut self) -> Result<u32, LedgerError> {
        u32::try_from(self.int()?).map_err(|_| self.corrupt())
    }

    pub(crate) fn time(&mut self) -> Result<UnixMillis, LedgerError> {
        self.int().map(UnixMillis)
    }

    pub(crate) fn maybe_time(&mut self) -> Result<Option<UnixMillis>, LedgerError> {
        Ok(self.maybe_int()?.map(UnixMillis))
    }

    pub(crate) fn text(&mut self) -> Result<String, LedgerError> {
        self.maybe_text()?.ok_or(LedgerError::Corrupt(self.what))
    }

    pub(crate) fn maybe_text(&mut self) -> Result<Option<String>, LedgerError> {
        match self.next()? {
            Value::Text(text) => Ok(Some(text)),
            Value::Null => Ok(None),
            Value::Int(_) => Err(self.corrupt()),
        }
    }

    /// A text that `read` understands.
    pub(crate) fn word<T>(
        &mut self,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, LedgerError> {
        let text = self.text()?;
        read(&text).ok_or(LedgerError::Corrupt(self.what))
    }

    /// The same, or nothing.
    pub(crate) fn maybe_word<T>(
        &mut self,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, LedgerError> {
        match self.maybe_text()? {
            Some(text) => read(&text).map(Some).ok_or(LedgerError::Corrupt(self.what)),
            None => Ok(None),
        }
    }
}
