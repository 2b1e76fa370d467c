//! What a lead's fields become: every point of the event model as rows of a table.

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
use clickjoin::identity::Country;
use clickjoin::lead::{Field, Fields};
use clickjoin::raw::{RawText, RawValue};
use clickjoin::rejection::Rejection;
use clickjoin::time::UnixMillis;
use serde_json::{Value, json};

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
const WEB: EventSource = EventSource::Web;

fn fields(rows: &[(Field, RawValue)]) -> Fields {
    let mut fields = Fields::default();
    for (field, value) in rows {
        fields.push(*field, value.clone());
    }
    fields
}

fn number(digits: &str) -> RawValue {
    RawValue::Number(RawText::new(digits))
}

fn text(text: &str) -> RawValue {
    RawValue::text(text)
}

fn input<'a>(fields: &'a Fields, source: EventSource) -> DraftInput<'a> {
    DraftInput {
        fields,
        name: EventName::parse("Purchase").expect("a name"),
        event_id: EventId::parse("id-1").expect("an id"),
        event_source: source,
        now: NOW,
        currency: Currency::parse("USD"),
        country: Country::parse("US"),
        click: None,
        max_event_age_days: 28,
    }
}

fn draft_of(rows: &[(Field, RawValue)]) -> Result<Drafted, Rejection> {
    draft(&input(&fields(rows), WEB))
}

/// The value at a JSON pointer of the event, and the fields that have a warning.
fn look(drafted: &Drafted, pointer: &str) -> (Value, Vec<String>) {
    let json = serde_json::to_value(&drafted.event).expect("JSON");
    let fields = drafted.warnings.iter().map(|warning| warning.field().to_owned()).collect();
    (json.pointer(pointer).cloned().unwrap_or(Value::Null), fields)
}

