//! A conversion's way through the front Worker, in three pure steps with the edge's I/O between them:
//!
//! 1. [`receive`]: is the caller who it says, what did it send, what is TikTok to be told → a [`Lead`]
//! 2. the edge looks the click up in KV, once, where the lead names one → a [`ClickLookup`]
//! 3. [`ask`]: the event for each pixel, hashed → the one [`Question`] to the ledger
//! 4. the edge asks the ledger, once
//! 5. [`answer`]: what the sender is told
//!
//! Raw personal data ends in step 3. Parsing is `postback`'s work, the event is `event`'s, the join and
//! everything durable are the ledger's.

mod answer;
mod ask;
mod receive;

pub use answer::answer;
pub use ask::{ClickLookup, Question, ask};
pub use receive::{Incoming, Lead, Place, receive};
