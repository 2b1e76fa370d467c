//! Storing clicks behind the answer: KV, again KV, then the ledger (`capture::KEEPING` says when),
//! and the report of counts to the ledger every few seconds. Nothing here delays a visitor.

use super::clock::{in_time, now, pause};
use super::js::{self, Context, Env, console_log};
use super::kv;
use super::ledger_client::ask;
use super::setup::{Ready, Setup};
use crate::capture::{Gathering, KEEPING, Step, flood_key};
use crate::click::{ClickId, ClickRecord, ClickTally};
use crate::ledger::protocol::{Ask, ClickCount, Kept, KeptClick, shard};
use crate::slug::Slug;
use crate::time::UnixMillis;
use js_sys::Promise;
use serde::Serialize;
use std::cell::RefCell;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::future_to_promise;

/// Seconds of a day.
const DAY: u32 = 86_400;
/// How long clicks are counted before they are reported, in milliseconds: long enough that a busy
/// isolate makes few requests, short enough that an isolate which is ended takes few counts along.
const REPORT_AFTER: u32 = 4_000;
/// How long the ledger may take to answer, in milliseconds.
const LEDGER_TIME_OUT: u32 = 8_000;

thread_local! {
    static GATHERING: RefCell<Gathering> = const { RefCell::new(Gathering::new()) };
}

fn gathering<T>(with: impl FnOnce(&mut Gathering) -> T) -> T {
    GATHERING.with_borrow_mut(with)
}

/// What went wrong with storing clicks in this isolate.
pub(super) fn tally() -> ClickTally {
    gathering(|gathering| gathering.tally())
}

/// Counts a visit, stores its click where there is one, and sees to it that counts are reported.
pub(super) fn visit(
    ready: &Ready,
    env: &Env,
    context: &Context,
    campaign: &Slug,
    ip: &str,
    at: UnixMillis,
    click: Option<(ClickId, ClickRecord)>,
) {
    let is_due = gathering(|gathering| {
        gathering.clicked(campaign, at, click.is_some());
        gathering.begin_report(at)
    });
    if let Some((id, record)) = click {
        keep(ready, env, context, ip, &id, &record);
    }
    if is_due {
        report_behind(env, context);
    }
}

/// Sees to it that what was gathered is reported, if nobody is at it.
pub(super) fn report_if_due(env: &Env, context: &Context) {
    // The clock is asked only where there is something: each question is a crossing.
    if gathering(|gathering| gathering.has_news() && gathering.begin_report(now())) {
        report_behind(env, context);
    }
}

fn report_behind(env: &Env, context: &Context) {
    let env = env.clone();
    behind(context, async move { report(&env).await });
}

/// Does something behind the answer.
fn behind(context: &Context, work: impl Future<Output = ()> + 'static) {
    context.wait_until(&future_to_promise(async move {
        work.await;
        Ok(JsValue::UNDEFINED)
    }));
}

/// Stores a click: a put into KV, which JavaScript makes and watches. Nothing of ours runs again
/// unless it fails.
fn keep(ready: &Ready, env: &Env, context: &Context, ip: &str, id: &ClickId, record: &ClickRecord) {
    let [Step::Put { time_out, .. }, ..] = KEEPING else { return };
    // JSON: no line of it breaks.
    let Ok(line) = record.encode() else { return };
    let click = format!("{}\n{line}\n{}", id.kv_key(), flood_key(ip));
    let ttl = ready.config.click_ttl_days.saturating_mul(DAY);
    OTHERWISE.with(|otherwise| {
        let otherwise = otherwise.as_ref().unchecked_ref();
        js::keep(env, context, &click, ready.limits_clicks, ttl, time_out, otherwise);
    });
}

/// One line of the log.
#[derive(Serialize)]
struct LogLine<'a> {
    log: &'static str,
    campaign: &'a str,
    status: &'static str,
}

/// One line for a click that KV would not take: fixed words, nothing of the visitor's.
fn log(campaign: &Slug, status: &'static str) {
    let line = LogLine { log: "click", campaign: campaign.as_str(), status };
    if let Ok(line) = serde_json::to_string(&line) {
        console_log(&line);
    }
}

