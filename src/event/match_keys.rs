//! Which match keys an event has, for the match rates that people watch. Names only, no values.

use super::{Event, User};
use std::fmt;

/// A key by which TikTok can match an event with a person or a click, strongest first (TikTok:
/// "ttclid, email, phone, external_id, ip + user agent").
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "the variants are TikTok's key names, one to one")]
pub enum MatchKey {
    Ttclid,
    Email,
    Phone,
    ExternalId,
    Ip,
    UserAgent,
    Ttp,
    FirstName,
    LastName,
    ZipCode,
    City,
    State,
    Country,
    Locale,
    LeadId,
}

impl MatchKey {
    /// Every key, strongest first.
    pub const ALL: [Self; 15] = [
        Self::Ttclid,
        Self::Email,
        Self::Phone,
        Self::ExternalId,
        Self::Ip,
        Self::UserAgent,
        Self::Ttp,
        Self::FirstName,
        Self::LastName,
        Self::ZipCode,
        Self::City,
        Self::State,
        Self::Country,
        Self::Locale,
        Self::LeadId,
    ];

    /// TikTok's name of the key.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ttclid => "ttclid",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::ExternalId => "external_id",
            Self::Ip => "ip",
            Self::UserAgent => "user_agent",
            Self::Ttp => "ttp",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::ZipCode => "zip_code",
            Self::City => "city",
            Self::State => "state",
            Self::Country => "country",
            Self::Locale => "locale",
            Self::LeadId => "lead_id",
        }
    }

    /// The key's bit in [`MatchKeys::bits`]. Stored, so never given to another key.
    const fn bit(self) -> u16 {
        match self {
            Self::Ttclid => 1,
            Self::Email => 1 << 1,
            Self::Phone => 1 << 2,
            Self::ExternalId => 1 << 3,
            Self::Ip => 1 << 4,
            Self::UserAgent => 1 << 5,
            Self::Ttp => 1 << 6,
            Self::FirstName => 1 << 7,
            Self::LastName => 1 << 8,
            Self::ZipCode => 1 << 9,
            Self::City => 1 << 10,
            Self::State => 1 << 11,
            Self::Country => 1 << 12,
            Self::Locale => 1 << 13,
            Self::LeadId => 1 << 14,
        }
    }
}

/// A set of match keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct MatchKeys(u16);

impl MatchKeys {
    /// The keys of an event.
    pub(super) fn of_event(event: &Event) -> Self {
        Self::of_user(&event.user).with(MatchKey::LeadId, event.lead.is_some())
    }

    /// The keys of its user.
    pub(super) fn of_user(user: &User) -> Self {
        Self::default()
            .with(MatchKey::Ttclid, user.ttclid.is_some())
            .with(MatchKey::Email, !user.email.is_empty())
            .with(MatchKey::Phone, !user.phone.is_empty())
            .with(MatchKey::ExternalId, !user.external_id.is_empty())
            .with(MatchKey::Ip, user.ip.is_some())
            .with(MatchKey::UserAgent, user.user_agent.is_some())
            .with(MatchKey::Ttp, user.ttp.is_some())
            .with(MatchKey::FirstName, user.first_name.is_some())
            .with(MatchKey::LastName, user.last_name.is_some())
            .with(MatchKey::ZipCode, user.zip_code.is_some())
            .with(MatchKey::City, user.city.is_some())
            .with(MatchKey::State, user.state.is_some())
            .with(MatchKey::Country, user.country.is_some())
            .with(MatchKey::Locale, user.locale.is_some())
    }

    fn with(self, key: MatchKey, present: bool) -> Self {
        if present { Self(self.0 | key.bit()) } else { self }
    }

    /// Whether the set has a key.
    pub fn contains(self, key: MatchKey) -> bool {
        self.0 & key.bit() != 0
    }

    /// Whether the set has none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether TikTok could find the person or the click: the click id, the browser's own `_ttp`, a
    /// hashed email, phone or external id, or address and agent together. Names and places only
    /// help those. (Whether `ttp` alone is enough is open; it is TikTok's own id of the browser, so
    /// an event with it is not thrown away.)
    pub fn identify(self) -> bool {
        let alone = [
            MatchKey::Ttclid,
            MatchKey::Ttp,
            MatchKey::Email,
            MatchKey::Phone,
            MatchKey::ExternalId,
        ];
        alone.into_iter().any(|key| self.contains(key))
            || (self.contains(MatchKey::Ip) && self.contains(MatchKey::UserAgent))
    }

    /// The keys, strongest first.
    pub fn iter(self) -> impl Iterator<Item = MatchKey> {
        MatchKey::ALL.into_iter().filter(move |key| self.contains(*key))
    }

    /// TikTok's names of the keys, strongest first.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.iter().map(MatchKey::name)
    }

    /// The set as a number that can be stored.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The set that [`Self::bits`] gave; bits of no key are dropped.
    pub fn from_bits(bits: u16) -> Self {
        MatchKey::ALL
            .into_iter()
            .fold(Self::default(), |set, key| set.with(key, bits & key.bit() != 0))
    }
}

impl fmt::Debug for MatchKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_bit_of_its_own() {
        let all = MatchKeys::from_bits(u16::MAX);
        assert_eq!(all.bits().count_ones(), 15);
        assert_eq!(all.iter().collect::<Vec<_>>(), MatchKey::ALL);
        assert_eq!(MatchKeys::from_bits(all.bits()), all);
        assert!(MatchKeys::default().is_empty());
    }

    #[test]
    fn what_identifies() {
        let set = |keys: &[MatchKey]| {
            keys.iter().fold(MatchKeys::default(), |set, key| set.with(*key, true))
        };
        assert!(set(&[MatchKey::Ttclid]).identify());
        assert!(set(&[MatchKey::Ttp]).identify());
        assert!(set(&[MatchKey::Ip, MatchKey::UserAgent]).identify());
        for too_little in [MatchKey::Ip, MatchKey::UserAgent, MatchKey::City, MatchKey::LeadId] {
            assert!(!set(&[too_little]).identify(), "{too_little:?}");
        }
    }
}
