//! `user`: the keys by which TikTok finds the person. Names live here and nowhere else, because
//! TikTok answers OK to a misspelt one.
//!
//! The values are made by `identity`; which are present decides `MatchKeys`.

use super::MatchKeys;
use crate::identity::{Country, PublicIp, Sha256Hex};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// `data[].user`. Hashed keys can only hold hashes; the plain ones are those that TikTok takes in
/// plain. Absent keys are left out of the JSON, whose order is this struct's.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct User {
    /// TikTok's click id, as it came: never cut, lower-cased or judged by its shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttclid: Option<String>,
    /// Hashed e-mail addresses.
    #[serde(skip_serializing_if = "Hashes::is_empty", default)]
    pub email: Hashes,
    /// Hashed E.164 phone numbers.
    #[serde(skip_serializing_if = "Hashes::is_empty", default)]
    pub phone: Hashes,
    /// Hashed ids of the person in the advertiser's own books.
    #[serde(skip_serializing_if = "Hashes::is_empty", default)]
    pub external_id: Hashes,
    /// Hashed first name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<Sha256Hex>,
    /// Hashed last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<Sha256Hex>,
    /// Hashed zip code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zip_code: Option<Sha256Hex>,
    /// City: lower-case letters and digits of any script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State or province, in the form of `city`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// ISO 3166 two letters, sent in lower case.
    #[serde(skip_serializing_if = "Option::is_none", default, with = "lower_case")]
    pub country: Option<Country>,
    /// The pixel's `_ttp` cookie, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttp: Option<String>,
    /// The visitor's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<PublicIp>,
    /// The visitor's `User-Agent`, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The visitor's language, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
}

/// Names the keys that are present, and no value.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "User({:?})", MatchKeys::of_user(self))
    }
}

/// Most values sent of one key. TikTok names no limit; a person has a handful, and every one of them
/// is 67 bytes of each batch (512 KiB).
const MAX_HASHES: usize = 10;

/// None, one or several hashes of one key: no two alike. In JSON one is a string and several are a
/// list (TikTok: "a string or a list of strings. One value: a string").
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Hashes(Vec<Sha256Hex>);

impl Hashes {
    /// Adds a hash, unless it is there already. False where there are ten: it was left out.
    pub fn add(&mut self, hash: Sha256Hex) -> bool {
        if self.0.contains(&hash) {
            return true;
        }
        if self.0.len() >= MAX_HASHES {
            return false;
        }
        self.0.push(hash);
        true
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The hashes, in the order they were added.
    pub fn as_slice(&self) -> &[Sha256Hex] {
        &self.0
    }
}

impl Serialize for Hashes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_slice() {
            [one] => one.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Hashes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum OneOrSeveral {
            One(Sha256Hex),
            Several(Vec<Sha256Hex>),
        }
        Ok(Self(match OneOrSeveral::deserialize(deserializer)? {
            OneOrSeveral::One(hash) => vec![hash],
            OneOrSeveral::Several(hashes) => hashes,
        }))
    }
}

/// TikTok takes the country in lower case; [`Country`] itself writes upper case.
mod lower_case {
    use super::{Country, Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        country: &Option<Country>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        country.map(Country::lower).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Country>, D::Error> {
        Option::<Country>::deserialize(deserializer)
    }
}
