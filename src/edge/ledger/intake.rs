//! Postbacks that arrive together are stored together: one commit for all that came while the last
//! one was written.
//!
//! A commit waits for the disk, some milliseconds, and one for each postback would limit a shard to a
//! few hundred a second (measured on a disk whose sync takes 3 ms: 320 a second; together: whatever
//! the processor can do). Each postback is still stored as a whole or not at all, and answered only
//! after its commit; waiting for the others costs it a turn of the event loop.

use super::{Shard, trouble};
use crate::click::ClickRecord;
use crate::edge::clock::now;
use crate::edge::js;
use crate::edge::settled::settled;
use crate::ledger::LedgerError;
use crate::ledger::join::Join;
use crate::ledger::protocol::Submit;
use crate::ledger::store::Kept;
use futures_channel::oneshot;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// Most postbacks of one commit: some ten milliseconds of work, between which the alarm and other
/// questions get their turn.
const MOST_TOGETHER: usize = 64;

/// A postback that is ready to be stored.
struct Ready {
    submit: Submit,
    recalled: Option<ClickRecord>,
    answer: oneshot::Sender<Result<Stored, LedgerError>>,
}

/// A postback that is stored.
pub(super) struct Stored {
    pub(super) submit: Submit,
    pub(super) join: Join,
    pub(super) kept: Kept,
}

/// The postbacks that wait for the next commit.
#[derive(Default)]
pub(super) struct Intake {
    queue: RefCell<Vec<Ready>>,
    storing: Cell<bool>,
}

/// Stores a postback together with the others that are there.
///
/// A crash before the answer leaves nothing, or everything of it: then the sender's next try is a
/// duplicate.
pub(super) async fn keep(
    shard: &Rc<Shard>,
    submit: Submit,
    recalled: Option<ClickRecord>,
) -> Result<Stored, LedgerError> {
    let (answer, stored) = oneshot::channel();
    shard.intake.queue.borrow_mut().push(Ready { submit, recalled, answer });
    if !shard.intake.storing.replace(true) {
        spawn_local(store_all(Rc::clone(shard)));
    }
    // Waiting twice is waiting longer.
    stored.await.unwrap_or_else(|_| Err(LedgerError::Storage("nobody stored it".to_owned())))
}

/// Stores what is in the queue, and what comes while it is stored, until there is none.
async fn store_all(shard: Rc<Shard>) {
    loop {
        // A turn of the event loop, in which everything that has arrived joins the queue.
        // A rejection is a turn too.
        let _ = settled(&js::turn()).await;
        let together: Vec<Ready> = {
            let mut queue = shard.intake.queue.borrow_mut();
            let count = queue.len().min(MOST_TOGETHER);
            queue.drain(..count).collect()
        };
        if together.is_empty() {
            shard.intake.storing.set(false);
            return;
        }
        // What is stored a second time is a duplicate.
        store_together(&shard, together).await;
    }
}

/// Stores these postbacks and the alarm that they need. From the first statement to the call that
/// sets the alarm nothing is waited for, so all of it is one transaction of the object's; within it
/// each postback is one of its own.
async fn store_together(shard: &Shard, together: Vec<Ready>) {
    let mut wake = None;
    let mut results = Vec::with_capacity(together.len());
    for ready in together {
        let stored = store_one(shard, ready.submit, ready.recalled.as_ref());
        if let Ok(stored) = &stored {
            wake = wake.into_iter().chain(stored.kept.wake).min();
        }
        results.push((ready.answer, stored));
    }
    if let Some(wake) = wake {
        // A crash before this is over leaves neither the events nor the alarm, and no answer. Arming
        // twice changes nothing.
        //
        // Where only the alarm fails the events may be on disk all the same. The answer is 503: without
        // an alarm nothing is promised. The sender's next try is then a duplicate, and rightly so: it
        // finds the event on disk, and like every question it first sets the alarm for all that is
        // due, because this one failed (`Alarm::failed`).
        if let Err(error) = shard.arm(shard.gathering(wake)).await {
            trouble(&error, "arm");
            for (_, stored) in &mut results {
                *stored = Err(error.clone());
            }
        }
    }
    for (answer, stored) in results {
        // Whoever does not listen any more has gone; the postback is stored all the same.
        let _ = answer.send(stored);
    }
}

fn store_one(
    shard: &Shard,
    submit: Submit,
    recalled: Option<&ClickRecord>,
) -> Result<Stored, LedgerError> {
    let (store, settings) = (shard.store()?, shard.settings()?);
    // Read here and not before: another postback of the lead may just have been stored.
    let memory = store.memory_for(&submit)?;
    let join = Join::of(&submit, memory.as_ref(), recalled);
    let kept = store.keep(&submit, &join, settings, now())?;
    Ok(Stored { submit, join, kept })
}
