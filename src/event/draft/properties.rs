//! `properties`, from the lead's fields. Things and their ids are read by `contents`.

use super::super::money::{self, Money, NoMoney};
use super::super::{Amount, ContentType, Currency, CustomerType, Properties};
use super::reader::Reader;
use super::{DraftInput, contents};
use crate::identity::{DECODED, percent_decoded};
use crate::lead::Field;
use crate::raw::RawValue;
use crate::rejection::Rejection;

/// Reads every key of `properties`; none if there is nothing to say.
///
/// # Errors
/// When there is a value that cannot be read for sure, or whose currency TikTok does not list.
pub(super) fn read(
    reader: &mut Reader<'_>,
    input: &DraftInput<'_>,
) -> Result<Option<Properties>, Rejection> {
    let money = value(reader)?;
    let contents = contents::contents(reader);
    let priced = contents.iter().any(|content| content.price.is_some());
    let currency = currency(reader, input, money, priced)?;
    let value = money.map(|money| money.amount);
    let search = reader.text(Field::SearchString);
    let query = reader.text(Field::Query);
    let properties = Properties {
        value,
        currency,
        content_type: content_type(reader, value),
        contents,
        content_ids: contents::content_ids(reader),
        num_items: contents::count_field(reader, Field::NumItems),
        // Older senders say `query`; TikTok's page names both, so both are sent.
        search_string: search.clone().or_else(|| query.clone()),
        query: query.or(search),
        description: reader.text(Field::Description),
        order_id: reader.text(Field::OrderId),
        shop_id: reader.text(Field::ShopId),
        customer_type: customer_type(reader),
    };
    Ok((!properties.is_empty()).then_some(properties))
}

/// Reads an amount from a field's value, whatever its kind.
pub(super) fn amount(value: &RawValue) -> Result<Money, NoMoney> {
    match value {
        RawValue::Number(raw) => Amount::from_decimal(raw.expose())
            .map(|(amount, rounded)| Money { amount, currency: None, rounded })
            .map_err(NoMoney::Amount),
        RawValue::Text(raw) => money::read(raw.expose()),
        RawValue::Bool(_) | RawValue::Json(_) => Err(NoMoney::UNREADABLE),
    }
}

/// `value`. Zero is one.
fn value(reader: &mut Reader<'_>) -> Result<Option<Money>, Rejection> {
    let Some(value) = reader.value(Field::Value).filter(|value| !value.expose().trim().is_empty())
    else {
        return Ok(None);
    };
    let money = match (amount(value), percent_decoded(&value.expose())) {
        // `%241%2C234.50`
        (Err(NoMoney::UNREADABLE), Some(text)) => {
            reader.warn(Field::Value, DECODED);
            money::read(&text)
        }
        (read, _) => read,
    };
    let money = money.map_err(|error| Rejection::field("value", error.reason()))?;
    if money.rounded {
        reader.warn(Field::Value, "has more than 15 digits: rounded far behind the cents");
    }
    Ok(Some(money))
}

/// The postback's currency; where it names none, the source's, if there is money to be named.
fn currency(
    reader: &mut Reader<'_>,
    input: &DraftInput<'_>,
    money: Option<Money>,
    priced: bool,
) -> Result<Option<Currency>, Rejection> {
    let beside = money.and_then(|money| money.currency);
    let given = reader.text(Field::Currency);
    let named = given.as_deref().and_then(Currency::parse);
    if given.is_some() && named.is_none() {
        if money.is_some() {
            return Err(Rejection::field(
                "currency",
                "not an ISO 4217 code that TikTok lists, and a value in the wrong currency is a wrong value",
            ));
        }
        reader.warn(Field::Currency, "not an ISO 4217 code that TikTok lists, left out");
    }
    if let (Some(named), Some(beside)) = (named, beside)
        && named != beside
    {
        return Err(Rejection::field("currency", "is not the currency that value names"));
    }
    let own = named.or(beside);
    let currency = if money.is_some() || priced { own.or(input.currency) } else { own };
    if money.is_some() && currency.is_none() {
        // Open: TikTok is not known to refuse it. The conversion counts either way.
        reader.warn(
            Field::Currency,
            "none: TikTok cannot add up a value without one; send it, or set the source's currency",
        );
    }
    Ok(currency)
}

/// `product` is the document's static value, where there is a value.
fn content_type(reader: &mut Reader<'_>, value: Option<Amount>) -> Option<ContentType> {
    let default = value.is_some().then_some(ContentType::Product);
    let Some(given) = reader.text(Field::ContentType) else {
        return default;
    };
    match given.to_ascii_lowercase().as_str() {
        "product" => Some(ContentType::Product),
        "product_group" => Some(ContentType::ProductGroup),
        _ => {
            reader.warn(Field::ContentType, "neither product nor product_group, left out");
            default
        }
    }
}

fn customer_type(reader: &mut Reader<'_>) -> Option<CustomerType> {
    let given = reader.text(Field::CustomerType)?;
    match given.to_ascii_lowercase().as_str() {
        "new" => Some(CustomerType::New),
        "returning" => Some(CustomerType::Returning),
        _ => {
            reader.warn(Field::CustomerType, "neither new nor returning, left out");
            None
        }
    }
}
