//! `POST /open_api/v1.3/event/track/`: judges a request, and answers it honestly or as a script says.
//!
//! 1. What the request deserves: path, method, token, content type, JSON, rights on the pixel, the body
//!    itself ([`validate()`]), poison.
//! 2. What it meets: the script's step, if there is one.
//! 3. Its events are kept, before or after the step's delay, or not at all.
//! 4. The answer. Most refusals are an HTTP 200 with a code in the body, as TikTok's are.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::record::{Outcome, RequestRecord};
use crate::script::{Answer, Keep, Reply};
use crate::server::close_connection;
use crate::shared::Shared;
use crate::tokens::token_label;
use crate::validate::{Accepted, Refusal, validate};

/// The one path that is served; without its last slash it is another.
pub const TRACK_PATH: &str = "/open_api/v1.3/event/track/";

/// TikTok's own limit is not published. This one only protects the stand-in; what a sender really sent is
/// in the records.
const MAX_BODY: usize = 16 << 20;

const CODE_INVALID: i64 = 40_002;

pub(crate) async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        let refusal = Refusal::of_request(CODE_INVALID, "The body is too large or broke off.");
        let body = refusal_body(&refusal, &refusal.reason, "");
        return tiktok_answer(StatusCode::PAYLOAD_TOO_LARGE, &body);
    };
    let (pending, plan) = arrive(&shared, &parts, &body);
    if plan.keep == Keep::BeforeDelay {
        pending.keep(&plan);
    }
    if !plan.delay.is_zero() {
        tokio::time::sleep(plan.delay).await;
    }
    if plan.keep == Keep::AfterDelay {
        pending.keep(&plan);
    }
    match &plan.reply {
        Reply::Honest => {
            let (status, body) = plan.honest_answer();
            pending.answer(status, &body);
            tiktok_answer(status, &body)
        }
        Reply::Answer(answer) => scripted(answer, pending, &plan.request_id),
        Reply::Drop => {
            pending.end(Outcome::Dropped);
            close_connection()
        }
        Reply::Hang => std::future::pending().await,
    }
}

/// What is going to happen to a request.
struct Plan {
    verdict: Verdict,
    /// The message of a refusal, in the wording of the pixel's script.
    message: String,
    reply: Reply,
    keep: Keep,
    delay: Duration,
    request_id: String,
}

/// What a request deserves.
struct Verdict {
    status: StatusCode,
    /// The body, if it was JSON.
    body: Option<Value>,
    result: Result<Accepted, Refusal>,
}

fn arrive(shared: &Arc<Shared>, parts: &Parts, bytes: &Bytes) -> (Pending, Plan) {
    let now_ms = shared.clock.now_ms();
    // The slow half, a megabyte of JSON, is done before the lock is taken.
    let parsed: Option<Value> = serde_json::from_slice(bytes).ok();
    let judged = parsed.as_ref().map(|body| validate(body, now_ms / 1_000));
    let pixel = parsed.as_ref().and_then(|body| {
        let pixel = body.get("event_source_id")?.as_str()?;
        Some(pixel.to_owned())
    });
    let token = parts.headers.get("access-token").and_then(|token| token.to_str().ok());
    let tracks = parts.uri.path() == TRACK_PATH && parts.method == Method::POST;

    let mut state = shared.lock();
    let body_result = || {
        state.tokens.check(token)?;
        check_content(parts)?;
        let judged = judged.ok_or_else(|| {
            Refusal::of_request(CODE_INVALID, "The request body is not valid JSON.")
        })?;
        if let (Some(token), Some(pixel)) = (token, &pixel) {
            state.tokens.check_pixel(token, pixel)?;
        }
        let accepted = judged?;
        state.scripts.check_poison(&accepted)?;
        Ok(accepted)
    };
    let (status, result) = match check_path(parts) {
        Err((status, refusal)) => (status, Err(refusal)),
        Ok(()) => (StatusCode::OK, body_result()),
    };
    let verdict = Verdict { status, body: parsed, result };
    // Only real tries meet a step: a stray request must not use one up.
    let met = tracks.then(|| state.scripts.next(pixel.as_deref())).flatten();
    let scripted = met.is_some();
    let step = met.unwrap_or_default();
    let style = state.scripts.messages(pixel.as_deref());
    let message = match &verdict.result {
        Ok(_) => "OK".to_owned(),
        Err(refusal) => refusal.message(style),
    };
    let record = record(parts, bytes, now_ms, pixel, token, scripted, &verdict);
    let id = state.store.arrive(record, verdict.body.as_ref());
    drop(state);
    let pending = Pending { shared: Arc::clone(shared), id, ended: false };
    let plan = Plan {
        verdict,
        message,
        keep: step.keeps(),
        delay: Duration::from_millis(step.delay_ms),
        reply: step.reply,
        request_id: format!("{now_ms}{id:010X}"),
    };
    (pending, plan)
}

