//! What a request to `/api` asks for.

use super::cursor::{Cursor, EventNumber};
use crate::click::ClickId;
use crate::event::{EventId, EventName, moment};
use crate::ledger::State;
use crate::ledger::protocol::EventFilter;
use crate::query;
use crate::slug::Slug;
use crate::time::{DAY_MILLIS, UnixMillis};

/// Days that counts cover where the question names none.
const DEFAULT_DAYS: i64 = 30;
/// Most events of one page.
const MAX_LIMIT: u32 = 200;

/// A question or an order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Call {
    /// How every shard is.
    Health,
    /// Counts of days, in days since 1970-01-01.
    Counts {
        /// The first day.
        from_day: i64,
        /// The last day, inclusive.
        to_day: i64,
    },
    /// Events, newest first.
    Events {
        /// Which.
        filter: EventFilter,
        /// At most so many.
        limit: u32,
        /// Where to go on.
        cursor: Cursor,
    },
    /// One event.
    Event(EventNumber),
    /// Send one event again.
    ReplayOne(EventNumber),
    /// Send all of a filter again.
    Replay {
        /// Which.
        filter: EventFilter,
        /// Where to go on.
        cursor: Cursor,
    },
    /// Stop a pixel.
    Hold(Slug),
    /// Let a pixel go.
    Release(Slug),
}

/// Why a request to `/api` is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CallError {
    /// No such route.
    NotFound,
    /// The route takes another method.
    Method(&'static str),
    /// A parameter that is not of its form: its name, and what it must be.
    Parameter(&'static str, &'static str),
}

impl CallError {
    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::Method(_) => 405,
            Self::Parameter(..) => 400,
        }
    }

    /// A fixed word for logs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "no_route",
            Self::Method(_) => "method",
            Self::Parameter(..) => "parameter",
        }
    }

    /// What is wrong and what to do; nothing of the request is repeated.
    pub fn safe_message(&self) -> String {
        match self {
            Self::NotFound => "No such route: the README lists those under /api.".to_owned(),
            Self::Method(allow) => format!("This route takes {allow} only."),
            Self::Parameter(name, rule) => format!("{name}: {rule}."),
        }
    }
}

impl Call {
    /// Reads a request: its method, the path behind `/api/`, its raw query.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn parse(
        method: &str,
        path: &str,
        query: &str,
        shards: u32,
        now: UnixMillis,
    ) -> Result<Self, CallError> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let (call, allow) = match parts.as_slice() {
            ["health"] => (Ok(Self::Health), "GET"),
            ["counts"] => (counts(query, now), "GET"),
            ["events"] => (events(query, shards), "GET"),
            ["events", id] => (event(id, shards).map(Self::Event), "GET"),
            ["events", id, "replay"] => (event(id, shards).map(Self::ReplayOne), "POST"),
            ["replay"] => (replay(query, shards), "POST"),
            ["pixels", pixel, "hold"] => (slug(pixel).map(Self::Hold), "POST"),
            ["pixels", pixel, "release"] => (slug(pixel).map(Self::Release), "POST"),
            _ => return Err(CallError::NotFound),
        };
        if method == allow { call } else { Err(CallError::Method(allow)) }
    }
}

fn slug(text: &str) -> Result<Slug, CallError> {
    Slug::parse(text).ok_or(CallError::NotFound)
}

fn event(id: &str, shards: u32) -> Result<EventNumber, CallError> {
    EventNumber::parse(id).filter(|id| id.shard < shards).ok_or(CallError::NotFound)
}

fn counts(query: &str, now: UnixMillis) -> Result<Call, CallError> {
    let today = now.day();
    let day = |name, default: i64| {
        parameter(query, name, "a day such as 2026-11-30", moment)
            .map(|moment| moment.map_or(default, UnixMillis::day))
    };
    let to_day = day("to", today)?;
    let from_day = day("from", to_day.saturating_sub(DEFAULT_DAYS))?;
    Ok(Call::Counts { from_day, to_day })
}

fn events(query: &str, shards: u32) -> Result<Call, CallError> {
    let limit = parameter(query, "limit", "a whole number from 1 to 200", |text| {
        text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit))
    })?;
    Ok(Call::Events {
        filter: filter(query)?,
        limit: limit.unwrap_or(50),
        cursor: cursor(query, shards)?,
    })
}

fn replay(query: &str, shards: u32) -> Result<Call, CallError> {
    Ok(Call::Replay { filter: filter(query)?, cursor: cursor(query, shards)? })
}

