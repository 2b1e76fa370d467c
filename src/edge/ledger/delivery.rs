//! The alarm: everything due goes out, pixel by pixel side by side, until nothing is due.
//!
//! One request of a pixel at a time, several pixels at once: one whose answers hang does not stall
//! the others. What arrives while requests are on their way is gathered and sent without another
//! alarm.

use super::{Shard, clicks, log, trouble};
use crate::click::{ClickId, ClickRecord};
use crate::edge::clock::now;
use crate::edge::tiktok;
use crate::few::Map;
use crate::ledger::LedgerError;
use crate::ledger::answer::Answer;
use crate::ledger::backoff::Jitter;
use crate::ledger::delivery::Delivery;
use crate::ledger::log::DeliveryLine;
use crate::ledger::store::{Batch, Turn, Waiting};
use crate::slug::Slug;
use crate::time::UnixMillis;
use futures_util::StreamExt;
use futures_util::future::{LocalBoxFuture, join_all, select};
use futures_util::stream::FuturesUnordered;
use std::pin::pin;
use std::time::Duration;
use worker::Delay;

/// Under load a pixel's events are gathered for so long before the next request.
const GATHER_MS: i64 = 200;
/// The platform allows six connections at once; KV needs one too.
const MOST_PIXELS_AT_ONCE: usize = 4;
/// The platform ends an alarm after 15 minutes; after this nothing new is begun, and the next alarm
/// goes on.
const LONGEST_RUN_MS: i64 = 60_000;
/// After an error of our own storage.
const AFTER_TROUBLE_MS: i64 = 5_000;

/// What is over.
enum Done {
    Delivery(Slug, Result<(), LedgerError>),
    Lookups(Result<(), LedgerError>),
    Puts(Result<(), LedgerError>),
}

/// What one run of the alarm has going on.
#[derive(Default)]
struct Run {
    /// Pixels with a request on its way.
    sending: Map<Slug, ()>,
    /// The pixel whose request began last.
    last: Option<Slug>,
    /// Not before these moments: a pixel's next request.
    not_before: Map<Slug, UnixMillis>,
    looking_up: bool,
    putting: bool,
    /// Our own storage failed: nothing new in this run.
    troubled: bool,
}

impl Shard {
    /// When the first request after a rest may go: at once, or under load when enough has gathered.
    pub(super) fn gathering(&self, wake: UnixMillis) -> UnixMillis {
        wake.max(self.last_send.get().plus(GATHER_MS).min(now().plus(GATHER_MS)))
    }
}

/// The alarm does not ring any longer, however its run ends.
struct Rings<'a>(&'a Shard);

impl Drop for Rings<'_> {
    fn drop(&mut self) {
        self.0.alarm.rang();
    }
}

/// Delivers until nothing is due, or the time is up.
pub(super) async fn run(shard: &Shard) {
    let _rings = Rings(shard);
    let begun = now();
    let mut run = Run::default();
    let mut flights: FuturesUnordered<LocalBoxFuture<'_, Done>> = FuturesUnordered::new();
    loop {
        let mut soon = None;
        if !run.troubled && now().since(begun) < LONGEST_RUN_MS {
            soon = run.start(shard, &flights).unwrap_or_else(|error| {
                trouble(&error, "delivery");
                run.troubled = true;
                None
            });
        }
        let wait = match (flights.is_empty(), soon) {
            (true, None) => break,
            (_, soon) => soon.unwrap_or(GATHER_MS),
        };
        let pause = Delay::from(Duration::from_millis(u64::try_from(wait).unwrap_or(0)));
        if flights.is_empty() {
            // Waiting twice is waiting longer.
            pause.await;
            continue;
        }
        // Whatever is first: an answer, or new work. Nothing that is on its way is dropped, and waiting
        // again goes on where it was.
        if let futures_util::future::Either::Left((Some(done), _)) =
            select(flights.next(), pin!(pause)).await
        {
            run.end(done);
        }
    }
    if run.troubled {
        // The next run begins with what is due, so it must not begin at once. A second pause is
        // harmless.
        Delay::from(Duration::from_millis(AFTER_TROUBLE_MS.unsigned_abs())).await;
    }
}

