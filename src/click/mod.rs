//! A click: its id and what is remembered of it. Capturing one is `capture`'s work, joining it with
//! a lead is the ledger's.

mod id;
mod record;
mod tally;

pub use id::ClickId;
pub use record::{AdIds, ClickRecord, RecordError};
pub use tally::ClickTally;
