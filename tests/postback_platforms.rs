//! Real-looking postbacks of every platform, every trap of the field, and what must come out:
//! `data/postbacks.json`, one row each. A bug becomes a row.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may say what it expects and stop when it is not so"
)]

use clickjoin::event::EventName;
use clickjoin::lead::Field;
use clickjoin::postback::decide::{Decision, Policy, Rule, Then, decide};
use clickjoin::postback::event_id::{Context, Template, derive};
use clickjoin::postback::filter::Condition;
use clickjoin::postback::resolve::{Aliases, resolve};
use clickjoin::postback::{body, profile};
use clickjoin::slug::Slug;
use clickjoin::urlencoded;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    case: String,
    profile: String,
    /// The trigger in the path, encoded.
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    query: String,
    #[serde(default, rename = "type")]
    content_type: Option<String>,
    /// A text, or an object that is sent as JSON.
    #[serde(default)]
    body: Option<Box<serde_json::value::RawValue>>,
    #[serde(default)]
    utf16: bool,
    // The source's configuration.
    #[serde(default)]
    own: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    events: BTreeMap<String, EventName>,
    #[serde(default)]
    filters: Vec<String>,
    /// Name, condition, event or null for ignoring.
    #[serde(default)]
    rules: Vec<(String, String, Option<EventName>)>,
    #[serde(default)]
    template: Option<String>,
    // What comes out.
    fields: BTreeMap<String, Value>,
    /// Event and trigger.
    #[serde(default)]
    told: Option<String>,
    #[serde(default)]
    ignored: Option<String>,
    /// How the rejection begins.
    #[serde(default)]
    rejected: Option<String>,
    #[serde(default)]
    event_id: Option<String>,
    /// How each warning begins, in order, all of them.
    #[serde(default)]
    warnings: Vec<String>,
}

fn body_of(row: &Row) -> Vec<u8> {
    let Some(raw) = &row.body else { return Vec::new() };
    let text: String = serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().to_owned());
    if row.utf16 {
        return [0xFEFF]
            .into_iter()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
    }
    text.into_bytes()
}

/// One value as a text, several as a list, as the rows write them.
fn shown(fields: &clickjoin::lead::Fields) -> BTreeMap<String, Value> {
    let compact = |text: &str| match serde_json::from_str::<Value>(text) {
        Ok(json @ (Value::Array(_) | Value::Object(_))) => json.to_string(),
        _ => text.to_owned(),
    };
    let value = |field: Field| {
        let all: Vec<Value> =
            fields.all(field).iter().map(|v| Value::String(compact(&v.expose()))).collect();
        match <[Value; 1]>::try_from(all) {
            Ok([one]) => one,
            Err(all) => Value::Array(all),
        }
    };
    fields.present().map(|field| (field.name().to_owned(), value(field))).collect()
}

#[test]
fn postbacks_of_every_platform() {
    let rows: Vec<Row> = serde_json::from_str(include_str!("data/postbacks.json")).unwrap();
    let mut seen = Vec::new();
    for row in &rows {
        check(row);
        seen.push(row.profile.as_str());
    }
    for name in profile::NAMES {
        assert!(seen.contains(&name), "no row for {name}");
    }
}

fn check(row: &Row) {
    let case = &row.case;
    let profile = profile::find(&row.profile).expect(case);
    let own: Aliases =
        row.own.iter().map(|(name, own)| (Field::parse(name).expect(case), own.clone())).collect();
    let parsed = body::parse(row.content_type.as_deref(), &row.query, &body_of(row)).expect(case);
    let resolved = resolve(parsed, profile, &own).expect(case);
    assert_eq!(shown(&resolved.facts.fields), row.fields, "{case}");

    let filters: Vec<_> =
        row.filters.iter().map(|text| Condition::parse(text).expect(case)).collect();
    let rules: Vec<_> = row
        .rules
        .iter()
        .map(|(name, when, event)| Rule {
            name: name.clone(),
            when: Condition::parse(when).expect(case),
            then: event.clone().map_or(Then::Ignore, Then::Event),
        })
        .collect();
    let events = row.events.clone().into_iter().collect();
    let policy = Policy { profile, events: &events, filters: &filters, rules: &rules };
    let path = row.path.as_deref().map(|path| urlencoded::decode_percent(path).expect(case));
    let mut warnings = resolved.warnings;
    match decide(&resolved.facts, path.as_deref(), &policy) {
        Decision::Event { name, trigger, warnings: more } => {
            warnings.extend(more);
            let told = trigger.as_ref().map_or(name.to_string(), |t| format!("{name} {t}"));
            assert_eq!(Some(told), row.told, "{case}");
            let template = row.template.as_deref().map(|t| Template::parse(t).expect(case));
            let source = Slug::parse("test").unwrap();
            let context = Context {
                source: &source,
                profile,
                template: template.as_ref(),
                trigger: trigger.as_ref(),
                event: &name,
            };
            let derived = derive(&resolved.facts, &context).expect(case);
            assert_eq!(derive(&resolved.facts, &context).as_ref(), Ok(&derived), "{case}");
            warnings.extend(derived.warnings);
            match &row.event_id {
                Some(id) => assert_eq!(derived.id.as_str(), id, "{case}"),
                None => assert_eq!(derived.id.as_str().len(), 32, "{case}: a hash"),
            }
        }
        Decision::Ignored { rule } => assert_eq!(Some(rule), row.ignored, "{case}"),
        Decision::Rejected(rejection) => {
            let want = row.rejected.as_deref().unwrap_or("no rejection");
            assert!(rejection.to_string().starts_with(want), "{case}: {rejection}");
        }
    }
    let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    let as_wanted = warnings.len() == row.warnings.len()
        && warnings.iter().zip(&row.warnings).all(|(have, want)| have.starts_with(want));
    assert!(as_wanted, "{case}: {warnings:#?}");
}
