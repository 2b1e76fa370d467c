//! Every field of an event, with values that are accepted there beside values that are refused.

use serde_json::{Value, json};

use crate::common::{HASH, NOW};

const EMPTY_HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Each row: where in the event, what is accepted there without a finding, what is refused there.
pub(crate) fn rows() -> Vec<(&'static str, Vec<Value>, Vec<Value>)> {
    let hashes_refused = || {
        vec![
            json!(EMPTY_HASH),
            json!(HASH.to_uppercase()),
            json!("d41d8cd98f00b204e9800998ecf8427e"),
            json!("alice@example.com"),
            json!(format!("{HASH} ")),
            json!(""),
            json!(7),
            Value::Null,
            json!({}),
        ]
    };
    let list_refused = || {
        let mut refused = hashes_refused();
        refused.extend([json!([]), json!([""]), json!([HASH, 7]), json!([HASH, EMPTY_HASH])]);
        refused
    };
    let hashes = || vec![json!(HASH), json!("0".repeat(64))];
    let lists = || vec![json!(HASH), json!([HASH]), json!([HASH, "a".repeat(64)])];
    let single_refused = || {
        let mut refused = hashes_refused();
        refused.push(json!([HASH]));
        refused
    };
    let texts = || vec![json!("x"), json!("Größe, 1 & 2"), json!("17")];
    let no_texts = || vec![json!(""), json!(17), json!(true), Value::Null, json!(["x"]), json!({})];
    let numbers = || vec![json!(0), json!(0.0), json!(12.5), json!(1e12), json!(u64::MAX)];
    let no_numbers = || vec![json!("12.5"), Value::Null, json!(true), json!([1])];
    let integers = || vec![json!(0), json!(1), json!(1_000_000)];
    let no_integers = || vec![json!(1.0), json!(1.5), json!("1"), Value::Null];
    let names = [
        "Lead",
        "Purchase",
        "ViewContent",
        "CompletePayment",
        "SubmitForm",
        "ClickButton",
        "PlaceAnOrder",
        "Pageview",
        "PageView",
        "lead_sold-2",
        "x",
    ];
    let long = "n".repeat(50);
    vec![
        (
            "/event",
            names.iter().map(|name| json!(name)).chain([json!(long)]).collect(),
            vec![
                json!(""),
                json!("Lead Sold"),
                json!("2nd"),
                json!("_lead"),
                json!("-lead"),
                json!("größe"),
                json!(format!("{long}n")),
                json!(1),
                Value::Null,
            ],
        ),
        (
            "/event_time",
            vec![json!(NOW), json!(NOW + 600), json!(NOW - 28 * 86_400)],
            vec![
                json!(NOW + 601),
                json!(NOW * 1_000),
                json!(-1),
                json!(NOW as f64),
                json!(NOW.to_string()),
                json!("2025-10-09T08:53:20Z"),
                Value::Null,
                json!(u64::MAX),
            ],
        ),
        ("/event_id", texts(), no_texts()),
        (
            "/user",
            vec![json!({"ttclid": "x"}), json!({"external_id": HASH})],
            vec![json!({}), json!([]), json!("x"), Value::Null],
        ),
        ("/user/email", lists(), list_refused()),
        ("/user/phone", lists(), list_refused()),
        ("/user/external_id", lists(), list_refused()),
        ("/user/first_name", hashes(), single_refused()),
        ("/user/last_name", hashes(), single_refused()),
        ("/user/zip_code", hashes(), single_refused()),
        (
            "/user/city",
            vec![json!("newyork"), json!("köln"), json!("москва"), json!("東京"), json!("मुंबई")],
            vec![
                json!("New York"),
                json!("new york"),
                json!("st.louis"),
                json!("Köln"),
                json!("o’fallon"),
                json!(""),
                json!(1),
            ],
        ),
        (
            "/user/state",
            vec![json!("ca"), json!("nordrheinwestfalen")],
            vec![json!("CA"), json!("new york"), json!("nordrhein-westfalen"), json!("")],
        ),
        (
            "/user/country",
            vec![json!("us"), json!("de")],
            vec![
                json!("US"),
                json!("usa"),
                json!("u"),
                json!("1a"),
                json!("ü"),
                json!(""),
                json!(1),
            ],
        ),
        (
            "/user/ip",
            vec![json!("8.8.8.8"), json!("2606:4700::1111"), json!("203.0.113.1")],
            vec![
                json!("10.0.0.1"),
                json!("127.0.0.1"),
                json!("fe80::1"),
                json!("8.8.8"),
                json!(""),
                json!(8),
            ],
        ),
        (
            "/user/ttclid",
            vec![
                json!("E.C.P.x"),
                json!("a".repeat(1_000)),
                json!("ü".repeat(1_000)),
                json!("x y"),
            ],
            vec![json!("a".repeat(1_001)), json!(""), json!(1), Value::Null],
        ),
        ("/user/ttp", texts(), no_texts()),
        ("/user/user_agent", texts(), no_texts()),
        ("/user/locale", texts(), no_texts()),
        (
            "/page/url",
            vec![
                json!("https://example.com"),
                json!("http://localhost:8787/c?x=1#y"),
                json!("HTTPS://Example.com/ü"),
            ],
            vec![
                json!("/solar"),
                json!("example.com"),
                json!("//example.com/"),
                json!("ftp://example.com/"),
                json!("javascript:alert(1)"),
                json!("https://"),
                json!(" https://example.com/"),
                json!(""),
                json!(1),
                Value::Null,
            ],
        ),
        ("/page/referrer", vec![json!("https://www.tiktok.com/")], no_texts()),
        ("/page", vec![], vec![json!({}), json!("https://example.com"), Value::Null]),
        ("/properties", vec![json!({})], vec![json!([]), json!("x"), Value::Null]),
        ("/properties/value", numbers(), no_numbers()),
        (
            "/properties/currency",
            vec![json!("USD"), json!("EUR"), json!("ZAR"), json!("AED")],
            vec![
                json!("usd"),
                json!("XXX"),
                json!("US"),
                json!("USD EUR"),
                json!(""),
                json!(840),
                Value::Null,
            ],
        ),
        (
            "/properties/content_type",
            vec![json!("product"), json!("product_group")],
            vec![json!("Product"), json!("lead"), json!(""), json!(1)],
        ),
        (
            "/properties/customer_type",
            vec![json!("new"), json!("returning")],
            vec![json!("New"), json!("old"), json!(1)],
        ),
        ("/properties/num_items", integers(), no_integers()),
        ("/properties/order_id", texts(), no_texts()),
        ("/properties/shop_id", texts(), no_texts()),
        ("/properties/search_string", texts(), no_texts()),
        ("/properties/query", texts(), no_texts()),
        ("/properties/description", texts(), no_texts()),
        (
            "/properties/content_ids",
            vec![json!(["a", "1"])],
            vec![json!("a"), json!([1]), json!(["a", ""]), json!([null]), Value::Null],
        ),
        (
            "/properties/contents",
            vec![
                json!([{}]),
                json!([{"price": 9.5, "quantity": 2, "content_id": "17", "content_name": "n", "content_category": "c", "brand": "b"}]),
            ],
            vec![
                json!({}),
                json!([1]),
                json!([{"price": "9.5"}]),
                json!([{"quantity": 1.5}]),
                json!([{"content_id": 17}]),
                json!([{"content_name": 1}]),
                json!([{"brand": null}]),
            ],
        ),
        (
            "/limited_data_use",
            vec![json!(true), json!(false)],
            vec![json!("true"), json!(1), Value::Null],
        ),
        ("/test_event_code", vec![], vec![json!("TEST12345"), Value::Null]),
    ]
}
