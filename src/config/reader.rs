//! Reads one table of the configuration key by key, notes every problem with its path, and finds
//! the keys that nobody read.

use super::Problems;
use crate::few;
use crate::slug::Slug;
use serde_json::{Map, Value};
use std::fmt::Display;
use std::ops::RangeInclusive;

/// One table and what has been read of it.
pub(super) struct Reader<'a> {
    path: String,
    table: &'a Map<String, Value>,
    read: Vec<&'static str>,
}

/// An entry of a list.
pub(super) enum Item<'a> {
    Text(Text<'a>),
    Table(Reader<'a>),
}

/// A text and where it stands.
pub(super) struct Text<'a> {
    path: String,
    text: &'a str,
}

impl Text<'_> {
    /// What `parse` makes of it; none, with `parse`'s words as the problem, if it makes nothing.
    pub(super) fn parsed<T, E: Display>(
        self,
        parse: impl Fn(&str) -> Result<T, E>,
        problems: &mut Problems,
    ) -> Option<T> {
        parse(self.text).map_err(|what| problems.add(self.path, what.to_string())).ok()
    }
}

impl<'a> Reader<'a> {
    /// The outermost table; none, with a problem, where the JSON is no table.
    pub(super) fn root(json: &'a Value, problems: &mut Problems) -> Option<Self> {
        Self::table(String::new(), json, problems)
    }

    fn table(path: String, json: &'a Value, problems: &mut Problems) -> Option<Self> {
        let Some(table) = json.as_object() else {
            let path = if path.is_empty() { "CONFIG".to_owned() } else { path };
            problems.add(path, format!("must be a table, not {}", kind(json)));
            return None;
        };
        Some(Self { path, table, read: Vec::new() })
    }

    /// The full path of a key.
    pub(super) fn path(&self, key: impl Display) -> String {
        if self.path.is_empty() { key.to_string() } else { format!("{}.{key}", self.path) }
    }

    fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.read.push(key);
        self.table.get(key)
    }

    /// A text; none if it is not set or empty.
    pub(super) fn text(&mut self, key: &'static str, problems: &mut Problems) -> Option<&'a str> {
        match self.value(key)? {
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(text) => Some(text.trim()),
            other => {
                problems.add(self.path(key), format!("must be a text, not {}", kind(other)));
                None
            }
        }
    }

    /// A text that `parse` understands; none, with `parse`'s words as the problem, if it does not.
    pub(super) fn parsed<T, E: Display>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
        problems: &mut Problems,
    ) -> Option<T> {
        let text = self.text(key, problems)?;
        parse(text).map_err(|what| problems.add(self.path(key), what.to_string())).ok()
    }

    /// As [`Self::parsed`], and a problem if it is not set.
    pub(super) fn required<T, E: Display>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
        problems: &mut Problems,
    ) -> Option<T> {
        let absent = match self.table.get(key) {
            None => true,
            Some(value) => value.as_str().is_some_and(|text| text.trim().is_empty()),
        };
        if absent {
            problems.add(self.path(key), "is required");
        }
        self.parsed(key, parse, problems)
    }

    /// One text or a list of them under either of two keys (`token`, `tokens`), in that order.
    pub(super) fn parsed_list<T, E: Display>(
        &mut self,
        keys: &[&'static str],
        parse: impl Fn(&str) -> Result<T, E>,
        problems: &mut Problems,
    ) -> Vec<T> {
        let mut list = Vec::new();
        for key in keys {
            let values: Vec<&Value> = match self.value(key) {
                None => continue,
                Some(Value::Array(values)) => values.iter().collect(),
                Some(value) => vec![value],
            };
            for value in values {
                match value.as_str().map(str::trim) {
                    Some("") => {}
                    Some(text) => match parse(text) {
                        Ok(item) => list.push(item),
                        Err(what) => problems.add(self.path(key), what.to_string()),
                    },
                    None => problems.add(
                        self.path(key),
                        format!("must be a text or a list of texts, not {}", kind(value)),
                    ),
                }
            }
        }
        list
    }

    /// A flag; `default` if it is not set.
    pub(super) fn flag(
        &mut self,
        key: &'static str,
        default: bool,
        problems: &mut Problems,
    ) -> bool {
        match self.value(key) {
            None => default,
            Some(Value::Bool(flag)) => *flag,
            Some(other) => {
                problems.add(self.path(key), format!("must be true or false, not {}", kind(other)));
                default
            }
        }
    }

    /// A whole number within `range` (days, shards); `default` if it is not set.
    pub(super) fn days(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u32>,
        default: u32,
        problems: &mut Problems,
    ) -> u32 {
        let Some(value) = self.value(key) else { return default };
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        match number.filter(|number| range.contains(number)) {
            Some(number) => number,
            None => {
                let (low, high) = (range.start(), range.end());
                problems
                    .add(self.path(key), format!("must be a whole number from {low} to {high}"));
                default
            }
        }
    }

    /// A table of tables (`pixels.main`, …), each read by `read`.
    pub(super) fn tables<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(Reader<'a>, &mut Problems) -> Option<T>,
        problems: &mut Problems,
    ) -> few::Map<Slug, T> {
        let mut items = few::Map::new();
        let Some(value) = self.value(key) else { return items };
        let Some(outer) = Self::table(self.path(key), value, problems) else { return items };
        for (name, value) in outer.table {
            let Some(slug) = Slug::parse(name) else {
                problems.add(
                    outer.path(format_args!("{name:?}")),
                    "a name has 1 to 64 letters, digits, '-', '_' and '.'",
                );
                continue;
            };
            let item = Self::table(outer.path(name), value, problems)
                .and_then(|reader| read(reader, problems));
            if let Some(item) = item {
                items.insert(slug, item);
            }
        }
        items
    }

    /// A table of texts or lists of texts (`events`, `fields`), each key and text read by `parse`.
    pub(super) fn entries<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str, &str) -> Result<T, String>,
        problems: &mut Problems,
    ) -> Vec<T> {
        let mut items = Vec::new();
        let Some(value) = self.value(key) else { return items };
        let Some(outer) = Self::table(self.path(key), value, problems) else { return items };
        for (name, value) in outer.table {
            let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            for value in values {
                let item = match value.as_str() {
                    Some(text) => parse(name, text.trim()),
                    None => Err(format!("must be a text, not {}", kind(value))),
                };
                match item {
                    Ok(item) => items.push(item),
                    Err(what) => problems.add(outer.path(name), what),
                }
            }
        }
        items
    }

    /// Whether a key is set at all.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The table under a key, to be read by itself.
    pub(super) fn inner(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Option<Reader<'a>> {
        let value = self.value(key)?;
        Self::table(self.path(key), value, problems)
    }

    /// Every entry of a list that may hold texts and tables (`destinations`).
    pub(super) fn items<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(Item<'a>, &mut Problems) -> Option<T>,
        problems: &mut Problems,
    ) -> Vec<T> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(values) = value.as_array() else {
            problems.add(self.path(key), format!("must be a list, not {}", kind(value)));
            return Vec::new();
        };
        let path = self.path(key);
        let item = |(index, value): (usize, &'a Value)| {
            let path = format!("{path}.{index}");
            let item = match value.as_str() {
                Some(text) => Item::Text(Text { path, text: text.trim() }),
                None => Item::Table(Self::table(path, value, problems)?),
            };
            read(item, problems)
        };
        values.iter().enumerate().filter_map(item).collect()
    }

    /// Every table of a list of tables (`rules`), with its index in the path.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(Reader<'a>, &mut Problems) -> Option<T>,
        problems: &mut Problems,
    ) -> Vec<T> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(values) = value.as_array() else {
            problems.add(self.path(key), format!("must be a list of tables, not {}", kind(value)));
            return Vec::new();
        };
        let path = self.path(key);
        values
            .iter()
            .enumerate()
            .filter_map(|(index, value)| {
                let reader = Self::table(format!("{path}.{index}"), value, problems)?;
                read(reader, problems)
            })
            .collect()
    }

    /// Notes every key that nobody asked for: a misspelt setting would be a silent loss.
    pub(super) fn finish(self, problems: &mut Problems) {
        for key in self.table.keys() {
            if !self.read.contains(&key.as_str()) {
                problems.add(self.path(key), "no such setting");
            }
        }
    }
}

/// What a JSON value is, in words.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}
