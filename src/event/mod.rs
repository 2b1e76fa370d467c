//! The event model: what TikTok is told of a lead, by every rule of its Events API.
//!
//! An event is made in three steps, all pure: [`draft()`] makes it of the lead's own fields,
//! [`Event::fill_from_click`] adds what the click knew, [`Event::check`] refuses what TikTok would.
//!
//! The table follows TikTok's page from the top of `data[]` down. The top level of the request
//! (`event_source`, `event_source_id`, `test_event_code`, batches) is the ledger's.
//!
//! | TikTok | rule | here |
//! |---|---|---|
//! | `event` | standard and older names; custom ones of up to 50 letters, digits, `_`, `-`, a letter first; never changed; offline: standard only | [`EventName`] in `name` |
//! | `event_time` | integer unix seconds; up to 10 minutes ahead is now, more is refused; `max_event_age_days` | `time` |
//! | `event_id` | a string, stable | [`EventId`] in `id` |
//! | `user` | always sent, with at least one key; `email`, `phone`, `external_id` a string or a list | [`User`], [`Hashes`] in `user`; values by `identity` |
//! | `page` | web only; `url` required, with every parameter; `referrer` | [`Page`] in `payload`, `page_url` |
//! | `properties.value` | a number, 0 is one; exact, never rounded at the cents | [`Amount`] in `amount`, texts in `money` |
//! | `properties.currency` | ISO 4217 of TikTok's list; the source's where the postback names none | [`Currency`] in `currency` |
//! | `properties.contents`, `content_ids`, `content_type`, … | exact types, ids are strings; `product` by default beside a value | [`Properties`], [`Content`] in `properties` |
//! | `limited_data_use` | boolean, web only | `draft`, `fill` |
//! | `lead` | CRM only; `lead_id` required | [`CrmLead`] in `payload` |
//! | `event_source` | `web`, `offline`, `crm` | [`EventSource`] in `source` |
//! | what it can match | strongest first: ttclid, email, phone, external_id, ip + user agent | [`MatchKeys`] in `match_keys` |
//!
//! Decided where TikTok's page is open: an unreadable time or value is refused (422) rather than guessed,
//! everything else that is unusable is left out with a warning; a value without any currency goes with
//! a warning; `ttp` alone is enough to match by; a negative value is refused, because TikTok cannot take
//! a conversion back; up to 10 values of a key and 100 contents are sent.

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
