//! `/api`: a person's questions to the ledger, and the few things they can tell it to do.
//!
//! [`Call::parse`] turns a request into the questions for the shards, `merge` turns their replies
//! into one. Who may ask is decided before, at the edge: the admin token, or nobody.
//!
//! | route | what it does |
//! |---|---|
//! | `GET /api/health` | backlog and pixels that do not send, by name |
//! | `GET /api/counts?from=2026-11-01&to=2026-11-30` | events by day, pixel, source, event and state; match rates; clicks by day and campaign |
//! | `GET /api/events?state=&pixel=&source=&event=&event_id=&transaction_id=&click_id=&from=&to=&limit=&cursor=` | events, newest first |
//! | `GET /api/events/{id}` | one event with its history and what is sent |
//! | `POST /api/events/{id}/replay` | send a rejected or expired event again |
//! | `POST /api/replay?…` | send all of a filter again, in slices: go on with `cursor` |
//! | `POST /api/pixels/{pixel}/hold`, `…/release` | stop and let go a pixel |

mod call;
mod cursor;
mod merge;

pub use call::{Call, CallError};
pub use cursor::{Cursor, EventNumber, Position};
pub use merge::{counts, events, health, replayed};
