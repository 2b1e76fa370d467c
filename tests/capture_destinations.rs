//! Where a click is sent: weights and their stickiness, macros, the click id's names, `url=`.

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

use clickjoin::capture::{Capture, Visitor, decide};
use clickjoin::config::{Campaign, Config};
use clickjoin::slug::Slug;
use clickjoin::time::UnixMillis;
use clickjoin::urlencoded::{Plus, to_bytes};
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const RANDOM: [u8; 16] = [0xab; 16];
const ID: &str = "abababababababababababababababab";
const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

fn campaign(settings: Value) -> Campaign {
    let json = json!({ "campaigns": { "spring": settings } });
    let config = Config::parse(&json).expect("it holds");
    config.campaigns.get("spring").expect("a campaign").clone()
}

fn click(query: &str) -> Visitor<'_> {
    Visitor { query, user_agent: "Mozilla/5.0", host: "t.example", ..Visitor::default() }
}

fn captured(campaign: &Campaign, visitor: &Visitor<'_>, random: [u8; 16]) -> Capture {
    let spring = Slug::parse("spring").expect("a name");
    decide(&spring, campaign, visitor, NOW, random).expect("somewhere to go")
}

fn location(settings: Value, query: &str) -> String {
    captured(&campaign(settings), &click(query), RANDOM).location
}

fn cookie(capture: &Capture) -> String {
    let cookie = capture.set_cookie.as_deref().expect("a cookie");
    cookie.split(';').next().expect("a value").to_owned()
}

#[test]
fn macros() {
    let table = [
        (
            "https://l.example/p?sid={click_id}",
            "",
            format!("https://l.example/p?sid={ID}&click_id={ID}"),
        ),
        ("https://l.example/{campaign}/p", "", format!("https://l.example/spring/p?click_id={ID}")),
        // in a query a value stays as it was written
        (
            "https://l.example/p?k={kw}",
            "kw=a%20b+c%2526%ff",
            format!("https://l.example/p?k=a%20b+c%2526%ff&kw=a%20b+c%2526%ff&click_id={ID}"),
        ),
        // what the visitor does not have is nothing
        ("https://l.example/p?k={kw}&x=1", "", format!("https://l.example/p?k=&x=1&click_id={ID}")),
        // in a path it is one piece of text
        (
            "https://l.example/{city}/p",
            "city=New+York%2F..%2f%3Fa%23b",
            format!(
                "https://l.example/New%20York%2F..%2F%3Fa%23b/p?city=New+York%2F..%2f%3Fa%23b&click_id={ID}"
            ),
        ),
        ("https://l.example/a/{p}/b", "p=..", format!("https://l.example/a//b?p=..&click_id={ID}")),
        (
            "https://l.example/a/{p}/b",
            "p=%2e%2E",
            format!("https://l.example/a//b?p=%2e%2E&click_id={ID}"),
        ),
        (
            "https://l.example/a/{p}/b",
            "p=%252e%252e",
            format!("https://l.example/a/%252e%252e/b?p=%252e%252e&click_id={ID}"),
        ),
        (
            "https://l.example/a/{p}",
            "p=%ff",
            format!("https://l.example/a/%FF?p=%ff&click_id={ID}"),
        ),
        // a token's plus is a plus
        (
            "https://l.example/{ttclid}?t={ttclid}",
            "ttclid=E.C.P+x",
            format!("https://l.example/E.C.P%2Bx?t=E.C.P+x&ttclid=E.C.P+x&click_id={ID}"),
        ),
        (
            "https://l.example/#/{campaign}/{kw}",
            "kw=a#b",
            format!("https://l.example/?kw=a%23b&click_id={ID}#/spring/a%23b"),
        ),
        // a visitor's braces are text
        (
            "https://l.example/p",
            "k={click_id}",
            format!("https://l.example/p?k={{click_id}}&click_id={ID}"),
        ),
    ];
    for (destination, query, expected) in table {
        assert_eq!(
            location(json!({ "destination": destination }), query),
            expected,
            "{destination}"
        );
    }
}

#[test]
fn the_click_id_has_the_names_that_the_owner_chose() {
    let with = |names: Value, query| {
        location(
            json!({ "destination": "https://l.example/p?sub1=own", "click_id_param": names }),
            query,
        )
    };
    assert_eq!(
        with(json!("sub1"), "click_id=theirs&sub1=forged&s%75b1=forged"),
        format!("https://l.example/p?click_id=theirs&sub1={ID}")
    );
    assert_eq!(
        with(json!(["click_id", "sub2"]), "click_id=forged&a=1"),
        format!("https://l.example/p?sub1=own&a=1&click_id={ID}&sub2={ID}")
    );
}

