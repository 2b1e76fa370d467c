//! A lead's fields, made into an event: the postback's own values only. `Event::fill_from_click` adds
//! the click's afterwards, `Event::check` has the last word.
//!
//! What is unusable is left out with a warning and the event still goes; only what would make the
//! event itself wrong (its time, its value) is refused.

mod contents;
mod properties;
mod reader;
mod user;

use self::reader::Reader;
use super::page_url::is_web_url;
use super::{CrmLead, Currency, Event, EventId, EventName, EventSource, Page, time};
use crate::click::ClickRecord;
use crate::identity::{Country, DECODED, percent_decoded};
use crate::lead::{Field, Fields};
use crate::raw::RawValue;
use crate::rejection::Rejection;
use crate::time::UnixMillis;
use crate::warning::Warning;

/// What an event is made of.
#[derive(Clone, Debug)]
pub struct DraftInput<'a> {
    /// The lead's canonical fields.
    pub fields: &'a Fields,
    /// The name that the trigger was mapped to.
    pub name: EventName,
    /// The stable id of this conversion.
    pub event_id: EventId,
    /// The kind of source it is sent to.
    pub event_source: EventSource,
    /// The present moment: the time of an event that tells none.
    pub now: UnixMillis,
    /// The source's currency, for a value that comes without one.
    pub currency: Option<Currency>,
    /// The source's country, the last resort for national phone numbers.
    pub country: Option<Country>,
    /// The joined click, if it is known already: here for the phone's region only.
    pub click: Option<&'a ClickRecord>,
    /// Events older than this are refused; 0: never.
    pub max_event_age_days: u32,
}

/// An event of the postback's own values, and what was lost making it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drafted {
    /// The event. It may still lack what only the click knows.
    pub event: Event,
    /// Every lossy step, for the answer.
    pub warnings: Vec<Warning>,
}

/// Makes an event of a lead's fields.
///
/// # Errors
/// When the time or the value is there and cannot be sent: the field, and what to do.
pub fn draft(input: &DraftInput<'_>) -> Result<Drafted, Rejection> {
    let mut reader = Reader::new(input.fields);
    if let Some(meant) = input.name.near_miss() {
        reader.warn(
            Field::Event,
            format!("TikTok's event is written {meant}: in this spelling it is a custom event"),
        );
    }
    let time = event_time(&mut reader, input)?;
    let mut event = Event::new(input.name.clone(), time, input.event_id.clone());
    event.user = user::read(&mut reader, input);
    event.properties = properties::read(&mut reader, input)?;
    match input.event_source {
        EventSource::Web => {
            event.page = page(&mut reader);
            event.limited_data_use = limited_data_use(&mut reader);
        }
        EventSource::Offline => {}
        EventSource::Crm => event.lead = lead(&mut reader),
    }
    warn_of_unused(&mut reader, input.event_source);
    Ok(Drafted { event, warnings: reader.into_warnings() })
}

/// None is now; one that cannot be read is refused.
fn event_time(reader: &mut Reader<'_>, input: &DraftInput<'_>) -> Result<i64, Rejection> {
    let Some(value) = reader.value(Field::EventTime) else {
        return Ok(input.now.seconds());
    };
    let moment = match value {
        RawValue::Text(raw) | RawValue::Number(raw) => {
            if raw.expose().trim().is_empty() {
                return Ok(input.now.seconds());
            }
            time::read(raw.expose()).or_else(|| {
                let moment = time::read(&percent_decoded(raw.expose())?)?;
                reader.warn(Field::EventTime, DECODED);
                Some(moment)
            })
        }
        RawValue::Bool(_) | RawValue::Json(_) => None,
    };
    let moment = moment.ok_or_else(time::unreadable)?;
    if let Some(note) = moment.note {
        reader.warn(Field::EventTime, note);
    }
    time::judge(moment.seconds, input.now, input.max_event_age_days)
}

/// `page`, of web events. An address that cannot be one is left out, so that the click's is used.
fn page(reader: &mut Reader<'_>) -> Option<Page> {
    let url = web_url(reader, Field::PageUrl);
    let referrer = web_url(reader, Field::PageReferrer);
    (url.is_some() || referrer.is_some()).then_some(Page { url, referrer })
}

fn web_url(reader: &mut Reader<'_>, field: Field) -> Option<String> {
    let url = reader.text(field)?.replace(' ', "%20");
    if is_web_url(&url) {
        return Some(url);
    }
    let decoded = percent_decoded(&url).filter(|decoded| is_web_url(decoded));
    reader.warn(
        field,
        match decoded {
            Some(_) => DECODED,
            None => "not an absolute http or https URL, left out",
        },
    );
    decoded
}

/// A privacy wish that cannot be read is respected.
fn limited_data_use(reader: &mut Reader<'_>) -> Option<bool> {
    let value = reader.value(Field::LimitedDataUse)?.expose();
    match value.trim().to_ascii_lowercase().as_str() {
        "" => None,
        "true" | "1" | "yes" | "y" | "on" | "t" => Some(true),
        "false" | "0" | "no" | "n" | "off" | "f" => Some(false),
        _ => {
            reader.warn(Field::LimitedDataUse, "neither true nor false: taken as true");
            Some(true)
        }
    }
}

/// `lead`, of CRM events.
fn lead(reader: &mut Reader<'_>) -> Option<CrmLead> {
    let lead_event_source = reader.text(Field::LeadEventSource);
    Some(CrmLead { lead_id: reader.text(Field::LeadId)?, lead_event_source })
}

/// Names the fields that TikTok ignores for this kind of source; they are left out.
fn warn_of_unused(reader: &mut Reader<'_>, source: EventSource) {
    const PAGE: [Field; 3] = [Field::PageUrl, Field::PageReferrer, Field::LimitedDataUse];
    const LEAD: [Field; 2] = [Field::LeadId, Field::LeadEventSource];
    let unused: Vec<Field> = match source {
        EventSource::Web => LEAD.to_vec(),
        EventSource::Offline => [PAGE.as_slice(), LEAD.as_slice()].concat(),
        EventSource::Crm => PAGE.to_vec(),
    };
    for field in unused {
        if reader.has(field) {
            let what = format!("TikTok ignores it for {} events, left out", source.as_str());
            reader.warn(field, what);
        }
    }
}
