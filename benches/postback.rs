//! What a postback costs natively, from its bytes to what TikTok is told. Aim: a 2 KB postback is
//! parsed and mapped in under 30 µs.

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

use clickjoin::few::Map;
use clickjoin::postback::auth::{AuthPolicy, Credentials, authenticate};
use clickjoin::postback::decide::{Decision, Policy, decide};
use clickjoin::postback::event_id::{Context, Derived, derive};
use clickjoin::postback::resolve::{Aliases, Resolved, resolve};
use clickjoin::postback::{body, profile};
use clickjoin::slug::Slug;
use divan::{Bencher, black_box};
use std::collections::BTreeMap;
use std::fmt::Write;

#[global_allocator]
static ALLOCATIONS: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

/// A lead of 30 fields and 2 KB, as Pingtree would send it.
fn lead() -> Vec<(String, String)> {
    let mut lead: Vec<(String, String)> = [
        ("trigger", "Lead Sold"),
        ("email", "alice.anderson@example.com"),
        ("mobile", "+1 (555) 010-0123"),
        ("transaction_id", "6f9619ff-8b86-d011-b42d-00c04fc964ff"),
        ("click_id", "00112233445566778899aabbccddeeff"),
        ("ip", "203.0.113.1"),
        (
            "user_agent",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15",
        ),
        ("utc_timestamp", "2026-11-22 10:00:00"),
        ("revenue", "1,234.50"),
        ("currency", "USD"),
        ("content_type", "product"),
        ("first_name", "Alice"),
        ("last_name", "Anderson"),
        ("zip", "90210"),
        ("city", "{city}"),
        ("page_url", "https://quotes.example.com/solar?utm_source=tiktok&utm_campaign=spring"),
        ("pid", "7"),
        ("clid", "31"),
        ("cid", "12"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    lead.push(("ttclid".to_owned(), format!("E.C.P.{}", "aB3_".repeat(80))));
    for number in 1..=5 {
        lead.push((format!("sub{number}"), "a value of somebody's own".repeat(3)));
        let answer = "an answer to a question of the form ".repeat(3);
        lead.push((format!("question_{number}"), answer));
    }
    lead
}

fn json() -> Vec<u8> {
    let members: BTreeMap<_, _> = lead().into_iter().collect();
    serde_json::to_vec(&members).unwrap()
}

fn form() -> Vec<u8> {
    let mut form = String::new();
    for (name, value) in lead() {
        write!(form, "{name}=").unwrap();
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => {
                    form.push(byte.into())
                }
                _ => write!(form, "%{byte:02X}").unwrap(),
            }
        }
        form.push('&');
    }
    form.into_bytes()
}

fn multipart() -> Vec<u8> {
    let mut body = String::new();
    for (name, value) in lead() {
        write!(body, "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
            .unwrap();
    }
    body.push_str("--b--\r\n");
    body.into_bytes()
}

fn xml() -> Vec<u8> {
    let mut body = "<?xml version=\"1.0\"?><lead>".to_owned();
    for (name, value) in lead() {
        write!(body, "<{name}>{}</{name}>", value.replace('&', "&amp;")).unwrap();
    }
    body.push_str("</lead>");
    body.into_bytes()
}

fn map(body: &[u8]) -> (Resolved, Derived) {
    let profile = profile::find("pingtree").unwrap();
    let parsed = body::parse(None, "token=0123456789abcdef", body).unwrap();
    let resolved = resolve(parsed, profile, &Aliases::new()).unwrap();
    let events = Map::new();
    let policy = Policy { profile, events: &events, filters: &[], rules: &[] };
    let Decision::Event { name, trigger, .. } = decide(&resolved.facts, None, &policy) else {
        std::process::exit(1);
    };
    let source = Slug::parse("pingtree").unwrap();
    let context = Context {
        source: &source,
        profile,
        template: None,
        trigger: trigger.as_ref(),
        event: &name,
    };
    let derived = derive(&resolved.facts, &context).unwrap();
    (resolved, derived)
}

#[divan::bench(args = ["json", "form", "multipart", "xml"])]
fn parse_and_map(bencher: Bencher<'_, '_>, format: &str) {
    let body = match format {
        "json" => json(),
        "form" => form(),
        "multipart" => multipart(),
        _ => xml(),
    };
    bencher.counter(divan::counter::BytesCount::new(body.len())).bench(|| map(black_box(&body)));
}

#[divan::bench(args = ["token", "signature"])]
fn authentication(bencher: Bencher<'_, '_>, by: &str) {
    let body = json();
    let policy = AuthPolicy {
        tokens: vec!["0123456789abcdef", "fedcba9876543210"],
        signing_secrets: vec!["secret"],
        allowed_ips: &[],
    };
    let wrong = "0".repeat(64);
    let credentials = match by {
        "token" => Credentials { token: Some("fedcba9876543210"), ..Credentials::default() },
        _ => Credentials { signature: Some(&wrong), body: &body, ..Credentials::default() },
    };
    bencher.bench(|| authenticate(black_box(&policy), black_box(&credentials)));
}

/// Hostile bodies of 64 KiB: the cost of refusing them.
#[divan::bench(args = ["keys", "deep", "commas", "entities", "boundaries", "questions", "urls"])]
fn hostile(bencher: Bencher<'_, '_>, kind: &str) {
    let body = match kind {
        "keys" => format!("{{{}}}", "\"a\":1,".repeat(10_000)),
        "deep" => "[".repeat(65_000),
        "commas" => format!("[{}", ",".repeat(65_000)),
        "entities" => format!("<l><a>{}", "&amp".repeat(16_000)),
        "boundaries" => {
            format!("--x\nContent-Disposition: form-data\n\n{}", "--xy\n".repeat(13_000))
        }
        "questions" => format!("a={}", "?".repeat(65_000)),
        _ => format!("a={}://{}", "b".repeat(30_000), "?a=".repeat(11_000)),
    };
    bencher.bench(|| body::parse(None, "", black_box(body.as_bytes())).is_err());
}
