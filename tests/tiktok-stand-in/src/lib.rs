//! A strict stand-in for TikTok's Events API, for development and tests only: never part of the Worker.
//!
//! It takes what TikTok would take, refuses what TikTok would refuse, notes what TikTok would silently
//! lose, keeps everything it received for tests to ask for, and goes wrong when it is told to. Its rules
//! come from TikTok's public pages; where those say nothing, the code says which side was chosen and why.
//!
//! ```
//! use tiktok_stand_in::{EventFilter, Keep, StandIn, StandInOptions, Step};
//!
//! let tiktok = StandIn::start(StandInOptions::default())?;
//! // The next request is taken, but its sender never hears of it.
//! tiktok.push(None, Step::drop_connection().keeping(Keep::BeforeDelay));
//! // … the sender under test posts to `tiktok.base_url()` + TRACK_PATH …
//! assert_eq!(tiktok.events(&EventFilter::default()), vec![]);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Map
//! - [`validate()`] and its folder: the rules, pure; callable without a server.
//! - `tokens`, `script` and `scripts`, `store` and `record`, `clock`: one room for each thing that is
//!   remembered; no I/O.
//! - `track`: one request from arrival to answer. `control`: the HTTP control API, with its table of
//!   routes. `page`: what people see at `/`. `server`: sockets.
//!
//! # Out of scope
//! App events, TikTok's rate limits (script them), the merging of what two copies of an event carry, and
//! whether a hash is that of the right value.

mod clock;
mod control;
mod page;
mod record;
mod script;
mod scripts;
mod server;
mod shared;
mod store;
mod tokens;
mod track;
mod validate;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use shared::Shared;
use tokio::sync::oneshot;

pub use clock::Clock;
pub use record::{
    Counts, Disposition, EventFilter, EventRecord, Outcome, RequestFilter, RequestRecord, Tally,
};
pub use script::{Answer, Keep, Random, Reply, Script, Step};
pub use shared::Observer;
pub use store::Limits;
pub use tokens::{Tokens, token_label};
pub use track::TRACK_PATH;
pub use validate::{
    Accepted, AcceptedEvent, EventSource, Finding, FindingKind, MAX_AHEAD_SECONDS, MAX_EVENTS,
    MessageStyle, OLD_AFTER_SECONDS, Refusal, validate,
};

/// How a stand-in starts; [`StandIn::reset`] comes back to it.
#[derive(Clone, Debug)]
pub struct StandInOptions {
    /// Where to listen. Port 0, the default, is any free port of 127.0.0.1.
    pub addr: SocketAddr,
    /// The tokens that are good; by default all of them.
    pub tokens: Tokens,
    /// The time by which events are judged and deduplicated.
    pub clock: Clock,
    /// How much is kept.
    pub limits: Limits,
    /// Called with each request when it has ended, from the stand-in's thread.
    pub observer: Option<Observer>,
}

impl Default for StandInOptions {
    fn default() -> Self {
        Self {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tokens: Tokens::any(),
            clock: Clock::system(),
            limits: Limits::default(),
            observer: None,
        }
    }
}

/// A running stand-in. It has a thread and a runtime of its own, so it works in any kind of test; when it
/// is dropped its port is free again and every connection closed.
pub struct StandIn {
    shared: Arc<Shared>,
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl StandIn {
    /// Starts a stand-in; it answers as soon as this returns.
    ///
    /// # Errors
    /// The address cannot be listened on, or there is no room for a thread.
    pub fn start(options: StandInOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(options.addr)?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let shared = Arc::new(Shared::new(options));
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        let thread =
            thread::Builder::new().name("tiktok-stand-in".to_owned()).spawn(move || {
                runtime.block_on(async {
                    tokio::spawn(server::serve(listener, served));
                    // Either way it is over: the sender says stop, or is gone.
                    let _ = stopped.await;
                });
            })?;
        Ok(Self { shared, addr, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:1234`: what a sender puts where `https://business-api.tiktok.com` would be.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The address it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.addr.port()
    }

    /// The events that were taken. Those with pixel, event and event id given are found in constant time.
    #[must_use]
    pub fn events(&self, filter: &EventFilter) -> Vec<EventRecord> {
        self.shared.lock().store.events(filter)
    }

    /// How often one event was seen; all zero if never. Constant time.
    #[must_use]
    pub fn tally(&self, pixel: &str, event: &str, event_id: &str) -> Tally {
        self.shared.lock().store.tally(pixel, event, event_id)
    }

    /// How often each event was seen, of one pixel or of all, sorted by pixel, name and id.
    #[must_use]
    pub fn tallies(&self, pixel: Option<&str>) -> Vec<Tally> {
        self.shared.lock().store.tallies(pixel)
    }

    /// How much was received, for one pixel or in all.
    #[must_use]
    pub fn counts(&self, pixel: Option<&str>) -> Counts {
        self.shared.lock().store.counts(pixel)
    }

    /// The same for every pixel that was named in a request.
    #[must_use]
    pub fn counts_by_pixel(&self) -> BTreeMap<String, Counts> {
        self.shared.lock().store.counts_by_pixel()
    }

    /// The requests received, each written down as it arrives, before it is answered.
    #[must_use]
    pub fn requests(&self, filter: &RequestFilter) -> Vec<RequestRecord> {
        self.shared.lock().store.requests(filter)
    }

    /// What was taken although it looks wrong, with the ids of the requests. A good sender causes none.
    #[must_use]
    pub fn findings(&self, pixel: Option<&str>) -> Vec<(u64, Finding)> {
        self.shared.lock().store.findings(pixel)
    }

    /// Replaces the script of one pixel, or the one for all pixels. A pixel's own steps go first.
    pub fn set_script(&self, pixel: Option<&str>, script: Script) {
        self.shared.lock().scripts.set(pixel, script);
    }

    /// What is left of a script.
    #[must_use]
    pub fn script(&self, pixel: Option<&str>) -> Script {
        self.shared.lock().scripts.get(pixel)
    }

    /// Adds a step to the queue of one pixel, or to the one for all.
    pub fn push(&self, pixel: Option<&str>, step: Step) {
        self.shared.lock().scripts.push(pixel, step);
    }

    /// See [`Tokens::grant`].
    pub fn grant_token(&self, token: &str, pixels: &[&str]) {
        let pixels = pixels.iter().copied();
        self.shared.lock().tokens.grant(token, pixels);
    }

    /// See [`Tokens::revoke`].
    pub fn revoke_token(&self, token: &str) {
        self.shared.lock().tokens.revoke(token);
    }

    /// See [`Tokens::restore`].
    pub fn restore_token(&self, token: &str) {
        self.shared.lock().tokens.restore(token);
    }

    /// Puts the stand-in's clock forward.
    pub fn advance_clock(&self, by: Duration) {
        self.shared.clock.advance(by);
    }

    /// As if just started, on the same port: nothing received, no script, the first tokens and time.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// Waits until the stand-in ends, which only another process or a signal brings about.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            // The thread panics only if the runtime does; there is nothing to be done about it here.
            let _ = thread.join();
        }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for StandIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandIn").field("addr", &self.addr).finish_non_exhaustive()
    }
}
