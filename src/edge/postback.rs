//! `GET|POST /postback/{source}`: the I/O between the steps of `conversion`.
//!
//! At most one KV read and one ledger request. The `2xx` leaves only after the ledger has answered.

use super::body::read_at_most;
use super::clock::now;
use super::flood::is_within;
use super::js::{self, Env, Request, Response, console_log};
use super::setup::{Ready, Setup};
use super::{kv, ledger_client, reply};
use crate::conversion::{self, ClickLookup, Incoming, Lead, Place, ask, receive};
use crate::ledger::protocol::Submitted;
use crate::postback::answer::{Answer, Failure, Manner};
use crate::postback::auth::AuthPolicy;
use crate::postback::body::MAX_BODY_BYTES;
use crate::postback::profile::AnswerForm;
use crate::slug::Slug;
use serde::Serialize;

/// How an answer looks where no source says how.
const PLAIN: Manner = Manner { always_ok: false, form: AnswerForm::Json };

/// A postback's request line.
pub(super) struct Target {
    pub(super) method: String,
    pub(super) source: String,
    pub(super) trigger: Option<String>,
    /// The raw query string.
    pub(super) query: String,
}

/// One line of the log: fixed words, no personal data.
#[derive(Serialize)]
struct LogLine<'a> {
    log: &'static str,
    source: &'a str,
    http: u16,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

/// Answers a postback.
pub(super) async fn answer(
    setup: &Setup,
    request: &Request,
    env: &Env,
    target: &Target,
) -> Response {
    let plain = |failure| reply::postback(&failed(failure).reply(PLAIN));
    let Some(ready) = setup.ready() else { return plain(Failure::NotConfigured) };
    let name = Slug::parse(&target.source);
    let found = name.and_then(|name| Some((ready.config.sources.get(&name)?, name)));
    let Some((source, name)) = found else { return plain(Failure::UnknownSource) };
    if !matches!(target.method.as_str(), "GET" | "POST") {
        return plain(Failure::Method);
    }
    let place = Place { config: &ready.config, name: &name, source };
    let answer = process(ready, &place, request, env, target).await;
    let manner = Manner { always_ok: source.always_ok, form: source.profile.answer };
    let reply = answer.reply(manner);
    log(&name, &answer, reply.status);
    reply::postback(&reply)
}

async fn process(
    ready: &Ready,
    place: &Place<'_>,
    request: &Request,
    env: &Env,
    target: &Target,
) -> Answer {
    // A sender whose body breaks off gets no 2xx and sends again: nothing was stored.
    let Ok(body) = read_at_most(request, MAX_BODY_BYTES.saturating_add(1)).await else {
        return failed(Failure::NotStored);
    };
    let headers = js::sender(request);
    let mut lines = headers.split('\n').map(|line| Some(line).filter(|line| !line.is_empty()));
    let mut line = || lines.next().flatten();
    // The order of `glue.js`.
    let (content_type, authorization, signature, caller_ip) = (line(), line(), line(), line());
    let incoming = Incoming {
        trigger: target.trigger.as_deref(),
        query: &target.query,
        content_type,
        authorization,
        signature,
        caller_ip,
        body: &body,
    };
    let secrets = AuthPolicy {
        tokens: place.source.tokens.iter().map(|name| ready.secret(name)).collect(),
        signing_secrets: place
            .source
            .signing_secrets
            .iter()
            .map(|name| ready.secret(name))
            .collect(),
        allowed_ips: &place.source.allowed_ips,
    };
    let lead = match receive(place, &secrets, &incoming) {
        Ok(lead) => lead,
        // Only who was wrong is counted, so that nobody who is right is ever slowed.
        Err(Answer::Failed(Failure::Auth(error))) => {
            let caller = caller_ip.unwrap_or_default();
            // A wrong token is wrong, limit or no limit.
            let patient = is_within(env.auth_limit(), caller).await;
            return failed(if patient { Failure::Auth(error) } else { Failure::SlowDown });
        }
        Err(answer) => return answer,
    };
    let click = look_up(env, &lead).await;
    let question = match ask(place, lead, click, now()) {
        Ok(question) => question,
        Err(answer) => return answer,
    };
    match ledger_client::ask::<Submitted>(env, question.shard, &question.ask).await {
        Ok(reply) => conversion::answer(question, reply),
        Err(_) => failed(Failure::NotStored),
    }
}

fn failed(failure: Failure) -> Answer {
    Answer::Failed(failure)
}

/// Looks the lead's click up. A read that fails counts as "not known yet": the ledger tries again.
async fn look_up(env: &Env, lead: &Lead) -> ClickLookup {
    let Some(id) = &lead.click_id else { return ClickLookup::NotAsked };
    match kv::look_up(&env.clicks(), *id).await {
        Some(record) => ClickLookup::Found(Box::new(record)),
        None => ClickLookup::Missing,
    }
}

fn log(source: &Slug, answer: &Answer, http: u16) {
    let code = match answer {
        Answer::Failed(failure) => Some(failure.code()),
        _ => None,
    };
    let line = LogLine {
        log: "postback",
        source: source.as_str(),
        http,
        status: answer.status_word(),
        code,
    };
    console_log(&serde_json::to_string(&line).unwrap_or_default());
}
