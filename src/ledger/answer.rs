//! What TikTok's answer means, as one table: the body's `code` first, the HTTP status second.
//!
//! HTTP status and `code` disagree in the wild (200 with an error code, 401 with "too many
//! requests"), so a code that can be read always decides. What is done about it is `machine`'s.

use serde::Deserialize;

/// Longest message that is kept of TikTok, in characters: enough for a person to understand.
const MESSAGE_CHARS: usize = 500;
/// Longest request id that is kept, in characters; TikTok's have 34.
const REQUEST_ID_CHARS: usize = 100;
/// The greatest number that JavaScript holds exactly: a code beyond it is no code.
const SAFE_INTEGER: i64 = 9_007_199_254_740_991;

/// What came of one request to TikTok.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fetched {
    /// An HTTP answer.
    Http {
        /// Its status.
        status: u16,
        /// Its body, or as much as was read.
        body: String,
        /// `Retry-After` in seconds, where it was given as a number.
        retry_after: Option<i64>,
    },
    /// No answer within the time-out. TikTok may have taken the events all the same.
    TimeOut,
    /// The connection failed or broke off. TikTok may have taken the events all the same.
    Network,
}

/// What an answer means for the events of the request.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Verdict {
    /// TikTok has them.
    Delivered,
    /// Try again later, with the same ids.
    Again,
    /// Too many requests: the pixel pauses.
    Limited,
    /// The token or its rights are wrong: the pixel is held, no event is blamed.
    BadToken,
    /// An event is wrong: in a batch, one of them.
    BadEvent,
}

impl Verdict {
    /// A fixed word for answers and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Again | Self::Limited => "again",
            Self::BadToken => "hold",
            Self::BadEvent => "refused",
        }
    }
}

/// Which line of the table was used: a fixed word for logs, metrics and an event's history.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cause {
    /// Code 0.
    Ok,
    /// Code 20001: partial success; delivered, flagged.
    Partial,
    /// A code that says: too many requests.
    LimitCode,
    /// A code that says: try again.
    AgainCode,
    /// A code that blames the token.
    TokenCode,
    /// A code that blames an event.
    EventCode,
    /// A code that nobody lists.
    UnknownCode,
    /// No readable code; the status says: too many requests.
    LimitStatus,
    /// No readable code; the status says: try again.
    AgainStatus,
    /// No readable code; the status blames the token.
    TokenStatus,
    /// No readable code; the status blames the request.
    EventStatus,
    /// No readable code with a status that says nothing.
    Unreadable,
    /// No answer in time.
    TimeOut,
    /// No connection.
    Network,
}

impl Cause {
    /// The fixed word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Partial => "partial",
            Self::LimitCode => "limit_code",
            Self::AgainCode => "again_code",
            Self::TokenCode => "token_code",
            Self::EventCode => "event_code",
            Self::UnknownCode => "unknown_code",
            Self::LimitStatus => "limit_status",
            Self::AgainStatus => "again_status",
            Self::TokenStatus => "token_status",
            Self::EventStatus => "event_status",
            Self::Unreadable => "unreadable",
            Self::TimeOut => "time_out",
            Self::Network => "network",
        }
    }

    /// Whether a person should look at it although it is handled.
    pub const fn is_flagged(self) -> bool {
        matches!(self, Self::Partial | Self::UnknownCode | Self::Unreadable)
    }

    const fn verdict(self) -> Verdict {
        match self {
            Self::Ok | Self::Partial => Verdict::Delivered,
            Self::LimitCode | Self::LimitStatus => Verdict::Limited,
            Self::TokenCode | Self::TokenStatus => Verdict::BadToken,
            Self::EventCode | Self::EventStatus => Verdict::BadEvent,
            Self::AgainCode
            | Self::UnknownCode
            | Self::AgainStatus
            | Self::Unreadable
            | Self::TimeOut
            | Self::Network => Verdict::Again,
        }
    }
}

/// An answer that has been understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// What it means.
    pub verdict: Verdict,
    /// Why.
    pub cause: Cause,
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// TikTok's code, where it could be read.
    pub code: Option<i64>,
    /// TikTok's message, cut. It can echo what was sent: for the console, never for a log.
    pub message: Option<String>,
    /// TikTok's request id, cut.
    pub request_id: Option<String>,
    /// What `Retry-After` asked for, in seconds, not yet clamped.
    pub retry_after: Option<i64>,
}

#[derive(Deserialize, Default)]
struct Body {
    code: Option<i64>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    request_id: Option<String>,
}

impl Answer {
    /// Understands what came of a request. Total: every answer there can be has a meaning.
    pub fn read(fetched: &Fetched) -> Self {
        let (status, body, retry_after) = match fetched {
            Fetched::TimeOut => return Self::without_body(Cause::TimeOut, None, None),
            Fetched::Network => return Self::without_body(Cause::Network, None, None),
            Fetched::Http { status, body, retry_after } => (*status, body, *retry_after),
        };
        let body = read_body(body);
        let code = body.code.filter(|code| (-SAFE_INTEGER..=SAFE_INTEGER).contains(code));
        let cause = code.map_or_else(|| by_status(status), by_code);
        Self {
            code,
            message: body.message.map(|text| text.chars().take(MESSAGE_CHARS).collect()),
            request_id: body.request_id.map(|text| text.chars().take(REQUEST_ID_CHARS).collect()),
            ..Self::without_body(cause, Some(status), retry_after)
        }
    }

