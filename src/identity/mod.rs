//! Personal data: brought into TikTok's form, then hashed. Raw and hashed values are different types,
//! and hashing happens here only.
//!
//! The table follows the `user` table of TikTok's Events API page, key by key; each function's own
//! documentation says what was decided where that page is silent.
//!
//! | key | TikTok's form | sent | here |
//! |---|---|---|---|
//! | `email` | trim, lower-case; dots and `+tags` stay | SHA-256 | [`email`] in `person` |
//! | `phone` | E.164 with the `+`, no spaces, no trunk zero | SHA-256 | [`phone()`], [`E164`] in `phone` |
//! | `external_id` | trim, case kept | SHA-256 | [`external_id`] in `person` |
//! | `first_name`, `last_name` | trim, lower-case, punctuation removed, any script | SHA-256 | [`name`] in `person` |
//! | `zip_code` | lower-case, no spaces or hyphens; US: first five digits | SHA-256 | [`zip_code`] in `person` |
//! | `city`, `state` | lower-case, no spaces, no punctuation, any script | plain | [`place()`] in `place` |
//! | `country` | ISO 3166 two letters, lower-case | plain | [`Country`] in `country` |
//! | `ip` | public IPv4 or IPv6 | plain | [`PublicIp`] in `ip` |
//! | `ttclid`, `ttp`, `user_agent`, `locale` | as they came | plain | `event::draft` |
//!
//! For every hashed key: 64 hex digits in either case, after trimming, pass through lower-cased; an
//! empty value is left out and never hashed; the hash of nothing, MD5 (32 digits) and SHA-1 (40) cannot
//! be used ([`Sha256Hex`] in `hash`). A reason why a value is left out ([`Unusable`]) and a note on what
//! was changed ([`Noted`]) are fixed sentences, so they cannot hold the value.
//!
//! Left to others: which value of a lead is used (`event::draft`), and what is absent (the postback).

mod country;
mod hash;
mod ip;
mod marks;
mod noted;
mod person;
mod phone;
mod phone_lengths;
mod place;
mod text;

pub use country::Country;
pub use hash::Sha256Hex;
pub use ip::{NotPublic, PublicIp};
pub(crate) use noted::DECODED;
pub use noted::{Noted, Unusable};
pub use person::{email, external_id, name, zip_code};
pub use phone::{E164, phone};
pub use place::place;
pub(crate) use text::{percent_decoded, with_ascii_digits};
