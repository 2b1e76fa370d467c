//! What can go wrong in the ledger itself. None of it is a postback's fault except a question that
//! cannot be read.

use std::fmt;

/// An error of the ledger's layer. Nothing was stored when one comes back from a question, except where
/// only the alarm could not be set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LedgerError {
    /// The storage failed, or could not be reached. Trying again may help.
    Storage(String),
    /// Something stored cannot be read: the name of what it is.
    Corrupt(&'static str),
    /// The database was written by a newer version of this program.
    Schema(i64),
    /// The question is not one.
    Ask,
    /// The configuration does not hold, so no question is answered.
    Config,
}

impl LedgerError {
    /// A fixed word for logs and metrics.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Storage(_) => "ledger_storage",
            Self::Corrupt(_) => "ledger_corrupt",
            Self::Schema(_) => "ledger_schema",
            Self::Ask => "ledger_ask",
            Self::Config => "ledger_config",
        }
    }

    /// A sentence that may be shown to anybody: it holds nothing of what was stored or sent.
    pub fn safe_message(&self) -> String {
        match self {
            Self::Storage(_) => "the ledger's storage failed; nothing is promised".to_owned(),
            Self::Corrupt(what) => format!("the ledger holds a {what} that cannot be read"),
            Self::Schema(version) => {
                format!("the ledger was written by a newer version (layout {version})")
            }
            Self::Ask => "the ledger does not understand the question".to_owned(),
            Self::Config => "the configuration does not hold".to_owned(),
        }
    }
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.safe_message())
    }
}

impl std::error::Error for LedgerError {}
