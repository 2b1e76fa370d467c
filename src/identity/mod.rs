//! Personal data: normalised by TikTok's rules, then hashed. Raw and hashed values are different types.

mod country;

pub use country::Country;
