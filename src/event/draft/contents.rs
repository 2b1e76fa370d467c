//! `contents` and `content_ids`: a JSON list, or single fields that make one thing.

use super::super::Amount;
use super::super::Content;
use super::properties::amount;
use super::reader::Reader;
use crate::lead::Field;
use crate::raw::{RawText, RawValue};
use serde_json::value::RawValue as JsonText;
use std::collections::BTreeMap;

/// Most things, and most ids, of one event. TikTok names no limit; a batch is 512 KiB.
const MAX_CONTENTS: usize = 100;

/// The fields that make one thing where there is no list.
const SINGLE: [Field; 6] = [
    Field::ContentId,
    Field::ContentName,
    Field::ContentCategory,
    Field::Brand,
    Field::Price,
    Field::Quantity,
];

/// `contents`: the list if there is one, else one thing of the single fields.
pub(super) fn contents(reader: &mut Reader<'_>) -> Vec<Content> {
    let mut contents = Vec::new();
    for value in reader.values(Field::Contents) {
        match value {
            RawValue::Json(json) | RawValue::Text(json) => {
                list(reader, json.expose(), &mut contents)
            }
            RawValue::Number(_) | RawValue::Bool(_) => {
                reader.warn(Field::Contents, "not a JSON list of things, left out");
            }
        }
    }
    if contents.len() > MAX_CONTENTS {
        contents.truncate(MAX_CONTENTS);
        reader.warn(
            Field::Contents,
            "has more than 100 things: those after the hundredth are left out",
        );
    }
    if contents.is_empty() {
        contents.extend(single(reader));
    } else {
        for field in SINGLE {
            if reader.has(field) {
                reader.warn(field, "not used, because contents has a list");
            }
        }
    }
    contents
}

/// One thing of the single fields.
fn single(reader: &mut Reader<'_>) -> Option<Content> {
    let price = match reader.value(Field::Price) {
        Some(value) if !value.expose().trim().is_empty() => price(reader, Field::Price, value),
        _ => None,
    };
    let content = Content {
        price,
        quantity: count_field(reader, Field::Quantity),
        content_id: reader.text(Field::ContentId),
        content_name: reader.text(Field::ContentName),
        content_category: reader.text(Field::ContentCategory),
        brand: reader.text(Field::Brand),
    };
    (!content.is_empty()).then_some(content)
}

/// Adds the things of a JSON list, or of one JSON object.
fn list(reader: &mut Reader<'_>, json: &str, contents: &mut Vec<Content>) {
    if json.trim().is_empty() {
        return;
    }
    let things = if json.trim_start().starts_with('[') {
        serde_json::from_str::<Vec<&JsonText>>(json)
    } else {
        serde_json::from_str::<&JsonText>(json).map(|one| vec![one])
    };
    let Ok(things) = things else {
        reader.warn(Field::Contents, "not a JSON list of things, left out");
        return;
    };
    for thing in things {
        match serde_json::from_str::<BTreeMap<String, &JsonText>>(thing.get()) {
            Ok(keys) => {
                contents.extend(Some(thing_of(reader, &keys)).filter(|thing| !thing.is_empty()))
            }
            Err(_) => {
                reader.warn(Field::Contents, "has something that is no JSON object, left out")
            }
        }
    }
}

/// One object of the list. Names are TikTok's, in any case; others are left out.
fn thing_of(reader: &mut Reader<'_>, keys: &BTreeMap<String, &JsonText>) -> Content {
    let mut content = Content::default();
    for (key, json) in keys {
        let Some(value) = value_of(json.get()) else {
            continue;
        };
        match key.to_ascii_lowercase().as_str() {
            "price" => content.price = price(reader, Field::Contents, &value),
            "quantity" => content.quantity = count(reader, Field::Contents, &value),
            "content_id" => content.content_id = text(reader, &value),
            "content_name" => content.content_name = text(reader, &value),
            "content_category" => content.content_category = text(reader, &value),
            "brand" => content.brand = text(reader, &value),
            _ => reader.warn(Field::Contents, "has a key that TikTok does not know, left out"),
        }
    }
    content
}

/// A member of the list as a value; none if it is null or blank.
fn value_of(json: &str) -> Option<RawValue> {
    let value = match json.as_bytes().first()? {
        b'"' => RawValue::text(serde_json::from_str::<String>(json).ok()?),
        b'n' => return None,
        b't' => RawValue::Bool(true),
        b'f' => RawValue::Bool(false),
        b'{' | b'[' => RawValue::Json(RawText::new(json)),
        _ => RawValue::Number(RawText::new(json)),
    };
    (!value.expose().trim().is_empty()).then_some(value)
}

/// Ids are strings always; a number keeps its digits.
fn text(reader: &mut Reader<'_>, value: &RawValue) -> Option<String> {
    match value {
        RawValue::Text(raw) | RawValue::Number(raw) => Some(raw.expose().trim().to_owned()),
        RawValue::Bool(_) | RawValue::Json(_) => {
            reader.warn(Field::Contents, "has something that is neither text nor number, left out");
            None
        }
    }
}

/// A price. One that cannot be read is left out: the event's own value is what counts.
fn price(reader: &mut Reader<'_>, field: Field, value: &RawValue) -> Option<Amount> {
    match amount(value) {
        Ok(money) => Some(money.amount),
        Err(error) => {
            reader.warn(field, format!("price left out: {}", error.reason()));
            None
        }
    }
}

/// A field that counts things.
pub(super) fn count_field(reader: &mut Reader<'_>, field: Field) -> Option<u32> {
    let value = reader.value(field).filter(|value| !value.expose().trim().is_empty())?;
    count(reader, field, value)
}

/// A whole number, zero or more; `2.0` is 2.
fn count(reader: &mut Reader<'_>, field: Field, value: &RawValue) -> Option<u32> {
    let whole =
        Amount::from_decimal(value.expose().trim()).ok().and_then(|(amount, _)| amount.whole());
    if whole.is_none() {
        reader.warn(field, "not a whole number, left out");
    }
    whole
}

/// `content_ids`: several values, a JSON list, or one text with commas.
pub(super) fn content_ids(reader: &mut Reader<'_>) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for raw in reader.raws(Field::ContentIds) {
        let text = raw.expose().trim();
        if text.starts_with('[') {
            match serde_json::from_str::<Vec<&JsonText>>(text) {
                Ok(list) => ids.extend(list.iter().filter_map(|json| id(json.get()))),
                Err(_) => reader.warn(Field::ContentIds, "not a JSON list of ids, left out"),
            }
        } else {
            ids.extend(text.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()));
        }
    }
    if ids.len() > MAX_CONTENTS {
        ids.truncate(MAX_CONTENTS);
        reader.warn(
            Field::ContentIds,
            "has more than 100 ids: those after the hundredth are left out",
        );
    }
    ids
}

fn id(json: &str) -> Option<String> {
    match value_of(json)? {
        RawValue::Text(raw) | RawValue::Number(raw) => Some(raw.expose().trim().to_owned()),
        RawValue::Bool(_) | RawValue::Json(_) => None,
    }
}
