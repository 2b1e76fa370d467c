//! What is kept of a visit: repeats, `store = "always"`, consent, Global Privacy Control; and the
//! same for landing pages and the page script.

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

use clickjoin::capture::{
    PageReport, Visitor, decide, is_allowed_origin, landing_page, page_click,
};
use clickjoin::click::{ClickId, ClickRecord};
use clickjoin::config::{Campaign, Config};
use clickjoin::slug::Slug;
use clickjoin::time::UnixMillis;
use serde_json::{Value, json};

const RANDOM: [u8; 16] = [0xab; 16];
const ID: &str = "abababababababababababababababab";
const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

fn campaign(settings: Value) -> Campaign {
    let mut settings = settings;
    if settings.get("landing_page").is_none() {
        settings["destination"] = json!("https://l.example/p");
    }
    let config = Config::parse(&json!({ "campaigns": { "spring": settings } })).expect("it holds");
    config.campaigns.get("spring").expect("a campaign").clone()
}

fn spring() -> Slug {
    Slug::parse("spring").expect("a name")
}

fn click<'a>(query: &'a str, cookies: &'a str) -> Visitor<'a> {
    Visitor { query, cookies, user_agent: "Mozilla/5.0", ip: "203.0.113.9", ..Visitor::default() }
}

/// What is stored, and the cookie as the visitor would send it back.
fn kept(
    campaign: &Campaign,
    visitor: &Visitor<'_>,
    random: u8,
) -> (Option<(ClickId, ClickRecord)>, String) {
    let captured = decide(&spring(), campaign, visitor, NOW, [random; 16]).expect("a page");
    let cookie = captured.set_cookie.unwrap_or_default();
    (captured.click, cookie.split(';').next().expect("a value").to_owned())
}

#[test]
fn visits_without_a_ttclid_are_stored_where_the_owner_says_so() {
    let always = campaign(json!({ "store": "always" }));
    let usual = campaign(json!({}));
    for query in ["", "utm=1", "ttclid=", "ttclid=__CLICKID__"] {
        assert!(kept(&usual, &click(query, ""), 1).0.is_none(), "{query}");
        let (stored, cookies) = kept(&always, &click(query, ""), 1);
        let (_, record) = stored.expect("stored");
        assert_eq!((record.ttclid, record.ip.as_deref()), (None, Some("203.0.113.9")));
        assert!(kept(&always, &click(query, &cookies), 2).0.is_none(), "once");
    }
    // Whoever came before the owner said so, and has an id that nothing is stored under.
    let (_, cookies) = kept(&usual, &click("", ""), 1);
    assert!(cookies.starts_with("cj=01010101"), "{cookies}");
    let (stored, _) = kept(&always, &click("", &cookies), 2);
    assert_eq!(stored.expect("stored").0, ClickId::from_random([2; 16]), "never under an old id");
    // A visit without a ttclid after an ad click belongs to that click.
    let (_, cookies) = kept(&always, &click("ttclid=E.C.P.1", ""), 3);
    assert!(kept(&always, &click("", &cookies), 4).0.is_none());
}

#[test]
fn nothing_is_stored_under_an_id_that_a_visitor_brings() {
    let always = campaign(json!({ "store": "always" }));
    let victim = "00112233445566778899aabbccddeeff";
    for cookies in [
        format!("cj={victim}.."),
        format!("cj={victim}.0011223344556677."),
        format!("cj={victim}.0011223344556677.deadbeef"),
        format!("cj={victim}"),
        format!("cj={victim}.zz."),
    ] {
        for query in ["", "ttclid=E.C.P.1"] {
            if let (Some((id, _)), _) = kept(&always, &click(query, &cookies), 0xab) {
                assert_eq!(id.to_string(), ID, "{cookies} {query}");
            }
        }
    }
}