impl Run {
    /// Starts whatever is due and not on its way. When to look again, in milliseconds, if something
    /// is about to be due.
    fn start<'a>(
        &mut self,
        shard: &'a Shard,
        flights: &FuturesUnordered<LocalBoxFuture<'a, Done>>,
    ) -> Result<Option<i64>, LedgerError> {
        let (store, settings) = (shard.store()?, shard.settings()?);
        let now = now();
        let mut soon: Option<i64> = None;
        let mut look_again = |after: i64| soon = Some(soon.map_or(after, |soon| soon.min(after)));
        for pixel in store.pixels_behind(self.last.as_ref()) {
            if self.sending.contains_key(&pixel)
                || self.sending.keys().count() >= MOST_PIXELS_AT_ONCE
            {
                continue;
            }
            let rest = self.not_before.get(&pixel).map_or(0, |moment| moment.since(now));
            if rest > 0 {
                if store.has_new(&pixel)? {
                    look_again(rest);
                }
                continue;
            }
            match store.turn(&pixel, settings, now)? {
                Turn::Idle => {}
                // There may be more to move aside; others get their turn in between.
                Turn::Parked => look_again(0),
                Turn::Send(batch) => {
                    // Behind a full request there may be another one waiting already.
                    let gather = if batch.full { 0 } else { GATHER_MS };
                    self.not_before.insert(pixel.clone(), now.plus(gather));
                    self.sending.insert(pixel.clone(), ());
                    self.last = Some(pixel.clone());
                    shard.last_send.set(now);
                    flights.push(Box::pin(async move {
                        // Sending twice is sending the same ids: see `deliver`.
                        Done::Delivery(pixel, deliver(shard, batch).await)
                    }));
                }
            }
        }
        if !self.looking_up {
            let waiting = store.waiting(now)?;
            if !waiting.is_empty() {
                self.looking_up = true;
                // Looking up twice finds that the event does not wait any longer.
                flights
                    .push(Box::pin(async move { Done::Lookups(look_up(shard, &waiting).await) }));
            }
        }
        if !self.putting {
            let clicks = store.clicks_due(now)?;
            if !clicks.is_empty() {
                self.putting = true;
                // Putting twice writes the same click again.
                flights.push(Box::pin(async move { Done::Puts(put(shard, &clicks).await) }));
            }
        }
        if store.purge_due(settings, now)? {
            store.purge(settings, now)?;
        }
        Ok(soon)
    }

    fn end(&mut self, done: Done) {
        let (result, at) = match done {
            Done::Delivery(pixel, result) => {
                self.sending.remove(&pixel);
                (result, "settle")
            }
            Done::Lookups(result) => {
                self.looking_up = false;
                (result, "look_up")
            }
            Done::Puts(result) => {
                self.putting = false;
                (result, "put")
            }
        };
        if let Err(error) = result {
            trouble(&error, at);
            self.troubled = true;
        }
    }
}

/// Sends a batch, and the parts of it where TikTok refuses it, and writes down what came of each.
async fn deliver(shard: &Shard, batch: Batch) -> Result<(), LedgerError> {
    let (store, settings) = (shard.store()?, shard.settings()?);
    let Some(pixel) = settings.pixels.get(&batch.pixel) else { return Ok(()) };
    let Some(token) = &pixel.token else { return Ok(()) };
    let begun = now();
    let mut delivery = Delivery::new(batch);
    while now().since(begun) < LONGEST_RUN_MS {
        let Some(body) = delivery.body(store, &pixel.target)? else { break };
        let sent = now();
        // A crash here, or between the answer and what is written below, sends these events again
        // with the same ids; TikTok drops what it has had in the last 48 h.
        let fetched = tiktok::post(&settings.url, token, &body).await;
        let answer = Answer::read(&fetched);
        let (events, kind) = (delivery.events(), delivery.kind());
        let settled = delivery.answered(store, &answer, now(), jitter())?;
        let line = DeliveryLine::new(delivery.pixel(), events, kind, &answer, now().since(sent));
        log(&match &settled {
            Some(settled) => line.settled(settled),
            None => line,
        });
    }
    Ok(())
}

/// Looks up the clicks of waiting events; events of one click share the look.
async fn look_up(shard: &Shard, waiting: &[Waiting]) -> Result<(), LedgerError> {
    let store = shard.store()?;
    let kv = shard.bindings.clicks();
    let ids: Map<ClickId, ()> = waiting.iter().map(|event| (event.click_id, ())).collect();
    let looks = ids.into_iter().map(|(id, ())| {
        let kv = &kv;
        async move {
            let kept = store.kept_click(id).ok().flatten();
            match kept {
                Some(click) => (id, Some(click)),
                // Reading twice changes nothing.
                None => (id, clicks::look_up(kv, id).await),
            }
        }
    });
    // The same.
    let found: Map<ClickId, Option<ClickRecord>> = join_all(looks).await.into_iter().collect();
    store.all_looked_up(waiting, &found, now())
}

/// Puts kept clicks into KV.
async fn put(shard: &Shard, kept: &[(ClickId, String)]) -> Result<(), LedgerError> {
    let (store, settings) = (shard.store()?, shard.settings()?);
    let kv = shard.bindings.clicks();
    for (id, line) in kept {
        let record = ClickRecord::decode(line).ok();
        let seconds = record.and_then(|record| settings.click_ttl(record.clicked_at, now()));
        let taken = match seconds {
            // Putting twice writes the same click again.
            Some(seconds) => clicks::put(&kv, *id, line, seconds).await,
            // Too old to be of use to anybody, or of another version: it leaves.
            None => true,
        };
        store.click_put(*id, taken, now(), jitter())?;
        // A KV that hangs would hang for each of them, and the end of a run waits for this. The others
        // stay due, and go before this one.
        if !taken {
            break;
        }
    }
    Ok(())
}

/// A throw of the dice; the middle where the runtime has none.
fn jitter() -> Jitter {
    let mut bytes = [0; 2];
    if getrandom::fill(&mut bytes).is_err() {
        return Jitter::MIDDLE;
    }
    Jitter(u16::from_le_bytes(bytes))
}
