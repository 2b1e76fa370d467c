//! A refusal, and the different words in which TikTok says it.
//!
//! Only the words: what is refused is decided by the other files of this folder.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// TikTok's code for a parameter that is wrong.
const CODE_INVALID: i64 = 40_002;

/// How much of a refused value is echoed in the message.
const ECHO_CHARACTERS: usize = 60;

/// Why TikTok refuses a whole request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// TikTok's code: 40002 for everything in the body, others for tokens and rights.
    pub code: i64,
    /// The first bad event's place in `data`; none when the request itself is wrong.
    pub index: Option<usize>,
    /// The field, from the event (or from the top level) on: `properties.contents.1.price`. Empty when
    /// no field of the body is to blame but its token, its header or its path.
    pub path: String,
    /// What it should have been.
    pub reason: String,
    /// The start of what was sent, as JSON: like TikTok, the stand-in repeats it in its message.
    pub got: Option<String>,
}

/// How a refusal is worded. TikTok's own wording varies, and a sender must cope with all three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageStyle {
    /// `Invalid value for data.3.event_id: …`
    #[default]
    Data,
    /// `Batch.3.event_id: …`
    Batch,
    /// `Invalid parameters in the request.`: no index at all.
    Unnamed,
}

impl Refusal {
    /// The message of the answer's body.
    #[must_use]
    pub fn message(&self, style: MessageStyle) -> String {
        let got = self.got.as_ref().map_or(String::new(), |got| format!(", got {got}"));
        let what = format!("{}{got}", self.reason);
        match (style, self.index) {
            // Not about a field: a token, a header, a path.
            _ if self.path.is_empty() => self.reason.clone(),
            (MessageStyle::Unnamed, _) => "Invalid parameters in the request.".to_owned(),
            (MessageStyle::Batch, Some(index)) => format!("Batch.{index}.{}: {what}", self.path),
            (_, Some(index)) => format!("Invalid value for data.{index}.{}: {what}", self.path),
            (_, None) => format!("Invalid value for {}: {what}", self.path),
        }
    }

    pub(crate) fn new(
        path: impl Into<String>,
        reason: impl Into<String>,
        got: Option<&Value>,
    ) -> Self {
        Self {
            code: CODE_INVALID,
            index: None,
            path: path.into(),
            reason: reason.into(),
            got: got.map(|value| value.to_string().chars().take(ECHO_CHARACTERS).collect()),
        }
    }

    /// A refusal that no field of the body is to blame for; `message` is all that is said.
    pub(crate) fn of_request(code: i64, message: impl Into<String>) -> Self {
        Self { code, ..Self::new("", message, None) }
    }

    pub(crate) fn missing(path: impl Into<String>) -> Self {
        Self::new(path, "is required", None)
    }

    /// The same refusal, seen from the object that holds the field.
    pub(crate) fn under(mut self, place: &str) -> Self {
        self.path = format!("{place}.{}", self.path);
        self
    }

    /// The same refusal, seen from the batch.
    pub(crate) fn at(mut self, index: usize) -> Self {
        self.index = Some(index);
        self
    }
}
