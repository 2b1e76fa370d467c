//! `GET /c/{campaign}`, as a visitor's browser and others fetch it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use anyhow::Context;
use harness::outside::Outside;
use harness::workerd::Workerd;
use libtest_mimic::Trial;
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE, USER_AGENT};
use reqwest::{Method, Response};
use serde_json::json;

use crate::world::{Outcome, World, trial};

/// The trials of this module.
pub(crate) fn trials(world: &Arc<World>) -> Vec<Trial> {
    vec![
        trial(world, "capture::redirects_with_everything_it_should", redirects),
        trial(world, "capture::any_query_arrives_byte_for_byte", raw_queries),
        trial(world, "capture::a_repeat_keeps_its_click_id", repeats),
        trial(world, "capture::others_get_the_same_page", others),
        trial(world, "capture::unknown_campaigns_and_methods", unknown),
        trial(world, "capture::nothing_that_comes_becomes_a_header", no_injection),
        trial(world, "capture::no_error_page_reflects_anything", no_reflection),
        trial(world, "capture::no_link_leads_elsewhere", open_redirects),
    ]
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The location without its click id, and the click id.
fn location(answer: &Response) -> (String, String) {
    let location = header(answer.headers(), LOCATION.as_str());
    let (before, id) = location.split_once("click_id=").expect("a click id");
    (before.to_owned(), id.to_owned())
}

async fn redirects(world: Arc<World>) -> Outcome {
    let path = "/c/spring?b=2&ttclid=E.C.P.%2bx_-&a=1&b=&c=%C3%A9%ff&utm_source=evil";
    let answer = world.http.get(world.url(path)).send().await?;
    assert_eq!(answer.status(), 302);
    let (before, id) = location(&answer);
    assert_eq!(
        before,
        "https://quotes.example.com/solar?utm_source=tiktok&b=2&ttclid=E.C.P.%2bx_-&a=1&b=&c=%C3%A9%ff&"
    );
    assert!(id.len() == 32 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')), "{id}");
    assert_eq!(header(answer.headers(), "cache-control"), "no-store");
    assert_eq!(header(answer.headers(), "x-robots-tag"), "noindex");
    let cookie = header(answer.headers(), SET_COOKIE.as_str());
    assert!(cookie.starts_with(&format!("cj={id}.")), "{cookie}");
    for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
        assert!(cookie.split("; ").any(|found| found == attribute), "{attribute} in {cookie}");
    }
    Ok(())
}

/// What no well-behaved client would send, straight into the socket: the answer's `Location` and all
/// other headers, as bytes.
fn raw(worker: &Workerd, target: &[u8], headers: &str) -> anyhow::Result<(String, String)> {
    let address = worker.url("");
    let address = address.strip_prefix("http://").context("an address")?.to_owned();
    let mut socket = TcpStream::connect(address)?;
    let rest = format!(" HTTP/1.1\r\nhost: t.example\r\nconnection: close\r\n{headers}\r\n");
    socket.write_all(&[b"GET ", target, rest.as_bytes()].concat())?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (location, others): (Vec<&str>, Vec<&str>) =
        answer.lines().partition(|line| line.to_ascii_lowercase().starts_with("location: "));
    let location = location.first().and_then(|line| line.get(10..)).context(answer.clone())?;
    Ok((location.to_owned(), others.join("\n")))
}

async fn raw_queries(_: Arc<World>) -> Outcome {
    let config = json!({ "campaigns": { "raw": { "destination": "https://l.example/p" } } });
    let worker = Workerd::start(&config, &Outside::start().await?).await?;
    // `"`, `<`, `>` and bytes above 0x7e the runtime itself refuses where they are not encoded.
    let plain = |byte: &u8| !matches!(byte, b'"' | b'#' | b'<' | b'>');
    let visible: String = (b'!'..=b'~').filter(plain).map(char::from).collect();
    let every: String = (0..=255_u8).map(|byte| format!("%{byte:02x}")).collect();
    for query in [
        visible.as_str(),
        &format!("a={visible}"),
        &format!("{visible}=b&{visible}=c"),
        &every,
        &format!("k={every}&{every}=v"),
        "b=2&a=1&b=&b&=&=x&a==1",
        "x=1?y=2&z=//evil.example/../..",
        "ttclid=E.C.P.%2B+%252B",
        "u=caf%C3%A9&l=caf%E9&half=%C3",
    ] {
        let (location, _) = raw(&worker, format!("/c/raw?{query}").as_bytes(), "")?;
        let (before, id) = location.rsplit_once("&click_id=").context(location.clone())?;
        assert_eq!(before, format!("https://l.example/p?{query}"));
        assert_eq!(id.len(), 32, "{location}");
    }
    Ok(())
}

async fn repeats(world: Arc<World>) -> Outcome {
    let first = world.http.get(world.url("/c/spring?ttclid=E.C.P.repeat")).send().await?;
    let cookie = header(first.headers(), SET_COOKIE.as_str());
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let again = |path: &'static str| {
        let request = world.http.get(world.url(path)).header(COOKIE, format!("a=b; {cookie}"));
        async move { anyhow::Ok(location(&request.send().await?).1) }
    };
    let id = location(&first).1;
    assert_eq!(again("/c/spring?ttclid=E.C.P.repeat").await?, id);
    assert_eq!(again("/c/spring").await?, id);
    assert_ne!(again("/c/spring?ttclid=E.C.P.another").await?, id);
    Ok(())
}

