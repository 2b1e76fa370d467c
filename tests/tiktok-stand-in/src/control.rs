//! The control API under `/_stand_in`, for tests in another process and for curl. Every route is the JSON
//! form of a method of [`crate::StandIn`].
//!
//! | route | what it does |
//! |---|---|
//! | `GET health` | `{"ok":true,"now_ms":…}` |
//! | `GET events?pixel&event&event_id&disposition&newest&limit` | `{"events":[EventRecord]}`; with pixel, event and event_id in constant time |
//! | `GET tally?pixel&event&event_id` | how often one event was seen: `Tally` |
//! | `GET tallies?pixel` | `{"tallies":[Tally]}`, sorted |
//! | `GET counts` | `{"total":Counts,"pixels":{pixel:Counts}}` |
//! | `GET requests?pixel&refused&scripted&bodies&newest&limit` | `{"total":n,"requests":[RequestRecord]}`; total counts all requests |
//! | `GET findings?pixel` | `{"findings":[{"request":id,…Finding}]}` |
//! | `GET script?pixel` | what is left of a `Script`; without a pixel the one for all |
//! | `POST script?pixel` | replaces it; `{}` clears it |
//! | `POST queue?pixel` | adds one `Step`, or a list of them, to the queue |
//! | `POST tokens/grant` | `{"token":…,"pixels":[…]}`; no pixels: every one |
//! | `POST tokens/revoke`, `tokens/restore` | `{"token":…}` |
//! | `POST clock` | `{"advance_ms":n}` |
//! | `POST reset` | as if just started |
//!
//! A body that is wrong gets a 4xx that says why, a misspelt field too.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::record::{Counts, EventFilter, EventRecord, RequestFilter, RequestRecord, Tally};
use crate::script::{Script, Step};
use crate::shared::Shared;
use crate::validate::Finding;

type AppState = State<Arc<Shared>>;

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/health", get(health))
        .route("/events", get(events))
        .route("/tally", get(tally))
        .route("/tallies", get(tallies))
        .route("/counts", get(counts))
        .route("/requests", get(requests))
        .route("/findings", get(findings))
        .route("/script", get(script).post(set_script))
        .route("/queue", post(queue))
        .route("/tokens/grant", post(grant))
        .route("/tokens/revoke", post(revoke))
        .route("/tokens/restore", post(restore))
        .route("/clock", post(advance))
        .route("/reset", post(reset))
        .fallback(unknown)
        // A script with 10,000 poisoned ids is still a script.
        .layer(DefaultBodyLimit::max(16 << 20))
}

/// So that a misspelt control route is not written down as a request to TikTok.
async fn unknown() -> (StatusCode, Json<Value>) {
    let error = json!({"error": "no such control route"});
    (StatusCode::NOT_FOUND, Json(error))
}

fn done() -> Json<Value> {
    Json(json!({"ok": true}))
}

async fn health(State(shared): AppState) -> Json<Value> {
    Json(json!({"ok": true, "now_ms": shared.clock.now_ms()}))
}

#[derive(Serialize)]
struct Events {
    events: Vec<EventRecord>,
}

async fn events(State(shared): AppState, Query(filter): Query<EventFilter>) -> Json<Events> {
    let events = shared.lock().store.events(&filter);
    Json(Events { events })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    pixel: String,
    event: String,
    event_id: String,
}

async fn tally(State(shared): AppState, Query(key): Query<Key>) -> Json<Tally> {
    let store = &shared.lock().store;
    Json(store.tally(&key.pixel, &key.event, &key.event_id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfPixel {
    pixel: Option<String>,
}

#[derive(Serialize)]
struct Tallies {
    tallies: Vec<Tally>,
}

async fn tallies(State(shared): AppState, Query(of): Query<OfPixel>) -> Json<Tallies> {
    let tallies = shared.lock().store.tallies(of.pixel.as_deref());
    Json(Tallies { tallies })
}

#[derive(Serialize)]
struct AllCounts {
    total: Counts,
    pixels: BTreeMap<String, Counts>,
}

async fn counts(State(shared): AppState) -> Json<AllCounts> {
    let store = &shared.lock().store;
    Json(AllCounts { total: store.counts(None), pixels: store.counts_by_pixel() })
}

#[derive(Serialize)]
struct Requests {
    total: u64,
    requests: Vec<RequestRecord>,
}

async fn requests(State(shared): AppState, Query(filter): Query<RequestFilter>) -> Json<Requests> {
    let store = &shared.lock().store;
    Json(Requests { total: store.counts(None).requests, requests: store.requests(&filter) })
}

#[derive(Serialize)]
struct FoundIn {
    request: u64,
    #[serde(flatten)]
    finding: Finding,
}

#[derive(Serialize)]
struct Findings {
    findings: Vec<FoundIn>,
}

async fn findings(State(shared): AppState, Query(of): Query<OfPixel>) -> Json<Findings> {
    let found = shared.lock().store.findings(of.pixel.as_deref());
    let findings = found.into_iter().map(|(request, finding)| FoundIn { request, finding });
    Json(Findings { findings: findings.collect() })
}

async fn script(State(shared): AppState, Query(of): Query<OfPixel>) -> Json<Script> {
    Json(shared.lock().scripts.get(of.pixel.as_deref()))
}

async fn set_script(
    State(shared): AppState,
    Query(of): Query<OfPixel>,
    Json(script): Json<Script>,
) -> Json<Value> {
    shared.lock().scripts.set(of.pixel.as_deref(), script);
    done()
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Steps {
    Many(Vec<Step>),
    One(Step),
}

async fn queue(
    State(shared): AppState,
    Query(of): Query<OfPixel>,
    Json(steps): Json<Steps>,
) -> Json<Value> {
    let scripts = &mut shared.lock().scripts;
    let steps = match steps {
        Steps::Many(steps) => steps,
        Steps::One(step) => vec![step],
    };
    for step in steps {
        scripts.push(of.pixel.as_deref(), step);
    }
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grant {
    token: String,
    #[serde(default)]
    pixels: Vec<String>,
}

async fn grant(State(shared): AppState, Json(grant): Json<Grant>) -> Json<Value> {
    shared.lock().tokens.grant(grant.token, grant.pixels);
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    token: String,
}

async fn revoke(State(shared): AppState, Json(token): Json<Token>) -> Json<Value> {
    shared.lock().tokens.revoke(token.token);
    done()
}

async fn restore(State(shared): AppState, Json(token): Json<Token>) -> Json<Value> {
    shared.lock().tokens.restore(&token.token);
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_ms: u64,
}

async fn advance(State(shared): AppState, Json(advance): Json<Advance>) -> Json<Value> {
    shared.clock.advance(Duration::from_millis(advance.advance_ms));
    Json(json!({"ok": true, "now_ms": shared.clock.now_ms()}))
}

async fn reset(State(shared): AppState) -> Json<Value> {
    shared.reset();
    done()
}
