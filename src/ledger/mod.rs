//! The ledger: what was acknowledged is kept, and delivered once.
//!
//! Everything here is pure: SQL is reached through a small trait, the clock and the dice are
//! arguments, and what TikTok said is a value. The Durable Object around it is `edge::ledger`.

pub mod answer;
pub mod backoff;
pub mod batch;
pub mod cut;
mod error;
pub mod join;
pub mod machine;
pub mod pixel;
pub mod protocol;
pub mod settings;
pub mod sql;
mod state;
pub mod store;

pub use error::LedgerError;
pub use settings::Settings;
pub use state::{MatchedBy, State};
pub use store::Store;
