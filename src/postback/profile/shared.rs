//! The names and words that mean the same wherever they come from.

use super::{Known, Outcome};
use crate::lead::Field;
use crate::postback::trigger::Trigger;
use crate::postback::words::listed;

/// The canonical names, squashed.
const CANONICAL: [(&str, Field); 48] = [
    ("trigger", Field::Trigger),
    ("event", Field::Event),
    ("transactionid", Field::TransactionId),
    ("eventid", Field::EventId),
    ("offerid", Field::OfferId),
    ("buyerid", Field::BuyerId),
    ("clickid", Field::ClickId),
    ("ttclid", Field::Ttclid),
    ("ttp", Field::Ttp),
    ("email", Field::Email),
    ("phone", Field::Phone),
    ("externalid", Field::ExternalId),
    ("firstname", Field::FirstName),
    ("lastname", Field::LastName),
    ("zipcode", Field::ZipCode),
    ("city", Field::City),
    ("state", Field::State),
    ("country", Field::Country),
    ("locale", Field::Locale),
    ("ip", Field::Ip),
    ("useragent", Field::UserAgent),
    ("eventtime", Field::EventTime),
    ("value", Field::Value),
    ("currency", Field::Currency),
    ("contenttype", Field::ContentType),
    ("contents", Field::Contents),
    ("contentid", Field::ContentId),
    ("contentids", Field::ContentIds),
    ("contentname", Field::ContentName),
    ("contentcategory", Field::ContentCategory),
    ("brand", Field::Brand),
    ("price", Field::Price),
    ("quantity", Field::Quantity),
    ("numitems", Field::NumItems),
    ("orderid", Field::OrderId),
    ("shopid", Field::ShopId),
    ("searchstring", Field::SearchString),
    ("query", Field::Query),
    ("description", Field::Description),
    ("customertype", Field::CustomerType),
    ("pageurl", Field::PageUrl),
    ("pagereferrer", Field::PageReferrer),
    ("leadid", Field::LeadId),
    ("leadeventsource", Field::LeadEventSource),
    ("limiteddatause", Field::LimitedDataUse),
    ("testeventcode", Field::TestEventCode),
    ("pixel", Field::Pixel),
    ("status", Field::Status),
];

/// Names besides the canonical ones that are safe for every source (`postbacks.md`), and other
/// spellings that can mean nothing else.
const ALIASES: [(&str, Field); 16] = [
    ("externalclickid", Field::ClickId),
    ("revenue", Field::Value),
    ("payout", Field::Value),
    ("amount", Field::Value),
    ("mobile", Field::Phone),
    ("phonenumber", Field::Phone),
    ("emailaddress", Field::Email),
    ("utctimestamp", Field::EventTime),
    ("timestamp", Field::EventTime),
    ("zip", Field::ZipCode),
    ("postalcode", Field::ZipCode),
    ("postcode", Field::ZipCode),
    ("ua", Field::UserAgent),
    ("ipaddress", Field::Ip),
    ("countrycode", Field::Country),
    ("currencycode", Field::Currency),
];

/// Known to everybody and no part of the lead: ours (`token`, `dry_run`), the fixed fields of
/// TikTok's own payload, and campaign parameters that a landing page hands on.
const UNUSED: [&str; 10] = [
    "token",
    "dryrun",
    "eventsource",
    "eventsourceid",
    "utmsource",
    "utmmedium",
    "utmcampaign",
    "utmterm",
    "utmcontent",
    "utmid",
];

/// What became of a lead, in the words that lead platforms and trackers share.
pub(super) const STATUSES: &[(&str, Outcome)] = &[
    ("lead", Outcome::Trigger(Trigger::FormSubmit)),
    ("new", Outcome::Trigger(Trigger::FormSubmit)),
    ("pending", Outcome::Trigger(Trigger::FormSubmit)),
    ("submitted", Outcome::Trigger(Trigger::FormSubmit)),
    ("sale", Outcome::Trigger(Trigger::LeadSold)),
    ("sold", Outcome::Trigger(Trigger::LeadSold)),
    ("approved", Outcome::Trigger(Trigger::LeadSold)),
    ("confirmed", Outcome::Trigger(Trigger::LeadSold)),
    ("accepted", Outcome::Trigger(Trigger::LeadSold)),
    ("paid", Outcome::Trigger(Trigger::LeadSold)),
    ("rebill", Outcome::Trigger(Trigger::LeadSold)),
    ("rejected", Outcome::Ignore),
    ("reject", Outcome::Ignore),
    ("leadrejected", Outcome::Ignore),
    ("unsold", Outcome::Ignore),
    ("declined", Outcome::Ignore),
    ("refund", Outcome::Ignore),
    ("refunded", Outcome::Ignore),
    ("returned", Outcome::Ignore),
    ("chargeback", Outcome::Ignore),
    ("canceled", Outcome::Ignore),
    ("cancelled", Outcome::Ignore),
    ("trash", Outcome::Ignore),
    ("fraud", Outcome::Ignore),
    ("invalid", Outcome::Ignore),
];

/// What a squashed name is to every source.
pub(super) fn name_of(key: &str) -> Option<Known> {
    let find = |list: &[(&str, Field)]| {
        list.iter().find(|(name, _)| *name == key).map(|(_, field)| *field)
    };
    if let Some(field) = find(&CANONICAL) {
        return Some(Known::Field(field, 0));
    }
    if let Some(field) = find(&ALIASES) {
        return Some(Known::Field(field, 2));
    }
    listed(&UNUSED, key).then_some(Known::Unused)
}

/// The field that a squashed name means for every source, whatever the platform.
pub fn shared_field(key: &str) -> Option<Field> {
    match name_of(key)? {
        Known::Field(field, _) => Some(field),
        Known::Unused => None,
    }
}

/// Whether a field is about a person, so that its raw value may go nowhere: not into an event id,
/// not into a log.
pub const fn is_personal(field: Field) -> bool {
    matches!(
        field,
        Field::Email
            | Field::Phone
            | Field::ExternalId
            | Field::FirstName
            | Field::LastName
            | Field::ZipCode
            | Field::City
            | Field::State
            | Field::Ip
            | Field::UserAgent
            | Field::PageUrl
            | Field::PageReferrer
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::words::squash;
    use super::*;

    #[test]
    fn every_canonical_name_is_known() {
        for field in Field::ALL {
            assert_eq!(name_of(&squash(field.name())), Some(Known::Field(field, 0)), "{field}");
        }
    }

    #[test]
    fn shared_names_and_words_are_squashed_and_named_once() {
        let names = CANONICAL.iter().chain(&ALIASES).map(|(name, _)| *name);
        let names: Vec<_> = names.chain(UNUSED).collect();
        for name in &names {
            assert_eq!(*name, squash(name));
            assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name}");
        }
        for (word, _) in STATUSES {
            assert_eq!(*word, squash(word));
        }
    }
}
