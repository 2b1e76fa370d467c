//! Completing an event from the click, and the last look before it leaves.

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
use clickjoin::event::{CrmLead, Event, EventId, EventName, EventSource, MatchKey, Page};
use clickjoin::identity::{Country, PublicIp, external_id};
use clickjoin::time::UnixMillis;

const WEB: EventSource = EventSource::Web;
const OFFLINE: EventSource = EventSource::Offline;
const CRM: EventSource = EventSource::Crm;

fn event(name: &str) -> Event {
    let name = EventName::parse(name).expect("a name");
    Event::new(name, 1_700_000_000, EventId::parse("id-1").expect("an id"))
}

fn page(url: &str) -> Option<Page> {
    Some(Page { url: Some(url.to_owned()), referrer: None })
}

fn lead(id: &str) -> Option<CrmLead> {
    Some(CrmLead { lead_id: id.to_owned(), lead_event_source: None })
}

fn click() -> ClickRecord {
    let mut click = ClickRecord::new(
        "spring",
        UnixMillis(1_699_999_000_000),
        "https://a.example/?ttclid=click".to_owned(),
    );
    click.ttclid = Some("click".to_owned());
    click.ttp = Some("click-ttp".to_owned());
    click.ip = Some("::ffff:8.8.8.8".to_owned());
    click.user_agent = Some("click agent".to_owned());
    click.locale = Some("de-DE".to_owned());
    click.country = Some("DE".to_owned());
    click.referrer = Some("https://www.tiktok.com/".to_owned());
    click.limited_data_use = true;
    click
}

#[test]
fn the_click_fills_what_is_missing() {
    let mut event = event("Lead");
    event.fill_from_click(&click(), WEB);
    assert_eq!(event.user.ttclid.as_deref(), Some("click"));
    assert_eq!(event.user.ttp.as_deref(), Some("click-ttp"));
    assert_eq!(event.user.ip, PublicIp::parse("8.8.8.8").ok());
    assert_eq!(event.user.user_agent.as_deref(), Some("click agent"));
    assert_eq!(event.user.locale.as_deref(), Some("de-DE"));
    assert_eq!(event.user.country, Country::parse("DE"));
    let page = event.page.clone().expect("a page");
    assert_eq!(page.url.as_deref(), Some("https://a.example/?ttclid=click"));
    assert_eq!(page.referrer.as_deref(), Some("https://www.tiktok.com/"));
    assert_eq!(event.limited_data_use, Some(true));
    let again = event.clone();
    event.fill_from_click(&click(), WEB);
    assert_eq!(event, again, "filling twice changes nothing");
}

#[test]
fn the_postback_wins_key_by_key() {
    let mut event = event("Lead");
    event.user.ttclid = Some("own".to_owned());
    event.user.user_agent = Some("own agent".to_owned());
    event.user.country = Country::parse("US");
    event.page = page("https://own.example/");
    event.limited_data_use = Some(false);
    event.fill_from_click(&click(), WEB);
    assert_eq!(event.user.ttclid.as_deref(), Some("own"));
    assert_eq!(event.user.user_agent.as_deref(), Some("own agent"));
    assert_eq!(event.user.country, Country::parse("US"));
    assert_eq!(event.user.ip, PublicIp::parse("8.8.8.8").ok(), "which the postback did not give");
    let page = event.page.expect("a page");
    assert_eq!(page.url.as_deref(), Some("https://own.example/"));
    assert_eq!(page.referrer.as_deref(), Some("https://www.tiktok.com/"));
    assert_eq!(event.limited_data_use, Some(false));
}

#[test]
fn a_referrer_of_the_postback_stays_beside_the_clicks_url() {
    let mut event = event("Lead");
    event.page = Some(Page { url: None, referrer: Some("https://own.example/".to_owned()) });
    event.fill_from_click(&click(), WEB);
    let page = event.page.expect("a page");
    assert_eq!(page.url.as_deref(), Some("https://a.example/?ttclid=click"));
    assert_eq!(page.referrer.as_deref(), Some("https://own.example/"));
}

#[test]
fn what_a_click_knows_and_tiktok_does_not_take() {
    let mut click = click();
    click.ip = Some("10.0.0.1".to_owned());
    click.country = Some("T1".to_owned());
    click.referrer = Some("android-app://com.example".to_owned());
    click.user_agent = Some(" ".to_owned());
    let mut filled = event("Lead");
    filled.fill_from_click(&click, WEB);
    assert_eq!((filled.user.ip, filled.user.country, filled.user.user_agent), (None, None, None));
    assert_eq!(filled.page.expect("a page").referrer, None);
    for source in [OFFLINE, CRM] {
        let mut filled = event("Lead");
        filled.fill_from_click(&click, source);
        assert_eq!((filled.page, filled.limited_data_use), (None, None), "{source:?}");
        assert_eq!(filled.user.ttclid.as_deref(), Some("click"));
    }
}