#[test]
fn weights_share_visitors_and_each_keeps_their_page() {
    let campaign = campaign(json!({ "destinations": [
        { "url": "https://a.example/", "weight": 3 },
        { "url": "https://b.example/" },
        { "url": "https://never.example/", "weight": 0 }
    ]}));
    let host = |capture: &Capture| capture.location.split('/').nth(2).expect("a host").to_owned();
    let mut hosts = BTreeMap::new();
    for number in 0..4_000_u32 {
        let query = format!("ttclid=E.C.P.{number}");
        let first = captured(&campaign, &click(&query), RANDOM);
        *hosts.entry(host(&first)).or_insert(0) += 1;
        // The same ad click meets the same page, with or without a cookie, person or preloader.
        let preloader = Visitor { user_agent: "thirdLandingPageFeInfra", ..click(&query) };
        assert_eq!(host(&captured(&campaign, &preloader, [number as u8; 16])), host(&first));
        // The same visitor does on the next ad click too, and without one.
        let cookies = cookie(&first);
        for query in ["ttclid=E.C.P.next", ""] {
            let next = Visitor { cookies: &cookies, ..click(query) };
            assert_eq!(host(&captured(&campaign, &next, [number as u8; 16])), host(&first));
        }
    }
    assert_eq!(hosts.len(), 2, "{hosts:?}");
    assert!((2_850..3_150).contains(&hosts["a.example"]), "{hosts:?}");
}

#[test]
fn without_a_ttclid_chance_decides_once() {
    let campaign =
        campaign(json!({ "destinations": ["https://a.example/", "https://b.example/"] }));
    let to = |cookies: &str, random: u8| {
        let visitor = Visitor { cookies, ..click("") };
        let captured = captured(&campaign, &visitor, [random; 16]);
        (captured.location.split('?').next().expect("a page").to_owned(), captured.set_cookie)
    };
    let (first, cookie) = to("", 0);
    let (other, _) = to("", 1);
    assert_ne!(first, other);
    let cookie = cookie.expect("a cookie");
    let cookie = cookie.split(';').next().expect("a value");
    assert_eq!(to(cookie, 1), (first, None), "and the cookie need not be set again");
}

#[test]
fn a_split_survives_a_reordered_configuration_and_a_page_that_is_gone() {
    let page = |settings: Value, cookies: &str| {
        let visitor = Visitor { cookies, ..click("ttclid=E.C.P.1") };
        captured(&campaign(settings), &visitor, RANDOM)
    };
    let host = |capture: &Capture| capture.location.split('/').nth(2).expect("a host").to_owned();
    let (a, b) = ("https://a.example/", "https://b.example/");
    let first = page(json!({ "destinations": [a, b] }), "");
    let cookies = cookie(&first);
    assert_eq!(host(&page(json!({ "destinations": [b, a] }), &cookies)), host(&first));
    let gone = format!("https://{}/", host(&first));
    let left = if gone == a { b } else { a };
    let moved = page(json!({ "destinations": [left, "https://c.example/"] }), &cookies);
    assert_ne!(host(&moved), host(&first));
    let closed = json!({ "destinations": [{ "url": gone, "weight": 0 }, left] });
    assert_ne!(host(&page(closed, &cookies)), host(&first));
}

#[test]
fn a_link_may_name_its_own_page_on_an_allowed_host() {
    let settings = || json!({ "destination": "https://l.example/own", "allowed_hosts": ["l.example", "pay.example", "t.example"] });
    let own = "https://l.example/own";
    for (query, page) in [
        (
            "url=https%3A%2F%2Fpay.example%2Fx%3Fa%3D1%23top",
            "https://pay.example/x?a=1&click_id=#top",
        ),
        ("url=https://pay.example/x", "https://pay.example/x?click_id="),
        ("%75rl=https://pay.example/x&utm=1", "https://pay.example/x?utm=1&click_id="),
        (
            "ttclid=E.C.P.1&url=https://pay.example/",
            "https://pay.example/?ttclid=E.C.P.1&click_id=",
        ),
        // refused: the campaign's own page, and nothing of it goes on
        ("url=https://evil.example/", "https://l.example/own?click_id="),
        ("url=//evil.example/", "https://l.example/own?click_id="),
        ("url=http://pay.example/", "https://l.example/own?click_id="),
        ("url=https%253A%252F%252Fpay.example", "https://l.example/own?click_id="),
        ("url=https://pay.example/%0d%0ax:y", "https://l.example/own?click_id="),
        ("url=https://pay.example/%250d%250a", "https://l.example/own?click_id="),
        ("url=https://pay.example/a+b", "https://l.example/own?click_id="),
        ("url=https://pay.example/&url=https://evil.example/", "https://l.example/own?click_id="),
        ("url=", "https://l.example/own?click_id="),
        // a click link of this very host would come back here
        ("url=https://t.example/c/spring", "https://l.example/own?click_id="),
    ] {
        let expected = page.replace("click_id=", &format!("click_id={ID}"));
        assert_eq!(location(settings(), query), expected, "{query}");
    }
    let closed = location(json!({ "destination": own }), "url=https://l.example/");
    assert_eq!(closed, format!("{own}?url=https://l.example/&click_id={ID}"), "no such permission");
}

