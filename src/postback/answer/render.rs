//! Answers as they go out: status, headers that matter, and body.

use super::{Answer, Failure, Manner, Outcome, Told};
use crate::postback::profile::AnswerForm;
use crate::slug::Slug;
use crate::warning::Warning;
use serde::{Serialize, Serializer};

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
    warnings: Vec<&'a Warning>,
}

#[derive(Serialize)]
struct SeveralBody<'a> {
    status: &'static str,
    /// All pixels are told the same event.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    told: Option<&'a Told>,
    #[serde(serialize_with = "each_pixel")]
    pixels: &'a [(Slug, Outcome)],
    warnings: Vec<&'a Warning>,
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

impl Answer {
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
                serde_json::to_string(&OneBody { outcome, warnings: Warning::once(warnings) })
            }
            Self::Several { pixels, warnings } => serde_json::to_string(&SeveralBody {
                status: self.status_word(),
                told: pixels.iter().find_map(|(_, outcome)| outcome.told()),
                pixels,
                warnings: Warning::once(warnings),
            }),
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