thread_local! {
    /// What [`js::keep`] calls where the put did not succeed: made once, for a closure for each click
    /// would cost more than the put.
    static OTHERWISE: Closure<dyn Fn(Env, String, String, bool) -> Promise> =
        Closure::new(|env, key: String, line: String, forbidden| {
            future_to_promise(async move {
                keep_otherwise(&env, &key, &line, forbidden).await;
                Ok(JsValue::UNDEFINED)
            })
        });
}

/// The steps that follow a put that was forbidden or did not succeed.
async fn keep_otherwise(env: &Env, key: &str, line: &str, forbidden: bool) {
    let setup = Setup::of(env);
    let id = key.strip_prefix(ClickId::KV_PREFIX).and_then(ClickId::parse);
    let (Some(ready), Some(id)) = (setup.ready(), id) else { return };
    let Ok(record) = ClickRecord::decode(line) else { return };
    let Some(campaign) = Slug::parse(&record.campaign) else { return };
    if forbidden {
        return gathering(|gathering| gathering.limited(&campaign, now()));
    }
    gathering(|gathering| gathering.put_failed(&campaign, now()));
    for step in KEEPING.into_iter().skip(1) {
        match step {
            Step::Put { after, time_out } => {
                pause(after).await;
                let ttl = ready.config.click_ttl_days.saturating_mul(DAY);
                // If it runs twice (a put that seemed to fail did not), the same is written again.
                if in_time(time_out, kv::put(&env.clicks(), id, line, ttl.into())).await
                    == Some(true)
                {
                    return;
                }
                gathering(|gathering| gathering.put_failed(&campaign, now()));
            }
            Step::HandOver { time_out } => {
                let clicks = vec![KeptClick { id, record: record.clone() }];
                let shard = shard(&campaign, None, Some(id), None, ready.config.ledger_shards);
                // If it runs twice, the ledger keeps the same click under the same id.
                let question = Ask::KeepClicks { clicks };
                let asked = ask::<Kept>(env, shard, &question);
                // A ledger that is full keeps none.
                if let Some(Ok(Kept { kept: 1.. })) = in_time(time_out, asked).await {
                    log(&campaign, "handed_over");
                    return gathering(|gathering| gathering.handed_over(1));
                }
            }
        }
    }
    log(&campaign, "waiting");
    gathering(|gathering| gathering.wait(id, record));
}

/// Reports to the ledger what has been gathered, after a while in which more comes together. What
/// does not arrive is told again; the ledger adds counts up, so a report that arrived and seemed not
/// to is counted twice.
async fn report(env: &Env) {
    pause(REPORT_AFTER).await;
    let mut told = gathering(Gathering::take);
    let counts: Vec<ClickCount> = told
        .counts
        .iter()
        .flat_map(|(day, campaigns)| campaigns.iter().map(move |(name, count)| (day, name, count)))
        .map(|(day, campaign, count)| ClickCount {
            campaign: campaign.clone(),
            day: *day,
            clicks: count.clicks,
            stored: count.stored,
            failed: count.failed,
            limited: count.limited,
        })
        .collect();
    if counts.is_empty() || tell(env, &Ask::CountClicks { counts }).await.is_some() {
        told.counts.clear();
        let click =
            |(id, record): &(ClickId, ClickRecord)| KeptClick { id: *id, record: record.clone() };
        let clicks: Vec<KeptClick> = told.clicks.iter().map(click).collect();
        if !clicks.is_empty() {
            let kept = tell(env, &Ask::KeepClicks { clicks }).await.unwrap_or_default();
            gathering(|gathering| gathering.handed_over(told.kept(kept)));
        }
    }
    gathering(|gathering| gathering.give_back(told));
}

/// Tells the first shard; answers with how many of the items it keeps, if it has heard.
async fn tell(env: &Env, news: &Ask) -> Option<u64> {
    let answer = in_time(LEDGER_TIME_OUT, ask::<Kept>(env, 0, news)).await?;
    answer.ok().map(|answer| answer.kept)
}
