//! The settings of a campaign: what is taken, and every mistake with its path.

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

use clickjoin::config::{Config, landing_hosts};
use clickjoin::time::UnixMillis;
use serde_json::{Value, json};

const NOW: UnixMillis = UnixMillis(1_790_812_800_000); // 2026-10-01T00:00:00Z

fn config(campaigns: Value) -> Result<Config, Vec<String>> {
    Config::parse(&json!({ "campaigns": campaigns }))
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

/// The problems of a campaign `spring` with these settings and a destination.
fn problems(settings: Value) -> Vec<String> {
    let mut campaign = json!({ "destination": "https://l.example/" });
    for (key, value) in settings.as_object().expect("a table") {
        campaign[key] = value.clone();
    }
    config(json!({ "spring": campaign })).err().unwrap_or_default()
}

#[test]
fn every_setting_is_taken() {
    let settings = [
        json!({ "destination": "https://l.example/{campaign}/?s={click_id}&k={utm_term}#{city}" }),
        json!({ "click_id_param": "sub1" }),
        json!({ "click_id_param": ["click_id", "sub1"] }),
        json!({ "enabled": false, "starts": "2026-10-01", "expires": "2026-10-01" }),
        json!({ "starts": "2026-10-01T08:00:00+02:00", "expires": "2026-12-31T23:59Z" }),
        json!({ "allowed_hosts": ["quotes.example.com", "LOCALHOST:8080", "[::1]:80"] }),
        json!({ "host": "go.example.com", "path": "/solar" }),
        json!({ "hosts": ["a.example", "b.example"], "paths": ["/x", "/y/z/"] }),
        json!({ "landing_page": "https://www.example.com/solar" }),
        json!({ "store": "always" }),
        json!({ "store": "ttclid" }),
        json!({ "consent": { "param": "consent" } }),
        json!({ "consent": { "cookie": "cmp", "values": ["all", "marketing"] } }),
        json!({ "limited_data_use": "always", "honor_gpc": true }),
    ];
    for settings in settings {
        assert_eq!(problems(settings.clone()), [""; 0], "{settings}");
    }
    for destinations in [
        json!(["https://a.example/", "https://b.example/"]),
        json!([{ "url": "https://a.example/", "weight": 3 }, { "url": "https://b.example/", "weight": 0 }]),
    ] {
        let taken = config(json!({ "spring": { "destinations": destinations } }));
        assert!(taken.is_ok(), "{destinations} {taken:?}");
    }
}

#[test]
fn every_mistake_is_named_with_its_path() {
    let table = [
        (
            json!({ "destination": "https://l.example/{click id}" }),
            "campaigns.spring.destination: must hold no spaces, control characters or backslashes",
        ),
        (
            json!({ "destination": "https://l.example/?s={click_id" }),
            "campaigns.spring.destination: a macro is {click_id}, {campaign} or {parameter}: 1 to 64 letters, digits, '-', '_' and '.' between braces",
        ),
        (
            json!({ "destination": "https://{host}.example/" }),
            "campaigns.spring.destination: has no valid host",
        ),
        (
            json!({ "destinations": ["https://a.example/"] }),
            "campaigns.spring.destinations: set this or destination, not both",
        ),
        (
            json!({ "click_id_param": "a b" }),
            "campaigns.spring.click_id_param: must be a parameter's name of 1 to 64 letters, digits, '-', '_' and '.'",
        ),
        (
            json!({ "click_id_param": "ttclid" }),
            "campaigns.spring.click_id_param: must not be ttclid or url: these mean something else",
        ),
        (
            json!({ "click_id_param": ["a", "b", "c", "d", "e"] }),
            "campaigns.spring.click_id_param: must be at most 4 names",
        ),
        (
            json!({ "expires": "31.12.2026" }),
            "campaigns.spring.expires: must be a date such as 2026-12-31 (UTC), or a date and a time with its zone such as 2026-12-31T18:00:00+02:00",
        ),
        (
            json!({ "starts": "2026-10-02", "expires": "2026-10-01" }),
            "campaigns.spring.expires: must be later than starts",
        ),
        (
            json!({ "allowed_hosts": ["*.example.com"] }),
            "campaigns.spring.allowed_hosts: must be a host such as quotes.example.com, without https:// and path; write each host out",
        ),
        (
            json!({ "allowed_hosts": ["https://example.com"] }),
            "campaigns.spring.allowed_hosts: must be a host such as quotes.example.com, without https:// and path; write each host out",
        ),
        (
            json!({ "allowed_hosts": ["example.com/x"] }),
            "campaigns.spring.allowed_hosts: must be a host such as quotes.example.com, without https:// and path; write each host out",
        ),
        (json!({ "path": "solar" }), "campaigns.spring.path: must be a path such as /solar"),
        (json!({ "path": "/solar?x=1" }), "campaigns.spring.path: must be a path such as /solar"),
        (
            json!({ "path": "/postback/x" }),
            "campaigns.spring.path: is a path that Clickjoin itself uses",
        ),
        (
            json!({ "host": "www.example.com", "landing_page": "https://www.example.com/" }),
            "campaigns.spring.host: www.example.com is the host of a landing_page: all of it passes",
        ),
        (
            json!({ "landing_page": "https://www.example.com/?a=1" }),
            "campaigns.spring.landing_page: must hold no query and no fragment",
        ),
        (
            json!({ "landing_page": "https://www.example.com:443/" }),
            "campaigns.spring.landing_page: must hold no :443 and no :80: browsers leave them out",
        ),
        (json!({ "store": "never" }), "campaigns.spring.store: must be ttclid or always"),
        (
            json!({ "consent": true }),
            "campaigns.spring.consent: must be a table, not true or false",
        ),
        (json!({ "consent": {} }), "campaigns.spring.consent.param: set param, cookie or both"),
        (
            json!({ "consent": { "parameter": "x", "param": "x" } }),
            "campaigns.spring.consent.parameter: no such setting",
        ),
        (
            json!({ "limited_data_use": true }),
            "campaigns.spring.limited_data_use: must be a text, not true or false",
        ),
        (
            json!({ "limited_data_use": "sometimes" }),
            "campaigns.spring.limited_data_use: must be never, without_consent or always",
        ),
    ];
    for (settings, problem) in table {
        assert_eq!(problems(settings.clone()), [problem], "{settings}");
    }
}

#[test]
fn destinations_are_checked_one_by_one() {
    let destinations = |destinations: Value| {
        config(json!({ "spring": { "destinations": destinations } })).expect_err("mistakes")
    };
    assert_eq!(
        destinations(
            json!(["https://a.example/", "b.example", { "url": "https://c.example/", "weight": 1_001 }, 7])
        ),
        [
            "campaigns.spring.destinations.1: must start with https:// (or http://)",
            "campaigns.spring.destinations.2.weight: must be a whole number from 0 to 1000",
            "campaigns.spring.destinations.3: must be a table, not a number",
        ]
    );
    assert_eq!(
        destinations(json!([{ "url": "https://a.example/", "weight": 0 }])),
        ["campaigns.spring.destinations: needs a weight above 0"]
    );
    assert_eq!(
        destinations(json!([])),
        ["campaigns.spring.destinations: must hold 1 to 32 destinations"]
    );
    assert_eq!(
        config(json!({ "spring": { "pixel": 1, "click_id_param": "" } })).expect_err("mistakes"),
        [
            "campaigns.spring.destination: is required",
            "campaigns.spring.pixel: must be a text, not a number"
        ],
        "the other settings are looked at too"
    );
}

#[test]
fn no_two_campaigns_share_an_address() {
    let two = json!({
        "autumn": { "destination": "https://l.example/", "path": "/solar", "landing_page": "https://w.example/a" },
        "spring": { "destination": "https://l.example/", "path": "/solar/", "landing_page": "https://w.example/a" }
    });
    assert_eq!(
        config(two).expect_err("clashes"),
        [
            "campaigns.spring.path: /solar is campaign autumn's already",
            "campaigns.spring.landing_page: https://w.example/a is campaign autumn's already"
        ]
    );
}

#[test]
fn no_campaign_leads_to_a_click_link() {
    let to = |destination: &str| {
        config(json!({
            "spring": { "destination": destination },
            "own": { "destination": "https://l.example/", "host": "go.example.com", "paths": ["/", "/deal"] }
        }))
        .err()
    };
    for round in [
        "https://go.example.com/",
        "https://GO.example.com/deal/?x=1#top",
        "https://go.example.com/c/own",
    ] {
        let problem = "campaigns.spring.destination: is a click link: visitors would go round";
        assert_eq!(to(round), Some(vec![problem.to_owned()]), "{round}");
    }
    for good in ["https://go.example.com/page", "https://l.example/deal", "https://l.example/c/own"]
    {
        assert_eq!(to(good), None, "{good}");
    }
}

#[test]
fn an_address_leads_to_its_campaign() {
    let config = config(json!({
        "any": { "destination": "https://l.example/", "paths": ["/solar", "/x/y"] },
        "hosted": { "destination": "https://l.example/", "host": "go.example.com" },
        "both": { "destination": "https://l.example/", "host": "go.example.com", "path": "/solar" },
        "front": { "landing_page": "https://www.example.com/solar" },
        "deeper": { "landing_page": "https://www.example.com/solar/panels/" }
    }))
    .expect("it holds");
    let links = &config.click_links;
    for (host, path, campaign) in [
        ("t.example", "/solar", Some("any")),
        ("t.example", "/solar/", Some("any")),
        ("t.example", "/x/y", Some("any")),
        ("t.example", "/x", None),
        ("t.example", "/", None),
        ("go.example.com", "/", Some("hosted")),
        ("GO.example.com", "/", Some("hosted")),
        ("go.example.com", "/solar", Some("both")),
        ("go.example.com", "/x/y", Some("any")),
    ] {
        assert_eq!(links.campaign(host, path).map(|slug| slug.as_str()), campaign, "{host}{path}");
    }
    for (host, path, campaign) in [
        ("www.example.com", "/solar", Some("front")),
        ("www.example.com", "/solar/", Some("front")),
        ("www.example.com", "/solar/x", Some("front")),
        ("www.example.com", "/solarium", None),
        ("www.example.com", "/", None),
        ("www.example.com", "/solar/panels/1", Some("deeper")),
        ("example.com", "/solar", None),
    ] {
        let found = links.landing_page(host, path).map(|slug| slug.as_str());
        assert_eq!(found, campaign, "{host}{path}");
    }
    let front = config.campaigns.get("front").expect("a campaign");
    let destination = front.destinations.iter().next().expect("one").address.to_string();
    assert_eq!(destination, "https://www.example.com/solar", "/c/front leads there too");
}

#[test]
fn the_hosts_of_landing_pages_are_known_even_while_the_configuration_is_wrong() {
    let wrong = json!({
        "nonsense": 1,
        "campaigns": {
            "a": { "landing_page": " https://WWW.example.com/solar ", "store": "?" },
            "b": { "landing_pages": ["https://b.example:8443/", 7, "no address"] },
            "c": 3,
            // mistakes in the address itself
            "d": { "landing_page": "http:/d.example/solar" },
            "e": { "landing_page": "e.example/solar?a=b" },
            "f": { "landing_page": "ftp://F.example/{click id}" },
            "g": { "landing_page": "//g.example" },
            "h": { "landing_page": "https://h.example:443/" },
            "i": { "landing_page": "https://me@i.example" }
        }
    });
    assert!(Config::parse(&wrong).is_err());
    assert_eq!(
        landing_hosts(&wrong),
        [
            "www.example.com",
            "b.example:8443",
            "d.example",
            "e.example",
            "f.example",
            "g.example",
            "h.example",
            "i.example"
        ]
    );
    assert!(landing_hosts(&json!("x")).is_empty());
    // What is no JSON at all, as somebody typed it into the dashboard.
    let typed =
        r#"{"campaigns": {"a": {"landing_page": "https://www.example.com/", "store": "x",}"#;
    assert_eq!(landing_hosts(&json!(typed)), ["www.example.com"]);
    assert!(landing_hosts(&json!(typed.replace("landing_page", "destination"))).is_empty());
}

#[test]
fn clicks_that_no_campaign_takes_go_to_the_default_one() {
    let parse = |default: Value| {
        Config::parse(&json!({
            "default_campaign": default,
            "campaigns": {
                "spring": { "destination": "https://l.example/" },
                "off": { "destination": "https://l.example/", "enabled": false },
                "over": { "destination": "https://l.example/", "expires": "2026-09-30" },
                "later": { "destination": "https://l.example/", "starts": "2026-10-02" }
            }
        }))
    };
    let with = parse(json!("spring")).expect("it holds");
    let without = parse(json!("")).expect("it holds");
    let unhelpful = parse(json!("over")).expect("it holds");
    for name in ["nobody", "off", "over", "later", "", "<script>", "é"] {
        let found = |config: &Config| config.campaign(name, NOW).map(|(name, _)| name.to_string());
        assert_eq!(found(&with).as_deref(), Some("spring"), "{name}");
        assert_eq!(found(&without), None, "{name}");
        assert_eq!(found(&unhelpful), None, "{name}");
    }
    let earlier = NOW.plus(-1);
    assert_eq!(without.campaign("over", earlier).expect("it ran").0.as_str(), "over");
    assert_eq!(
        parse(json!("summer"))
            .expect_err("no such")
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        ["default_campaign: no campaign named \"summer\""]
    );
}
