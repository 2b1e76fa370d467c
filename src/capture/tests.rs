use super::*;
use crate::config::Config;
use proptest::prelude::{ProptestConfig, proptest};

const RANDOM: [u8; 16] = [0xab; 16];
const ID: &str = "abababababababababababababababab";
const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

fn campaign(destination: &str) -> Campaign {
    let json = serde_json::json!({ "campaigns": { "spring": { "destination": destination } } });
    let config = Config::parse(&json).expect(destination);
    config.campaigns.get("spring").expect("a campaign").clone()
}

fn location(destination: &str, query: &str) -> String {
    decide(&spring(), &campaign(destination), &click(query), NOW, RANDOM).expect("a page").location
}

fn spring() -> Slug {
    Slug::parse("spring").expect("a name")
}

fn click<'a>(query: &'a str) -> Visitor<'a> {
    Visitor { query, user_agent: "Mozilla/5.0", ip: "203.0.113.9", ..Visitor::default() }
}

fn capture(visitor: &Visitor<'_>) -> Capture {
    decide(
        &spring(),
        &campaign("https://quotes.example.com/solar?utm_source=tiktok"),
        visitor,
        NOW,
        RANDOM,
    )
    .expect("somewhere to go")
}

#[test]
fn locations() {
    let table = [
        // destination, visitor's query, location without the click id at its end
        ("https://l.example/p", "", "https://l.example/p?"),
        ("https://l.example", "a=1", "https://l.example/?a=1&"),
        ("https://l.example/p?x=1", "a=1", "https://l.example/p?x=1&a=1&"),
        // order, repeated keys, empty values and encoding stay
        (
            "https://l.example/p",
            "b=2&a=1&b=3&c&d=&e=%C3%A9%ff+%20",
            "https://l.example/p?b=2&a=1&b=3&c&d=&e=%C3%A9%ff+%20&",
        ),
        // the destination's own win
        (
            "https://l.example/p?utm_source=tiktok",
            "utm_source=evil&a=1",
            "https://l.example/p?utm_source=tiktok&a=1&",
        ),
        (
            "https://l.example/p?utm_source=tiktok",
            "utm%5Fsource=evil",
            "https://l.example/p?utm_source=tiktok&",
        ),
        ("https://l.example/p?x=1&x=2", "x=3", "https://l.example/p?x=1&x=2&"),
        // but ttclid is the visitor's, byte for byte
        (
            "https://l.example/p?ttclid=old&x=1",
            "ttclid=E.C.P.%2bAbC_-~+",
            "https://l.example/p?x=1&ttclid=E.C.P.%2bAbC_-~+&",
        ),
        ("https://l.example/p?ttclid=static", "a=1", "https://l.example/p?ttclid=static&a=1&"),
        // click_id is ours
        (
            "https://l.example/p?click_id=x",
            "click_id=forged&click%5Fid=forged",
            "https://l.example/p?",
        ),
        // a question mark in a query is a character like another
        ("https://l.example/p", "a=1?b=2", "https://l.example/p?a=1?b=2&"),
        ("https://l.example/p?", "&&a=1&&", "https://l.example/p?a=1&"),
    ];
    for (destination, query, expected) in table {
        let location = location(destination, query);
        assert_eq!(location, format!("{expected}click_id={ID}"), "{query}");
    }
}

#[test]
fn the_fragment_stays_at_the_end() {
    let location = location("https://l.example/p#form", "a=1");
    assert_eq!(location, format!("https://l.example/p?a=1&click_id={ID}#form"));
}

#[test]
fn nothing_can_break_out_of_the_header() {
    let location = location("https://l.example/p", "a=\r\nSet-Cookie: x\u{e9}#frag");
    assert_eq!(
        location,
        format!("https://l.example/p?a=%0D%0ASet-Cookie:%20x%C3%A9%23frag&click_id={ID}")
    );
}

