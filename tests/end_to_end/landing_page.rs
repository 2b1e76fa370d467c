//! The Worker in front of a landing page: everything passes, a click is captured on the way. In bare
//! workerd, because there the origin is a server of the trial.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use harness::outside::{GZIPPED, Outside};
use harness::poll_until;
use harness::workerd::{Around, Workerd};
use libtest_mimic::Trial;
use reqwest::Method;
use reqwest::header::{HOST, SET_COOKIE};
use serde_json::{Value, json};

use crate::world::{Outcome, World, token, trial};

/// The host of the landing page.
const WWW: &str = "www.example.com";

/// The trials of this module.
pub(crate) fn trials(world: &Arc<World>) -> Vec<Trial> {
    vec![
        trial(world, "landing_page::a_click_is_captured_on_the_way", captured),
        trial(world, "landing_page::the_page_is_streamed", streamed),
        trial(world, "landing_page::all_else_passes_unchanged", passes),
        trial(world, "landing_page::the_page_is_untouched_but_for_the_cookie", untouched),
        trial(world, "landing_page::the_page_comes_whatever_is_wrong", comes_anyway),
        trial(world, "landing_page::an_exception_costs_nobody_the_page", exceptions),
        trial(world, "landing_page::a_crash_costs_nobody_else_the_page", crash_beside),
        trial(world, "landing_page::campaigns_have_addresses_of_their_own", own_addresses),
    ]
}

/// In front of the Worker: a request that says so meets a binding, or something of its context, that
/// throws when it is asked for, in the midst of the Worker's own code. A `RuntimeError` is what a panic
/// of the wasm looks like.
const BREAKS: &str = r#"import worker from "./index.js";
const broken = (target, what, how) => new Proxy(target, {
  get(target, name) {
    if (name === what) {
      throw how === "trap" ? new WebAssembly.RuntimeError("unreachable") : new Error("broken");
    }
    const value = target[name];
    return typeof value === "function" ? value.bind(target) : value;
  },
});
export default {
  fetch(request, env, ctx) {
    const [what, how] = (request.headers.get("x-break") ?? "").split(" ");
    if (!what) return worker.fetch(request, env, ctx);
    return worker.fetch(request, broken(env, what, how), broken(ctx, what, how));
  },
};
"#;

struct Front {
    worker: Workerd,
    outside: Outside,
    http: reqwest::Client,
}

impl Front {
    async fn start() -> anyhow::Result<Self> {
        Self::with(json!({ "campaigns": {
            "solar": { "landing_page": "https://www.example.com/solar" },
            "own": {
                "destination": "https://l.example/",
                "hosts": ["go.example.com"],
                "paths": ["/", "/deal"]
            },
        } }))
        .await
    }

    async fn with(config: Value) -> anyhow::Result<Self> {
        Self::around(config, Around::default()).await
    }

    /// One that breaks where a request says so.
    async fn breakable() -> anyhow::Result<Self> {
        let config = json!({
            "campaigns": { "solar": { "landing_page": "https://www.example.com/" } },
            "pixels": { "main": { "event_source_id": "PIXELMAIN", "access_token": "TIKTOK_TOKEN" } },
            "sources": { "server": { "pixel": "main", "token": "SERVER_TOKEN" } },
        });
        Self::around(config, Around { front: Some(BREAKS), ..Around::default() }).await
    }

    async fn around(config: Value, around: Around) -> anyhow::Result<Self> {
        let outside = Outside::start().await?;
        let worker = Workerd::start_in(&config, &outside, around).await?;
        Ok(Self { worker, outside, http: harness::http() })
    }

    fn get(&self, host: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.get(self.worker.url(path)).header(HOST, host)
    }
}

fn cookies(answer: &reqwest::Response) -> Vec<String> {
    let all = answer.headers().get_all(SET_COOKIE).iter();
    all.map(|cookie| String::from_utf8_lossy(cookie.as_bytes()).into_owned()).collect()
}

async fn captured(_: Arc<World>) -> Outcome {
    let front = Front::start().await?;
    let path = "/solar/roof?utm=1&ttclid=E.C.P.%2b1&empty=";
    let answer = front.get(WWW, path).header("cookie", "_ttp=2Kq3").send().await?;
    assert_eq!(answer.status(), 200);
    let cookies = cookies(&answer);
    assert_eq!(cookies.get(..2), Some(["a=1; Path=/".to_owned(), "b=2".to_owned()].as_slice()));
    let ours = cookies.get(2).context("a cookie of ours")?;
    let id = ours.strip_prefix("cj=").and_then(|rest| rest.get(..32)).context("a click id")?;
    assert_eq!(answer.text().await?, format!("page of {WWW}{path}"), "the page as it is");
    let line = poll_until("the click in KV", Duration::from_secs(30), || {
        let line = front.outside.kv.get(&format!("click:{id}"));
        async move { Ok(line) }
    });
    let record: Value = serde_json::from_str(&line.await?)?;
    assert_eq!(record["campaign"], "solar");
    assert_eq!(record["ttclid"], "E.C.P.+1");
    assert_eq!(record["ttp"], "2Kq3");
    let landing_url = record["landing_url"].as_str().context("a landing url")?;
    assert!(landing_url.ends_with(&format!("://{WWW}{path}")), "{landing_url}");
    // The same click again: the same id, and no second write.
    let again = front.get(WWW, path).header("cookie", ours.split(';').next().unwrap_or_default());
    let again = self::cookies(&again.send().await?);
    assert!(again.iter().any(|cookie| cookie.starts_with(&format!("cj={id}."))), "{again:?}");
    assert_eq!(front.outside.kv.puts(), 1);
    Ok(())
}