#[test]
fn cookies_of_another_form_are_none_of_ours() {
    let usual = campaign(json!({}));
    for cookies in [
        "cj=",
        "cj=x",
        "cj=00112233445566778899aabbccddeeff",
        "cj=00112233445566778899aabbccddeeff.zz.",
        "cj=00112233445566778899aabbccddeeff.00.00.00",
        "cj=00112233445566778899aabbccddeeff.00112233445566778.",
        "xcj=00112233445566778899aabbccddeeff..",
    ] {
        let visit = decide(&spring(), &usual, &click("", cookies), NOW, RANDOM).expect("a page");
        assert!(visit.location.ends_with(ID), "{cookies}");
    }
}

#[test]
fn without_the_consent_that_is_asked_for_no_ip_and_no_browser_are_kept() {
    let asked = json!({ "consent": { "param": "consent", "cookie": "cmp" } });
    let own_words = json!({ "consent": { "cookie": "cmp", "values": ["all", "ads"] } });
    let table = [
        (json!({}), "", "", true),
        (asked.clone(), "", "", false),
        (asked.clone(), "&consent=1", "", true),
        (asked.clone(), "&consent=Yes", "", true),
        (asked.clone(), "&consent=granted", "", true),
        (asked.clone(), "&consent=true", "", true),
        (asked.clone(), "&consent=0", "", false),
        (asked.clone(), "&consent=", "", false),
        (asked.clone(), "&consent=denied", "", false),
        (asked.clone(), "&consent=__CONSENT__", "", false),
        (asked.clone(), "", "a=b; cmp=1", true),
        (asked.clone(), "", "cmp=no", false),
        (asked.clone(), "&consent=0", "cmp=1", false),
        (asked, "&consent=1", "cmp=0", true),
        (own_words.clone(), "", "cmp=All", true),
        (own_words.clone(), "", "cmp=1", false),
        (own_words, "&consent=all", "", false),
    ];
    for (settings, param, cookies, agreed) in table {
        let query = format!("ttclid=E.C.P.1{param}");
        let (stored, cookie) = kept(&campaign(settings.clone()), &click(&query, cookies), 1);
        let (_, record) = stored.expect("the click itself is kept");
        let about = format!("{settings} {query} {cookies}");
        assert_eq!(record.ip.is_some(), agreed, "{about}");
        assert_eq!(record.user_agent.is_some(), agreed, "{about}");
        assert_eq!(record.limited_data_use, !agreed, "{about}");
        assert_eq!(!cookie.is_empty(), agreed, "{about}");
        assert_eq!(record.ttclid.as_deref(), Some("E.C.P.1"), "{about}");
    }
}

#[test]
fn consent_that_comes_later_counts() {
    let asked = campaign(json!({ "consent": { "param": "consent" } }));
    let (_, cookies) = kept(&asked, &click("ttclid=E.C.P.1", ""), 1);
    let (stored, cookies) = kept(&asked, &click("ttclid=E.C.P.1&consent=1", &cookies), 2);
    assert!(stored.expect("stored again").1.ip.is_some());
    assert!(kept(&asked, &click("ttclid=E.C.P.1&consent=1", &cookies), 3).0.is_none());
}

#[test]
fn which_clicks_are_marked() {
    let consent = json!({ "param": "consent" });
    // the setting, consent given, the click is marked
    for (setting, given, marked) in [
        ("never", false, false),
        ("without_consent", false, true),
        ("without_consent", true, false),
        ("always", true, true),
    ] {
        let campaign = campaign(json!({ "consent": consent, "limited_data_use": setting }));
        let query = if given { "ttclid=E.C.P.1&consent=1" } else { "ttclid=E.C.P.1" };
        let (stored, _) = kept(&campaign, &click(query, ""), 1);
        assert_eq!(stored.expect("stored").1.limited_data_use, marked, "{setting} {given}");
    }
    // Global Privacy Control, where it is honoured
    for (honor, has, limited) in [(true, true, true), (true, false, false), (false, true, false)] {
        let campaign = campaign(json!({ "honor_gpc": honor, "limited_data_use": "never" }));
        let visitor = Visitor { has_gpc: has, ..click("ttclid=E.C.P.1", "") };
        let (stored, cookie) = kept(&campaign, &visitor, 1);
        let (_, record) = stored.expect("stored");
        assert_eq!(record.limited_data_use, limited, "{honor} {has}");
        assert_eq!(record.ip.is_none(), limited, "{honor} {has}");
        assert!(!cookie.is_empty(), "the control is not about our own cookie");
    }
}