#[test]
fn a_campaign_that_leads_back_here_leads_nowhere() {
    let spring = Slug::parse("spring").expect("a name");
    for (destination, leads) in [
        ("https://t.example/c/spring", false),
        ("https://T.example/c/other?x=1", false),
        ("https://t.example/page", true),
        ("https://l.example/c/spring", true),
    ] {
        let campaign = campaign(json!({ "destination": destination }));
        let decided = decide(&spring, &campaign, &click(""), NOW, RANDOM);
        assert_eq!(decided.is_some(), leads, "{destination}");
    }
}

/// A query string as a landing page reads it, without what Clickjoin adds.
fn read(query: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    clickjoin::query::pairs(query)
        .filter(|pair| !pair.raw.is_empty())
        .map(|pair| {
            let bytes = |text| to_bytes(text, Plus::IsSpace);
            (bytes(pair.name), bytes(pair.value))
        })
        .filter(|(name, _)| name != b"click_id")
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    /// Parsing what arrives at the landing page gives what the visitor had, and the click id once.
    #[test]
    fn any_query_arrives(query in "(([a-z]|%[0-9A-Fa-f]{2}|[+._~-]){0,6}(=([ -~]|é|%[0-9A-F]{2}){0,12})?&?){0,10}") {
        let query = query.replace('#', "%23");
        let location = location(json!({ "destination": "https://l.example/p" }), &query);
        prop_assert!(location.bytes().all(|b| b.is_ascii_graphic()));
        let (page, arrived) = location.split_once('?').expect("a query");
        prop_assert_eq!(page, "https://l.example/p");
        prop_assert_eq!(read(arrived), read(&query));
        let ids = clickjoin::query::pairs(arrived).filter(|pair| clickjoin::query::is_named(pair.name, "click_id"));
        prop_assert_eq!(ids.count(), 1);
    }

    /// No value can add a folder, a query, a fragment or a header to a destination with macros.
    #[test]
    fn macros_stay_in_their_place(value in "([ -~]|%[0-9A-Fa-f]{2}|é){0,12}") {
        let value = value.replace(['&', '#'], "");
        let location = location(
            json!({ "destination": "https://l.example/a/{v}/b?k={v}&z=1#{v}" }),
            &format!("v={value}"),
        );
        prop_assert!(location.bytes().all(|b| b.is_ascii_graphic()));
        prop_assert_eq!(location.matches('#').count(), 1);
        let (path, rest) = location.split_once('?').expect("a query");
        prop_assert_eq!(path.matches('/').count(), 5, "{}", path);
        let folders: Vec<&str> = path.split('/').collect();
        let dots = ["..", ".", "%2E", "%2e", "%2E%2E", ".%2E", "%2E."];
        prop_assert!(!folders.iter().any(|folder| dots.contains(folder)), "{}", path);
        let names: Vec<&str> = clickjoin::query::pairs(rest.split('#').next().expect("a query")).map(|pair| pair.name).collect();
        prop_assert_eq!(names, ["k", "z", "v", "click_id"]);
    }

    /// The cookie stays small whatever comes.
    #[test]
    fn cookies_stay_small(query in ".{0,300}", cookies in "cj=.{0,300}") {
        let visitor = Visitor { cookies: &cookies, ..click(&query) };
        let campaign = campaign(json!({ "destinations": ["https://a.example/", "https://b.example/"] }));
        if let Some(cookie) = captured(&campaign, &visitor, RANDOM).set_cookie {
            prop_assert!(cookie.len() < 200, "{}", cookie);
            prop_assert!(cookie.bytes().all(|b| b == b' ' || b.is_ascii_graphic()));
        }
    }
}
