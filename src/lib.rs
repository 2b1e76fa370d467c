//! Clickjoin: TikTok clicks in, lead postbacks in, TikTok conversions out.

pub mod click;
pub mod event;
pub mod identity;
pub mod lead;
pub mod postback;
pub mod raw;
pub mod rejection;
pub mod slug;
pub mod time;
pub mod urlencoded;
pub mod warning;
