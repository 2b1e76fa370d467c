//! What a postback is answered: status, headers that matter, and a body that is always JSON, except
//! for platforms that read a text. Deciding what happened is left to everybody else.
//!
//! Nothing that the caller sent is repeated but names of fields, in warnings, and the event id,
//! which is the caller's own name for the lead.

use super::auth::AuthError;
use super::body::BodyError;
use super::profile::AnswerForm;
use crate::event::{EventId, EventName};
use crate::rejection::Rejection;
use crate::slug::Slug;
use crate::warning::Warning;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::borrow::Cow;

/// How a source wants to be answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Manner {
    /// What would be 422 is 200, with the same body.
    pub always_ok: bool,
    /// JSON or text.
    pub form: AnswerForm,
}

/// By what the click of a lead was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// The click id, in KV.
    ClickId,
    /// What the ledger remembers of the lead's transaction id.
    TransactionId,
    /// A ttclid of the postback's own.
    Ttclid,
    /// A click id that KV does not know yet: it is tried again before the event goes out.
    Waiting,
    /// Not found: TikTok matches by email, phone, external id or address.
    None,
}

/// What became of a lead for one pixel.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Outcome {
    /// It is in the ledger and will be sent.
    Accepted(Told),
    /// It was in the ledger before.
    Duplicate(Told),
    /// It was sent at once, as a test.
    Test {
        /// The event.
        #[serde(flatten)]
        told: Told,
        /// TikTok's own answer.
        tiktok: Value,
    },
    /// What would be sent; nothing was stored (`dry_run`).
    DryRun {
        /// The event.
        #[serde(flatten)]
        told: Told,
        /// TikTok's whole payload.
        payload: Value,
    },
    /// A filter or rule of the source says so.
    Ignored {
        /// Which.
        rule: String,
    },
    /// TikTok cannot be told.
    Rejected {
        /// One sentence.
        reason: Cow<'static, str>,
        /// The field at fault.
        #[serde(skip_serializing_if = "Option::is_none")]
        field: Option<&'static str>,
    },
}

/// The event that TikTok is told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Told {
    /// Its name.
    pub event: EventName,
    /// Its id.
    pub event_id: EventId,
    /// How its click was found.
    #[serde(rename = "match")]
    pub matched: Match,
}

impl From<Rejection> for Outcome {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected { reason: rejection.reason, field: rejection.field }
    }
}

/// What became of a postback.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// The lead was understood, for one pixel or none.
    One {
        /// What became of it.
        outcome: Outcome,
        /// What was lost on the way.
        warnings: Vec<Warning>,
    },
    /// The lead was understood, and goes to several pixels.
    Several {
        /// The pixels in the source's order.
        pixels: Vec<(Slug, Outcome)>,
        /// What was lost on the way.
        warnings: Vec<Warning>,
    },
    /// The request went no further than this.
    Failed(Failure),
}

/// Why a request goes no further.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The body cannot be read.
    Body(BodyError),
    /// The caller may not.
    Auth(AuthError),
    /// No source of that name.
    UnknownSource,
    /// Neither GET nor POST.
    Method,
    /// Too many wrong tokens from one address.
    SlowDown,
    /// The configuration does not hold.
    NotConfigured,
    /// Nothing was stored; sending it again is right.
    NotStored,
}

/// How long a caller should wait before it sends again what was not stored, in seconds. The ledger
/// is back within seconds; platforms that retry at all wait longer by themselves.
const RETRY_SECONDS: u32 = 30;

/// How long a caller with wrong tokens should wait, in seconds: the rate limit's window.
const SLOW_DOWN_SECONDS: u32 = 60;

impl Failure {
    /// The HTTP status that answers it.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Body(error) => error.status(),
            Self::Auth(error) => error.status(),
            Self::UnknownSource => 404,
            Self::Method => 405,
            Self::SlowDown => 429,
            Self::NotConfigured | Self::NotStored => 503,
        }
    }

    /// A fixed word for logs and metrics. The answer has it too, except of an [`AuthError`], whose
    /// code tells more than a stranger should know.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Body(error) => error.code(),
            Self::Auth(error) => error.code(),
            Self::UnknownSource => "unknown_source",
            Self::Method => "method_not_allowed",
            Self::SlowDown => "too_many_wrong_tokens",
            Self::NotConfigured => "not_configured",
            Self::NotStored => "not_stored",
        }
    }

    const fn public_code(&self) -> &'static str {
        match self {
            Self::Auth(_) => "unauthorized",
            other => other.code(),
        }
    }

    /// What is wrong and what to do, in words for the caller.
    pub fn safe_message(&self) -> Cow<'static, str> {
        match self {
            Self::Body(error) => error.safe_message(),
            Self::Auth(error) => error.safe_message().into(),
            Self::UnknownSource => {
                "no source of that name; look at the postback's path and at [vars.CONFIG.sources]"
                    .into()
            }
            Self::Method => "send a postback by GET or POST".into(),
            Self::SlowDown => "too many wrong tokens from this address; wait a minute".into(),
            Self::NotConfigured => {
                "the configuration does not hold; /healthz says what is wrong".into()
            }
            Self::NotStored => "nothing was stored; send it again".into(),
        }
    }

    const fn retry_after(&self) -> Option<u32> {
        match self {
            Self::NotConfigured | Self::NotStored => Some(RETRY_SECONDS),
            Self::SlowDown => Some(SLOW_DOWN_SECONDS),
            _ => None,
        }
    }
}