#[test]
fn values_are_capped_and_macros_left_out() {
    let long = "x".repeat(129);
    let query =
        format!("ttclid=E.C.P.1&campaign_id=17&aid=__AID__&cid=%5F%5FCID%5F%5F&placement={long}");
    let agent = "a".repeat(1_025);
    let cookies = format!("_ttp={long}");
    let visitor = Visitor { user_agent: &agent, referrer: &long, ..click(&query, &cookies) };
    let (_, record) = kept(&campaign(json!({})), &visitor, 1).0.expect("stored");
    assert_eq!(record.ad.campaign_id.as_deref(), Some("17"));
    assert_eq!((record.ad.aid, record.ad.cid, record.ad.placement), (None, None, None));
    assert_eq!((record.ttp, record.user_agent), (None, None));
    assert_eq!(record.referrer, Some(long), "4,096 bytes fit");
}

#[test]
fn a_landing_page_notes_a_click_and_nothing_else() {
    let front = campaign(json!({ "landing_page": "https://www.example.com/solar" }));
    let url = "https://www.example.com/solar?ttclid=E.C.P.1&a=1";
    let query = "ttclid=E.C.P.1&a=1";
    let note = |visitor: &Visitor<'_>, dest: &str| {
        landing_page(&spring(), &front, visitor, url, dest, NOW, RANDOM)
    };
    for dest in ["", "document", "iframe"] {
        let visit = note(&click(query, ""), dest).expect("a visit");
        let (id, record) = visit.click.expect("a click");
        assert_eq!(id.to_string(), ID);
        assert_eq!(record.landing_url, url);
        assert!(visit.set_cookie.expect("a cookie").starts_with(&format!("cj={ID}.")));
    }
    for dest in ["image", "script", "empty", "style"] {
        assert_eq!(note(&click(query, ""), dest), None, "{dest}");
    }
    for query in ["", "a=1", "ttclid=", "ttclid=__CLICKID__"] {
        assert_eq!(note(&click(query, ""), "document"), None, "{query}");
    }
    let redirected = format!("{query}&click_id=00112233445566778899aabbccddeeff");
    assert_eq!(note(&click(&redirected, ""), "document"), None, "the redirect captured it");
    let anothers = format!("{query}&click_id=w7Q");
    assert!(note(&click(&anothers, ""), "document").is_some());
    let preloader = Visitor { user_agent: "TikTokSpider", ..click(query, "") };
    assert_eq!(note(&preloader, "document"), None);
    // The same click again: the cookie is renewed, nothing is stored.
    let cookie =
        note(&click(query, ""), "document").expect("a visit").set_cookie.expect("a cookie");
    let again = click(query, cookie.split(';').next().expect("a value"));
    assert_eq!(note(&again, "document").expect("a visit").click, None);
}

