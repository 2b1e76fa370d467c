//! A real SQLite behind the ledger's tables, bound as the Durable Object binds it, with failures on
//! request; and events to put into it.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test program uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test may stop when it is not as expected"
)]

use clickjoin::click::{ClickId, ClickRecord};
use clickjoin::config::Config;
use clickjoin::event::{Event, EventId, EventName, EventSource};
use clickjoin::ledger::answer::{Answer, Fetched};
use clickjoin::ledger::backoff::Jitter;
use clickjoin::ledger::join::Join;
use clickjoin::ledger::protocol::{Draft, Submit};
use clickjoin::ledger::sql::{Sql, Value, gives_rows};
use clickjoin::ledger::store::{Batch, Kept, Settled, Turn};
use clickjoin::ledger::{LedgerError, Settings, State, Store};
use clickjoin::slug::Slug;
use clickjoin::time::UnixMillis;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

pub const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

/// SQLite, with numbers bound as fractions as JavaScript's are.
#[derive(Clone)]
pub struct Database {
    pub connection: Rc<Connection>,
    pub faults: Rc<Faults>,
}

/// What is to go wrong. Counts down with every statement; at zero the statement fails.
#[derive(Default)]
pub struct Faults {
    /// This many statements from now one fails.
    pub statement: Cell<Option<u32>>,
    /// The next commit fails, and did not happen.
    pub commit_lost: Cell<bool>,
    /// The next commit fails, and did happen.
    pub commit_kept: Cell<bool>,
    /// Statements so far.
    pub statements: Cell<u32>,
    /// Their texts, if wanted.
    pub log: RefCell<Option<Vec<String>>>,
    depth: Cell<u32>,
}

struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Int(number) => {
                assert!(number.abs() < 1_i64 << 53, "{number} is not exact in JavaScript");
                ValueRef::Real(*number as f64)
            }
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

fn failed(what: &str) -> LedgerError {
    LedgerError::Storage(what.to_owned())
}

impl Database {
    pub fn new() -> Self {
        Self::on(Connection::open_in_memory().unwrap())
    }

    /// In a file, as fast as the platform's: it is the replication there that is waited for.
    pub fn at(path: &std::path::Path) -> Self {
        let connection = Connection::open(path).unwrap();
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF").unwrap();
        Self::on(connection)
    }

    fn on(connection: Connection) -> Self {
        connection.set_prepared_statement_cache_capacity(200);
        Self { connection: Rc::new(connection), faults: Rc::default() }
    }

    fn run(&self, statement: &str, parameters: &[Value]) -> rusqlite::Result<Vec<Vec<Value>>> {
        let mut prepared = self.connection.prepare_cached(statement)?;
        let columns = prepared.column_count();
        let mut rows = prepared.query(rusqlite::params_from_iter(parameters.iter().map(Bound)))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let value = |column| {
                Ok(match row.get_ref(column)? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(number) => Value::Int(number),
                    ValueRef::Real(number) => {
                        assert_eq!(number.fract(), 0.0, "{statement} gave a fraction");
                        Value::Int(number as i64)
                    }
                    ValueRef::Text(text) => Value::Text(String::from_utf8(text.to_vec()).unwrap()),
                    ValueRef::Blob(_) => panic!("{statement} gave a blob"),
                })
            };
            found.push((0..columns).map(value).collect::<rusqlite::Result<_>>()?);
        }
        assert!(found.is_empty() || gives_rows(statement), "the edge would not read: {statement}");
        Ok(found)
    }

    /// One number.
    pub fn number(&self, statement: &str) -> i64 {
        self.connection.query_row(statement, [], |row| row.get(0)).unwrap()
    }

    /// One text.
    pub fn text(&self, statement: &str) -> Option<String> {
        self.connection.query_row(statement, [], |row| row.get(0)).unwrap()
    }
}

impl Sql for Database {
    fn exec(&self, statement: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>, LedgerError> {
        let faults = &self.faults;
        faults.statements.set(faults.statements.get() + 1);
        if let Some(log) = faults.log.borrow_mut().as_mut() {
            log.push(statement.to_owned());
        }
        if let Some(left) = faults.statement.get() {
            faults.statement.set(left.checked_sub(1));
            if left == 0 {
                return Err(failed("statement"));
            }
        }
        self.run(statement, parameters).map_err(|error| {
            eprintln!("{error}: {statement}");
            failed("sqlite")
        })
    }

    fn atomically<T>(
        &self,
        work: impl FnOnce() -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let faults = &self.faults;
        let depth = faults.depth.get();
        faults.depth.set(depth + 1);
        self.connection.execute_batch(&format!("SAVEPOINT s{depth}")).unwrap();
        let mut result = work();
        if result.is_ok() && faults.commit_lost.take() {
            result = Err(failed("commit"));
        }
        let end = if result.is_ok() { "" } else { "ROLLBACK TO s{}; " };
        let end = end.replace("{}", &depth.to_string());
        self.connection.execute_batch(&format!("{end}RELEASE s{depth}")).unwrap();
        faults.depth.set(depth);
        if result.is_ok() && faults.commit_kept.take() {
            return Err(failed("the answer of the commit"));
        }
        result
    }
}

/// A ledger with pixels `main` and `other`, and what is needed to play with it.
pub struct World {
    pub database: Database,
    pub store: Store<Database>,
    pub settings: Settings,
    pub now: Cell<UnixMillis>,
}

pub fn slug(name: &str) -> Slug {
    Slug::parse(name).unwrap()
}

pub fn settings(pixels: &[(&str, bool)]) -> Settings {
    let tables: serde_json::Map<_, _> = pixels
        .iter()
        .map(|(name, has_token)| {
            let secret = if *has_token { "SET" } else { "UNSET" };
            let table = serde_json::json!({
                "event_source": "web", "event_source_id": format!("CODE{name}"),
                "access_token": secret
            });
            ((*name).to_owned(), table)
        })
        .collect();
    let config = Config::parse(&serde_json::json!({ "pixels": tables })).unwrap();
    Settings::of(&config, |name| (name.as_str() == "SET").then(|| "token".to_owned()))
}

impl World {
    pub fn new() -> Self {
        Self::on(Database::new())
    }

