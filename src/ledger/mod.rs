//! The ledger: what was acknowledged is kept, and delivered once.
//!
//! Everything here is pure: SQL is reached through a small trait, the clock and the dice are
//! arguments, and what TikTok said is a value. The Durable Object around it is `edge::ledger`.
//!
//! - A postback: `join` finds its click, [`store`] dedupes and inserts it, all before it is answered.
//! - Delivery: [`store`] says what is due, `delivery` carries a batch through its requests:
//!   `batch` writes them, `answer` understands the replies, `cut` finds the bad event of a refused one, `machine` and `pixel` decide what becomes of the
//!   events and of their pixel, `backoff` when to try again, and [`store`] writes it down.
//! - `alarm`: when the shard has to wake up, and that it does.
//! - People: [`protocol`] has their questions, `log` the line for each delivery.
//!
//! What holds: an event that was acknowledged is a row; an unfinished row is scheduled; its event id
//! never changes; nothing in the tables says that a request is on its way, so a crash loses nothing
//! and at worst sends the same ids again.

pub mod alarm;
pub mod answer;
pub mod backoff;
pub mod batch;
pub mod cut;
pub mod delivery;
mod error;
pub mod join;
pub mod log;
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