async fn streamed(_: Arc<World>) -> Outcome {
    let front = Front::start().await?;
    let begun = Instant::now();
    let mut answer = front.get(WWW, "/slow?ttclid=E.C.P.1").send().await?;
    let first = answer.chunk().await?.context("a first chunk")?;
    let at_first = begun.elapsed();
    let second = answer.chunk().await?.context("a second chunk")?;
    assert_eq!((&*first, &*second), (&b"first "[..], &b"second"[..]));
    assert!(begun.elapsed() >= at_first + Duration::from_millis(250), "both came together");
    Ok(())
}

async fn passes(_: Arc<World>) -> Outcome {
    let front = Front::start().await?;
    // Everything of this host is the origin's, also what is a route of ours elsewhere.
    for path in [
        "/",
        "/solar",
        "/solar?a=1",
        "/solar?ttclid=",
        "/solar?ttclid=__CLICKID__",
        "/elsewhere?ttclid=E.C.P.1",
        "/healthz",
        "/c/solar?ttclid=E.C.P.1",
        "/t.js",
        "/api/events",
        "/postback/pingtree",
        "/_cj/other",
    ] {
        let answer = front.get(WWW, path).send().await?;
        assert_eq!(cookies(&answer), ["a=1; Path=/", "b=2"], "{path}");
        assert_eq!(answer.text().await?, format!("page of {WWW}{path}"));
    }
    // The host in any case; the origin gets it as it came.
    let shouted = front.get("WWW.Example.COM", "/solar?ttclid=E.C.P.1").send().await?;
    assert_eq!(shouted.status(), 200);
    assert_eq!(cookies(&shouted).len(), 3);
    let moved = front.get(WWW, "/moved?ttclid=E.C.P.1").send().await?;
    assert_eq!(
        (moved.status().as_u16(), &moved.headers()["location"]),
        (301, &"/elsewhere".parse()?)
    );
    let form = front
        .http
        .request(Method::POST, front.worker.url("/solar?ttclid=E.C.P.1"))
        .header(HOST, WWW)
        .header("x-own", "yes")
        .body("a=1&b=2");
    assert_eq!(form.send().await?.status(), 200);
    let asked = front.outside.origin.asked(WWW);
    let posted = asked.iter().find(|asked| asked.method == "POST").context("the form")?;
    assert_eq!((posted.body.as_str(), posted.headers["x-own"].as_str()), ("a=1&b=2", "yes"));
    assert_eq!(front.outside.kv.puts(), 1, "for the one that shouted");
    // The page script is the exception, so that a page can have its click id.
    let script = front.get(WWW, "/_cj/t.js").send().await?.text().await?;
    assert!(script.contains("clickjoin"), "{script}");
    let report = front.http.post(front.worker.url("/_cj/capture?c=solar")).header(HOST, WWW);
    let report = report.header("origin", "https://www.example.com").body(r#"{"ttclid":"E.C.P.2"}"#);
    let answer = report.send().await?;
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await?.contains("click_id"));
    Ok(())
}

async fn untouched(_: Arc<World>) -> Outcome {
    let front = Front::breakable().await?;
    let mut pages = Vec::new();
    for query in ["", "?ttclid=E.C.P.1"] {
        let request = front.get(WWW, &format!("/gzip{query}")).header("accept-encoding", "gzip");
        let page = request.send().await?;
        let cookies = cookies(&page);
        let mut headers = page.headers().clone();
        headers.remove("date");
        headers.remove(SET_COOKIE);
        assert_eq!(headers["etag"], "\"v1\"");
        pages.push((page.status(), headers, page.bytes().await?, cookies.len()));
    }
    let [without, with] = pages.as_slice() else { anyhow::bail!("two pages") };
    assert_eq!((with.0, &with.1, &with.2), (without.0, &without.1, &without.2));
    assert_eq!(with.2, GZIPPED);
    assert_eq!((without.3, with.3), (2, 3));
    Ok(())
}