#[test]
fn a_click_with_a_ttclid_is_kept_with_all_that_came() {
    let visitor = Visitor {
        query: "ttclid=E.C.P.abc&utm_campaign=a%20b&campaign_id=17&aid=__AID__",
        cookies: "x=1; _ttp=2Kq3; y",
        country: "US",
        accept_language: "en-US,en;q=0.9",
        referrer: "https://www.tiktok.com/",
        ..click("")
    };
    let capture = capture(&visitor);
    let (id, record) = capture.click.expect("kept");
    assert_eq!(id.to_string(), ID);
    let line = record.encode().expect("encodes");
    // The stored form is pinned: records written today are read for as long as they live.
    assert_eq!(
        line,
        r#"{"v":1,"campaign":"spring","clicked_at":1790000000000,"ttclid":"E.C.P.abc","ttp":"2Kq3","ip":"203.0.113.9","user_agent":"Mozilla/5.0","country":"US","locale":"en-US","landing_url":"https://quotes.example.com/solar?utm_source=tiktok&ttclid=E.C.P.abc&utm_campaign=a%20b&campaign_id=17&aid=__AID__&click_id=abababababababababababababababab","referrer":"https://www.tiktok.com/","params":"utm_campaign=a%20b&campaign_id=17&aid=__AID__","ad":{"campaign_id":"17"}}"#
    );
    assert_eq!(ClickRecord::decode(&line), Ok(record));
}

#[test]
fn a_ttclid_is_remembered_as_the_pixel_would_read_it() {
    for (written, read) in [
        ("E.C.P.abc-_~", "E.C.P.abc-_~"),
        ("E.C.P.a%2Bb%3D", "E.C.P.a+b="),
        ("E.C.P.a+b=", "E.C.P.a+b="),
        ("E_C_P_%C3%A9", "E_C_P_\u{e9}"),
    ] {
        let (_, record) = capture(&click(&format!("x=1&ttclid={written}"))).click.expect(written);
        assert_eq!(record.ttclid.as_deref(), Some(read));
        assert!(record.landing_url.contains(&format!("&ttclid={written}&")));
    }
}

#[test]
fn of_several_ttclids_the_first_usable_one_counts() {
    // A link with the macro in it, to which TikTok adds its own.
    for query in [
        "ttclid=__CLICKID__&ttclid=E.C.P.real",
        "ttclid=&ttclid=E.C.P.real&ttclid=E.C.P.other",
        "ttclid&%74tclid=E.C.P.real",
        "ttclid=E.C.P.real&ttclid=__CLICKID__",
    ] {
        let answer = capture(&click(query));
        assert!(answer.location.contains(query), "all of them arrive");
        let (_, record) = answer.click.expect(query);
        assert_eq!(record.ttclid.as_deref(), Some("E.C.P.real"), "{query}");
    }
}

