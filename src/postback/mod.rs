//! Postbacks: from a request of a lead platform to canonical fields and a decision, and from a
//! result to the answer. Pure: the request's parts come in as plain values.
//!
//! In the order of use: [`auth`] (may this caller speak for the source) → [`body`] (named values)
//! → `resolve` (canonical fields, by the source's [`profile`] and aliases; what is no value is
//! left out by `placeholder`) → `trigger` (what TikTok is told, or why nothing; with `filter`)
//! → `event_id` → `answer`. Making the event of the fields is left to `event`, hashing to
//! `identity`, the join and everything that is kept to the flows and the ledger.

pub mod answer;
pub mod auth;
pub mod body;
pub mod decide;
pub mod event_id;
pub mod facts;
pub mod filter;
pub mod profile;
pub mod resolve;
pub mod trigger;
pub mod words;
