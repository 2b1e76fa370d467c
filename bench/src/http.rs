//! One HTTP exchange on a connection of its own, in the very bytes that the load generator sends.
//! Nothing of HTTP is understood here that the stand-ins and the contestants do not use.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};

/// Longer than any answer that is not lost takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// A request as it goes over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    head: String,
    body: String,
}

impl Request {
    /// `GET {target}` with these headers.
    pub(crate) fn get(target: &str, headers: &[(&str, &str)]) -> Self {
        Self::new("GET", target, headers, "")
    }

    /// `POST {target}` with a JSON body.
    pub(crate) fn post(target: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let length = body.len().to_string();
        let mut all = headers.to_vec();
        all.extend([("content-type", "application/json"), ("content-length", length.as_str())]);
        Self::new("POST", target, &all, body)
    }

    fn new(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: clicks.example.com\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        Self { head, body: body.to_owned() }
    }

    /// All of it, for a connection that stays open.
    pub(crate) fn bytes(&self) -> String {
        format!("{}\r\n{}", self.head, self.body)
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    /// A header by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut named = headers.filter(|(found, _)| found.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.trim())
    }
}

/// Sends a request to a port of this machine and reads until the other side closes.
pub(crate) fn exchange(port: u16, request: &Request) -> Result<Answer> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let bytes = format!("{}Connection: close\r\n\r\n{}", request.head, request.body);
    stream.write_all(bytes.as_bytes())?;
    let mut read = Vec::new();
    stream.read_to_end(&mut read).context("no whole answer")?;
    let text = String::from_utf8(read)?;
    let (head, body) =
        text.split_once("\r\n\r\n").context("an answer without an end of headers")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.context("an answer without a status")?;
    Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

/// A port of the loopback address that nobody listens on now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
