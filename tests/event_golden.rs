//! The JSON of one full event for each kind of source, byte for byte: what TikTok is sent and what the
//! ledger stores. A change here is a change of both.
//!
//! `UPDATE_GOLDEN=1 cargo test --test event_golden` writes the files anew; read the difference.

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

use clickjoin::click::ClickRecord;
use clickjoin::event::{Currency, DraftInput, Event, EventId, EventName, EventSource, draft};
use clickjoin::lead::{Field, Fields};
use clickjoin::raw::{RawText, RawValue};
use clickjoin::time::UnixMillis;
use std::fs;
use std::path::Path;

const NOW: UnixMillis = UnixMillis(1_655_321_300_000);

/// A lead that has everything, in the writings of real forms.
fn lead() -> Fields {
    let texts = [
        (Field::Email, " ALICE_abc@gmail.com "),
        (Field::Email, "alice@work.example"),
        (Field::Phone, "(213) 373-4253"),
        (Field::ExternalId, "user_123"),
        (Field::FirstName, "Jane"),
        (Field::LastName, "O'Neil-Smith"),
        (Field::ZipCode, "94107-1234"),
        (Field::City, "San Francisco"),
        (Field::State, "CA"),
        (Field::Country, "United States"),
        (Field::EventTime, "2022-06-15 19:27:14"),
        (Field::Currency, "usd"),
        (Field::OrderId, "1001"),
        (Field::ShopId, "7"),
        (Field::SearchString, "solar panels"),
        (Field::Description, "Solar quote"),
        (Field::CustomerType, "new"),
        (Field::ContentIds, "sku-1,sku-2"),
        (Field::NumItems, "3"),
        (Field::PageReferrer, "https://www.tiktok.com/"),
        (Field::LimitedDataUse, "false"),
        (Field::LeadId, "7012345678901234567"),
        (Field::LeadEventSource, "Pingtree"),
    ];
    let mut fields = Fields::default();
    for (field, text) in texts {
        fields.push(field, RawValue::text(text));
    }
    fields.push(Field::Value, RawValue::Number(RawText::new("1234.50")));
    let contents = r#"[
        {"content_id": 17, "content_name": "Panel", "content_category": "Solar", "brand": "Sun", "price": 600.25, "quantity": 2},
        {"content_id": "sku-2", "price": "34", "quantity": "1"}
    ]"#;
    fields.push(Field::Contents, RawValue::Json(RawText::new(contents)));
    fields
}

fn click() -> ClickRecord {
    let landing =
        "https://quotes.example.com/solar?utm_source=tiktok&ttclid=E.C.P.abc123xyz&click_id=0011";
    let mut click = ClickRecord::new("spring", NOW, landing.to_owned());
    click.ttclid = Some("E.C.P.abc123xyz".to_owned());
    click.ttp = Some("2QpXb3Zk1J5gX9rL7mYw0tVfA8C".to_owned());
    click.ip = Some("2001:DB8:0:0::1".to_owned());
    click.user_agent = Some("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)".to_owned());
    click.locale = Some("en-US".to_owned());
    click.country = Some("CA".to_owned());
    click.referrer = Some("https://www.tiktok.com/@other".to_owned());
    click
}

fn event(source: EventSource) -> Event {
    let fields = lead();
    let click = click();
    let input = DraftInput {
        fields: &fields,
        name: EventName::parse("Purchase").expect("a name"),
        event_id: EventId::parse("txn_abc123").expect("an id"),
        event_source: source,
        now: NOW,
        currency: Currency::parse("EUR"),
        country: None,
        click: Some(&click),
        max_event_age_days: 28,
    };
    let mut event = draft(&input).expect("accepted").event;
    event.fill_from_click(&click, source);
    event.check(source).expect("complete");
    event
}

#[test]
fn payloads() {
    for source in [EventSource::Web, EventSource::Offline, EventSource::Crm] {
        let event = event(source);
        let json = serde_json::to_string_pretty(&event).expect("JSON") + "\n";
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(format!("tests/golden/event-{}.json", source.as_str()));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &json).expect("written");
        }
        let golden = fs::read_to_string(&path).expect("the golden file");
        assert_eq!(json, golden, "{}", path.display());
        assert_eq!(serde_json::from_str::<Event>(&golden).expect("read again"), event);
        let body = serde_json::json!({
            "event_source": source.as_str(), "event_source_id": "C4PIXELCODE", "data": [event],
        });
        let accepted = tiktok_stand_in::validate(&body, NOW.seconds()).expect("TikTok takes it");
        assert_eq!(accepted.findings, [], "and loses nothing of it");
    }
}

/// The smallest event, as it goes over the wire: no spaces, no absent keys.
#[test]
fn as_it_is_sent() {
    let mut event = Event::new(
        EventName::parse("Lead").expect("a name"),
        1_655_321_234,
        EventId::parse("1").expect("an id"),
    );
    event.user.ttclid = Some("E.C.P.abc".to_owned());
    assert_eq!(
        serde_json::to_string(&event).expect("JSON"),
        r#"{"event":"Lead","event_time":1655321234,"event_id":"1","user":{"ttclid":"E.C.P.abc"}}"#
    );
}

/// Once delivered, nothing raw of the visitor is left.
#[test]
fn blanking_the_visitor() {
    let mut event = event(EventSource::Web);
    event.blank_visitor();
    let json = serde_json::to_string(&event).expect("JSON");
    for gone in ["2001:db8", "Mozilla"] {
        assert!(!json.contains(gone), "{gone}");
    }
    assert!(json.contains("E.C.P.abc123xyz"));
}

/// `Debug` is for tests and panics; it names keys and no values.
#[test]
fn debug_prints_no_value() {
    let event = event(EventSource::Web);
    let printed = format!("{event:?} {:?} {:?}", event.user, event.page);
    for value in ["2001:db8", "Mozilla", "E.C.P", "sanfrancisco", "quotes.example", "848a77"] {
        assert!(!printed.contains(value), "{value} in {printed}");
    }
    assert!(printed.contains("user_agent") && printed.contains("txn_abc123"));
}