/// An answer as it goes out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
    /// `retry-after`, in seconds.
    pub retry_after: Option<u32>,
    /// `allow`, with a 405.
    pub allow: Option<&'static str>,
}

#[derive(Serialize)]
struct OneBody<'a> {
    #[serde(flatten)]
    outcome: &'a Outcome,
    warnings: &'a [Warning],
}

#[derive(Serialize)]
struct SeveralBody<'a> {
    status: &'static str,
    #[serde(serialize_with = "each_pixel")]
    pixels: &'a [(Slug, Outcome)],
    warnings: &'a [Warning],
}

#[derive(Serialize)]
struct PixelBody<'a> {
    pixel: &'a Slug,
    #[serde(flatten)]
    outcome: &'a Outcome,
}

#[derive(Serialize)]
struct FailedBody<'a> {
    status: &'static str,
    code: &'static str,
    reason: &'a str,
}

fn each_pixel<S: Serializer>(pixels: &[(Slug, Outcome)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(pixels.iter().map(|(pixel, outcome)| PixelBody { pixel, outcome }))
}

impl Outcome {
    /// The word of the answer's `status`.
    pub const fn status_word(&self) -> &'static str {
        match self {
            Self::Accepted(_) => "accepted",
            Self::Duplicate(_) => "duplicate",
            Self::Test { .. } => "test",
            Self::DryRun { .. } => "dry_run",
            Self::Ignored { .. } => "ignored",
            Self::Rejected { .. } => "rejected",
        }
    }
}

/// The words of several pixels, the one that describes the whole postback first: what happened
/// anywhere happened, and it is rejected only where every pixel rejects it.
const WHOLE: [&str; 6] = ["dry_run", "accepted", "test", "duplicate", "ignored", "rejected"];

