//! The rules behind the platforms' table: limits, conditions, decisions and event ids, each with
//! its edges; and properties that hold for every postback.

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
use clickjoin::few::Map;
use clickjoin::lead::{Field, Fields};
use clickjoin::placeholder::absent;
use clickjoin::postback::body::{self, MAX_FIELDS};
use clickjoin::postback::decide::{Decision, Policy, decide};
use clickjoin::postback::event_id::{Context, Template, derive};
use clickjoin::postback::facts::Facts;
use clickjoin::postback::filter::Condition;
use clickjoin::postback::resolve::{Aliases, Resolved, resolve};
use clickjoin::postback::trigger::Trigger;
use clickjoin::postback::{answer, profile};
use clickjoin::raw::RawValue;
use clickjoin::rejection::Rejection;
use clickjoin::slug::Slug;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn resolved(profile: &str, query: &str) -> Result<Resolved, Rejection> {
    let parsed = body::parse(None, query, b"").expect(query);
    resolve(parsed, profile::find(profile).expect(profile), &Aliases::new())
}

fn facts(query: &str) -> Facts {
    resolved("generic", query).expect(query).facts
}

#[test]
fn long_values_are_rejected_by_field() {
    for (name, length, field) in [
        ("ttclid", 1_001, Some(Some("ttclid"))),
        ("ttclid", 1_000, None),
        ("description", 8_193, Some(Some("description"))),
        ("description", 8_192, None),
        ("mobile", 9_000, Some(Some("phone"))),
        ("nobodys", 9_000, Some(None)),
    ] {
        let query = format!("event=Lead&{name}={}", "a".repeat(length));
        let rejected = resolved("generic", &query).err();
        assert_eq!(rejected.as_ref().map(|r| r.field), field, "{name} {length}");
        assert!(rejected.is_none_or(|r| !r.reason.contains("aaa")));
    }
    // Characters, not bytes.
    assert!(resolved("generic", &format!("ttclid={}", "é".repeat(1_000))).is_ok());
}

#[test]
fn conditions() {
    let facts = facts(
        "status=Approved&payout=$1,234.50&buyer_id=12&goal=3&email=a@example.com&\
         email=b@example.com&city={city}&order_id=9007199254740993&first_name=Ann+Lee&tag=a,b&amount=1.234",
    );
    for (text, holds) in [
        ("status = approved", true),
        ("status == \"APPROVED\"", true),
        ("status != rejected", true),
        ("status != approved", false),
        ("payout > 0", true),
        ("payout > 1234.5", false),
        ("payout >= 1234.5", true),
        ("value < 1234.51", true),
        ("value<=1234.49", false),
        ("revenue = 1234.50", true),
        ("buyer_id in [12, 40]", true),
        ("buyer_id in [12.0]", true),
        ("buyer id in ['7', \"40\"]", false),
        ("buyer_id not in [7]", true),
        ("buyer_id NOT IN [12]", false),
        ("goal = 3", true),
        ("goal > 2 and status = approved", true),
        ("goal > 2 && status = rejected", false),
        ("email = b@example.com", true),
        ("email != b@example.com", false),
        ("offer_id = 1", false),
        ("offer_id != 1", true),
        ("offer_id > 0", false),
        ("offer_id not in [1]", true),
        ("offer_id missing", true),
        ("offer_id not exists", true),
        ("goal exists", true),
        // What could be two amounts passes where one of them does: `event` then says so.
        ("amount > 1000", true),
        ("amount < 2", true),
        ("amount > 2000", false),
        // A macro is no value.
        ("city exists", false),
        ("city missing", true),
        // Text is never more or less than a number.
        ("status > 0", false),
        ("status < 0", false),
        // Ids longer than a number is exact are texts.
        ("order_id = 9007199254740992", false),
        ("order_id = 9007199254740993", true),
        ("first_name = 'ann lee'", true),
        ("tag = 'a,b'", true),
    ] {
        match Condition::parse(text) {
            Ok(condition) => {
                assert_eq!(condition.holds(&facts), holds, "{text}");
                assert_eq!(condition.as_str(), text);
            }
            // Names have no spaces: said where it is written.
            Err(error) => assert_eq!(
                (text, error.as_str()),
                (
                    "buyer id in ['7', \"40\"]",
                    "character 7: expected one of = != < <= > >=, `in`, `not in`, `exists` or `missing`"
                )
            ),
        }
    }
}

