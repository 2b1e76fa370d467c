//! `/t.js` on a page that no Worker stands in front of, in a real Chromium: from the ad click through
//! the page's form to the conversion at the stand-in. The trials of the browser are left out, and said
//! to be, where there is no Chromium.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use harness::browser::{Browser, Page, Site, chromium};
use harness::{Runtime, poll_until};
use libtest_mimic::Trial;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Outcome, World, token, trial, worker};

/// How long a browser may take, its start included.
const SOON: Duration = Duration::from_secs(60);

const TTCLID: &str = "E.C.P.browser-%2bABC";

/// The trials of this module.
pub(crate) fn trials(world: &Arc<World>) -> Vec<Trial> {
    let without_browser = chromium().is_none();
    let in_browser = |trial: Trial| trial.with_ignored_flag(without_browser);
    vec![
        trial(world, "page_script::only_the_owners_pages_may_report", origins),
        trial(world, "page_script::the_script_is_small_and_public", script),
        in_browser(trial(world, "page_script::a_form_becomes_a_conversion", conversion)),
        in_browser(trial(world, "page_script::a_beacon_reports_too", beacon)),
        in_browser(trial(world, "page_script::a_foreign_page_still_works", foreign_page)),
    ]
}

/// A Worker whose campaign `page` takes clicks from pages of `host`.
async fn worker_for(world: &World, host: String) -> anyhow::Result<Runtime> {
    let settings = json!({
        "destination": "https://quotes.example.com/",
        "pixel": "main",
        "allowed_hosts": [host],
    });
    worker(&world.tiktok)
        .configure(move |config| config.set(&["campaigns", "page"], settings))
        .start()
        .await
}

async fn origins(world: Arc<World>) -> Outcome {
    let worker = worker_for(&world, "shop.example".to_owned()).await?;
    let capture = |method: Method, origin: &str| {
        let request = world.http.request(method, worker.url("/capture?c=page"));
        let request = if origin.is_empty() { request } else { request.header("origin", origin) };
        request.header("content-type", "text/plain;charset=UTF-8")
    };
    let report = json!({ "ttclid": "E.C.P.1", "url": "https://shop.example/?a=1" }).to_string();

    let good = capture(Method::POST, "https://shop.example").body(report.clone()).send().await?;
    assert_eq!(good.status(), 200);
    let headers = good.headers();
    assert_eq!(headers["access-control-allow-origin"], "https://shop.example");
    assert_eq!(headers["access-control-allow-credentials"], "true");
    assert_eq!(headers["vary"], "origin");
    let cookie = headers["set-cookie"].to_str()?.to_owned();
    let answer: Value = serde_json::from_str(&good.text().await?)?;
    let id = answer["click_id"].as_str().context("a click id")?;
    assert!(cookie.starts_with(&format!("cj={id}.")), "{cookie}");

    let asked = capture(Method::OPTIONS, "https://shop.example").send().await?;
    assert_eq!(asked.status(), 204);
    assert_eq!(asked.headers()["access-control-allow-origin"], "https://shop.example");
    assert_eq!(asked.headers()["access-control-allow-headers"], "content-type");

    for origin in [
        "",
        "null",
        "https://evil.example",
        "http://shop.example",
        "https://shop.example.evil.example",
    ] {
        for method in [Method::POST, Method::OPTIONS] {
            let refused = capture(method, origin).body(report.clone()).send().await?;
            assert_eq!(refused.status(), 403, "{origin}");
            assert_eq!(refused.headers().get("access-control-allow-origin"), None, "{origin}");
            assert_eq!(refused.headers().get("set-cookie"), None, "{origin}");
            assert!(!refused.text().await?.contains("evil"), "nothing is reflected");
        }
    }
    for (body, status) in [
        (String::new(), 400),
        ("<x>".to_owned(), 400),
        (format!("ttclid={}", "x".repeat(40_000)), 400),
        ("ttclid=E.C.P.2".to_owned(), 200),
    ] {
        let answer = capture(Method::POST, "https://shop.example").body(body).send().await?;
        assert_eq!(answer.status(), status);
    }
    let unknown = world.http.post(worker.url("/capture?c=nobody"));
    assert_eq!(unknown.header("origin", "https://shop.example").send().await?.status(), 404);
    Ok(())
}

async fn script(world: Arc<World>) -> Outcome {
    let answer = world.http.get(world.url("/t.js?c=spring")).send().await?;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(answer.headers()["cache-control"], "public, max-age=3600");
    let script = answer.text().await?;
    assert!(script.len() < 1_500, "{} bytes", script.len());
    Ok(())
}

/// A page with a form that its own script submits when `clickjoin.ready` says so.
fn page(worker: &Runtime, form: &str, script: &str) -> Page {
    let worker = worker.url("");
    Page {
        content_type: "text/html; charset=utf-8",
        // As strict as a page that uses the script can be: nothing inline, nothing evaluated.
        policy: Some(format!(
            "default-src 'none'; script-src 'self' {worker}; connect-src {worker}; form-action 'self'"
        )),
        body: format!(
            "<!doctype html><title>Quotes</title>\
             <script src='{worker}/t.js?c=page' async></script>\
             <form method=post action='{form}'>\
             <input name=email value=visitor@example.com><input type=hidden name=click_id>\
             <input name=seen></form><script src='{script}' defer></script>"
        ),
    }
}