/// Field, value as it came, pointer, what it must be there (null: left out), whether there is a warning.
#[test]
fn one_field_each() {
    let md5 = "c3fcd3d76192e4007dfb496cca67e13b";
    let sha = "9f7ec22d72092cd3c0b58726ed9c2d91b92e51a3f29837508fb2948bb22dd2fd";
    let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let table = [
        (
            Field::Email,
            text(" ALICE_abc@gmail.com "),
            "/user/email",
            json!("848a771458438fc2ec420560d769fb9b9b86851ee338ec56517baabd79d3bb4f"),
            false,
        ),
        (Field::Email, text(md5), "/user/email", Value::Null, true),
        (Field::Email, text(nothing), "/user/email", Value::Null, true),
        (Field::Email, text(&sha.to_uppercase()), "/user/email", json!(sha), false),
        (Field::Email, text("alice"), "/user/email", Value::Null, true),
        (Field::Email, text("   "), "/user/email", Value::Null, false),
        (Field::Email, RawValue::Bool(true), "/user/email", Value::Null, true),
        (Field::Email, RawValue::Json(RawText::new("{}")), "/user/email", Value::Null, true),
        (Field::Phone, text("(+1)2133734253"), "/user/phone", json!(sha), false),
        (Field::Phone, number("2133734253"), "/user/phone", json!(sha), false),
        (Field::Phone, text(" 12133734253"), "/user/phone", json!(sha), false),
        (Field::Phone, text(sha), "/user/phone", json!(sha), false),
        (Field::Phone, text("call me"), "/user/phone", Value::Null, true),
        (
            Field::ExternalId,
            text("user_123"),
            "/user/external_id",
            json!("80fba0ae1c48e3978e43e4efc365e14e12ea0c830ba8ba5b9a2dafc7e3f2ab8b"),
            false,
        ),
        (
            Field::FirstName,
            text(" JANE. "),
            "/user/first_name",
            json!("81f8f6dde88365f3928796ec7aa53f72820b06db8664f5fe76a7eb13e24546a2"),
            false,
        ),
        (Field::LastName, text("-"), "/user/last_name", Value::Null, true),
        (
            Field::ZipCode,
            text("M5V 3L9"),
            "/user/zip_code",
            json!("5c850751d57c5d887fe7807d3da801efe7e8faa1f105ea36cdcd913dd32a41c7"),
            false,
        ),
        (Field::City, text("São Paulo"), "/user/city", json!("sãopaulo"), false),
        (Field::City, text("alice@example.com"), "/user/city", Value::Null, true),
        (
            Field::State,
            text("Nordrhein-Westfalen"),
            "/user/state",
            json!("nordrheinwestfalen"),
            false,
        ),
        (Field::Country, text("US"), "/user/country", json!("us"), false),
        (Field::Country, text("Brasil"), "/user/country", json!("br"), false),
        (Field::Country, text("UK"), "/user/country", json!("gb"), true),
        (Field::Country, text("XK"), "/user/country", Value::Null, true),
        (Field::Country, text("Atlantis"), "/user/country", Value::Null, true),
        (Field::Ttclid, text(" E.C.P.x y "), "/user/ttclid", json!(" E.C.P.x y "), false),
        (Field::Ttclid, text(&"x".repeat(1_000)), "/user/ttclid", json!("x".repeat(1_000)), false),
        (Field::Ttclid, text(&"x".repeat(1_001)), "/user/ttclid", Value::Null, true),
        (Field::Ttp, text("2Qp"), "/user/ttp", json!("2Qp"), false),
        (Field::Ip, text("203.0.113.1"), "/user/ip", json!("203.0.113.1"), false),
        (Field::Ip, text("2001:DB8::0:1"), "/user/ip", json!("2001:db8::1"), false),
        (Field::Ip, text("192.168.1.1"), "/user/ip", Value::Null, true),
        (Field::Ip, text("unknown"), "/user/ip", Value::Null, true),
        (
            Field::UserAgent,
            text("Mozilla/5.0..."),
            "/user/user_agent",
            json!("Mozilla/5.0..."),
            false,
        ),
        (Field::Locale, text("pt_BR"), "/user/locale", json!("pt_BR"), false),
        (Field::Value, number("0"), "/properties/value", json!(0), false),
        (Field::Value, number("50.0"), "/properties/value", json!(50), false),
        (Field::Value, number("1.234"), "/properties/value", json!(1.234), false),
        (Field::Value, number("1e3"), "/properties/value", json!(1000), false),
        (Field::Value, number("0.30000000000000004"), "/properties/value", json!(0.3), true),
        (Field::Value, text("$1,234.50"), "/properties/value", json!(1234.5), false),
        (Field::Value, text("1.234,50 €"), "/properties/value", json!(1234.5), false),
        (Field::Value, text("12,34"), "/properties/value", json!(12.34), false),
        (Field::Value, text("1 234,50"), "/properties/value", json!(1234.5), false),
        (Field::Value, text("50"), "/properties/currency", json!("USD"), false),
        (Field::Value, text("50 EUR"), "/properties/currency", json!("EUR"), false),
        (Field::Value, text("50"), "/properties/content_type", json!("product"), false),
        (Field::Value, text(" "), "/properties", Value::Null, false),
        (Field::Currency, text(" eur "), "/properties/currency", json!("EUR"), false),
        (Field::Currency, text("BTC"), "/properties", Value::Null, true),
        (
            Field::ContentType,
            text("Product_Group"),
            "/properties/content_type",
            json!("product_group"),
            false,
        ),
        (Field::ContentType, text("thing"), "/properties", Value::Null, true),
        (Field::NumItems, text("2.0"), "/properties/num_items", json!(2), false),
        (Field::NumItems, text("two"), "/properties", Value::Null, true),
        (Field::NumItems, text("-1"), "/properties", Value::Null, true),
        (Field::OrderId, number("1001"), "/properties/order_id", json!("1001"), false),
        (Field::ShopId, number("7"), "/properties/shop_id", json!("7"), false),
        (Field::SearchString, text("solar"), "/properties/query", json!("solar"), false),
        (Field::Query, text("solar"), "/properties/search_string", json!("solar"), false),
        (Field::Description, text("x"), "/properties/description", json!("x"), false),
        (Field::CustomerType, text("NEW"), "/properties/customer_type", json!("new"), false),
        (Field::CustomerType, text("old"), "/properties", Value::Null, true),
        (
            Field::ContentId,
            number("17"),
            "/properties/contents",
            json!([{"content_id": "17"}]),
            false,
        ),
        (Field::Price, text("1.234,50"), "/properties/contents/0/price", json!(1234.5), false),
        (Field::Price, text("9.99"), "/properties/currency", json!("USD"), false),
        (Field::Price, text("1,234"), "/properties", Value::Null, true),
        (Field::Quantity, text("3"), "/properties/contents/0/quantity", json!(3), false),
        (
            Field::ContentIds,
            text("a, b,,c"),
            "/properties/content_ids",
            json!(["a", "b", "c"]),
            false,
        ),
        (
            Field::ContentIds,
            text(r#"["a", 17, null]"#),
            "/properties/content_ids",
            json!(["a", "17"]),
            false,
        ),
        (
            Field::Contents,
            text(r#"[{"content_id":9007199254740993,"price":"5","quantity":"2"}]"#),
            "/properties/contents",
            json!([{"content_id": "9007199254740993", "price": 5, "quantity": 2}]),
            false,
        ),
        (
            Field::Contents,
            RawValue::Json(RawText::new(r#"{"CONTENT_NAME":"x","price":null}"#)),
            "/properties/contents",
            json!([{"content_name": "x"}]),
            false,
        ),
        (
            Field::Contents,
            text(r#"[{"sku":"x","content_id":"y"}]"#),
            "/properties/contents",
            json!([{"content_id": "y"}]),
            true,
        ),
        (Field::Contents, text("[1]"), "/properties", Value::Null, true),
        (Field::Contents, text("solar"), "/properties", Value::Null, true),
        (Field::Contents, text("[]"), "/properties", Value::Null, false),
        (
            Field::PageUrl,
            text("https://a.example/?q=1 2"),
            "/page/url",
            json!("https://a.example/?q=1%202"),
            false,
        ),
        (
            Field::PageUrl,
            text("https%3A%2F%2Fa.example%2F"),
            "/page/url",
            json!("https://a.example/"),
            true,
        ),
        (Field::PageUrl, text("a.example"), "/page", Value::Null, true),
        (
            Field::PageReferrer,
            text("https://www.tiktok.com/"),
            "/page/referrer",
            json!("https://www.tiktok.com/"),
            false,
        ),
        (Field::LimitedDataUse, text("1"), "/limited_data_use", json!(true), false),
        (Field::LimitedDataUse, RawValue::Bool(false), "/limited_data_use", json!(false), false),
        (Field::LimitedDataUse, text("perhaps"), "/limited_data_use", json!(true), true),
        (Field::EventTime, text("1699999999123"), "/event_time", json!(1_699_999_999), false),
        (Field::EventTime, text("1700000300"), "/event_time", json!(1_700_000_000), false),
        (Field::EventTime, text(" "), "/event_time", json!(1_700_000_000), false),
        (Field::EventTime, text("2023-11-14"), "/event_time", json!(1_699_920_000), true),
        (Field::LeadId, text("7"), "/lead", Value::Null, true),
    ];
    for (field, value, pointer, wanted, warned) in table {
        let shown = value.expose().into_owned();
        let drafted =
            draft_of(&[(field, value)]).unwrap_or_else(|error| panic!("{field} {shown}: {error}"));
        let (found, warnings) = look(&drafted, pointer);
        assert!(same(&found, &wanted), "{field} {shown}: {found} is not {wanted}");
        let wanted_warnings = if warned { vec![field.name().to_owned()] } else { Vec::new() };
        assert_eq!(warnings, wanted_warnings, "{field} {shown}: {:?}", drafted.warnings);
        let round = serde_json::to_string(&drafted.event).expect("JSON");
        assert_eq!(
            serde_json::from_str::<Event>(&round).expect("read again"),
            drafted.event,
            "{shown}"
        );
    }
}

/// JSON has one number type: 50 and 50.0 are the same amount.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one.to_bits() == other.to_bits(),
        _ => one == other,
    }
}

/// What is refused, by which field.
#[test]
fn refused() {
    let table = [
        (Field::Value, text("1,234"), "value"),
        (Field::Value, text("1.234"), "value"),
        (Field::Value, text("a lot"), "value"),
        (Field::Value, text("NaN"), "value"),
        (Field::Value, text("Infinity"), "value"),
        (Field::Value, number("-1"), "value"),
        (Field::Value, number("1e400"), "value"),
        (Field::Value, number("12345678901234567.89"), "value"),
        (Field::Value, RawValue::Bool(true), "value"),
        (Field::EventTime, text("yesterday"), "event_time"),
        (Field::EventTime, text("1700000601"), "event_time"),
        (Field::EventTime, text("1697580799"), "event_time"),
        (Field::EventTime, text("9999-12-31T23:59:59Z"), "event_time"),
        (Field::EventTime, number("99999999999999999999"), "event_time"),
        (Field::EventTime, RawValue::Bool(true), "event_time"),
    ];
    for (field, value, wanted) in table {
        let shown = value.expose().into_owned();
        let rejection = draft_of(&[(field, value)]).expect_err(&shown);
        assert_eq!(rejection.field, Some(wanted), "{shown}");
        assert!(!rejection.reason.contains(&shown), "the reason repeats {shown}");
    }
    for currency in ["BTC", "US Dollar", "EUR"] {
        let rejection =
            draft_of(&[(Field::Value, text("5 USD")), (Field::Currency, text(currency))]);
        assert_eq!(rejection.expect_err(currency).field, Some("currency"));
    }
}

#[test]
fn a_value_without_any_currency_goes_with_a_warning() {
    let fields = fields(&[(Field::Value, text("5"))]);
    let drafted = draft(&DraftInput { currency: None, ..input(&fields, WEB) }).expect("accepted");
    assert_eq!(look(&drafted, "/properties/value").0, json!(5));
    assert_eq!(look(&drafted, "/properties/currency"), (Value::Null, vec!["currency".to_owned()]));
}

#[test]
fn several_values() {
    let drafted = draft_of(&[
        (Field::Email, text("a@example.com")),
        (Field::Email, text("A@example.com")),
        (Field::Email, text("b@example.com")),
        (Field::Phone, text("2133734253")),
        (Field::Phone, text("+1 213 373 4253")),
        (Field::City, text("Paris")),
        (Field::City, text("London")),
        (Field::State, text("CA")),
        (Field::State, text("CA")),
    ])
    .expect("accepted");
    let (emails, warnings) = look(&drafted, "/user/email");
    assert_eq!(emails.as_array().map(Vec::len), Some(2));
    assert!(look(&drafted, "/user/phone").0.is_string(), "the same number twice is one string");
    assert_eq!(look(&drafted, "/user/city").0, json!("paris"));
    assert_eq!(warnings, ["city"]);
    let many: Vec<_> = (0..20).map(|i| (Field::ExternalId, text(&format!("id-{i}")))).collect();
    let drafted = draft_of(&many).expect("accepted");
    let (ids, warnings) = look(&drafted, "/user/external_id");
    assert_eq!(
        (ids.as_array().map(Vec::len), warnings),
        (Some(10), vec!["external_id".to_owned()])
    );
}

/// The lead's country, else the click's, else the source's.
#[test]
fn the_phone_region() {
    let mut click = ClickRecord::new("spring", NOW, "https://a.example/".to_owned());
    click.country = Some("ID".to_owned());
    let indonesian = json!("62397bbd6a8c9ae53bc914a6017300eb6b13af5be20e4cc9ad2dc3d61ecb24cd");
    let phone = (Field::Phone, text("0812-3456-7890"));
    let table = [
        (vec![phone.clone(), (Field::Country, text("Indonesia"))], None, None, true),
        (vec![phone.clone(), (Field::Country, text("id"))], None, Country::parse("US"), true),
        (vec![phone.clone()], Some(&click), Country::parse("US"), true),
        (vec![phone.clone()], None, Country::parse("ID"), true),
        (vec![phone.clone(), (Field::Country, text("nowhere"))], Some(&click), None, true),
        (vec![phone.clone(), (Field::Country, text("US"))], Some(&click), None, false),
        (vec![phone], None, None, false),
    ];
    for (index, (rows, click, country, found)) in table.into_iter().enumerate() {
        let fields = fields(&rows);
        let drafted =
            draft(&DraftInput { click, country, ..input(&fields, WEB) }).expect("accepted");
        let (phone, _) = look(&drafted, "/user/phone");
        assert_eq!(phone, if found { indonesian.clone() } else { Value::Null }, "row {index}");
    }
}

/// What TikTok ignores for a kind of source is left out and named.
#[test]
fn unused_fields() {
    let rows = [
        (Field::PageUrl, text("https://a.example/")),
        (Field::LimitedDataUse, text("true")),
        (Field::LeadId, number("17")),
        (Field::LeadEventSource, text("CRM")),
    ];
    let fields = fields(&rows);
    let table = [
        (WEB, vec!["lead_id", "lead_event_source"]),
        (
            EventSource::Offline,
            vec!["page_url", "limited_data_use", "lead_id", "lead_event_source"],
        ),
        (EventSource::Crm, vec!["page_url", "limited_data_use"]),
    ];
    for (source, wanted) in table {
        let drafted = draft(&input(&fields, source)).expect("accepted");
        assert_eq!(look(&drafted, "/page").1, wanted, "{source:?}");
        assert_eq!(drafted.event.page.is_some(), source == WEB);
        assert_eq!(drafted.event.limited_data_use.is_some(), source == WEB);
    }
    let drafted = draft(&input(&fields, EventSource::Crm)).expect("accepted");
    assert_eq!(look(&drafted, "/lead").0, json!({"lead_id": "17", "lead_event_source": "CRM"}));
}

#[test]
fn single_fields_give_way_to_a_list() {
    let drafted = draft_of(&[
        (Field::Contents, text(r#"[{"content_id":"a"}]"#)),
        (Field::ContentId, text("b")),
        (Field::Brand, text("x")),
    ])
    .expect("accepted");
    let (contents, warnings) = look(&drafted, "/properties/contents");
    assert_eq!(contents, json!([{"content_id": "a"}]));
    assert_eq!(warnings, ["content_id", "brand"]);
    let many = format!("[{}]", vec![r#"{"content_id":"a"}"#; 101].join(","));
    let drafted = draft_of(&[(Field::Contents, text(&many))]).expect("accepted");
    let (contents, warnings) = look(&drafted, "/properties/contents");
    assert_eq!(
        (contents.as_array().map(Vec::len), warnings),
        (Some(100), vec!["contents".to_owned()])
    );
}

#[test]
fn names_that_nearly_are_standard() {
    let fields = Fields::default();
    for (name, warned) in
        [("purchase", true), ("PageView", false), ("Purchase", false), ("my-event", false)]
    {
        let name = EventName::parse(name).expect("a name");
        let drafted =
            draft(&DraftInput { name: name.clone(), ..input(&fields, WEB) }).expect("accepted");
        assert_eq!(drafted.event.event, name, "a name is never changed on the way");
        assert_eq!(!drafted.warnings.is_empty(), warned, "{name}");
    }
}
