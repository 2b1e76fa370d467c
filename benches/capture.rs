//! What a click costs natively: from its request's parts to the redirect, and the record's JSON.
//! `cargo bench --bench capture`; times of a busy machine are good for comparing only.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark may say what it expects and stop when it is not so"
)]

use clickjoin::capture::{Capture, Visitor, decide};
use clickjoin::config::Config;
use clickjoin::slug::Slug;
use clickjoin::time::UnixMillis;
use divan::{AllocProfiler, Bencher, black_box};
use serde_json::json;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
const QUERY: &str = "ttclid=E.C.P.CrQBZ9Xn2kq7b0dVYh3T5mJcLw8sRfUoGaE1NiKpHtDyQvMxSzWgBjFlAeCuI4O6P_r-TbYnVhXkLmQwErTyUiOpAsDfGhJkLzXcVbNm1234567890qWeRtYuIoP&utm_campaign=launch&utm_content=v2&campaign_id=1790000000000001&aid=1790000000000002&cid=1790000000000003";

fn visitor<'a>(query: &'a str, cookies: &'a str) -> Visitor<'a> {
    Visitor {
        query,
        cookies,
        ip: "203.0.113.9",
        country: "US",
        user_agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 19_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 musical_ly_41.2.0 BytedanceWebview/d8a21c6",
        accept_language: "en-US,en;q=0.9",
        referrer: "https://www.tiktok.com/",
        host: "clicks.example.com",
        ..Visitor::default()
    }
}

fn config() -> Config {
    Config::parse(&json!({
        "pixels": {"main": {"event_source": "web", "event_source_id": "C4PIXELCODE", "access_token": "TOKEN"}},
        "campaigns": {"spring": {"destination": "https://quotes.example.com/solar?utm_source=tiktok", "pixel": "main"}},
    }))
    .expect("a configuration")
}

fn bench(bencher: Bencher<'_, '_>, visitor: &Visitor<'_>) {
    let config = config();
    let (name, campaign) = config.campaign("spring", NOW).expect("a campaign");
    bencher.bench(|| decide(name, campaign, black_box(visitor), NOW, [7; 16]));
}

fn first(query: &str) -> Capture {
    let config = config();
    let name = Slug::parse("spring").expect("a name");
    let campaign = config.campaigns.get(&name).expect("a campaign");
    decide(&name, campaign, &visitor(query, "_ttp=2Kq3vXn8"), NOW, [7; 16]).expect("a redirect")
}

#[divan::bench]
fn new_click(bencher: Bencher<'_, '_>) {
    bench(bencher, &visitor(QUERY, "_ttp=2Kq3vXn8pLmR5tYw7zAbCdEfGhI"));
}

#[divan::bench]
fn returning_visitor(bencher: Bencher<'_, '_>) {
    let cookie = first(QUERY).set_cookie.expect("a cookie");
    let cookies =
        format!("_ttp=2Kq3vXn8pLmR5tYw7zAbCdEfGhI; {}", cookie.split(';').next().unwrap());
    bench(bencher, &visitor(QUERY, &cookies));
}

#[divan::bench]
fn without_ttclid(bencher: Bencher<'_, '_>) {
    bench(bencher, &visitor("utm_campaign=launch&utm_content=v2", ""));
}

#[divan::bench]
fn record_to_json(bencher: Bencher<'_, '_>) {
    let (_, record) = first(QUERY).click.expect("a record");
    bencher.bench(|| record.encode());
}

#[divan::bench]
fn is_automatic(bencher: Bencher<'_, '_>) {
    let visitor = visitor(QUERY, "");
    bencher.bench(|| black_box(&visitor).is_automatic());
}
