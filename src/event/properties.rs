//! `properties`: what the event was worth, and of what, with the exact types TikTok wants.
//!
//! Ids are strings always: TikTok refuses a numeric one (40002). `draft` makes these of a lead's fields.

use super::{Amount, Currency};
use serde::{Deserialize, Serialize};

/// `data[].properties`. Absent keys are left out of the JSON, whose order is this struct's.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Properties {
    /// What the event is worth, in `currency`. Zero is a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Amount>,
    /// ISO 4217, upper-case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// What `contents` are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<ContentType>,
    /// The things themselves.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub contents: Vec<Content>,
    /// Their ids, where only ids are known.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub content_ids: Vec<String>,
    /// How many things.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_items: Option<u32>,
    /// What was searched for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_string: Option<String>,
    /// The same, under the name older senders use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// A description of the thing or the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The order's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// The shop's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shop_id: Option<String>,
    /// Whether the customer was one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_type: Option<CustomerType>,
}

impl Properties {
    /// Whether nothing is known: then `properties` is left out of the event.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// `properties.content_type`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentType {
    /// `product`: the ids are those of products.
    Product,
    /// `product_group`: the ids are those of groups of variants.
    ProductGroup,
}

/// `properties.customer_type`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerType {
    /// `new`: never bought before.
    New,
    /// `returning`: bought before.
    Returning,
}

/// One of `properties.contents`.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Content {
    /// Price of one, in the event's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Amount>,
    /// How many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u32>,
    /// Its id, a string always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_name: Option<String>,
    /// Its category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_category: Option<String>,
    /// Its brand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
}

impl Content {
    /// Whether nothing is known of it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