#[test]
fn conditions_that_are_none_say_where() {
    for (text, want) in [
        ("", "character 1: expected a field's name"),
        ("= 1", "character 1: expected a field's name"),
        ("-- = 1", "character 1: expected a field's name"),
        ("payout", "character 7: expected one of"),
        ("payout >", "character 9: expected a value"),
        ("payout > abc", "character 10: expected a number"),
        ("payout > inf", "character 10: expected a number"),
        ("payout ! 1", "character 8: expected one of"),
        ("payout > 1 or status = x", "character 12: there is no `or`"),
        ("status = not sold", "character 14: expected `and` or the end"),
        ("status = 'sold", "character 10: the quote is not closed"),
        ("status & 1", "character 8: a sign that means nothing here"),
        ("buyer_id in 12", "character 13: expected a list"),
        ("buyer_id in []", "character 14: expected a value"),
        ("buyer_id in [12 40]", "character 17: expected `,` or `]`"),
        ("buyer_id in [12", "character 16: expected `,` or `]`"),
        ("buyer_id not 12", "character 14: expected `in` after `not`"),
        ("a = 1 and", "character 10: expected a field's name"),
    ] {
        let error = Condition::parse(text).expect_err(text);
        assert!(error.starts_with(want), "{text}: {error}");
    }
}

fn decided(profile: &str, query: &str, path: Option<&str>) -> Decision {
    let events = Map::from_iter([
        ("Form Submission".to_owned(), EventName::parse("CompleteRegistration").unwrap()),
        ("vip".to_owned(), EventName::parse("Subscribe").unwrap()),
    ]);
    let profile = profile::find(profile).expect(profile);
    let policy = Policy { profile, events: &events, filters: &[], rules: &[] };
    decide(&resolved(profile.name, query).expect(query).facts, path, &policy)
}

#[test]
fn decisions() {
    let told =
        |event: &str, trigger: Option<&str>| Some((event.to_owned(), trigger.map(str::to_owned)));
    for (profile, query, path, want) in [
        // The source's map, by whatever spelling.
        ("generic", "trigger=form_submit", None, told("CompleteRegistration", Some("form_submit"))),
        ("generic", "", Some("form-submit"), told("CompleteRegistration", Some("form_submit"))),
        ("generic", "trigger=VIP", None, told("Subscribe", Some("vip"))),
        ("generic", "event=vip", None, told("Subscribe", Some("vip"))),
        ("generic", "status=vip", None, told("Subscribe", Some("vip"))),
        // The field over the path over the status over the default.
        (
            "keitaro",
            "trigger=offer_click&status=sale",
            Some("form_submit"),
            told("ViewContent", Some("offer_click")),
        ),
        ("keitaro", "status=sale", Some("offer_click"), told("ViewContent", Some("offer_click"))),
        ("keitaro", "status=lead", None, told("CompleteRegistration", Some("form_submit"))),
        ("keitaro", "", None, told("Purchase", Some("lead_sold"))),
        ("keitaro", "", Some("{trigger}"), told("Purchase", Some("lead_sold"))),
        ("keitaro", "", Some(" "), told("Purchase", Some("lead_sold"))),
        // TikTok's names.
        ("generic", "event=Lead", None, told("Lead", None)),
        ("generic", "event=lead", None, told("lead", None)),
        ("generic", "event=Complete+Registration", None, told("CompleteRegistration", None)),
        ("generic", "trigger=complete_registration", None, told("CompleteRegistration", None)),
        ("generic", "event=Purchase&trigger=nobodys", None, told("Purchase", Some("nobodys"))),
        ("generic", "event=Purchase&trigger=!!", None, told("Purchase", None)),
        ("generic", "trigger=sale", None, told("Purchase", Some("lead_sold"))),
        // Nobody knows.
        ("generic", "trigger=nobodys", None, None),
        ("generic", "trigger=!!", None, None),
        ("generic", "", Some("../x"), None),
        ("generic", "status=wow", None, None),
        ("generic", "event=9lives", None, None),
        ("generic", "trigger=buyer_event", None, None),
        ("generic", "trigger=Lead+Rejected", None, None),
        ("generic", "event=Purchase&status=refunded", None, None),
    ] {
        let got = match decided(profile, query, path) {
            Decision::Event { name, trigger, .. } => {
                Some((name.to_string(), trigger.map(|t| t.to_string())))
            }
            Decision::Ignored { .. } | Decision::Rejected(_) => None,
        };
        assert_eq!(got, want, "{profile} {query} {path:?}");
    }
}