async fn others(world: Arc<World>) -> Outcome {
    let url = world.url("/c/spring?ttclid=E.C.P.others");
    let person = world.http.get(&url).send().await?;
    let requests = [
        world.http.request(Method::HEAD, &url),
        world.http.get(&url).header("sec-purpose", "prefetch"),
        world.http.get(&url).header(USER_AGENT, "Mozilla/5.0 thirdLandingPageFeInfra"),
    ];
    for request in requests {
        let answer = request.send().await?;
        assert_eq!(answer.status(), 302);
        assert_eq!(location(&answer).0, location(&person).0);
        assert_eq!(answer.headers().get(SET_COOKIE), None);
    }
    Ok(())
}

async fn unknown(world: Arc<World>) -> Outcome {
    for (method, path, status) in [
        (Method::GET, "/c/nobody", 404),
        (Method::GET, "/c/%3Cscript%3E", 404),
        (Method::GET, "/", 404),
        (Method::POST, "/c/spring", 405),
        (Method::DELETE, "/healthz", 405),
    ] {
        let answer = world.http.request(method, world.url(path)).send().await?;
        assert_eq!(answer.status(), status, "{path}");
        let text = answer.text().await?;
        assert!(!text.contains(['<', '>', '%']) && !text.contains("nobody"), "reflected: {text}");
    }
    Ok(())
}

/// Everything that a visitor can write is in these requests; only ours is in the answer's head.
async fn no_injection(_: Arc<World>) -> Outcome {
    const EXPECTED: [&str; 7] = [
        "cache-control",
        "connection",
        "content-length",
        "set-cookie",
        "transfer-encoding",
        "x-robots-tag",
        "date",
    ];
    let config = json!({ "campaigns": { "free": {
        "destinations": ["https://l.example/{evil}?e={evil}#{evil}", "https://b.example/"],
        "click_id_param": ["sub1", "sub2"],
        "allowed_hosts": ["pay.example"],
    } } });
    let worker = Workerd::start(&config, &Outside::start().await?).await?;
    let long = "x".repeat(6_000);
    let injected = "a%0d%0aset-cookie:%20evil=1%0d%0a%0d%0a%3Cscript%3E%00%e5%98%8a%e5%98%8d";
    let id = "00112233445566778899aabbccddeeff";
    for query in [
        format!("evil={injected}"),
        format!("{injected}={injected}"),
        format!("ttclid={injected}"),
        format!("ttclid=1&sub1={injected}&sub2={injected}&click_id={injected}"),
        format!("url=https://pay.example/{injected}"),
        "url=https://pay.example/%250d%250aset-cookie:evil=1&ttclid=1".to_owned(),
        format!("ttclid={long}&evil={long}"),
    ] {
        for cookie in [
            String::new(),
            format!("cj={id}.0011223344556677.0011223344556677"),
            format!("cj={id}.{long}.{long}"),
            format!("cj={long}"),
            format!("cj={id}..evil=1; cj=evil; _ttp={long}"),
            format!("cj={id}.00.%0d%0aset-cookie:evil"),
        ] {
            let headers = format!(
                "cookie: {cookie}\r\nuser-agent: {injected}\r\nreferer: {injected}\r\n\
                 accept-language: {injected}\r\nsec-gpc: {injected}\r\n"
            );
            let (location, others) = raw(&worker, format!("/c/free?{query}").as_bytes(), &headers)?;
            assert!(location.bytes().all(|byte| byte.is_ascii_graphic()), "{location}");
            let mut lines = others.lines();
            assert_eq!(lines.next(), Some("HTTP/1.1 302 Found"));
            for line in lines.filter(|line| !line.is_empty()) {
                let (name, value) = line.split_once(": ").context(line.to_owned())?;
                let name = name.to_ascii_lowercase();
                assert!(EXPECTED.contains(&name.as_str()), "{line}");
                assert!(name != "set-cookie" || value.starts_with("cj=") && value.len() < 200);
                assert!(!value.contains("evil"), "{line}");
            }
        }
    }
    Ok(())
}

