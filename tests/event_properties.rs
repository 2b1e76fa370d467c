//! What holds for any input: parsers never panic, normalising twice changes nothing, hashes look like
//! hashes, and what we accept TikTok takes.

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
    Amount, Currency, DraftInput, Event, EventId, EventName, EventSource, draft,
};
use clickjoin::identity::{
    self, Country, E164, PublicIp, Sha256Hex, email, external_id, phone, place, zip_code,
};
use clickjoin::lead::{Field, Fields};
use clickjoin::raw::{RawText, RawValue};
use clickjoin::time::UnixMillis;
use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::select;

const NOW: i64 = 1_700_000_000;

/// Texts that reach the corners: any characters, digits with punctuation, and what fields really hold.
fn texts() -> impl Strategy<Value = String> {
    let real = select(vec![
        "alice@example.com",
        "ALICE%40example.com",
        "a b@example.com",
        "+12133734253",
        " 442079460958",
        "0812-3456-7890",
        "٠٥٠١٢٣٤٥٦٧",
        "$1,234.50",
        "1.234,50 €",
        "12,34",
        "1e3",
        "-5",
        "1,234",
        "0",
        "2023-11-14T22:13:20Z",
        "1699999999",
        "1699999999000",
        "2023-11-14 21:00:00",
        "São Paulo",
        "東京",
        "O'Neil-Smith",
        "İstanbul",
        "ΑΣ",
        "ǅ",
        "代々木",
        "US",
        "UK",
        "Türkiye",
        "203.0.113.1",
        "10.0.0.1",
        "2001:db8::1",
        "https://a.example/?x=1",
        "https://a.example/a b",
        "HTTP://A.example:80",
        "USD",
        "eur",
        "product",
        "new",
        "true",
        "3",
        "[\"a\",1]",
        "[{\"content_id\":1,\"price\":\"5\"}]",
        "{}",
        "[",
        "null",
        "c3fcd3d76192e4007dfb496cca67e13b",
        "9F7EC22D72092CD3C0B58726ED9C2D91B92E51A3F29837508FB2948BB22DD2FD",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "94107-1234",
        "M5V 3L9",
        "",
        " ",
    ]);
    prop_oneof![
        3 => real.prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[0-9+(). ,'eE$€/:TZ-]{0,40}",
        1 => "\\PC{0,40}",
    ]
}

fn values() -> impl Strategy<Value = RawValue> {
    prop_oneof![
        6 => texts().prop_map(RawValue::text),
        2 => any::<i64>().prop_map(|number| RawValue::Number(RawText::new(number.to_string()))),
        2 => any::<f64>().prop_map(|number| RawValue::Number(RawText::new(number.to_string()))),
        1 => any::<bool>().prop_map(RawValue::Bool),
        1 => texts().prop_map(|text| RawValue::Json(RawText::new(text))),
    ]
}

/// Any fields with any values; in half of the cases the time and the value are left out, which are
/// refused more often than not, and what a complete event needs is there.
fn fields() -> impl Strategy<Value = Fields> {
    let rows = prop::collection::vec((select(Field::ALL.to_vec()), values()), 0..40);
    (rows, any::<bool>()).prop_map(|(rows, complete)| {
        let mut fields = Fields::default();
        for (field, value) in rows {
            fields.push(field, value);
        }
        if complete {
            fields.remove(Field::EventTime);
            fields.set(Field::Value, vec![RawValue::text("1,234.50")]);
            fields.set(Field::Currency, vec![RawValue::text("usd")]);
            fields.push(Field::ExternalId, RawValue::text("user_123"));
            fields.push(Field::PageUrl, RawValue::text("https://a.example/"));
            fields.push(Field::LeadId, RawValue::text("17"));
        }
        fields
    })
}

fn clicks() -> impl Strategy<Value = Option<ClickRecord>> {
    let optional = || prop::option::of(texts());
    let click =
        (texts(), optional(), optional(), optional(), optional(), optional(), any::<bool>());
    prop::option::of(click.prop_map(|(url, ttclid, ip, agent, country, referrer, limited)| {
        let mut click = ClickRecord::new("spring", UnixMillis(0), url);
        click.ttclid = ttclid;
        click.ip = ip;
        click.user_agent = agent;
        click.country = country;
        click.referrer = referrer;
        click.limited_data_use = limited;
        click
    }))
}

fn sources() -> impl Strategy<Value = EventSource> {
    select(vec![EventSource::Web, EventSource::Offline, EventSource::Crm])
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2_000))]

    /// What we accept, TikTok's stand-in takes, and loses nothing of but what was warned of.
    #[test]
    fn accepted_is_accepted(
        fields in fields(),
        click in clicks(),
        source in sources(),
        name in select(vec!["Purchase", "Lead", "my-event", "purchase", "CompletePayment"]),
        with_currency in any::<bool>(),
    ) {
        let input = DraftInput {
            fields: &fields,
            name: EventName::parse(name).expect("a name"),
            event_id: EventId::parse("id-1").expect("an id"),
            event_source: source,
            now: UnixMillis(NOW * 1_000),
            currency: Currency::parse("USD").filter(|_| with_currency),
            country: Country::parse("US"),
            click: click.as_ref(),
            max_event_age_days: 28,
        };
        let Ok(drafted) = draft(&input) else { return Ok(()); };
        let mut event = drafted.event;
        if let Some(click) = &click {
            event.fill_from_click(click, source);
        }
        let stored = serde_json::to_string(&event).expect("JSON");
        prop_assert_eq!(&serde_json::from_str::<Event>(&stored).expect("read again"), &event);
        if event.check(source).is_err() { return Ok(()); }
        let body = serde_json::json!({
            "event_source": source.as_str(), "event_source_id": "x", "data": [event],
        });
        let verdict = tiktok_stand_in::validate(&body, NOW);
        prop_assert!(verdict.is_ok(), "{:?} for {}", verdict, body);
        for finding in verdict.expect("accepted").findings {
            let known = ["event", "properties.value", "user.ttclid"].contains(&finding.path.as_str());
            prop_assert!(known, "{:?} for {}", finding, body);
        }
    }

    /// Every key of a person survives being read again, and looks like a hash.
    #[test]
    fn hashes(text in texts()) {
        let raw = RawText::new(text);
        let read = [
            email(&raw), external_id(&raw), identity::name(&raw), zip_code(&raw, None),
            zip_code(&raw, Some(Country::US)), phone(&raw, None), phone(&raw, Some(Country::US)),
        ];
        for hash in read.into_iter().flatten().map(|noted| noted.value) {
            let text = hash.to_string();
            prop_assert_eq!(text.len(), 64);
            prop_assert!(text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
            prop_assert_eq!(Sha256Hex::parse(&text), Some(hash));
            for again in [email, external_id, identity::name] {
                prop_assert_eq!(again(&RawText::new(text.clone())).map(|noted| noted.value), Ok(hash));
            }
        }
    }

    #[test]
    fn normalising_twice_changes_nothing(text in texts()) {
        let raw = RawText::new(text.clone());
        if let Ok(once) = place(&raw) {
            let once = once.value;
            let again = place(&RawText::new(once.clone())).map(|noted| noted.value);
            prop_assert_eq!(again, Ok(once));
        }
        for region in ["US", "DE", "IT", "AR", "ID", "GB"] {
            if let Some(number) = E164::parse(&text, Country::parse(region)) {
                let again = E164::parse(number.expose(), None);
                prop_assert_eq!(again.as_ref().map(E164::expose), Some(number.expose()));
            }
        }
        if let Ok(ip) = PublicIp::parse(&text) {
            prop_assert_eq!(PublicIp::parse(&ip.to_string()), Ok(ip));
        }
        if let Some(country) = Country::recognise(&text) {
            let again = Country::recognise(&country.value.upper()).map(|noted| noted.value);
            prop_assert_eq!(again, Some(country.value));
        }
        if let Some(currency) = Currency::parse(&text) {
            prop_assert_eq!(Currency::parse(currency.as_str()), Some(currency));
        }
    }

    /// A name in another case is the same name; so is a name with spaces around it.
    #[test]
    fn names_by_case(text in "[a-zA-ZäöüßéÅØçñА-Яа-я '.-]{1,20}") {
        let hash = |text: String| identity::name(&RawText::new(text)).map(|noted| noted.value);
        prop_assert_eq!(hash(format!("  {text}\t")), hash(text.clone()));
        prop_assert_eq!(hash(text.to_lowercase()), hash(text));
    }

    /// No amount of up to 15 digits is changed on its way through JSON.
    #[test]
    fn amounts_are_exact(units in 0_u64..1_000_000_000_000_000, decimals in 0_usize..10) {
        let digits = format!("{units:0>width$}", width = decimals.saturating_add(1));
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(decimals));
        let written = if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") };
        let (amount, rounded) = Amount::from_decimal(&written).expect("an amount");
        prop_assert!(!rounded);
        let plain = if fraction.is_empty() {
            written.clone()
        } else {
            written.trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        prop_assert_eq!(amount.to_string(), plain);
        let json = serde_json::to_string(&amount).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<Amount>(&json).expect("read again"), amount);
        let double: f64 = json.parse().expect("a number");
        prop_assert_eq!(double.to_bits(), written.parse::<f64>().expect("a number").to_bits());
    }

    /// Rounding never moves an amount by more than a hundredth of a cent.
    #[test]
    fn rounding_keeps_cents(number in 0.0_f64..99_999_999_999.0) {
        let (amount, _) = Amount::from_decimal(&number.to_string()).expect("an amount");
        let back: f64 = amount.to_string().parse().expect("a number");
        prop_assert!((back - number).abs() <= 0.000_1, "{} became {}", number, amount);
    }
}