fn id(query: &str, trigger: Option<Trigger>, template: Option<&str>) -> String {
    let template = template.map(|text| Template::parse(text).expect(text));
    let context = Context {
        source: &Slug::parse("s").unwrap(),
        profile: profile::find("generic").unwrap(),
        template: template.as_ref(),
        trigger: trigger.as_ref(),
        event: &EventName::parse("Purchase").unwrap(),
    };
    derive(&facts(query), &context).expect(query).id.to_string()
}

#[test]
fn event_ids() {
    let custom = Trigger::parse("vip");
    for (query, trigger, template, want) in [
        ("event_id=e&transaction_id=t", None, None, "e"),
        ("transaction_id=t", None, None, "t"),
        ("transaction_id=+t+", None, None, "t"),
        ("transaction_id=t&offer_id=o&buyer_id=b", Some(Trigger::FormSubmit), None, "t"),
        ("transaction_id=t&offer_id=o&buyer_id=b", Some(Trigger::LeadSold), None, "t-b"),
        ("transaction_id=t&offer_id=o", Some(Trigger::LeadSold), None, "t-o"),
        ("transaction_id=t&buyer_id=b", Some(Trigger::BuyerEvent), None, "t-b"),
        ("transaction_id=t&offer_id=o&buyer_id=b", Some(Trigger::OfferClick), None, "t-o"),
        ("transaction_id=t&buyer_id=b", Some(Trigger::OfferConversion), None, "t-b"),
        ("transaction_id=t&offer_id=o&buyer_id=b", custom, None, "t-o-b"),
        ("transaction_id=t&offer_id=o&buyer_id=b", None, None, "t-o-b"),
        ("transaction_id=t&offer_id={offer}", Some(Trigger::OfferClick), None, "t"),
        ("event_id=e&transaction_id=t&goal=2", None, Some("{transaction_id}/{goal}"), "t/2"),
        (
            "transaction_id=t",
            Some(Trigger::LeadSold),
            Some("{source}-{trigger}-{event}-{transaction_id}"),
            "s-lead_sold-Purchase-t",
        ),
        ("transaction_id=t", None, Some("{transaction_id}-{trigger}"), "t"),
        // Pinned: the ids of retries must not change with a release.
        (
            "click_id=00112233445566778899aabbccddeeff",
            Some(Trigger::LeadSold),
            None,
            "d5504dd7b11328231ef0bfd1bfc8b915",
        ),
        ("ttclid=E.C.P.x", None, None, "5c20bcac29677695e2e9a323917810d1"),
        ("email=a@example.com", None, None, "86447e5b4dbf581b0596cb01c1fe1c44"),
    ] {
        assert_eq!(id(query, trigger, template), want, "{query} {template:?}");
    }
}