#[test]
fn the_same_visitor_with_the_same_ttclid_keeps_the_id_and_costs_no_write() {
    let first = capture(&click("ttclid=E.C.P.abc"));
    let cookie = first.set_cookie.expect("a cookie");
    assert!(
        cookie.ends_with("; Path=/; Max-Age=2592000; Secure; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
    let cookies = cookie.split_once(';').expect("attributes").0.to_owned();

    let again = |name: &str, query: &str| {
        let visitor = Visitor { cookies: &cookies, ..click(query) };
        let name = Slug::parse(name).expect("a name");
        decide(&name, &campaign("https://l.example/"), &visitor, NOW, [0xcd; 16]).expect("a page")
    };
    let same = again("spring", "ttclid=E.C.P.abc&utm=other");
    assert_eq!(same.click, None);
    assert!(same.location.ends_with(ID));
    let without = again("spring", "");
    assert!(without.location.ends_with(ID), "a visit without a ttclid keeps the click's id");
    assert_eq!(without.click, None);
    for (name, query) in [("spring", "ttclid=E.C.P.new"), ("autumn", "ttclid=E.C.P.abc")] {
        let new = again(name, query);
        assert!(new.click.is_some(), "{name} {query}");
        assert!(!new.location.ends_with(ID));
    }
}

#[test]
fn what_no_person_asked_for_is_answered_alike_and_leaves_no_trace() {
    let person = capture(&click("ttclid=E.C.P.abc"));
    let automatic = [
        Visitor { is_head: true, ..click("ttclid=E.C.P.abc") },
        Visitor { purpose: "prefetch", ..click("ttclid=E.C.P.abc") },
        Visitor { purpose: "prefetch;prerender", ..click("ttclid=E.C.P.abc") },
        Visitor { user_agent: "thirdLandingPageFeInfra", ..click("ttclid=E.C.P.abc") },
        Visitor { user_agent: "Mozilla/5.0 (compatible; Bytespider)", ..click("ttclid=E.C.P.abc") },
        Visitor { user_agent: "WhatsApp/2.23.20.0", ..click("ttclid=E.C.P.abc") },
    ];
    for visitor in automatic {
        let answer = capture(&visitor);
        assert_eq!(answer.location, person.location);
        assert_eq!((answer.click, answer.set_cookie), (None, None), "{visitor:?}");
    }
}

#[test]
fn who_is_a_person() {
    let stored = |user_agent| {
        let visitor = Visitor { user_agent, ..click("ttclid=E.C.P.abc") };
        capture(&visitor).click.is_some()
    };
    // Browsers, above all those inside of apps that have a crawler too.
    for person in [
        "",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 musical_ly_36.1.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/en Region/US BytedanceWebview/d8a21c6",
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36 trill_360104 BytedanceWebview/d8a21c6",
        "Mozilla/5.0 (iPhone) Mobile/15E148 [FBAN/FBIOS;FBAV/480.0]",
        "Mozilla/5.0 (iPhone) Instagram 350.0.0.0",
        "Mozilla/5.0 (iPhone) [Pinterest/iOS]",
        "Mozilla/5.0 (Linux; Android 14) Slack/24.1 Discord/1.2 Telegram-Android/11",
        "Mozilla/5.0 (Macintosh) Version/18.0 Safari/605.1.15",
    ] {
        assert!(stored(person), "{person}");
    }
    for robot in [
        "TikTokSpider",
        "Mozilla/5.0 (compatible; Bytespider; spider-feedback@bytedance.com)",
        "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
        "LinkedInBot/1.0",
        "Slackbot-LinkExpanding 1.0",
        "TelegramBot (like TwitterBot)",
        "WhatsApp/2.23.20.0 A",
        "Mozilla/5.0 (compatible; Discordbot/2.0)",
        "SkypeUriPreview",
        "Pinterestbot/1.0",
        "redditbot/1.0",
        "Applebot/0.1",
        "Googlebot/2.1",
        "AdsBot-Google (+http://www.google.com/adsbot.html)",
        "bingbot/2.0",
        "Embedly/0.2",
        "Iframely/1.3",
    ] {
        assert!(!stored(robot), "{robot}");
    }
}

#[test]
fn without_a_usable_ttclid_nothing_is_stored() {
    let long = format!("ttclid={}", "x".repeat(1_001));
    for query in ["", "ttclid=", "ttclid=__CLICKID__", "ttclid=%5F%5FCLICKID__", &long] {
        let answer = capture(&click(query));
        assert_eq!(answer.click, None, "{query}");
        assert!(answer.location.ends_with(ID));
        assert!(answer.location.contains(query), "the URL keeps what came");
    }
    let longest = format!("ttclid={}", "x".repeat(1_000));
    assert!(capture(&click(&longest)).click.is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// What arrives at the landing page, parsed, is what the visitor had, and ours.
    #[test]
    fn any_query_survives(query in "([a-z_]{0,4}(=([a-zA-Z0-9.~+-]|%[0-9A-Fa-f]{2}|%|=|\\?){0,8})?&?){0,12}") {
        let location = capture(&click(&query)).location;
        let (_, arrived) = location.split_once('?').expect("a query");
        let arrived: Vec<_> = query::pairs(arrived).map(|pair| pair.raw).collect();
        let mut expected = vec!["utm_source=tiktok"];
        expected.extend(query::pairs(&query).map(|pair| pair.raw).filter(|raw| !raw.is_empty()));
        let ours = format!("click_id={ID}");
        expected.push(&ours);
        assert_eq!(arrived, expected);
    }

    #[test]
    fn any_text_makes_a_header(query in ".{0,200}") {
        let location = capture(&click(&query)).location;
        assert!(location.bytes().all(|b| b.is_ascii_graphic()));
        assert!(location.starts_with("https://quotes.example.com/solar?"));
        assert_eq!(location.matches('#').count(), 0);
    }
}
