//! Personal data: normalised by TikTok's rules, then hashed. Raw and hashed values are different types.

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
pub use noted::{Noted, Unusable};
pub use person::{email, external_id, name, zip_code};
pub use phone::{E164, phone};
pub use place::place;
pub(crate) use text::{percent_decoded, with_ascii_digits};
