//! What the tests share: a valid body to spoil, and an HTTP client of a few lines, because the tests must
//! see what happens to the socket itself.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tiktok_stand_in::{Clock, StandIn, StandInOptions, TRACK_PATH};

/// The time of every test that has a fixed clock, unix seconds.
pub(crate) const NOW: i64 = 1_760_000_000;
pub(crate) const PIXEL: &str = "C4PIXELCODE";
/// SHA-256 of `alice_abc@gmail.com`.
pub(crate) const HASH: &str = "848a771458438fc2ec420560d769fb9b9b86851ee338ec56517baabd79d3bb4f";

/// A stand-in whose clock stands still.
pub(crate) fn start() -> StandIn {
    StandIn::start(StandInOptions { clock: Clock::fixed(NOW * 1_000), ..StandInOptions::default() })
        .unwrap()
}

pub(crate) fn event(id: &str) -> Value {
    json!({
        "event": "Lead",
        "event_time": NOW,
        "event_id": id,
        "user": {"ttclid": "E.C.P.x", "email": HASH},
        "page": {"url": "https://quotes.example.com/solar?ttclid=E.C.P.x"},
        "properties": {"value": 12.5, "currency": "USD"},
    })
}

pub(crate) fn web(pixel: &str, events: &[Value]) -> Value {
    json!({"event_source": "web", "event_source_id": pixel, "data": events})
}

/// One event that is right, with the value at a pointer of the event replaced.
pub(crate) fn with(pointer: &str, value: Value) -> Value {
    let mut event = event("lead-1");
    put(&mut event, pointer, value);
    web(PIXEL, &[event])
}

/// Sets what a pointer such as `/user/email` shows, adding the last step if it is new.
pub(crate) fn put(root: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = root.pointer_mut(parent).unwrap();
    parent.as_object_mut().unwrap().insert(key.to_owned(), value);
}

/// Removes what a pointer shows.
pub(crate) fn remove(root: &mut Value, pointer: &str) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = root.pointer_mut(parent).unwrap();
    parent.as_object_mut().unwrap().remove(key).unwrap();
}

/// An answer as it came over the wire.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn code(&self) -> i64 {
        self.json()["code"].as_i64().unwrap()
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"].as_str().unwrap().to_owned()
    }
}

/// How a request ended without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    Closed,
    TimedOut,
}

/// Sends one request on a connection of its own.
pub(crate) fn request(
    addr: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
    patience: Duration,
) -> Result<Got, NoAnswer> {
    let mut socket = TcpStream::connect(addr).unwrap();
    socket.set_read_timeout(Some(patience)).unwrap();
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: stand-in\r\nconnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("content-length: {}\r\n\r\n", body.len());
    socket.write_all(head.as_bytes()).unwrap();
    socket.write_all(body.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    match socket.read_to_end(&mut bytes) {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            return Err(NoAnswer::TimedOut);
        }
        Err(error) if error.kind() == ErrorKind::ConnectionReset => return Err(NoAnswer::Closed),
        Err(error) => panic!("{error}"),
        Ok(_) if bytes.is_empty() => return Err(NoAnswer::Closed),
        Ok(_) => {}
    }
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(Got { status, head: head.to_ascii_lowercase(), body: body.to_owned() })
}

const PATIENCE: Duration = Duration::from_secs(10);

/// Posts a body as a good sender does.
pub(crate) fn send(stand_in: &StandIn, body: &Value) -> Got {
    try_send(stand_in, body, PATIENCE).unwrap()
}

pub(crate) fn try_send(
    stand_in: &StandIn,
    body: &Value,
    patience: Duration,
) -> Result<Got, NoAnswer> {
    let headers = [("access-token", "secret"), ("content-type", "application/json")];
    let body = body.to_string();
    request(stand_in.addr(), "POST", TRACK_PATH, &headers, &body, patience)
}

pub(crate) fn send_as(stand_in: &StandIn, token: &str, body: &Value) -> Got {
    let headers = [("access-token", token), ("content-type", "application/json")];
    let body = body.to_string();
    request(stand_in.addr(), "POST", TRACK_PATH, &headers, &body, PATIENCE).unwrap()
}

pub(crate) fn get(stand_in: &StandIn, path: &str) -> Got {
    request(stand_in.addr(), "GET", path, &[], "", PATIENCE).unwrap()
}

pub(crate) fn post(stand_in: &StandIn, path: &str, body: &Value) -> Got {
    let headers = [("content-type", "application/json")];
    request(stand_in.addr(), "POST", path, &headers, &body.to_string(), PATIENCE).unwrap()
}

/// Polls until it holds.
pub(crate) fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
