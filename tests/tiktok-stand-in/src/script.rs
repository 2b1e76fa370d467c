//! What the stand-in is told to do wrong: steps, and what they answer.
//!
//! Only the description, which is also the JSON of the control API. Which step a request meets is
//! decided in [`crate::scripts`]; the server carries it out.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::validate::MessageStyle;

/// How one pixel (or every pixel) is treated. A request meets the first of `queue`; when that is empty
/// it may meet one of `random`; else `standing`; else it gets the honest answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// Steps that are used up, one for each request.
    pub queue: VecDeque<Step>,
    /// Steps that strike at random.
    pub random: Option<Random>,
    /// The step of every other request.
    pub standing: Option<Step>,
    /// Event ids that are refused with 40002, and their whole batch with them.
    pub poison: Vec<String>,
    /// The wording of refusals.
    pub messages: Option<MessageStyle>,
}

/// Steps that strike at random, the same way for the same seed and order of requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Random {
    /// From 0 (never) to 1 (always).
    pub probability: f64,
    /// Where the random numbers start.
    #[serde(default)]
    pub seed: u64,
    /// The steps to choose from, each as likely as the others. Their `times` says nothing here.
    pub steps: Vec<Step>,
}

/// What happens to one request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Step {
    /// What is answered.
    pub reply: Reply,
    /// Whether the events count, though the sender may never hear of it. Left out: before the delay for
    /// an honest reply, never for any other.
    pub keep: Option<Keep>,
    /// How long the answer is held back, in milliseconds.
    pub delay_ms: u64,
    /// How many requests this step is for while it is in a queue; 0 counts as 1.
    pub times: u32,
}

/// Whether and when the events of a scripted request are kept. A request that deserves a refusal keeps
/// nothing in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// They are lost: the sender must send them again.
    Never,
    /// They are kept, then the delay passes, then the reply is given: a sender that gives up during the
    /// delay, or is told of a failure, sends them a second time.
    BeforeDelay,
    /// They are kept only if the sender is still there when the delay is over.
    AfterDelay,
}

/// The ways to reply.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// What the request deserves.
    #[default]
    Honest,
    /// These words, whatever the request deserves.
    Answer(Answer),
    /// The connection is closed without an answer.
    Drop,
    /// Nothing, until the sender gives up.
    Hang,
}

/// An answer put into the stand-in's mouth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answer {
    /// The HTTP status, 100 to 999; 200 if left out.
    pub status: u16,
    /// The `code` of a JSON body in TikTok's shape. Left out: the body is `text`.
    pub code: Option<i64>,
    /// The `message` beside `code`.
    pub message: String,
    /// The body where there is no `code`; empty if left out.
    pub text: String,
    /// Headers to add.
    pub headers: BTreeMap<String, String>,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            status: 200,
            code: None,
            message: String::new(),
            text: String::new(),
            headers: BTreeMap::new(),
        }
    }
}

impl Default for Step {
    fn default() -> Self {
        Self { reply: Reply::Honest, keep: None, delay_ms: 0, times: 1 }
    }
}

impl Step {
    fn replying(reply: Reply) -> Self {
        Self { reply, ..Self::default() }
    }

    fn answering(answer: Answer) -> Self {
        Self::replying(Reply::Answer(answer))
    }

    /// The honest answer; made interesting with [`Step::after`].
    #[must_use]
    pub fn honest() -> Self {
        Self::default()
    }

    /// An HTTP status with an empty body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::answering(Answer { status, ..Answer::default() })
    }

    /// HTTP 200 with this code and message in the body.
    #[must_use]
    pub fn code(code: i64, message: impl Into<String>) -> Self {
        Self::answering(Answer { code: Some(code), message: message.into(), ..Answer::default() })
    }

    /// TikTok's rate limit, as it is seen in the wild: 40100 in an HTTP 401.
    #[must_use]
    pub fn rate_limited() -> Self {
        Self::code(40_100, "Too many requests. Please retry in some time.").with_status(401)
    }

    /// What a revoked token gets, 40105, whichever token was sent.
    #[must_use]
    pub fn token_revoked() -> Self {
        Self::code(40_105, "Access token is incorrect or has been revoked.")
    }

    /// HTTP 200 with a body that is no JSON.
    #[must_use]
    pub fn garbage() -> Self {
        Self::answering(Answer {
            text: "<html><body>upstream connect error {\"code\":".to_owned(),
            ..Answer::default()
        })
    }

    /// A redirect (302), which a sender must not follow: the token would go with it.
    #[must_use]
    pub fn redirect(location: impl Into<String>) -> Self {
        Self::status(302).with_header("location", location)
    }

    /// The connection is closed without an answer.
    #[must_use]
    pub fn drop_connection() -> Self {
        Self::replying(Reply::Drop)
    }

    /// No answer until the sender gives up.
    #[must_use]
    pub fn hang() -> Self {
        Self::replying(Reply::Hang)
    }

    /// The same with another HTTP status. Nothing changes where the reply is not an [`Answer`].
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        if let Reply::Answer(answer) = &mut self.reply {
            answer.status = status;
        }
        self
    }

    /// The same with one more header. Nothing changes where the reply is not an [`Answer`].
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Reply::Answer(answer) = &mut self.reply {
            answer.headers.insert(name.into(), value.into());
        }
        self
    }

    /// The same with `Retry-After`, in seconds.
    #[must_use]
    pub fn with_retry_after(self, seconds: u64) -> Self {
        self.with_header("retry-after", seconds.to_string())
    }

    /// The same, held back this long.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// The same, with its events kept or not.
    #[must_use]
    pub fn keeping(mut self, keep: Keep) -> Self {
        self.keep = Some(keep);
        self
    }

    /// The same for this many requests of a queue.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// When the events are kept, the default applied.
    pub(crate) fn keeps(&self) -> Keep {
        self.keep.unwrap_or(match self.reply {
            Reply::Honest => Keep::BeforeDelay,
            Reply::Answer(_) | Reply::Drop | Reply::Hang => Keep::Never,
        })
    }
}
