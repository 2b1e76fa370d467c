//! Step 1: from a request to a lead that is understood.

use crate::click::ClickId;
use crate::config::{Config, Source};
use crate::event::{EventId, EventName};
use crate::lead::Field;
use crate::postback::answer::{Answer, Failure, Outcome};
use crate::postback::auth::{self, AuthError, AuthPolicy, Credentials};
use crate::postback::body;
use crate::postback::decide::{Decision, Policy, decide};
use crate::postback::event_id::{self, Context};
use crate::postback::facts::Facts;
use crate::postback::resolve::resolve;
use crate::query;
use crate::raw::RawText;
use crate::rejection::Rejection;
use crate::slug::Slug;
use crate::warning::Warning;

/// Longest transaction id, in bytes: it is a key of the ledger. Platforms' have 20 to 40.
const MAX_TRANSACTION_ID: usize = 256;

/// The parts of a postback's request; a header that is missing is none.
#[derive(Clone, Copy, Default)]
pub struct Incoming<'a> {
    /// The last part of `/postback/{source}/{trigger}`, decoded.
    pub trigger: Option<&'a str>,
    /// The raw query string, without its first `?`.
    pub query: &'a str,
    /// `Content-Type`
    pub content_type: Option<&'a str>,
    /// `Authorization`
    pub authorization: Option<&'a str>,
    /// `X-Signature`
    pub signature: Option<&'a str>,
    /// `CF-Connecting-IP`: the caller, who is not the lead.
    pub caller_ip: Option<&'a str>,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// Where a postback arrived: a source and the configuration around it.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The whole configuration.
    pub config: &'a Config,
    /// The source's name.
    pub name: &'a Slug,
    /// The source.
    pub source: &'a Source,
}

/// A lead of which it is known what TikTok is to be told.
#[derive(Clone, Debug)]
pub struct Lead {
    /// Its values.
    pub(super) facts: Facts,
    /// What TikTok is told.
    pub(super) event: EventName,
    /// The id of this conversion.
    pub(super) event_id: EventId,
    /// The click id that it brought.
    pub click_id: Option<ClickId>,
    /// The source's name for the lead.
    pub(super) transaction_id: Option<String>,
    /// Only show what would be done.
    pub(super) dry_run: bool,
    /// What was lost on the way.
    pub(super) warnings: Vec<Warning>,
}

/// Understands a postback. `secrets` are the source's own.
///
/// # Errors
/// The answer, where there is nothing to tell TikTok: the caller may not, the body cannot be read,
/// the source's filter says so, or TikTok would refuse it.
pub fn receive(
    place: &Place<'_>,
    secrets: &AuthPolicy<'_>,
    incoming: &Incoming<'_>,
) -> Result<Lead, Answer> {
    // Nothing else is looked at before the caller is known.
    authenticate(secrets, incoming)?;
    let parsed = body::parse(incoming.content_type, incoming.query, incoming.body)
        .map_err(|error| Answer::Failed(Failure::Body(error)))?;
    let source = place.source;
    let resolved = resolve(parsed, source.profile, &source.fields)
        .map_err(|rejection| rejected(rejection, &[]))?;
    let (facts, mut warnings) = (resolved.facts, resolved.warnings);
    let policy = Policy {
        profile: source.profile,
        events: &source.events,
        filters: &source.filters,
        rules: &source.rules,
    };
    let (event, trigger) = match decide(&facts, incoming.trigger, &policy) {
        Decision::Event { name, trigger, warnings: more } => {
            warnings.extend(more);
            (name, trigger)
        }
        Decision::Ignored { rule } => {
            return Err(Answer::One { outcome: Outcome::Ignored { rule }, warnings });
        }
        Decision::Rejected(rejection) => return Err(rejected(rejection, &warnings)),
    };
    let context = Context {
        source: place.name,
        profile: source.profile,
        template: source.event_id.as_ref(),
        trigger: trigger.as_ref(),
        event: &event,
    };
    let derived =
        event_id::derive(&facts, &context).map_err(|rejection| rejected(rejection, &warnings))?;
    warnings.extend(derived.warnings);
    let text = |field| facts.fields.first(field).map(|value| value.expose().trim().to_owned());
    let transaction_id = text(Field::TransactionId);
    if transaction_id.as_ref().is_some_and(|id| id.len() > MAX_TRANSACTION_ID) {
        let reason = "longer than 256 bytes, so it is no id of a lead";
        let rejection = Rejection::field(Field::TransactionId.name(), reason);
        return Err(rejected(rejection, &warnings));
    }
    Ok(Lead {
        event,
        event_id: derived.id,
        click_id: text(Field::ClickId).and_then(|id| ClickId::parse(&id)),
        transaction_id,
        dry_run: is_dry_run(incoming.query, &facts),
        facts,
        warnings,
    })
}

fn authenticate(secrets: &AuthPolicy<'_>, incoming: &Incoming<'_>) -> Result<(), Answer> {
    let with = |token: Option<RawText>| {
        let credentials = Credentials {
            authorization: incoming.authorization,
            token: token.as_ref().map(RawText::expose),
            signature: incoming.signature,
            body: incoming.body,
            caller_ip: incoming.caller_ip,
        };
        auth::authenticate(secrets, &credentials)
    };
    let shown = match with(auth::query_token(incoming.query)) {
        // Headers and query do not say who it is, and platforms send headers of their own
        // (`Authorization: Basic …`): the body may.
        Err(error @ (AuthError::Missing | AuthError::Wrong)) => {
            match auth::body_token(incoming.content_type, incoming.body) {
                Some(token) => with(Some(token)),
                None => Err(error),
            }
        }
        known => known,
    };
    shown.map_err(|error| Answer::Failed(Failure::Auth(error)))
}

/// The answer to a lead that cannot be told to TikTok.
pub(super) fn rejected(rejection: Rejection, warnings: &[Warning]) -> Answer {
    Answer::One { outcome: rejection.into(), warnings: warnings.to_vec() }
}

/// `dry_run` in the query, which may stand there without a value, or anywhere else that fields do
/// (the body, behind a second `?`): who asks for a dry run must never get a real one.
fn is_dry_run(query: &str, facts: &Facts) -> bool {
    let yes = |text: &str| {
        ["", "1", "true", "yes", "on"].iter().any(|yes| yes.eq_ignore_ascii_case(text.trim()))
    };
    query::value(query, "dry_run").is_some_and(|value| yes(&value))
        || facts.raw("dryrun").iter().any(|value| yes(&value.expose()))
}
