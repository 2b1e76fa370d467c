//! What is measured: the requests of each scenario and what must have come of them.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::contestant::{Floor, Who};
use crate::http::{Answer, Request};
use crate::load::NUMBER;
use crate::workerd::{SOURCE_TOKEN, Workerd};

/// A TikTok visitor's phone.
const USER_AGENT: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 musical_ly_41.2.0 BytedanceWebview/d8a21c6";
/// As long as TikTok's are.
const TTCLID: &str = "E.C.P.CrQBZ9Xn2kq7b0dVYh3T5mJcLw8sRfUoGaE1NiKpHtDyQvMxSzWgBjFlAeCuI4O6P_r-TbYnVhXkLmQwErTyUiOpAsDfGhJkLzXcVbNm1234567890qWeRtYuIoP";

/// A kind of request, measured by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scenario {
    NewClick,
    ReturningVisitor,
    WithoutTtclid,
    Accepted,
    Duplicate,
    SlowKv,
}

impl Scenario {
    pub(crate) const ALL: [Self; 6] = [
        Self::NewClick,
        Self::ReturningVisitor,
        Self::WithoutTtclid,
        Self::Accepted,
        Self::Duplicate,
        Self::SlowKv,
    ];

    /// A fixed word, for results and the command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::NewClick => "capture-new",
            Self::ReturningVisitor => "capture-returning",
            Self::WithoutTtclid => "redirect-without-ttclid",
            Self::Accepted => "postback-accepted",
            Self::Duplicate => "postback-duplicate",
            Self::SlowKv => "capture-slow-kv",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::NewClick => "Capture: a new click",
            Self::ReturningVisitor => "Capture: a returning visitor",
            Self::WithoutTtclid => "Redirect without a ttclid",
            Self::Accepted => "Postback: joined, five hashes, accepted",
            Self::Duplicate => "Postback: a duplicate",
            Self::SlowKv => "Capture: KV takes 200 ms",
        }
    }

    pub(crate) fn floor(self) -> Floor {
        match self {
            Self::NewClick | Self::SlowKv => Floor::Capture,
            Self::ReturningVisitor | Self::WithoutTtclid => Floor::Redirect,
            Self::Accepted => Floor::Insert,
            Self::Duplicate => Floor::Select,
        }
    }

    /// Puts a fresh process into the state that the scenario begins with, and gives the request to
    /// repeat.
    pub(crate) fn set_up(self, who: Who, workerd: &Workerd) -> Result<Request> {
        match self {
            Self::NewClick => {}
            Self::WithoutTtclid => {
                return Ok(click("/c/spring?utm_campaign=launch&utm_content=v2", None));
            }
            Self::SlowKv => workerd.slow_kv(Duration::from_millis(200))?,
            Self::ReturningVisitor if who == Who::Floor => {}
            Self::ReturningVisitor => {
                let first = workerd.ask(&new_click())?;
                let cookie = first.header("set-cookie").context("no cookie")?;
                let cookie = cookie.split(';').next().unwrap_or_default();
                return Ok(click(&new_click_target(), Some(cookie)));
            }
            Self::Accepted | Self::Duplicate if who == Who::Floor => {
                return Ok(postback("", NUMBER));
            }
            Self::Accepted => return Ok(postback(&captured(workerd)?, NUMBER)),
            Self::Duplicate => {
                let again = postback(&captured(workerd)?, "000000000");
                let answer = workerd.ask(&again)?;
                ensure!(answer.body.contains("accepted"), "not accepted: {answer:?}");
                return Ok(again);
            }
        }
        Ok(new_click())
    }

    /// Whether the effects of `sent` requests are all there, as far as they are seen outside.
    pub(crate) fn is_done(
        self,
        who: Who,
        workerd: &Workerd,
        sent: u64,
        before: Seen,
    ) -> Result<bool> {
        let now = Seen::of(workerd)?;
        Ok(match self {
            Self::NewClick | Self::SlowKv => now.puts >= before.puts + sent,
            Self::Accepted if who != Who::Floor => now.events >= before.events + sent,
            _ => true,
        })
    }
}

/// What the stand-ins have counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Seen {
    pub(crate) puts: u64,
    pub(crate) requests: u64,
    pub(crate) events: u64,
}

impl Seen {
    pub(crate) fn of(workerd: &Workerd) -> Result<Self> {
        let tiktok = workerd.tiktok()?;
        Ok(Self { puts: workerd.kv()?.puts, requests: tiktok.requests, events: tiktok.events })
    }
}

fn new_click_target() -> String {
    format!(
        "/c/spring?ttclid={TTCLID}&utm_campaign=launch&utm_content=v2&campaign_id=1790000000000001&aid=1790000000000002&cid=1790000000000003"
    )
}

/// A click by a visitor who was never here.
pub(crate) fn new_click() -> Request {
    click(&new_click_target(), None)
}

fn click(target: &str, cookie: Option<&str>) -> Request {
    let cookies = match cookie {
        Some(cookie) => format!("_ttp=2Kq3vXn8pLmR5tYw7zAbCdEfGhI; {cookie}"),
        None => "_ttp=2Kq3vXn8pLmR5tYw7zAbCdEfGhI".to_owned(),
    };
    let headers = [
        ("user-agent", USER_AGENT),
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("accept-language", "en-US,en;q=0.9"),
        ("accept-encoding", "gzip, deflate, br"),
        ("referer", "https://www.tiktok.com/"),
        ("cf-connecting-ip", "203.0.113.9"),
        ("cf-ipcountry", "US"),
        ("cookie", cookies.as_str()),
    ];
    Request::get(target, &headers)
}

/// A lead that was sold, with five values to hash. `number` makes it another lead.
pub(crate) fn postback(click_id: &str, number: &str) -> Request {
    let body = format!(
        r#"{{"trigger":"lead_sold","transaction_id":"T-{number}","click_id":"{click_id}","email":" Alice.Lead@Example.COM ","phone":"(213) 373-4253","first_name":"Alice","last_name":"O'Lead","zip_code":"90210-1234","city":"Los Angeles","state":"CA","country":"US","revenue":"125.50","currency":"usd","content_name":"Solar quote","order_id":"{number}","offer_id":""}}"#
    );
    let bearer = format!("Bearer {SOURCE_TOKEN}");
    let headers = [("authorization", bearer.as_str()), ("user-agent", "LeadPlatform/2.4")];
    Request::post("/postback/platform", &headers, &body)
}

/// Captures a click and gives its id once KV has it.
pub(crate) fn captured(workerd: &Workerd) -> Result<String> {
    let puts = workerd.kv()?.puts;
    let answer: Answer = workerd.ask(&new_click())?;
    let location = answer.header("location").context("no location")?;
    let (_, id) = location.split_once("click_id=").context("no click id")?;
    while workerd.kv()?.puts == puts {
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(id.to_owned())
}