#[test]
fn a_page_reports_its_click() {
    let allowed = campaign(json!({ "allowed_hosts": ["shop.example"] }));
    let report = |url: &str| PageReport {
        ttclid: "E.C.P.page".to_owned(),
        ttp: "2Kq3".to_owned(),
        url: url.to_owned(),
        referrer: "https://www.tiktok.com/".to_owned(),
    };
    let origin = "https://shop.example";
    // the page's address, what is remembered of it, the ttclid
    for (url, landing_url, ttclid) in [
        (
            "https://shop.example/a?x=1&ttclid=E.C.P%2b1#top",
            "https://shop.example/a?x=1&ttclid=E.C.P%2b1",
            "E.C.P+1",
        ),
        (
            "https://shop.example/a?ttclid=__CLICKID__",
            "https://shop.example/a?ttclid=__CLICKID__",
            "E.C.P.page",
        ),
        ("https://shop.example/a", "https://shop.example/a", "E.C.P.page"),
        ("https://evil.example/a", "https://shop.example/", "E.C.P.page"),
        ("https://shop.example@evil.example/", "https://shop.example/", "E.C.P.page"),
        ("http://shop.example/a", "https://shop.example/", "E.C.P.page"),
        ("about:blank", "https://shop.example/", "E.C.P.page"),
        ("", "https://shop.example/", "E.C.P.page"),
    ] {
        let request = click("c=spring", "");
        let seen = page_click(&spring(), &allowed, &report(url), origin, &request, NOW, RANDOM);
        let (id, record) = seen.click.expect("a click");
        assert_eq!((id, seen.id), (seen.id, ClickId::from_random(RANDOM)));
        assert_eq!(record.landing_url, landing_url, "{url}");
        assert_eq!(record.ttclid.as_deref(), Some(ttclid), "{url}");
        assert_eq!(record.ttp.as_deref(), Some("2Kq3"));
        assert_eq!(record.referrer.as_deref(), Some("https://www.tiktok.com/"));
        assert_eq!(record.ip.as_deref(), Some("203.0.113.9"));
    }
    // A repeat costs no write and keeps the id.
    let first = page_click(&spring(), &allowed, &report("x"), origin, &click("", ""), NOW, RANDOM);
    let cookie = first.set_cookie.expect("a cookie");
    let request = click("", cookie.split(';').next().expect("a value"));
    let again = page_click(&spring(), &allowed, &report("x"), origin, &request, NOW, [1; 16]);
    assert_eq!((again.click, again.id), (None, first.id));
}

#[test]
fn a_page_can_tell_of_consent_in_the_scripts_own_address() {
    let asked = campaign(json!({ "allowed_hosts": ["s.example"], "consent": { "param": "ok" } }));
    for (script, url, agreed) in [
        ("c=spring", "https://s.example/", false),
        ("c=spring&ok=1", "https://s.example/", true),
        ("c=spring", "https://s.example/?ok=1", true),
        ("c=spring&ok=1", "https://s.example/?ok=0", false),
    ] {
        let report =
            PageReport { ttclid: "E.C.P".into(), url: url.into(), ..PageReport::default() };
        let request = click(script, "");
        let seen =
            page_click(&spring(), &asked, &report, "https://s.example", &request, NOW, RANDOM);
        assert_eq!(seen.click.expect("a click").1.ip.is_some(), agreed, "{script} {url}");
    }
}

#[test]
fn reports_are_read_in_both_forms() {
    let json = r#"{"ttclid":"E.C.P","url":"https://s.example/?a=1","referrer":"","new":[1]}"#;
    let form = "ttclid=E.C.P&url=https%3A%2F%2Fs.example%2F%3Fa%3D1";
    assert_eq!(PageReport::parse(json), PageReport::parse(form));
    assert_eq!(PageReport::parse("{}"), Some(PageReport::default()));
    for bad in ["", "x", "{", "{\"ttclid\":1}", "[]"] {
        assert_eq!(PageReport::parse(bad), None, "{bad}");
    }
    assert_eq!(PageReport::parse(&format!("ttclid={}", "x".repeat(PageReport::MAX_BODY))), None);
}

#[test]
fn only_the_owners_pages_may_report() {
    let owner = campaign(json!({
        "landing_page": "https://www.example.com/solar",
        "allowed_hosts": ["shop.example", "localhost:8080", "127.0.0.1:9", "plain.example:8080"]
    }));
    for good in [
        "https://shop.example",
        "https://www.example.com",
        "http://localhost:8080",
        "https://localhost:8080",
        "http://127.0.0.1:9",
    ] {
        assert!(is_allowed_origin(&owner, good), "{good}");
    }
    for bad in [
        "",
        "null",
        "https://",
        "https://evil.example",
        "https://shop.example.evil.example",
        "https://evil.example/https://shop.example",
        "https://shop.example/",
        "https://shop.example:443",
        "https://shop.example:8443",
        "https://SHOP.example",
        "http://shop.example",
        "http://plain.example:8080",
        "http://localhost",
        "http://localhost:8081",
        "http://localhost:8080@evil.example",
        "https://user@shop.example",
        "https://l.example",
        "shop.example",
        "//shop.example",
        "file://shop.example",
        "https://shop.example\r\nx: y",
    ] {
        assert!(!is_allowed_origin(&owner, bad), "{bad}");
    }
}
