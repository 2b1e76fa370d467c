//! `properties`: what was bought and what it is worth. Types only; TikTok does not check sums.

use serde_json::{Map, Value};

use super::{FindingKind, Notes, Refusal, names, text};

/// Judges the `properties` object.
pub(super) fn check(given: &Map<String, Value>, notes: &mut Notes) -> Result<(), Refusal> {
    for (key, value) in given {
        let path = format!("properties.{key}");
        match key.as_str() {
            "value" => number(key, value, &path, notes)?,
            "num_items" => integer(key, value, &path, notes)?,
            "currency" => currency(given, key)?,
            "content_type" => one_of(given, key, &["product", "product_group"])?,
            "customer_type" => one_of(given, key, &["new", "returning"])?,
            "contents" => contents(value, notes)?,
            "content_ids" => content_ids(value, notes)?,
            "search_string" | "query" | "description" | "order_id" | "shop_id" => {
                text(given, key)?;
            }
            _ => notes.add(FindingKind::UnknownKey, path),
        }
    }
    // Whether TikTok refuses it is open; it certainly cannot add it up.
    if given.contains_key("value") && !given.contains_key("currency") {
        notes.add(FindingKind::ValueWithoutCurrency, "properties.value");
    }
    Ok(())
}

/// JSON has no infinity and no NaN, so a number is finite.
fn number(key: &str, value: &Value, path: &str, notes: &mut Notes) -> Result<(), Refusal> {
    let number =
        value.as_f64().ok_or_else(|| Refusal::new(key, "must be a number", Some(value)))?;
    if number < 0.0 {
        notes.add(FindingKind::Negative, path);
    }
    Ok(())
}

fn integer(key: &str, value: &Value, path: &str, notes: &mut Notes) -> Result<(), Refusal> {
    if !value.is_i64() && !value.is_u64() {
        return Err(Refusal::new(key, "must be an integer", Some(value)));
    }
    number(key, value, path, notes)
}

fn currency(given: &Map<String, Value>, key: &str) -> Result<(), Refusal> {
    if text(given, key)?.is_some_and(|code| !names::is_currency(code)) {
        let reason = "must be one of TikTok's currencies, in upper case";
        return Err(Refusal::new(key, reason, given.get(key)));
    }
    Ok(())
}

fn one_of(given: &Map<String, Value>, key: &str, words: &[&str]) -> Result<(), Refusal> {
    if text(given, key)?.is_some_and(|word| !words.contains(&word)) {
        let reason = format!("must be {}", words.join(" or "));
        return Err(Refusal::new(key, reason, given.get(key)));
    }
    Ok(())
}

fn list<'a>(key: &str, value: &'a Value, notes: &mut Notes) -> Result<&'a Vec<Value>, Refusal> {
    let list = value.as_array().ok_or_else(|| Refusal::new(key, "must be a list", Some(value)))?;
    if list.is_empty() {
        notes.add(FindingKind::EmptyList, format!("properties.{key}"));
    }
    Ok(list)
}

fn contents(value: &Value, notes: &mut Notes) -> Result<(), Refusal> {
    for (index, entry) in list("contents", value, notes)?.iter().enumerate() {
        let place = format!("contents.{index}");
        let entry = entry
            .as_object()
            .ok_or_else(|| Refusal::new(&place, "must be an object", Some(entry)))?;
        content(entry, &format!("properties.{place}"), notes)
            .map_err(|refusal| refusal.under(&place))?;
    }
    Ok(())
}

fn content(entry: &Map<String, Value>, place: &str, notes: &mut Notes) -> Result<(), Refusal> {
    for (key, value) in entry {
        let path = format!("{place}.{key}");
        match key.as_str() {
            "price" => number(key, value, &path, notes)?,
            "quantity" => integer(key, value, &path, notes)?,
            "content_id" | "content_name" | "content_category" | "brand" => {
                text(entry, key)?;
            }
            _ => notes.add(FindingKind::UnknownKey, path),
        }
    }
    Ok(())
}

fn content_ids(value: &Value, notes: &mut Notes) -> Result<(), Refusal> {
    for (index, id) in list("content_ids", value, notes)?.iter().enumerate() {
        if id.as_str().is_none_or(str::is_empty) {
            let path = format!("content_ids.{index}");
            return Err(Refusal::new(path, "must be a string", Some(id)));
        }
    }
    Ok(())
}