#[test]
fn event_ids_are_the_same_for_the_same_lead_and_no_other() {
    let sold = || Some(Trigger::LeadSold);
    let click = "click_id=00112233445566778899aabbccddeeff";
    assert_eq!(id(click, sold(), None), id(&click.to_uppercase(), sold(), None));
    assert_ne!(id(click, sold(), None), id(click, Some(Trigger::FormSubmit), None));
    assert_ne!(id(click, sold(), None), id(&format!("{click}&buyer_id=1"), sold(), None));
    assert_ne!(id("ttclid=E.C.P.x", sold(), None), id("ttclid=E.C.P.X", sold(), None));
    // Where it goes is no part of what it is; the order of fields is none either.
    let lead = "email=a@example.com&value=1";
    assert_eq!(
        id(lead, sold(), None),
        id("value=1&email=a@example.com&pixel=b&test_event_code=T1", sold(), None)
    );
    assert_ne!(id(lead, sold(), None), id("email=a@example.com&value=2", sold(), None));
    // Too long or with signs: hashed, not cut.
    let long = |end: &str| format!("transaction_id={}{end}", "x".repeat(300));
    assert_eq!(id(&long("a"), None, None).len(), 32);
    assert_ne!(id(&long("a"), None, None), id(&long("b"), None, None));
    assert_eq!(id("transaction_id=a%00b", None, None).len(), 32);
}

#[test]
fn templates_that_are_none() {
    for (text, want) in [
        ("", "it names no field"),
        ("same", "it names no field"),
        ("{source}-{event}", "it names no field"),
        ("{transaction_id", "a `{` is not closed"),
        ("transaction_id}", "a `}` has no `{`"),
        ("{transaction_id}}", "a `}` has no `{`"),
        ("{}", "a `{}` names no field"),
        ("{email}", "it names a field about a person"),
        ("{Mobile}", "it names a field about a person"),
        ("{external-id}", "it names a field about a person"),
    ] {
        let error = Template::parse(text).expect_err(text);
        assert!(error.starts_with(want), "{text}: {error}");
    }
}

/// A platform's own name for an email, taken for one by the source, gets into no event id.
#[test]
fn a_template_never_shows_what_is_personal() {
    let parsed = body::parse(None, "f7=alice@example.com&transaction_id=t", b"").unwrap();
    let own = Aliases::from_iter([(Field::Email, vec!["f7".to_owned()])]);
    let profile = profile::find("generic").unwrap();
    let facts = resolve(parsed, profile, &own).unwrap().facts;
    let template = Template::parse("{transaction_id}-{f7}").unwrap();
    let context = Context {
        source: &Slug::parse("s").unwrap(),
        profile,
        template: Some(&template),
        trigger: None,
        event: &EventName::parse("Lead").unwrap(),
    };
    assert_eq!(derive(&facts, &context).unwrap().id.as_str(), "t");
}

#[test]
fn profiles_say_what_their_platforms_expect() {
    for name in profile::NAMES {
        let profile = profile::find(name).unwrap();
        assert_eq!(profile.always_ok, matches!(name, "everflow" | "tune"), "{name}");
        assert_eq!(profile.answer == profile::AnswerForm::TuneText, name == "tune", "{name}");
    }
    let _: fn(&answer::Answer, answer::Manner) -> answer::Reply = answer::Answer::reply;
}

