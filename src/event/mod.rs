//! The event model: what TikTok is told of a lead, by every rule of its Events API.

mod amount;
mod check;
mod currency;
mod draft;
mod fill;
mod id;
mod match_keys;
mod money;
mod name;
mod page_url;
mod payload;
mod properties;
mod source;
mod time;
mod user;

pub use amount::{Amount, NoAmount};
pub use currency::Currency;
pub use draft::{DraftInput, Drafted, draft};
pub use id::EventId;
pub use match_keys::{MatchKey, MatchKeys};
pub use name::EventName;
pub use payload::{CrmLead, Event, Page};
pub use properties::{Content, ContentType, CustomerType, Properties};
pub use source::EventSource;
pub use time::moment;
pub use user::{Hashes, User};
