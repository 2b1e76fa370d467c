//! Storing clicks behind the answer: KV, again KV, then the ledger (`capture::KEEPING` says when),
//! and the report of counts to the ledger every few seconds. Nothing here delays a visitor.

use super::clock::now;
use super::js::{Context, Env, RateLimit, sleep, within};
use super::setup::Ready;
use crate::capture::{Gathering, KEEPING, Step, flood_key};
use crate::click::{ClickId, ClickRecord, ClickTally};
use crate::ledger::protocol::{Ask, ClickCount, KeptClick, shard, shard_name};
use crate::slug::Slug;
use js_sys::{Object, Promise, Reflect};
use std::cell::{OnceCell, RefCell};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

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
    click: Option<(ClickId, ClickRecord)>,
) {
    gathering(|gathering| gathering.clicked(campaign, now(), click.is_some()));
    if let Some((id, record)) = click {
        let storing = Storing {
            env: env.clone(),
            campaign: campaign.clone(),
            ttl_days: ready.config.click_ttl_days,
            shards: ready.config.ledger_shards,
            id,
            record,
        };
        let limit = env.click_limit().map(|limit| (limit, flood_key(ip)));
        context.wait_until(&future_to_promise(async move {
            storing.run(limit).await;
            Ok(JsValue::UNDEFINED)
        }));
    }
    if gathering(|gathering| gathering.begin_report(now())) {
        let env = env.clone();
        context.wait_until(&future_to_promise(async move {
            report(&env).await;
            Ok(JsValue::UNDEFINED)
        }));
    }
}

/// One click on its way to where it is kept.
struct Storing {
    env: Env,
    campaign: Slug,
    ttl_days: u32,
    shards: u32,
    id: ClickId,
    record: ClickRecord,
}

impl Storing {
    async fn run(self, limit: Option<(RateLimit, String)>) {
        if let Some((limit, key)) = limit {
            // Waited for behind the answer: the redirect works whatever the limit says.
            if !is_within(&limit, &key).await {
                return gathering(|gathering| gathering.limited(&self.campaign, now()));
            }
        }
        let Ok(line) = self.record.encode() else { return };
        for step in KEEPING {
            match step {
                Step::Put { after, time_out } => {
                    if after > 0 {
                        let _ = JsFuture::from(sleep(after)).await;
                    }
                    // If it runs twice (a put that seemed to fail did not), the same is written again.
                    if self.put(&line, time_out).await.is_ok() {
                        return;
                    }
                    gathering(|gathering| gathering.put_failed(&self.campaign, now()));
                }
                Step::HandOver { time_out } => {
                    let clicks = vec![KeptClick { id: self.id, record: self.record.clone() }];
                    let shard = shard(&self.campaign, None, Some(self.id), None, self.shards);
                    // If it runs twice, the ledger keeps the same click under the same id.
                    if ask(&self.env, shard, &Ask::KeepClicks { clicks }, time_out).await.is_ok() {
                        return gathering(|gathering| gathering.handed_over(1));
                    }
                }
            }
        }
        gathering(|gathering| gathering.wait(self.id, self.record));
    }

    async fn put(&self, line: &str, time_out: u32) -> Result<JsValue, JsValue> {
        let put = put_options(self.ttl_days, |options| {
            self.env.clicks().put(&self.id.kv_key(), line, options)
        })?;
        JsFuture::from(within(&put, time_out)).await
    }
}

/// Whether the address of a click is below its rate. A limit that fails limits nobody.
async fn is_within(limit: &RateLimit, key: &str) -> bool {
    let options = Object::new();
    set(&options, "key", &JsValue::from_str(key));
    let Ok(asked) = limit.limit(&options) else { return true };
    let Ok(answer) = JsFuture::from(asked).await else { return true };
    let success = Reflect::get(&answer, &JsValue::from_str("success")).ok();
    success.and_then(|success| success.as_bool()).unwrap_or(true)
}

/// Reports to the ledger what has been gathered, after a while in which more comes together. What
/// does not arrive is told again; the ledger adds counts up, so a report that arrived and seemed not
/// to is counted twice.
async fn report(env: &Env) {
    let _ = JsFuture::from(sleep(REPORT_AFTER)).await;
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
        })
        .collect();
    if ask(env, 0, &Ask::CountClicks { counts }, LEDGER_TIME_OUT).await.is_ok() {
        told.counts.clear();
        if told.clicks.is_empty() {
            return gathering(Gathering::reported);
        }
        let kept =
            |(id, record): &(ClickId, ClickRecord)| KeptClick { id: *id, record: record.clone() };
        let clicks: Vec<KeptClick> = told.clicks.iter().map(kept).collect();
        let number = u64::try_from(clicks.len()).unwrap_or(u64::MAX);
        if ask(env, 0, &Ask::KeepClicks { clicks }, LEDGER_TIME_OUT).await.is_ok() {
            return gathering(|gathering| {
                gathering.handed_over(number);
                gathering.reported();
            });
        }
    }
    gathering(|gathering| gathering.give_back(told));
}

/// Asks a shard of the ledger; anything but a 200 means that nothing was done.
async fn ask(env: &Env, shard: u32, ask: &Ask, time_out: u32) -> Result<(), JsValue> {
    let body = serde_json::to_string(ask).map_err(|_| JsValue::UNDEFINED)?;
    let ledger = env.ledger().ok_or(JsValue::UNDEFINED)?.get_by_name(&shard_name(shard))?;
    let init = Object::new();
    set(&init, "method", &JsValue::from_str("POST"));
    set(&init, "body", &JsValue::from_str(&body));
    let asked = ledger.fetch("https://ledger/", &init)?;
    let answer = JsFuture::from(within(&asked, time_out)).await?;
    let status = Reflect::get(&answer, &JsValue::from_str("status"))?;
    if status.as_f64() == Some(200.0) { Ok(()) } else { Err(status) }
}

/// Lends `{expirationTtl}` out: the object is made once per isolate.
fn put_options(
    ttl_days: u32,
    lend: impl FnOnce(&JsValue) -> Result<Promise, JsValue>,
) -> Result<Promise, JsValue> {
    thread_local! {
        static OPTIONS: OnceCell<JsValue> = const { OnceCell::new() };
    }
    OPTIONS.with(|options| {
        lend(options.get_or_init(|| {
            let options = Object::new();
            let seconds = f64::from(ttl_days.saturating_mul(DAY));
            set(&options, "expirationTtl", &JsValue::from_f64(seconds));
            options.into()
        }))
    })
}

/// Sets a property of a plain object; that cannot fail, for nothing has frozen it.
fn set(object: &Object, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &JsValue::from_str(name), value);
}