fn cursor(query: &str, shards: u32) -> Result<Cursor, CallError> {
    let cursor = parameter(query, "cursor", "the `next` of the page before", |text| {
        Cursor::parse(text, shards)
    });
    Ok(cursor?.unwrap_or_else(|| Cursor::start(shards)))
}

fn filter(query: &str) -> Result<EventFilter, CallError> {
    const NAME: &str = "a name of the configuration";
    const MOMENT: &str = "a day such as 2026-11-30, an ISO 8601 time, or unix seconds";
    // A day (`2026-11-30`) as the end of a range is meant as a whole.
    let is_day = |text: &str| text.len() == 10 && text.contains('-');
    let end = |text: &str| {
        let moment = moment(text)?;
        Some(if is_day(text) { moment.plus(DAY_MILLIS) } else { moment })
    };
    Ok(EventFilter {
        state: parameter(query, "state", "a state such as rejected", State::parse)?,
        pixel: parameter(query, "pixel", NAME, Slug::parse)?,
        source: parameter(query, "source", NAME, Slug::parse)?,
        event: parameter(query, "event", "an event name", EventName::parse)?,
        event_id: parameter(query, "event_id", "an event id", EventId::parse)?,
        transaction_id: parameter(query, "transaction_id", "a text", |text| Some(text.to_owned()))?,
        click_id: parameter(query, "click_id", "32 hex digits", ClickId::parse)?,
        from: parameter(query, "from", MOMENT, moment)?,
        to: parameter(query, "to", MOMENT, end)?,
    })
}

/// A parameter that is there and not empty, read by `parse`.
fn parameter<T>(
    query: &str,
    name: &'static str,
    rule: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, CallError> {
    match query::value(query, name).filter(|value| !value.is_empty()) {
        None => Ok(None),
        Some(value) => parse(&value).map(Some).ok_or(CallError::Parameter(name, rule)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_795_392_000_000); // 2026-11-23T00:00:00Z

    fn parse(method: &str, target: &str) -> Result<Call, CallError> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Call::parse(method, path, query, 2, NOW)
    }

    #[test]
    fn routes() {
        assert_eq!(parse("GET", "health"), Ok(Call::Health));
        let number = EventNumber { shard: 1, id: 42 };
        assert_eq!(parse("GET", "events/1-42"), Ok(Call::Event(number)));
        assert_eq!(parse("POST", "events/1-42/replay"), Ok(Call::ReplayOne(number)));
        let main = Slug::parse("main").expect("a name");
        assert_eq!(parse("POST", "pixels/main/hold"), Ok(Call::Hold(main.clone())));
        assert_eq!(parse("POST", "pixels/main/release"), Ok(Call::Release(main)));
        assert_eq!(parse("GET", "pixels/main/hold"), Err(CallError::Method("POST")));
        for (method, none) in [
            ("GET", ""),
            ("GET", "nothing"),
            ("GET", "events/42"),
            ("GET", "events/7-1"),
            ("GET", "events/1-1/x"),
            ("POST", "pixels/a b/hold"),
        ] {
            assert_eq!(parse(method, none), Err(CallError::NotFound), "{none}");
        }
    }

    #[test]
    fn filters() {
        let call = parse(
            "GET",
            "events?state=rejected&pixel=main&event=Purchase&transaction_id=a%20b&from=2026-11-01&to=2026-11-02&limit=7&cursor=5.-",
        );
        let filter = EventFilter {
            state: Some(State::Rejected),
            pixel: Slug::parse("main"),
            event: EventName::parse("Purchase"),
            transaction_id: Some("a b".to_owned()),
            from: Some(UnixMillis(1_793_491_200_000)),
            to: Some(UnixMillis(1_793_664_000_000)),
            ..EventFilter::default()
        };
        let cursor = Cursor::parse("5.-", 2).expect("a cursor");
        assert_eq!(call, Ok(Call::Events { filter, limit: 7, cursor }));
        for (target, name) in [
            ("events?state=lost", "state"),
            ("events?limit=0", "limit"),
            ("events?cursor=1", "cursor"),
            ("events?click_id=xyz", "click_id"),
            ("counts?from=yesterday", "from"),
        ] {
            match parse("GET", target) {
                Err(CallError::Parameter(found, _)) => assert_eq!(found, name),
                other => panic!("{target}: {other:?}"),
            }
        }
    }

    #[test]
    fn counts_cover_the_last_month_unless_told() {
        assert_eq!(parse("GET", "counts"), Ok(Call::Counts { from_day: 20_750, to_day: 20_780 }));
        let week = Call::Counts { from_day: 20_758, to_day: 20_764 };
        assert_eq!(parse("GET", "counts?from=2026-11-01&to=2026-11-07"), Ok(week));
    }
}