    fn without_body(cause: Cause, status: Option<u16>, retry_after: Option<i64>) -> Self {
        Self {
            verdict: cause.verdict(),
            cause,
            status,
            code: None,
            message: None,
            request_id: None,
            retry_after,
        }
    }
}

/// The body's fields that can be read. A field of the wrong type must not hide the others: a code is
/// the most important thing there is, so it is looked for on its own as well.
fn read_body(body: &str) -> Body {
    serde_json::from_str(body).unwrap_or_else(|_| {
        let value: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        let text = |name| value.get(name).and_then(|v| v.as_str()).map(str::to_owned);
        let code = value.get("code").and_then(serde_json::Value::as_i64);
        Body { code, message: text("message"), request_id: text("request_id") }
    })
}

/// The table's left column for codes.
const fn by_code(code: i64) -> Cause {
    match code {
        0 => Cause::Ok,
        20001 => Cause::Partial,
        // "Too many requests" in its four spellings. 40202 is about the account, not the rate.
        40016 | 40100 | 40132 | 40133 => Cause::LimitCode,
        40202 | 50000..=52999 | 60001 | 61000 => Cause::AgainCode,
        40001 | 40101 | 40102 | 40104 | 40105 | 40113 | 40118 | 40125 | 40130 => Cause::TokenCode,
        40000..=49999 => Cause::EventCode,
        _ => Cause::UnknownCode,
    }
}

/// The table's left column for statuses, where no code can be read.
const fn by_status(status: u16) -> Cause {
    match status {
        429 => Cause::LimitStatus,
        408 | 500..=599 => Cause::AgainStatus,
        401 | 403 => Cause::TokenStatus,
        // 413 is not in TikTok's table: as a request that is too large it must be cut, not repeated.
        400 | 404 | 413 | 422 => Cause::EventStatus,
        _ => Cause::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(status: u16, body: &str) -> Answer {
        Answer::read(&Fetched::Http { status, body: body.to_owned(), retry_after: None })
    }

    #[test]
    fn the_code_decides_whatever_the_status() {
        use Verdict::{Again, BadEvent, BadToken, Delivered, Limited};
        let table: [(i64, Verdict); 34] = [
            (0, Delivered),
            (20001, Delivered),
            (40016, Limited),
            (40100, Limited),
            (40132, Limited),
            (40133, Limited),
            (40202, Again),
            (50000, Again),
            (50002, Again),
            (52999, Again),
            (53000, Again),
            (60001, Again),
            (61000, Again),
            (40001, BadToken),
            (40101, BadToken),
            (40102, BadToken),
            (40104, BadToken),
            (40105, BadToken),
            (40113, BadToken),
            (40118, BadToken),
            (40125, BadToken),
            (40130, BadToken),
            (40000, BadEvent),
            (40002, BadEvent),
            (40061, BadEvent),
            (40062, BadEvent),
            (40063, BadEvent),
            (40103, BadEvent),
            (49999, BadEvent),
            (1, Again),
            (-1, Again),
            (20002, Again),
            (99999, Again),
            (400_000, Again),
        ];
        for (code, verdict) in table {
            for status in [200, 400, 401, 403, 404, 429, 500, 503] {
                let answer =
                    http(status, &format!(r#"{{"code":{code},"message":"m","data":{{}}}}"#));
                assert_eq!(answer.verdict, verdict, "code {code} with status {status}");
                assert_eq!(answer.code, Some(code));
            }
        }
        assert_eq!(http(200, r#"{"code":777}"#).cause, Cause::UnknownCode);
        assert!(http(200, r#"{"code":20001}"#).cause.is_flagged());
    }

    #[test]
    fn without_a_readable_code_the_status_decides() {
        use Verdict::{Again, BadEvent, BadToken, Limited};
        let table = [
            (200, Again),
            (204, Again),
            (301, Again),
            (302, Again),
            (400, BadEvent),
            (401, BadToken),
            (402, Again),
            (403, BadToken),
            (404, BadEvent),
            (408, Again),
            (413, BadEvent),
            (418, Again),
            (422, BadEvent),
            (429, Limited),
            (500, Again),
            (502, Again),
            (599, Again),
            (999, Again),
        ];
        let unreadable =
            ["", "<html>", "{", "null", "[]", "{}", r#"{"code":"x"}"#, r#"{"code":null}"#, "\0"];
        for (status, verdict) in table {
            for body in unreadable {
                assert_eq!(http(status, body).verdict, verdict, "{status} {body:?}");
            }
        }
    }

    #[test]
    fn no_answer_is_try_again() {
        for (fetched, cause) in
            [(Fetched::TimeOut, Cause::TimeOut), (Fetched::Network, Cause::Network)]
        {
            let answer = Answer::read(&fetched);
            assert_eq!((answer.verdict, answer.cause), (Verdict::Again, cause));
        }
    }

    #[test]
    fn what_is_kept_is_cut_and_odd_fields_do_not_hide_the_code() {
        let long = "é".repeat(1_000);
        let answer =
            http(200, &format!(r#"{{"code":40002,"message":"{long}","request_id":"{long}"}}"#));
        assert_eq!(answer.message.unwrap().chars().count(), 500);
        assert_eq!(answer.request_id.unwrap().chars().count(), 100);
        let odd = http(200, r#"{"code":40105,"message":["no"],"request_id":5}"#);
        assert_eq!((odd.verdict, odd.message), (Verdict::BadToken, None));
        let huge = http(401, r#"{"code":9007199254740993}"#);
        assert_eq!((huge.verdict, huge.code), (Verdict::BadToken, None));
    }
}
