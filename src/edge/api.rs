//! `/api`: asks every shard that a question concerns, for whoever has the admin token.

use super::clock::now;
use super::js::{Env, Response};
use super::ledger_client::{Unavailable, ask, ask_each};
use super::reply;
use super::setup::{Ready, Setup};
use crate::api::{self, Call, CallError, Cursor, EventNumber, Position};
use crate::ledger::protocol::{
    Ask, Counts, CountsAsk, EventFilter, EventPage, Health, ListAsk, ReplayAsk, Replayed,
};
use crate::postback::auth::{AuthPolicy, Credentials, authenticate};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// Slices of a replay that one request works off, a shard: each is one ledger request.
const REPLAY_SLICES: usize = 20;

/// Why a request got no answer of its own.
enum ApiError {
    Call(CallError),
    Unauthorized,
    NoSuchEvent,
    Unavailable,
}

impl ApiError {
    const fn status(&self) -> u16 {
        match self {
            Self::Call(error) => error.status(),
            Self::Unauthorized => 401,
            Self::NoSuchEvent => 404,
            Self::Unavailable => 503,
        }
    }

    const fn code(&self) -> &'static str {
        match self {
            Self::Call(error) => error.code(),
            Self::Unauthorized => "unauthorized",
            Self::NoSuchEvent => "no_event",
            Self::Unavailable => "ledger_unavailable",
        }
    }

    fn safe_message(&self) -> String {
        match self {
            Self::Call(error) => error.safe_message(),
            Self::Unauthorized => "Send `Authorization: Bearer` and the admin token. Without \
                admin_token in the configuration, /api stays closed."
                .to_owned(),
            Self::NoSuchEvent => "No such event (any more).".to_owned(),
            Self::Unavailable => "The ledger did not answer. Ask again.".to_owned(),
        }
    }
}

impl From<Unavailable> for ApiError {
    fn from(_: Unavailable) -> Self {
        Self::Unavailable
    }
}

#[derive(Serialize)]
struct ErrorBody {
    status: &'static str,
    code: &'static str,
    reason: String,
}

/// A request to `/api`.
pub(super) struct Question {
    pub(super) method: String,
    /// What stands behind `/api/`.
    pub(super) path: String,
    /// The raw query string.
    pub(super) query: String,
    pub(super) authorization: Option<String>,
}

/// Answers a request.
pub(super) async fn answer(setup: &Setup, env: &Env, question: &Question) -> Response {
    let Some(ready) = setup.ready() else { return reply::misconfigured() };
    match process(ready, env, question).await {
        Ok(response) => response,
        Err(error) => {
            let (code, reason) = (error.code(), error.safe_message());
            reply::json(error.status(), &ErrorBody { status: "error", code, reason })
        }
    }
}

async fn process(ready: &Ready, env: &Env, question: &Question) -> Result<Response, ApiError> {
    if !is_admin(ready, question.authorization.as_deref()) {
        return Err(ApiError::Unauthorized);
    }
    let shards = ready.config.ledger_shards;
    let call = Call::parse(&question.method, &question.path, &question.query, shards, now())
        .map_err(ApiError::Call)?;
    let all = Shards { env, count: shards };
    Ok(match call {
        Call::Health => reply::json(200, &health(env, shards).await?),
        Call::Counts { from_day, to_day } => {
            let replies = all.ask::<Counts>(&Ask::Counts(CountsAsk { from_day, to_day })).await?;
            reply::json(200, &api::counts(replies))
        }
        Call::Events { filter, limit, cursor } => {
            let pages = all.pages(&filter, limit, &cursor).await?;
            reply::json(200, &api::events(pages, &cursor, limit))
        }
        Call::Event(number) => {
            // An `EventDetail`, passed on as it is.
            let detail: Option<Box<RawValue>> =
                ask(env, number.shard, &Ask::Event { id: number.id }).await?;
            reply::json(200, &detail.ok_or(ApiError::NoSuchEvent)?)
        }
        Call::ReplayOne(number) => replay_one(env, number).await?,
        Call::Replay { filter, cursor } => {
            reply::json(200, &api::replayed(&all.replay(&filter, &cursor).await?))
        }
        Call::Hold(pixel) => {
            let replies = all.ask::<Health>(&Ask::Hold { pixel }).await?;
            reply::json(200, &api::health(replies))
        }
        Call::Release(pixel) => {
            let replies = all.ask::<Health>(&Ask::Release { pixel }).await?;
            reply::json(200, &api::health(replies))
        }
    })
}

