//! The event model: what TikTok is told of a lead, by every rule of its Events API.

mod currency;
mod id;
mod name;
mod source;

pub use currency::Currency;
pub use id::EventId;
pub use name::EventName;
pub use source::EventSource;
