//! The stand-in as a program, for `make dev` and for tests in other processes:
//! `tiktok-stand-in [--port N] [--quiet]`. Prints its address, then a line for each request.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use tiktok_stand_in::{Outcome, RequestRecord, StandIn, StandInOptions};

const USAGE: &str = "usage: tiktok-stand-in [--port N] [--quiet]
  --port N   listen on 127.0.0.1:N; 0, the default, is any free port
  --quiet    print the address only";

fn main() -> ExitCode {
    let flags = match Flags::parse(std::env::args().skip(1)) {
        Ok(flags) => flags,
        Err(problem) => {
            eprintln!("{problem}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if flags.help {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let options = StandInOptions {
        addr: SocketAddr::from((Ipv4Addr::LOCALHOST, flags.port)),
        observer: (!flags.quiet).then_some(print_request),
        ..StandInOptions::default()
    };
    match StandIn::start(options) {
        Ok(stand_in) => {
            say(&format!("TikTok stand-in: {}", stand_in.base_url()));
            stand_in.wait();
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cannot listen on port {}: {error}", flags.port);
            ExitCode::FAILURE
        }
    }
}

#[derive(Default)]
struct Flags {
    port: u16,
    quiet: bool,
    help: bool,
}

impl Flags {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut flags = Self::default();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--port" => {
                    let port = words.next().ok_or("--port needs a number")?;
                    flags.port = port.parse().map_err(|_| format!("no port: {port}"))?;
                }
                "--quiet" => flags.quiet = true,
                "--help" | "-h" => flags.help = true,
                _ => return Err(format!("no such flag: {word}")),
            }
        }
        Ok(flags)
    }
}

fn print_request(request: &RequestRecord) {
    let answer = match &request.outcome {
        Outcome::Answered { status, code, message } => {
            let code = code.map_or(String::new(), |code| format!(" code {code}"));
            let first_line = message.lines().next().unwrap_or_default();
            format!("{status}{code} {first_line}")
        }
        Outcome::Dropped => "connection closed".to_owned(),
        Outcome::GivenUp => "sender gave up".to_owned(),
        Outcome::Pending => "waiting".to_owned(),
    };
    // Escaped: a sender must not be able to steer the terminal.
    let pixel = request.pixel.as_deref().unwrap_or("-").escape_debug();
    let odd = match request.findings.len() {
        0 => String::new(),
        count => format!(" ({count} findings)"),
    };
    say(&format!("{pixel}: {} events: {answer}{odd}", request.events));
}

/// A line on standard output. When nobody reads it any more there is nobody to tell.
fn say(line: &str) {
    let mut out = io::stdout();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
