//! Each question of the protocol: what is asked of the store, and what has to be armed after it.

use super::intake::{self, Stored};
use super::{Shard, clicks};
use crate::edge::clock::now;
use crate::edge::tiktok;
use crate::ledger::LedgerError;
use crate::ledger::answer::{Answer, Fetched};
use crate::ledger::join::{Decision, Join, recall};
use crate::ledger::log::{DeliveryLine, RequestKind};
use crate::ledger::protocol::{Ask, Draft, Kept, Status, Submit, Submitted, TestReport};
use crate::ledger::store::request_body;
use serde::Serialize;
use serde_json::value::RawValue;
use std::rc::Rc;

impl Shard {
    /// Answers a question.
    pub(super) async fn ask(self: &Rc<Self>, ask: Ask) -> Result<String, LedgerError> {
        let store = self.store()?;
        match ask {
            // A postback that is stored twice is a duplicate the second time.
            Ask::Submit(submit) => encode(&self.submit(submit).await?),
            Ask::Health => {
                // The platform gives an alarm up after six failures; whoever watches the ledger
                // wakes it, once a second at most, for anybody may ask. A second time it is armed.
                if !store.counted_lately(now()) {
                    self.arm_next().await?;
                }
                encode(&store.health(now())?)
            }
            Ask::Counts(ask) => encode(&store.counts(&ask)?),
            Ask::List(ask) => encode(&store.list(&ask)?),
            Ask::Event { id } => encode(&store.event(id)?),
            Ask::Replay(ask) => {
                let replayed = store.replay(&ask, now())?;
                // What is replayed already is not replayed again.
                self.arm_next().await?;
                encode(&replayed)
            }
            Ask::Hold { pixel } => {
                store.hold(&pixel, now())?;
                // New events of the pixel are moved aside at the next alarm; a second hold is none.
                self.arm_next().await?;
                encode(&store.health(now())?)
            }
            Ask::Release { pixel } => {
                store.release(&pixel)?;
                // A second release finds the pixel open.
                self.arm_next().await?;
                encode(&store.health(now())?)
            }
            Ask::KeepClicks { clicks } => {
                let kept = store.keep_clicks(&clicks, now())?;
                // What is kept already stays as it is.
                self.arm_next().await?;
                encode(&Kept { kept })
            }
            Ask::CountClicks { counts } => encode(&Kept { kept: store.count_clicks(&counts)? }),
        }
    }

    /// A postback. It is answered when its events, the memory of its lead and the alarm are stored:
    ///
    /// 1. Find the click: in the question, among those KV would not take, in the lead's memory.
    /// 2. Store everything, in one transaction with the alarm, together with what else has arrived.
    /// 3. Send test events, each alone, and pass TikTok's answers on.
    async fn submit(self: &Rc<Self>, mut submit: Submit) -> Result<Submitted, LedgerError> {
        let store = self.store()?;
        // 1
        if let (None, Some(id)) = (&submit.click, submit.click_id)
            && let Some(click) = store.kept_click(id)?
        {
            submit.click = Some(click);
            submit.click_missing = false;
        }
        let mut recalled = None;
        if let Some(id) = recall(&submit, store.memory_for(&submit)?.as_ref()) {
            // Reading twice changes nothing. What another postback of the lead stores meanwhile is
            // seen when this one is stored.
            recalled = clicks::look_up(&self.bindings.clicks(), id).await;
        }
        // 2
        // The second time it is a duplicate.
        let Stored { submit, join, mut kept } = intake::keep(self, submit, recalled).await?;
        // 3
        if !submit.dry_run {
            for (draft, outcome) in submit.events.iter().zip(&mut kept.outcomes) {
                if outcome.status == Status::Test {
                    // A test event that is sent twice is shown twice: test events do not count.
                    outcome.tiktok = Some(self.test(draft, &join).await);
                }
            }
        }
        Ok(Submitted { matched_by: join.matched_by, outcomes: kept.outcomes })
    }

    /// Sends a test event, alone and at once.
    async fn test(&self, draft: &Draft, join: &Join) -> TestReport {
        let not_sent = |error: &str| TestReport {
            verdict: "not_sent".to_owned(),
            http_status: None,
            answer: None,
            error: Some(error.to_owned()),
        };
        let Ok(settings) = self.settings() else { return not_sent("no_configuration") };
        let Decision::Test(event) = join.decide(draft) else { return not_sent("rejected") };
        if let Some(lacking) = settings.lacking(&draft.pixel) {
            return not_sent(lacking.as_str());
        }
        let token = settings.pixels.get(&draft.pixel).and_then(|pixel| pixel.token.as_ref());
        let body = request_body(draft, &event, settings);
        let (Some(token), Some(body)) = (token, body) else { return not_sent("not_configured") };
        let begun = now();
        // A test event that is sent twice is shown twice: test events do not count.
        let fetched = tiktok::post(&settings.url, token, body.get()).await;
        let answer = Answer::read(&fetched);
        let kind = RequestKind { test: true, ..RequestKind::default() };
        super::log(&DeliveryLine::new(&draft.pixel, 1, kind, &answer, now().since(begun)));
        let json = match fetched {
            Fetched::Http { body, .. } => RawValue::from_string(body).ok(),
            Fetched::TimeOut | Fetched::Network => None,
        };
        let error = json.is_none().then(|| answer.cause.as_str().to_owned());
        let verdict = answer.verdict.as_str().to_owned();
        TestReport { verdict, http_status: answer.status, answer: json, error }
    }
}

fn encode(reply: &impl Serialize) -> Result<String, LedgerError> {
    serde_json::to_string(reply).map_err(|_| LedgerError::Corrupt("reply"))
}
