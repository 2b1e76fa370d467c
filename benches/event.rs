//! Building and hashing one full event natively: the goal is under 10 µs (`cargo bench --bench event`).
//!
//! Measured on two busy cores: 3.9 µs for the event (draft, fill, check), 1.2 µs for its
//! JSON, 0.3 to 0.6 µs for a phone number.

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
use clickjoin::event::{
    Currency, DraftInput, Drafted, Event, EventId, EventName, EventSource, draft,
};
use clickjoin::identity::{Country, E164};
use clickjoin::lead::{Field, Fields};
use clickjoin::raw::{RawText, RawValue};
use clickjoin::time::UnixMillis;

#[global_allocator]
static ALLOCATIONS: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

const NOW: UnixMillis = UnixMillis(1_655_321_300_000);

/// Five keys to hash (email, phone, external id, first and last name) and three things.
fn lead() -> Fields {
    let texts = [
        (Field::Email, " ALICE_abc@gmail.com "),
        (Field::Phone, "(213) 373-4253"),
        (Field::ExternalId, "user_123"),
        (Field::FirstName, "Jane"),
        (Field::LastName, "O'Neil-Smith"),
        (Field::City, "San Francisco"),
        (Field::State, "CA"),
        (Field::Country, "US"),
        (Field::EventTime, "1655321234"),
        (Field::Value, "1234.50"),
        (Field::Currency, "USD"),
        (Field::OrderId, "1001"),
    ];
    let mut fields = Fields::default();
    for (field, text) in texts {
        fields.push(field, RawValue::text(text));
    }
    let contents = r#"[{"content_id":"sku-1","content_name":"Panel","price":600.25,"quantity":2},
        {"content_id":"sku-2","price":34,"quantity":1},{"content_id":"sku-3","price":9.99,"quantity":4}]"#;
    fields.push(Field::Contents, RawValue::Json(RawText::new(contents)));
    fields
}

fn click() -> ClickRecord {
    let url =
        "https://quotes.example.com/solar?utm_source=tiktok&ttclid=E.C.P.abc123xyz".to_owned();
    let mut click = ClickRecord::new("spring", NOW, url);
    click.ttclid = Some("E.C.P.abc123xyz".repeat(20));
    click.ip = Some("2001:db8::1".to_owned());
    click.user_agent = Some("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)".to_owned());
    click
}

fn drafted(fields: &Fields, click: &ClickRecord) -> Drafted {
    let input = DraftInput {
        fields,
        name: EventName::parse("Purchase").expect("a name"),
        event_id: EventId::parse("txn_abc123").expect("an id"),
        event_source: EventSource::Web,
        now: NOW,
        currency: Currency::parse("USD"),
        country: Country::parse("US"),
        click: Some(click),
        max_event_age_days: 28,
    };
    draft(&input).expect("accepted")
}

/// The whole way: fields in, an event that may go out.
#[divan::bench]
fn full_event(bencher: divan::Bencher) {
    let (fields, click) = (lead(), click());
    bencher.bench(|| {
        let mut event = drafted(&fields, &click).event;
        event.fill_from_click(&click, EventSource::Web);
        event.check(EventSource::Web).expect("complete");
        event
    });
}

/// Its JSON, as it is stored and sent.
#[divan::bench]
fn full_event_to_json(bencher: divan::Bencher) {
    let click = click();
    let mut event: Event = drafted(&lead(), &click).event;
    event.fill_from_click(&click, EventSource::Web);
    bencher.bench(|| serde_json::to_string(&event));
}

/// One phone number.
#[divan::bench(args = ["(213) 373-4253", "+44 (0)20 7946 0958", "4915123456789"])]
fn phone(text: &str) -> Option<E164> {
    E164::parse(text, Country::parse("DE"))
}