fn check_path(parts: &Parts) -> Result<(), (StatusCode, Refusal)> {
    if parts.uri.path() != TRACK_PATH {
        let message = "The requested path does not exist.";
        let refusal = Refusal::of_request(CODE_INVALID, message);
        return Err((StatusCode::NOT_FOUND, refusal));
    }
    if parts.method != Method::POST {
        let refusal = Refusal::of_request(CODE_INVALID, "The method must be POST.");
        return Err((StatusCode::METHOD_NOT_ALLOWED, refusal));
    }
    Ok(())
}

fn check_content(parts: &Parts) -> Result<(), Refusal> {
    let refuse = |message: &str| Err(Refusal::of_request(CODE_INVALID, message));
    let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let media_type = header(header::CONTENT_TYPE).and_then(|value| value.split(';').next());
    if !media_type.is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json")) {
        return refuse("Content-Type must be application/json.");
    }
    // Whether TikTok takes compressed bodies is not documented, so ours must not be.
    if header(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return refuse("Content-Encoding is not supported.");
    }
    Ok(())
}

fn record(
    parts: &Parts,
    bytes: &Bytes,
    time_ms: i64,
    pixel: Option<String>,
    token: Option<&str>,
    scripted: bool,
    verdict: &Verdict,
) -> RequestRecord {
    let body = verdict.body.as_ref();
    let data = body.and_then(|body| body.get("data")?.as_array());
    let findings = verdict.result.as_ref().map(|accepted| accepted.findings.clone());
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    RequestRecord {
        id: 0,
        time_ms,
        method: parts.method.to_string(),
        path: path.to_owned(),
        pixel,
        token: token.filter(|token| !token.is_empty()).map(token_label),
        body_bytes: bytes.len(),
        events: data.map_or(0, Vec::len),
        test: body.is_some_and(|body| body.get("test_event_code").is_some()),
        refusal: verdict.result.as_ref().err().cloned(),
        findings: findings.unwrap_or_default(),
        scripted,
        kept: false,
        outcome: Outcome::Pending,
        body: Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}

impl Plan {
    fn honest_answer(&self) -> (StatusCode, Value) {
        let body = match &self.verdict.result {
            Ok(_) => answer_body(0, &self.message, &self.request_id, json!({})),
            Err(refusal) => refusal_body(refusal, &self.message, &self.request_id),
        };
        (self.verdict.status, body)
    }
}

fn refusal_body(refusal: &Refusal, message: &str, request_id: &str) -> Value {
    answer_body(refusal.code, message, request_id, Value::Null)
}

fn answer_body(code: i64, message: &str, request_id: &str, data: Value) -> Value {
    json!({"code": code, "message": message, "request_id": request_id, "data": data})
}

fn tiktok_answer(status: StatusCode, body: &Value) -> Response {
    let content_type = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    (status, content_type, body.to_string()).into_response()
}

fn scripted(answer: &Answer, pending: Pending, request_id: &str) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match answer.code {
        Some(code) => {
            let body = answer_body(code, &answer.message, request_id, Value::Null);
            pending.answer(status, &body);
            tiktok_answer(status, &body)
        }
        None => {
            pending.end(Outcome::Answered {
                status: status.as_u16(),
                code: None,
                message: answer.text.clone(),
            });
            (status, answer.text.clone()).into_response()
        }
    };
    for (name, value) in &answer.headers {
        // A header that cannot be sent is left out.
        let name = HeaderName::try_from(name);
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// A request that has not ended. Dropped before it has: its sender went away, and hyper drops the future
/// that was working for it.
struct Pending {
    shared: Arc<Shared>,
    id: u64,
    ended: bool,
}

impl Pending {
    fn keep(&self, plan: &Plan) {
        if let (Ok(accepted), Some(body)) = (&plan.verdict.result, &plan.verdict.body) {
            let now_ms = self.shared.clock.now_ms();
            let store = &mut self.shared.lock().store;
            store.keep(self.id, now_ms, accepted, body);
        }
    }

    fn answer(self, status: StatusCode, body: &Value) {
        let message = body.get("message").and_then(Value::as_str);
        self.end(Outcome::Answered {
            status: status.as_u16(),
            code: body.get("code").and_then(Value::as_i64),
            message: message.unwrap_or_default().to_owned(),
        });
    }

    fn end(mut self, outcome: Outcome) {
        self.ended = true;
        self.shared.finish(self.id, outcome);
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.ended {
            self.shared.finish(self.id, Outcome::GivenUp);
        }
    }
}
