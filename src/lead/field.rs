//! The canonical field names of a postback, and nothing about how a platform calls them.

use std::fmt;

/// A field of the postback contract (the table in the README).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "the variants are the canonical field names, one to one")]
pub enum Field {
    Trigger,
    Event,
    TransactionId,
    EventId,
    OfferId,
    BuyerId,
    ClickId,
    Ttclid,
    Ttp,
    Email,
    Phone,
    ExternalId,
    FirstName,
    LastName,
    ZipCode,
    City,
    State,
    Country,
    Locale,
    Ip,
    UserAgent,
    EventTime,
    Value,
    Currency,
    ContentType,
    Contents,
    ContentId,
    ContentIds,
    ContentName,
    ContentCategory,
    Brand,
    Price,
    Quantity,
    NumItems,
    OrderId,
    ShopId,
    SearchString,
    Query,
    Description,
    CustomerType,
    PageUrl,
    PageReferrer,
    LeadId,
    LeadEventSource,
    LimitedDataUse,
    TestEventCode,
    Pixel,
    /// The word by which a platform says what happened (`sale`, `rejected`); profiles turn it into
    /// a trigger.
    Status,
}

impl Field {
    /// Every field, in the order of the README's table.
    pub const ALL: [Self; 48] = [
        Self::Trigger,
        Self::Event,
        Self::TransactionId,
        Self::EventId,
        Self::OfferId,
        Self::BuyerId,
        Self::ClickId,
        Self::Ttclid,
        Self::Ttp,
        Self::Email,
        Self::Phone,
        Self::ExternalId,
        Self::FirstName,
        Self::LastName,
        Self::ZipCode,
        Self::City,
        Self::State,
        Self::Country,
        Self::Locale,
        Self::Ip,
        Self::UserAgent,
        Self::EventTime,
        Self::Value,
        Self::Currency,
        Self::ContentType,
        Self::Contents,
        Self::ContentId,
        Self::ContentIds,
        Self::ContentName,
        Self::ContentCategory,
        Self::Brand,
        Self::Price,
        Self::Quantity,
        Self::NumItems,
        Self::OrderId,
        Self::ShopId,
        Self::SearchString,
        Self::Query,
        Self::Description,
        Self::CustomerType,
        Self::PageUrl,
        Self::PageReferrer,
        Self::LeadId,
        Self::LeadEventSource,
        Self::LimitedDataUse,
        Self::TestEventCode,
        Self::Pixel,
        Self::Status,
    ];

    /// The canonical name, as the contract writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::Event => "event",
            Self::TransactionId => "transaction_id",
            Self::EventId => "event_id",
            Self::OfferId => "offer_id",
            Self::BuyerId => "buyer_id",
            Self::ClickId => "click_id",
            Self::Ttclid => "ttclid",
            Self::Ttp => "ttp",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::ExternalId => "external_id",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::ZipCode => "zip_code",
            Self::City => "city",
            Self::State => "state",
            Self::Country => "country",
            Self::Locale => "locale",
            Self::Ip => "ip",
            Self::UserAgent => "user_agent",
            Self::EventTime => "event_time",
            Self::Value => "value",
            Self::Currency => "currency",
            Self::ContentType => "content_type",
            Self::Contents => "contents",
            Self::ContentId => "content_id",
            Self::ContentIds => "content_ids",
            Self::ContentName => "content_name",
            Self::ContentCategory => "content_category",
            Self::Brand => "brand",
            Self::Price => "price",
            Self::Quantity => "quantity",
            Self::NumItems => "num_items",
            Self::OrderId => "order_id",
            Self::ShopId => "shop_id",
            Self::SearchString => "search_string",
            Self::Query => "query",
            Self::Description => "description",
            Self::CustomerType => "customer_type",
            Self::PageUrl => "page_url",
            Self::PageReferrer => "page_referrer",
            Self::LeadId => "lead_id",
            Self::LeadEventSource => "lead_event_source",
            Self::LimitedDataUse => "limited_data_use",
            Self::TestEventCode => "test_event_code",
            Self::Pixel => "pixel",
            Self::Status => "status",
        }
    }

    /// The field of that canonical name, in any case (`Email`, `EMAIL`).
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_by_its_name_in_any_case() {
        for field in Field::ALL {
            assert_eq!(Field::parse(field.name()), Some(field));
            assert_eq!(Field::parse(&field.name().to_ascii_uppercase()), Some(field));
        }
        assert_eq!(Field::parse("no_such_field"), None);
    }
}
