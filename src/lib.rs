//! Clickjoin: TikTok clicks in, lead postbacks in, TikTok conversions out. A Cloudflare Worker.
//!
//! # The map, from the ground up
//!
//! A room names only rooms that stand before it; `tests/house_rules.rs` keeps it so.
//!
//! | floor | rooms |
//! |---|---|
//! | leaves | [`raw`] text that cannot be printed · [`warning`], [`rejection`] what people are told · [`query`], [`urlencoded`], [`placeholder`] how values travel · [`slug`], [`time`], [`route`] |
//! | domain | [`click`] what is remembered of a click · [`lead`] canonical fields · [`identity`] normalise and hash · [`event`] what TikTok is told |
//! | words | [`postback`] bodies, profiles, filters, event ids, answers |
//! | settings | [`config`] typed, checked as a whole, secrets by name only |
//! | flows | [`capture`] a click, decided · [`ledger`] dedupe, outbox, delivery |
//! | joints | [`conversion`] from a postback to the ledger and back · [`api`], [`health`] for people |
//! | edge | [`edge`] the only code that names the runtime |
//!
//! # What always holds
//!
//! 1. The visitor never waits: nothing is awaited before the 302.
//! 2. Raw personal data ends at the front door: behind [`conversion`] there are only hashes (and, until
//!    an event is delivered, the visitor's address and browser).
//! 3. Acknowledged means kept: a postback's 2xx leaves after its event is on disk; from there it is
//!    delivered once, or waits in a state that a person can see and replay.
//! 4. Decide in pure code, act at the edge: time, randomness and configuration are arguments, and
//!    nothing outside [`edge`] logs, reads a clock or can panic.

#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, reason = "a test may stop where it is wrong")
)]

pub mod api;
pub mod capture;
pub mod click;
pub mod config;
pub mod conversion;
pub mod edge;
pub mod event;
pub mod few;
pub mod health;
pub mod identity;
pub mod lead;
pub mod ledger;
pub mod placeholder;
pub mod postback;
pub mod query;
pub mod raw;
pub mod rejection;
pub mod route;
pub mod slug;
pub mod time;
pub mod urlencoded;
pub mod warning;
