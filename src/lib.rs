//! Clickjoin: TikTok clicks in, lead postbacks in, TikTok conversions out.

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
