//! A lead as a postback describes it: canonical fields with raw values, nothing judged yet.
//!
//! `postback` makes it out of a body and a profile; `event` and `identity` make a TikTok event of it.

mod field;
mod fields;

pub use field::Field;
pub use fields::Fields;
