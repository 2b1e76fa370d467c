//! The ledger: what was acknowledged is kept, and delivered once.
//!
//! Everything here is pure: SQL is reached through a small trait, the clock and the dice are
//! arguments, and what TikTok said is a value. The Durable Object around it is `edge::ledger`.

pub mod answer;
pub mod backoff;
pub mod batch;
pub mod cut;
pub mod machine;
pub mod pixel;
pub mod protocol;
mod state;

pub use state::{MatchedBy, State};