/// Each row makes one event; the field at fault, or none where it may go.
#[test]
fn what_may_go() {
    type Make = fn(&mut Event);
    let table: [(&str, EventSource, Make, Option<Option<&str>>); 24] = [
        (
            "web with ttclid",
            WEB,
            |e| {
                e.user.ttclid = Some("x".into());
                e.page = page("https://a.example/");
            },
            None,
        ),
        (
            "web with ttp",
            WEB,
            |e| {
                e.user.ttp = Some("x".into());
                e.page = page("https://a.example/");
            },
            None,
        ),
        (
            "web with ip and agent",
            WEB,
            |e| {
                e.user.ip = PublicIp::parse("8.8.8.8").ok();
                e.user.user_agent = Some("x".into());
                e.page = page("https://a.example/");
            },
            None,
        ),
        (
            "web with external id",
            WEB,
            |e| {
                let id = external_id(&"x".into()).expect("an id").value;
                assert!(e.user.external_id.add(id));
                e.page = page("https://a.example/");
            },
            None,
        ),
        (
            "ip alone",
            WEB,
            |e| {
                e.user.ip = PublicIp::parse("8.8.8.8").ok();
                e.page = page("https://a.example/");
            },
            Some(None),
        ),
        (
            "agent alone",
            WEB,
            |e| {
                e.user.user_agent = Some("x".into());
                e.page = page("https://a.example/");
            },
            Some(None),
        ),
        (
            "places alone",
            WEB,
            |e| {
                e.user.city = Some("x".into());
                e.user.country = Country::parse("US");
                e.page = page("https://a.example/");
            },
            Some(None),
        ),
        ("nothing", WEB, |e| e.page = page("https://a.example/"), Some(None)),
        (
            "long ttclid",
            WEB,
            |e| {
                e.user.ttclid = Some("x".repeat(1_001));
                e.page = page("https://a.example/");
            },
            Some(Some("ttclid")),
        ),
        (
            "ttclid of 1,000 long characters",
            WEB,
            |e| {
                e.user.ttclid = Some("é".repeat(1_000));
                e.page = page("https://a.example/");
            },
            None,
        ),
        ("web without page", WEB, |e| e.user.ttclid = Some("x".into()), Some(Some("page_url"))),
        (
            "web without url",
            WEB,
            |e| {
                e.user.ttclid = Some("x".into());
                e.page = Some(Page { url: None, referrer: Some("https://a.example/".into()) });
            },
            Some(Some("page_url")),
        ),
        (
            "web with relative url",
            WEB,
            |e| {
                e.user.ttclid = Some("x".into());
                e.page = page("/solar");
            },
            Some(Some("page_url")),
        ),
        (
            "web with lead",
            WEB,
            |e| {
                e.user.ttclid = Some("x".into());
                e.page = page("https://a.example/");
                e.lead = lead("1");
            },
            Some(Some("lead_id")),
        ),
        (
            "web custom name",
            WEB,
            |e| {
                e.event = EventName::parse("my-event").expect("a name");
                e.user.ttclid = Some("x".into());
                e.page = page("https://a.example/");
            },
            None,
        ),
        ("offline", OFFLINE, |e| e.user.ttclid = Some("x".into()), None),
        (
            "offline custom name",
            OFFLINE,
            |e| {
                e.event = EventName::parse("my-event").expect("a name");
                e.user.ttclid = Some("x".into());
            },
            Some(Some("event")),
        ),
        (
            "offline older name",
            OFFLINE,
            |e| {
                e.event = EventName::parse("CompletePayment").expect("a name");
                e.user.ttclid = Some("x".into());
            },
            None,
        ),
        (
            "offline with page",
            OFFLINE,
            |e| {
                e.user.ttclid = Some("x".into());
                e.page = page("https://a.example/");
            },
            Some(Some("page_url")),
        ),
        (
            "offline with limited use",
            OFFLINE,
            |e| {
                e.user.ttclid = Some("x".into());
                e.limited_data_use = Some(true);
            },
            Some(Some("limited_data_use")),
        ),
        (
            "crm",
            CRM,
            |e| {
                e.user.country = Country::parse("US");
                e.lead = lead("1");
            },
            None,
        ),
        ("crm without lead", CRM, |e| e.user.ttclid = Some("x".into()), Some(Some("lead_id"))),
        (
            "crm with blank lead",
            CRM,
            |e| {
                e.user.ttclid = Some("x".into());
                e.lead = lead(" ");
            },
            Some(Some("lead_id")),
        ),
        ("crm with empty user", CRM, |e| e.lead = lead("1"), Some(None)),
    ];
    for (name, source, make, fault) in table {
        let mut event = event("Lead");
        make(&mut event);
        let verdict = event.check(source);
        assert_eq!(verdict.as_ref().err().map(|rejection| rejection.field), fault, "{name}");
        let body = serde_json::json!({
            "event_source": source.as_str(), "event_source_id": "x", "data": [event],
        });
        if fault.is_none() {
            let accepted = tiktok_stand_in::validate(&body, 1_700_000_000).expect(name);
            assert_eq!(accepted.findings, [], "{name}");
        }
    }
}

#[test]
fn keys_are_counted_by_name() {
    let mut event = event("Lead");
    event.fill_from_click(&click(), WEB);
    let names: Vec<&str> = event.match_keys().names().collect();
    assert_eq!(names, ["ttclid", "ip", "user_agent", "ttp", "country", "locale"]);
    event.blank_visitor();
    assert!(!event.match_keys().contains(MatchKey::Ip));
    event.lead = lead("1");
    assert!(event.match_keys().contains(MatchKey::LeadId));
}