/// Whether the caller has the admin token; nobody has where none is configured.
fn is_admin(ready: &Ready, authorization: Option<&str>) -> bool {
    let tokens = ready.config.admin_token.iter().map(|name| ready.secret(name)).collect();
    let policy = AuthPolicy { tokens, ..AuthPolicy::default() };
    authenticate(&policy, &Credentials { authorization, ..Credentials::default() }).is_ok()
}

/// The health of all shards as one.
pub(super) async fn health(env: &Env, shards: u32) -> Result<Health, Unavailable> {
    Ok(api::health(Shards { env, count: shards }.ask(&Ask::Health).await?))
}

async fn replay_one(env: &Env, number: EventNumber) -> Result<Response, ApiError> {
    let question = Ask::Replay(ReplayAsk { id: Some(number.id), ..ReplayAsk::default() });
    let replayed: Replayed = ask(env, number.shard, &question).await?;
    if replayed.replayed == 0 && replayed.state.is_none() {
        return Err(ApiError::NoSuchEvent);
    }
    Ok(reply::json(200, &replayed))
}

/// All shards of the ledger, asked at the same time.
struct Shards<'a> {
    env: &'a Env,
    count: u32,
}

impl Shards<'_> {
    async fn ask<T: DeserializeOwned>(&self, question: &Ask) -> Result<Vec<T>, Unavailable> {
        let questions: Vec<_> = (0..self.count).map(|shard| (shard, question.clone())).collect();
        ask_each(self.env, &questions).await
    }

    async fn pages(
        &self,
        filter: &EventFilter,
        limit: u32,
        cursor: &Cursor,
    ) -> Result<Vec<EventPage>, Unavailable> {
        let question = |before| ListAsk { filter: filter.clone(), before, limit: Some(limit) };
        let open = |(shard, position)| Some((shard, Ask::List(question(before(position)?))));
        let questions: Vec<_> = (0..).zip(cursor.positions()).filter_map(open).collect();
        let mut replies = ask_each(self.env, &questions).await?.into_iter();
        // A shard that has no more has an empty page.
        let page = |position| before(position).and_then(|_| replies.next()).unwrap_or_default();
        Ok(cursor.positions().iter().map(page).collect())
    }

    async fn replay(
        &self,
        filter: &EventFilter,
        cursor: &Cursor,
    ) -> Result<Vec<Replayed>, Unavailable> {
        let mut shards: Vec<(Position, Replayed)> =
            cursor.positions().iter().map(|position| (*position, Replayed::default())).collect();
        for _ in 0..REPLAY_SLICES {
            let question = |before| ReplayAsk { id: None, filter: filter.clone(), before };
            let open = |(shard, (position, _)): (u32, &(Position, Replayed))| {
                Some((shard, Ask::Replay(question(before(position)?))))
            };
            let questions: Vec<_> = (0..).zip(&shards).filter_map(open).collect();
            if questions.is_empty() {
                break;
            }
            // Asked twice, the second finds nothing left to replay.
            let slices: Vec<Replayed> = ask_each(self.env, &questions).await?;
            let open = shards.iter_mut().filter(|(position, _)| before(position).is_some());
            for ((position, total), slice) in open.zip(slices) {
                total.replayed = total.replayed.saturating_add(slice.replayed);
                total.next = slice.next;
                *position = slice.next.map_or(Position::End, Position::Before);
            }
        }
        Ok(shards.into_iter().map(|(_, total)| total).collect())
    }
}

/// Where a shard goes on; none: it is done.
const fn before(position: &Position) -> Option<Option<i64>> {
    match position {
        Position::Start => Some(None),
        Position::Before(id) => Some(Some(*id)),
        Position::End => None,
    }
}