fn own_script(body: &str) -> Page {
    Page { content_type: "text/javascript", policy: None, body: body.to_owned() }
}

/// Submits the form, with what `clickjoin.ready` said in the field `seen`.
const SUBMIT: &str = "const go = () => window.clickjoin ? clickjoin.ready.then((id) => {\
    document.forms[0].seen.value = String(id); document.forms[0].requestSubmit(); })\
    : setTimeout(go, 20); go();";

/// Does the same with a form that was not there when the script came.
const SUBMIT_LATE: &str = "const go = () => window.clickjoin ? clickjoin.ready.then((id) => {\
    const old = document.forms[0]; const late = old.cloneNode(true);\
    late.click_id.value = ''; old.replaceWith(late);\
    late.seen.value = String(id); late.requestSubmit(); }) : setTimeout(go, 20); go();";

fn field(form: &str, name: &str) -> String {
    clickjoin::query::value(form, name).unwrap_or_default().into_owned()
}

async fn submitted(site: &Site, path: &str, browser: &Browser) -> anyhow::Result<String> {
    let what = format!("the form of {path}");
    let found = poll_until(what, SOON, || {
        let form = site.form(path);
        async move { Ok(form) }
    });
    let form =
        found.await.with_context(|| format!("Chromium printed:\n{}", browser.log().text()))?;
    Ok(form.body)
}

async fn conversion(world: Arc<World>) -> Outcome {
    let site = Site::start().await?;
    let worker = worker_for(&world, site.host()).await?;
    site.put("/quotes", page(&worker, "/lead", "/own.js"));
    site.put("/own.js", own_script(SUBMIT));
    // The next page of the site has no ttclid in its address, and a form that comes late.
    site.put("/after/lead", page(&worker, "/second", "/late.js"));
    site.put("/late.js", own_script(SUBMIT_LATE));

    let url = format!("http://{}/quotes?utm=1&ttclid={TTCLID}#top", site.host());
    let browser = Browser::open(&url)?;
    let first = submitted(&site, "/lead", &browser).await?;
    let id = field(&first, "click_id");
    assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{first}");
    assert_eq!(field(&first, "seen"), id, "clickjoin.ready says the same");
    let second = submitted(&site, "/second", &browser).await?;
    assert_eq!(field(&second, "click_id"), id, "kept in first-party storage");

    // The lead platform reports the lead with the click id that the form brought.
    let answer = world
        .http
        .post(worker.url("/postback/server"))
        .bearer_auth(token("server"))
        .json(&json!({
            "trigger": "form_submit",
            "transaction_id": format!("lead-{id}"),
            "click_id": id,
            "email": field(&first, "email"),
        }))
        .send()
        .await?;
    assert_eq!(answer.status(), 200, "{}", answer.text().await?);
    let event = world.received("PIXELMAIN", &format!("lead-{id}")).await?;
    assert_eq!(event["user"]["ttclid"], "E.C.P.browser-+ABC", "{event}");
    let agent = event["user"]["user_agent"].as_str().context("a user agent")?;
    assert!(agent.contains("Chrome"), "{agent}");
    let url = event["page"]["url"].as_str().context("a page")?;
    assert_eq!(url, format!("http://{}/quotes?utm=1&ttclid={TTCLID}", site.host()));
    Ok(())
}

/// A page without our script, whose own sends a beacon as it leaves: no preflight, and nobody who
/// reads the answer.
async fn beacon(world: Arc<World>) -> Outcome {
    let site = Site::start().await?;
    let worker = worker_for(&world, site.host()).await?;
    let url = worker.url("/capture?c=page");
    let send = format!(
        "const sent = navigator.sendBeacon('{url}', JSON.stringify({{ttclid: 'E.C.P.beacon', url: location.href}}));\
         document.forms[0].seen.value = String(sent); document.forms[0].requestSubmit();"
    );
    let mut quotes = page(&worker, "/lead", "/own.js");
    quotes.body = quotes.body.replace("/t.js", "/none.js");
    site.put("/quotes", quotes);
    site.put("/own.js", own_script(&send));
    let browser = Browser::open(&format!("http://{}/quotes", site.host()))?;
    let form = submitted(&site, "/lead", &browser).await?;
    assert_eq!(field(&form, "seen"), "true");
    poll_until("the click counted", SOON, || async {
        let request = world.http.get(worker.url("/api/counts")).bearer_auth("local-admin-token");
        let counts: Value = serde_json::from_str(&request.send().await?.text().await?)?;
        let stored = |count: &Value| count["campaign"] == "page" && count["stored"] == 1;
        let found = counts["clicks"].as_array().is_some_and(|counts| counts.iter().any(stored));
        Ok(found.then_some(()))
    })
    .await
}

/// A page that may not report: its visitors notice nothing.
async fn foreign_page(world: Arc<World>) -> Outcome {
    let site = Site::start().await?;
    let worker = worker_for(&world, "shop.example".to_owned()).await?;
    site.put("/quotes", page(&worker, "/lead", "/own.js"));
    site.put("/own.js", own_script(SUBMIT));
    let browser = Browser::open(&format!("http://{}/quotes?ttclid=E.C.P.1", site.host()))?;
    let form = submitted(&site, "/lead", &browser).await?;
    assert_eq!(
        (field(&form, "click_id"), field(&form, "seen")),
        (String::new(), "null".to_owned())
    );
    assert_eq!(field(&form, "email"), "visitor@example.com");
    Ok(())
}