#[test]
fn fields_that_are_no_text_are_values() {
    let parsed = body::parse(None, "", br#"{"event":"Lead","limited_data_use":false,"value":0}"#);
    let resolved =
        resolve(parsed.unwrap(), profile::find("generic").unwrap(), &Aliases::new()).unwrap();
    let fields: &Fields = &resolved.facts.fields;
    assert_eq!(fields.first(Field::LimitedDataUse), Some(&RawValue::Bool(false)));
    assert!(matches!(fields.first(Field::Value), Some(RawValue::Number(_))));
    assert!(resolved.warnings.is_empty());
}

/// Bodies that begin like each of the formats, and then anything.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let starts = prop_oneof![
        Just(""),
        Just("{"),
        Just("{\"a\":"),
        Just("[{"),
        Just("<a>"),
        Just("<a><b "),
        Just("--x\r\nContent-Disposition: form-data; name=\""),
        Just("--x\r\nContent-Disposition:"),
        Just("a=%"),
        Just("\u{feff}"),
    ];
    let tails = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        "[{}\\[\\]\"':,a-c0-9\\\\un<>/&;#!=%?. \r\n-]{0,200}".prop_map(String::into_bytes),
    ];
    (starts, tails).prop_map(|(start, tail)| [start.as_bytes(), &tail].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_bytes_break_the_pipeline(
        body in bodies(),
        query in "\\PC{0,80}",
        content_type in proptest::option::of("(application/json|multipart/form-data; boundary=x|text/xml|[ -~]{0,30})"),
        name in proptest::sample::select(profile::NAMES.to_vec()),
    ) {
        let profile = profile::find(name).unwrap();
        match body::parse(content_type.as_deref(), &query, &body) {
            Err(error) => prop_assert!(matches!(error.status(), 400 | 413 | 415)),
            Ok(parsed) => {
                prop_assert!(parsed.pairs.len() <= MAX_FIELDS);
                // What is kept is never more than what came, except for JSON's names, which are
                // written once for each value under them.
                let kept: usize = parsed.pairs.iter().map(|p| p.value.expose().len()).sum();
                prop_assert!(kept <= 4 * (body.len() + query.len()) + 5 * MAX_FIELDS);
                let resolved = resolve(parsed, profile, &Aliases::new());
                let Ok(resolved) = resolved else { return Ok(()) };
                let events = Map::new();
                let policy = Policy { profile, events: &events, filters: &[], rules: &[] };
                if let Decision::Event { name, trigger, .. } = decide(&resolved.facts, None, &policy) {
                    let source = Slug::parse("s").unwrap();
                    let context = Context { source: &source, profile, template: None, trigger: trigger.as_ref(), event: &name };
                    prop_assert!(derive(&resolved.facts, &context).is_ok());
                }
            }
        }
    }

    #[test]
    fn conditions_and_templates_never_panic(text in "[a-z_ {}=!<>\\[\\],\"'0-9.&-]{0,60}|\\PC{0,40}") {
        let facts = facts("payout=1");
        let _ = Condition::parse(&text).map(|condition| condition.holds(&facts));
        let _ = Template::parse(&text);
        let _ = absent(&text);
        let _ = Trigger::parse(&text);
    }

    #[test]
    fn a_form_gives_back_what_was_put_in(pairs in proptest::collection::vec(("[a-z_]{1,12}", "\\PC{0,40}"), 1..20)) {
        let encode = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
        let body: String = pairs.iter().map(|(n, v)| format!("{n}={}&", encode(v))).collect();
        let parsed = body::parse(None, "", body.as_bytes()).unwrap();
        let got: Vec<_> = parsed.pairs.iter().map(|p| (p.name.clone(), p.value.expose().into_owned())).collect();
        prop_assert_eq!(got, pairs);
    }

    #[test]
    fn json_gives_back_what_was_put_in(pairs in proptest::collection::btree_map("[a-z_]{1,12}", "\\PC{0,40}", 1..20)) {
        let body = serde_json::to_string(&pairs).unwrap();
        let parsed = body::parse(None, "", body.as_bytes()).unwrap();
        let got: BTreeMap<_, _> = parsed.pairs.iter().map(|p| (p.name.clone(), p.value.expose().into_owned())).collect();
        prop_assert_eq!(got, pairs);
    }
}

/// Debug output is what logs and panics show.
#[test]
fn nothing_personal_can_be_printed() {
    let parsed = body::parse(None, "email=alice@example.com&x=secretvalue", b"").unwrap();
    let printed = format!("{parsed:?}");
    let resolved = resolve(parsed, profile::find("generic").unwrap(), &Aliases::new()).unwrap();
    let printed = format!("{printed}{resolved:?}");
    assert!(!printed.contains("alice") && !printed.contains("secretvalue"));
}