async fn no_reflection(_: Arc<World>) -> Outcome {
    const MARK: &str = "zq9mark";
    let config = json!({ "campaigns": {
        "loop": { "destination": "https://t.example/c/loop" },
        "page": { "destination": "https://l.example/", "allowed_hosts": ["shop.example"], "path": "/own" },
    } });
    let outside = Outside::start().await?;
    let good = Workerd::start(&config, &outside).await?;
    let wrong = Workerd::start(&json!({ MARK: 1, "campaigns": MARK }), &outside).await?;
    let http = harness::http();
    for (worker, method, path, origin, status) in [
        (&good, "GET", "/c/zq9mark", "", 404),
        (&good, "GET", "/zq9mark", "", 404),
        (&good, "POST", "/c/loop", "", 405),
        (&good, "PUT", "/own", "", 405),
        (&good, "GET", "/c/loop", "", 508),
        (&good, "POST", "/capture?c=page", "https://zq9mark.example", 403),
        (&good, "OPTIONS", "/capture?c=page", "https://zq9mark.example", 403),
        (&good, "POST", "/capture?c=page", "https://shop.example", 400),
        (&good, "POST", "/capture?c=zq9mark", "https://shop.example", 404),
        (&good, "GET", "/capture?c=page", "https://shop.example", 405),
        (&wrong, "GET", "/c/zq9mark", "", 503),
        (&wrong, "POST", "/capture?c=zq9mark", "https://zq9mark.example", 503),
        (&wrong, "GET", "/zq9mark", "", 503),
    ] {
        let separator = if path.contains('?') { '&' } else { '?' };
        let url = worker.url(&format!("{path}{separator}{MARK}=%3Cb%3E{MARK}&ttclid={MARK}"));
        let request = http.request(method.parse()?, url).body(format!("<{MARK}>"));
        let request = request.header("host", "t.example").header("cookie", format!("cj={MARK}"));
        let request = request.header("origin", origin).header("referer", MARK);
        let answer = request.send().await?;
        assert_eq!(answer.status(), status, "{method} {path}");
        let head = format!("{:?}", answer.headers());
        assert!(head.contains("text/plain; charset=utf-8"), "{head}");
        let text = format!("{head}{}", answer.text().await?);
        assert!(!text.to_ascii_lowercase().contains(MARK), "{method} {path}: {text}");
    }
    Ok(())
}

/// The whole table of tricks is in `capture::free_url`; here are those that a URL parser on the way,
/// the runtime's own, might turn into something else.
async fn open_redirects(_: Arc<World>) -> Outcome {
    let config = json!({ "campaigns": { "free": {
        "destination": "https://l.example/own",
        "allowed_hosts": ["l.example", "pay.example"],
    } } });
    let worker = Workerd::start(&config, &Outside::start().await?).await?;
    let http = harness::http();
    let to = |url: &'static str| {
        let request = http.get(worker.url(&format!("/c/free?url={url}")));
        async move { anyhow::Ok(location(&request.send().await?).0) }
    };
    assert_eq!(to("https%3A%2F%2Fpay.example%2Fx%3Fa%3D1").await?, "https://pay.example/x?a=1&");
    assert_eq!(to("https://pay.example/x").await?, "https://pay.example/x?");
    for trick in [
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/%5Cevil.example",
        "https:evil.example",
        "https:/evil.example",
        "https:\\\\evil.example",
        "https://pay.example@evil.example",
        "https://pay.example%40evil.example",
        "https://pay.example%2540evil.example",
        "https://pay.example%5C.evil.example",
        "https://pay.example%09.evil.example",
        "https://pay.example%0D%0ALocation:%20https://evil.example",
        "https://pay.example%00.evil.example",
        "https://pay.example.evil.example",
        "https://evil.example%23pay.example",
        "https://evil.example?pay.example",
        "https://pay.example.",
        "https://pay.example:443",
        "https://p%D0%B0y.example",
        "https://%2570ay.example%252f@evil.example",
        "hTTps://pay.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://pay.example",
        "%20https://evil.example",
        "https://pay.example/&url=https://evil.example",
    ] {
        let location = to(trick).await?;
        assert!(location.starts_with("https://l.example/own?"), "{trick}: {location}");
        assert!(!location.contains("evil"), "{trick}: {location}");
    }
    Ok(())
}