    pub fn on(database: Database) -> Self {
        let store = Store::open(database.clone()).unwrap();
        let settings = settings(&[("main", true), ("other", true)]);
        Self { database, store, settings, now: Cell::new(NOW) }
    }

    /// The process dies and starts again on the same disk.
    pub fn restart(&mut self) {
        self.store = Store::open(self.database.clone()).unwrap();
    }

    pub fn now(&self) -> UnixMillis {
        self.now.get()
    }

    pub fn wait(&self, milliseconds: i64) {
        self.now.set(self.now().plus(milliseconds));
    }

    pub fn submit(&self, submit: &Submit) -> Kept {
        self.try_submit(submit).unwrap()
    }

    pub fn try_submit(&self, submit: &Submit) -> Result<Kept, LedgerError> {
        let memory = self.store.memory_for(submit)?;
        let join = Join::of(submit, memory.as_ref(), None);
        self.store.keep(submit, &join, &self.settings, self.now())
    }

    pub fn turn(&self, pixel: &str) -> Turn {
        self.store.turn(&slug(pixel), &self.settings, self.now()).unwrap()
    }

    pub fn batch(&self, pixel: &str) -> Batch {
        for _ in 0..1_000 {
            match self.turn(pixel) {
                Turn::Send(batch) => return batch,
                Turn::Parked => {}
                Turn::Idle => panic!("nothing is due"),
            }
        }
        panic!("parked for ever");
    }

    pub fn settle(&self, batch: &Batch, answer: &Answer) -> Settled {
        self.store.settle(batch, &batch.items, answer, self.now(), Jitter::MIDDLE).unwrap()
    }

    pub fn next_due(&self) -> Option<i64> {
        self.store.next_due(&self.settings, self.now()).unwrap().map(|due| due.since(self.now()))
    }

    pub fn states(&self) -> Vec<(String, State)> {
        let mut statement = self
            .database
            .connection
            .prepare("SELECT event_id, state FROM events ORDER BY id")
            .unwrap();
        let rows =
            statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?))).unwrap();
        rows.map(|row| row.map(|(id, state)| (id, State::parse(&state).unwrap())).unwrap())
            .collect()
    }

    pub fn state(&self, event_id: &str) -> State {
        self.states().into_iter().find(|(id, _)| id == event_id).unwrap().1
    }
}

pub fn code(code: i64) -> Answer {
    message(code, "m")
}

pub fn message(code: i64, message: &str) -> Answer {
    let body = serde_json::json!({"code": code, "message": message, "request_id": "r-1"});
    Answer::read(&Fetched::Http { status: 200, body: body.to_string(), retry_after: None })
}

pub fn time_out() -> Answer {
    Answer::read(&Fetched::TimeOut)
}

pub fn click_id(n: u8) -> ClickId {
    ClickId::from_random([n; 16])
}

pub fn click(ttclid: &str) -> ClickRecord {
    let mut click = ClickRecord::new("spring", NOW, "https://example.com/landing".to_owned());
    click.ttclid = Some(ttclid.to_owned());
    click.ip = Some("203.0.113.7".to_owned());
    click.user_agent = Some("Browser/1".to_owned());
    click
}

pub fn event(name: &str, event_id: &str) -> Event {
    let (name, id) = (EventName::parse(name).unwrap(), EventId::parse(event_id).unwrap());
    Event::new(name, NOW.seconds(), id)
}

pub fn draft(pixel: &str, name: &str, event_id: &str) -> Draft {
    Draft {
        pixel: slug(pixel),
        event_source: EventSource::Web,
        event: event(name, event_id),
        fallback_page_url: Some("https://example.com/".to_owned()),
        test_event_code: None,
    }
}

/// A postback of source `pingtree` with one event for pixel `main`, whose click is known.
pub fn postback(event_id: &str) -> Submit {
    Submit {
        source: slug("pingtree"),
        transaction_id: Some(event_id.to_owned()),
        click_id: Some(click_id(1)),
        click: Some(click("E.C.P.1")),
        click_missing: false,
        events: vec![draft("main", "Lead", event_id)],
        dry_run: false,
    }
}

/// The same for another pixel.
pub fn postback_to(pixel: &str, event_id: &str) -> Submit {
    Submit { events: vec![draft(pixel, "Lead", event_id)], ..postback(event_id) }
}

/// A postback with a click id that nobody knows yet.
pub fn early(event_id: &str, n: u8) -> Submit {
    Submit { click_id: Some(click_id(n)), click: None, click_missing: true, ..postback(event_id) }
}