impl Answer {
    /// The word that describes the whole postback, for the answer and for logs.
    pub fn status_word(&self) -> &'static str {
        match self {
            Self::One { outcome, .. } => outcome.status_word(),
            Self::Several { pixels, .. } => WHOLE
                .into_iter()
                .find(|word| pixels.iter().any(|(_, outcome)| outcome.status_word() == *word))
                .unwrap_or("ignored"),
            Self::Failed(_) => "error",
        }
    }

    /// The answer for one source.
    pub fn reply(&self, manner: Manner) -> Reply {
        let word = self.status_word();
        let (status, retry_after, allow) = match self {
            Self::Failed(failure) => (
                failure.status(),
                failure.retry_after(),
                matches!(failure, Failure::Method).then_some("GET, POST"),
            ),
            _ if word == "rejected" && !manner.always_ok => (422, None, None),
            _ => (200, None, None),
        };
        // A dry run is asked for by a person.
        let (content_type, body) = if manner.form == AnswerForm::TuneText && word != "dry_run" {
            ("text/plain; charset=utf-8", self.tune_text(status))
        } else {
            ("application/json; charset=utf-8", self.json())
        };
        Reply { status, content_type, body, retry_after, allow }
    }

    fn json(&self) -> String {
        let json = match self {
            Self::One { outcome, warnings } => {
                serde_json::to_string(&OneBody { outcome, warnings })
            }
            Self::Several { pixels, warnings } => {
                serde_json::to_string(&SeveralBody { status: self.status_word(), pixels, warnings })
            }
            Self::Failed(failure) => serde_json::to_string(&FailedBody {
                status: "error",
                code: failure.public_code(),
                reason: &failure.safe_message(),
            }),
        };
        // These types have string keys only, so writing them cannot fail; the type cannot say so.
        json.unwrap_or_else(|_| format!("{{\"status\":\"{}\"}}", self.status_word()))
    }

    /// `success=true;` where TUNE should be content, else why not.
    fn tune_text(&self, status: u16) -> String {
        if status == 200 {
            return "success=true;".to_owned();
        }
        let reason = match self {
            Self::Failed(failure) => failure.safe_message(),
            Self::One { outcome: Outcome::Rejected { reason, .. }, .. } => reason.clone(),
            _ => "rejected".into(),
        };
        format!("success=false; {reason}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const JSON: Manner = Manner { always_ok: false, form: AnswerForm::Json };

    fn told() -> Told {
        Told {
            event: EventName::parse("Purchase").unwrap(),
            event_id: EventId::parse("txn-1").unwrap(),
            matched: Match::ClickId,
        }
    }

    fn one(outcome: Outcome) -> Answer {
        Answer::One { outcome, warnings: vec![Warning::new("email", "empty")] }
    }

    /// Golden: these bodies are the contract with whoever reads them.
    #[test]
    fn bodies() {
        let rejected = Outcome::from(Rejection::field("event_time", "too old"));
        let lead = Outcome::from(Rejection::lead("nothing to match"));
        let rows = [
            (
                one(Outcome::Accepted(told())),
                200,
                r#"{"status":"accepted","event":"Purchase","event_id":"txn-1","match":"click_id","warnings":["email: empty"]}"#,
            ),
            (
                one(Outcome::Duplicate(told())),
                200,
                r#"{"status":"duplicate","event":"Purchase","event_id":"txn-1","match":"click_id","warnings":["email: empty"]}"#,
            ),
            (
                one(Outcome::Test { told: told(), tiktok: json!({"code": 0}) }),
                200,
                r#"{"status":"test","event":"Purchase","event_id":"txn-1","match":"click_id","tiktok":{"code":0},"warnings":["email: empty"]}"#,
            ),
            (
                one(Outcome::DryRun { told: told(), payload: json!({"data": []}) }),
                200,
                r#"{"status":"dry_run","event":"Purchase","event_id":"txn-1","match":"click_id","payload":{"data":[]},"warnings":["email: empty"]}"#,
            ),
            (
                one(Outcome::Ignored { rule: "payout > 0".to_owned() }),
                200,
                r#"{"status":"ignored","rule":"payout > 0","warnings":["email: empty"]}"#,
            ),
            (
                one(rejected.clone()),
                422,
                r#"{"status":"rejected","reason":"too old","field":"event_time","warnings":["email: empty"]}"#,
            ),
            (
                one(lead),
                422,
                r#"{"status":"rejected","reason":"nothing to match","warnings":["email: empty"]}"#,
            ),
            (
                Answer::Several {
                    pixels: vec![
                        (Slug::parse("main").unwrap(), Outcome::Duplicate(told())),
                        (Slug::parse("agency").unwrap(), rejected.clone()),
                    ],
                    warnings: Vec::new(),
                },
                200,
                r#"{"status":"duplicate","pixels":[{"pixel":"main","status":"duplicate","event":"Purchase","event_id":"txn-1","match":"click_id"},{"pixel":"agency","status":"rejected","reason":"too old","field":"event_time"}],"warnings":[]}"#,
            ),
            (
                Answer::Failed(Failure::UnknownSource),
                404,
                r#"{"status":"error","code":"unknown_source","reason":"no source of that name; look at the postback's path and at [vars.CONFIG.sources]"}"#,
            ),
        ];
        for (answer, status, body) in rows {
            let reply = answer.reply(JSON);
            assert_eq!((reply.status, reply.body.as_str()), (status, body));
            assert_eq!(reply.content_type, "application/json; charset=utf-8");
        }
    }

    #[test]
    fn always_ok_changes_the_status_and_nothing_else() {
        let always_ok = Manner { always_ok: true, ..JSON };
        let answer = one(Outcome::from(Rejection::lead("no")));
        let (strict, kind) = (answer.reply(JSON), answer.reply(always_ok));
        assert_eq!((strict.status, kind.status), (422, 200));
        assert_eq!(strict.body, kind.body);
        for failure in [
            Failure::Body(BodyError::TooLarge),
            Failure::Auth(AuthError::Wrong),
            Failure::NotStored,
        ] {
            assert_ne!(Answer::Failed(failure).reply(always_ok).status, 200);
        }
    }

    #[test]
    fn tune_reads_a_text() {
        let manner = Manner { always_ok: true, form: AnswerForm::TuneText };
        let body = |answer: Answer| answer.reply(manner).body;
        assert_eq!(body(one(Outcome::Accepted(told()))), "success=true;");
        assert_eq!(body(one(Outcome::from(Rejection::lead("no")))), "success=true;");
        assert_eq!(
            body(Answer::Failed(Failure::NotStored)),
            "success=false; nothing was stored; send it again"
        );
    }

    #[test]
    fn failures_say_when_and_how_to_come_back() {
        let reply = |failure| Answer::Failed(failure).reply(JSON);
        assert_eq!(reply(Failure::NotStored).retry_after, Some(30));
        assert_eq!(reply(Failure::Method).allow, Some("GET, POST"));
        // A stranger does not learn that a source is closed.
        let closed = reply(Failure::Auth(AuthError::Closed));
        assert_eq!(closed, reply(Failure::Auth(AuthError::Wrong)));
        assert_eq!(closed.status, 401);
    }
}