async fn exceptions(_: Arc<World>) -> Outcome {
    let front = Front::breakable().await?;
    for (number, (what, path)) in [
        ("waitUntil error", "/solar?ttclid=E.C.P."),
        ("waitUntil trap", "/solar?ttclid=E.C.P."),
        ("waitUntil trap", "/solar?ttclid=E.C.P."),
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("{path}{number}");
        let page = front.get(WWW, &path).header("x-break", what).send().await?;
        assert_eq!(page.status(), 200, "{what}");
        assert_eq!(cookies(&page), ["a=1; Path=/", "b=2"], "{what}");
        assert_eq!(page.text().await?, format!("page of {WWW}{path}"), "{what}");
        // The next click is as good as any.
        let next = front.get(WWW, &path).send().await?;
        assert_eq!(cookies(&next).len(), 3, "after {what}");
        assert_eq!(front.get("t.example.com", "/c/solar").send().await?.status(), 302);
    }
    // The same in the midst of what is waited for: nothing answers that request, but all that follow.
    let postback = || {
        let url = front.worker.url("/postback/server?trigger=form_submit&email=a@example.com");
        let request = front.http.post(format!("{url}&click_id={}", "ab".repeat(16)));
        request.bearer_auth(token("server")).header(HOST, "t.example.com")
    };
    let refused = postback().header("x-break", "CLICKS trap").send().await?;
    assert_eq!(refused.status(), 500);
    let next = front.get(WWW, "/solar?ttclid=E.C.P.after").send().await?;
    assert_eq!(cookies(&next).len(), 3);
    // The ledger's stand-in knows no postbacks: it is asked, which is all that matters.
    assert_eq!(postback().send().await?.status(), 503);
    // Where nobody stands behind the Worker, an exception is an error; the next request is none.
    let broken = front.get("t.example.com", "/c/solar?ttclid=E.C.P.1");
    assert_eq!(broken.header("x-break", "waitUntil trap").send().await?.status(), 500);
    let next = front.get("t.example.com", "/c/solar?ttclid=E.C.P.1").send().await?;
    assert_eq!(next.status(), 302);
    Ok(())
}

/// A panic ends the wasm, and everything that waited in it. A page that is on its way does not.
async fn crash_beside(_: Arc<World>) -> Outcome {
    let front = Front::breakable().await?;
    let path = "/late?ttclid=E.C.P.1";
    let waits = tokio::spawn(front.get(WWW, path).send());
    poll_until("the origin is asked", Duration::from_secs(30), || {
        let asked = front.outside.origin.asked(WWW).len() == 1;
        async move { Ok(asked.then_some(())) }
    })
    .await?;
    let crash = front.get("t.example.com", "/c/solar?ttclid=E.C.P.2");
    assert_eq!(crash.header("x-break", "waitUntil trap").send().await?.status(), 500);
    assert_eq!(front.get("t.example.com", "/c/solar").send().await?.status(), 302);
    let page = waits.await??;
    assert_eq!(page.status(), 200);
    assert_eq!(cookies(&page).len(), 3);
    assert_eq!(page.text().await?, format!("page of {WWW}{path}"));
    assert_eq!(front.outside.origin.asked(WWW).len(), 1, "and asked for once");
    Ok(())
}

async fn comes_anyway(_: Arc<World>) -> Outcome {
    for wrong in [
        json!({ "nonsense": true, "campaigns": {
            "solar": { "landing_page": "https://www.example.com/solar", "store": "?" },
        } }),
        json!({ "campaigns": { "solar": { "landing_page": "www.example.com/solar" } } }),
        // typed into the dashboard
        json!(r#"{"campaigns": {"solar": {"landing_page": "https://www.example.com/solar",}}}"#),
    ] {
        let front = Front::with(wrong).await?;
        let elsewhere = front.get("t.example.com", "/c/solar").send().await?;
        assert_eq!(elsewhere.status(), 503);
        for path in ["/", "/solar?ttclid=E.C.P.1"] {
            let page = front.get(WWW, path).send().await?;
            assert_eq!(page.status(), 200);
            assert_eq!(page.text().await?, format!("page of {WWW}{path}"));
        }
    }
    Ok(())
}

async fn own_addresses(_: Arc<World>) -> Outcome {
    let front = Front::start().await?;
    for (host, path, status) in [
        ("go.example.com", "/?ttclid=E.C.P.1", 302),
        ("go.example.com", "/deal", 302),
        ("go.example.com", "/deal/", 302),
        ("go.example.com", "/other", 404),
        ("go.example.com", "/c/own", 302),
        ("t.example.com", "/deal", 404),
    ] {
        let answer = front.get(host, path).send().await?;
        assert_eq!(answer.status(), status, "{host}{path}");
        if status == 302 {
            let location = answer.headers()["location"].to_str()?;
            assert!(location.starts_with("https://l.example/?"), "{location}");
        }
    }
    let posted = front.http.post(front.worker.url("/deal")).header(HOST, "go.example.com");
    assert_eq!(posted.send().await?.status(), 405);
    Ok(())
}
