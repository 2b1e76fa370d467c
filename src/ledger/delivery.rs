//! One batch on its way: what to send, and what to write down for what comes back. The caller only
//! carries the body to TikTok and the answer back, so that this can be tried against any sequence of
//! answers and crashes.

use super::LedgerError;
use super::answer::{Answer, Verdict};
use super::backoff::Jitter;
use super::batch::{self, Target};
use super::cut::{Cut, named_index};
use super::log::RequestKind;
use super::sql::Sql;
use super::store::{Batch, Item, Settled, Store};
use crate::slug::Slug;
use crate::time::UnixMillis;

/// Requests for one batch that is being cut. One bad event costs about 13; where so many are bad that
/// this is not enough, what is not decided by then is due again, after other pixels had their turn.
const MOST_REQUESTS: usize = 64;

/// A batch that is being delivered: ask for the [`body`](Self::body), send it, tell what was
/// [`answered`](Self::answered), until there is no body.
#[derive(Debug)]
pub struct Delivery {
    batch: Batch,
    cut: Cut<Item>,
    requests: usize,
    over: bool,
}

impl Delivery {
    /// A batch that has not been sent.
    pub fn new(batch: Batch) -> Self {
        let cut = Cut::new(batch.items.clone());
        Self { batch, cut, requests: 0, over: false }
    }

    /// The pixel.
    pub const fn pixel(&self) -> &Slug {
        &self.batch.pixel
    }

    /// How many events the next request has.
    pub fn events(&self) -> usize {
        self.cut.part().len()
    }

    /// What kind of request the next one is.
    pub const fn kind(&self) -> RequestKind {
        RequestKind { test: false, probe: self.batch.probe, cut: self.requests > 0 }
    }

    /// The body of the next request; none when the batch is done with, or when its pixel was held
    /// while it was being cut: what is not decided stays due, and is moved aside with the others.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn body<S: Sql>(
        &self,
        store: &Store<S>,
        target: &Target,
    ) -> Result<Option<String>, LedgerError> {
        let part = self.cut.part();
        if self.over || part.is_empty() || self.requests >= MOST_REQUESTS {
            return Ok(None);
        }
        // A person does not wait for the 64 requests of a cut.
        if self.requests > 0 && store.pixel(&self.batch.pixel)?.held.is_some() {
            return Ok(None);
        }
        Ok(Some(batch::body(target, &store.payloads(part)?)))
    }

    /// Writes down what TikTok answered to the last body. None where nothing is decided: a batch was
    /// refused for one of its events, and the next body is a part of it.
    ///
    /// # Errors
    /// When the storage fails: then the events of that body are due again, with the same ids.
    pub fn answered<S: Sql>(
        &mut self,
        store: &Store<S>,
        answer: &Answer,
        now: UnixMillis,
        jitter: Jitter,
    ) -> Result<Option<Settled>, LedgerError> {
        self.requests = self.requests.saturating_add(1);
        if answer.verdict == Verdict::BadEvent && self.events() > 1 {
            store.note_refusal(&self.batch, answer, now)?;
            self.cut.refused(answer.message.as_deref().and_then(named_index));
            return Ok(None);
        }
        let settled = store.settle(&self.batch, self.cut.part(), answer, now, jitter)?;
        match answer.verdict {
            Verdict::Delivered => {
                self.cut.settled();
            }
            Verdict::BadEvent => {
                self.cut.refused(None);
            }
            // The rest of the batch stays as it was: queued, or behind the pixel's pause or hold.
            Verdict::Again | Verdict::Limited | Verdict::BadToken => self.over = true,
        }
        Ok(Some(settled))
    }
}
