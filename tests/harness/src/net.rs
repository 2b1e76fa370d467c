//! What every test needs to talk to servers on this machine: free ports, a client that hides nothing,
//! and waiting for a state without sleeping and hoping.

use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long [`poll_until`] rests between two looks. Short against any wait, long against a request.
const POLL_EVERY: Duration = Duration::from_millis(50);

/// A port of the loopback address that nobody listens on now.
///
/// Somebody else could take it before the caller does; the system hands out other ports first, so
/// this happens rarely enough for tests.
///
/// # Errors
/// When the system has no port left.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

/// Whether a server can be started on this port of the loopback address.
#[must_use]
pub fn is_free(port: u16) -> bool {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).is_ok()
}

/// An HTTP client that follows no redirect, keeps no cookie, uses no proxy, and gives up after 30 s.
///
/// # Panics
/// Never in practice: only a TLS backend could fail to start, and there is none.
#[must_use]
pub fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(30))
        .build()
        .expect("a client without TLS starts anywhere")
}

/// Asks `look` again and again until it gives a value, and returns that value.
///
/// `look` answers `Ok(Some(value))` when what is waited for has come, `Ok(None)` when not yet, and an
/// error that is remembered when it could not look; the last error is part of the failure's message.
///
/// # Errors
/// When `deadline` has passed. `what` says in the message what was waited for.
///
/// # Example
/// ```
/// # tokio_test_block_on(async {
/// use std::time::Duration;
/// let mut looks = 0;
/// let third = harness::poll_until("the third look", Duration::from_secs(5), || {
///     looks += 1;
///     let now = looks;
///     async move { Ok((now == 3).then_some(now)) }
/// })
/// .await
/// .unwrap();
/// assert_eq!(third, 3);
/// # });
/// # fn tokio_test_block_on(work: impl Future<Output = ()>) {
/// #     tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
/// # }
/// ```
pub async fn poll_until<T, Look, Answer>(
    what: impl Display,
    deadline: Duration,
    mut look: Look,
) -> Result<T>
where
    Look: FnMut() -> Answer,
    Answer: Future<Output = Result<Option<T>>>,
{
    let end = Instant::now() + deadline;
    let mut last_error = None;
    loop {
        match look().await {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => {}
            Err(error) => last_error = Some(error),
        }
        if Instant::now() >= end {
            match last_error {
                Some(error) => {
                    return Err(error.context(format!("waited {deadline:?} in vain for {what}")));
                }
                None => bail!("waited {deadline:?} in vain for {what}"),
            }
        }
        tokio::time::sleep(POLL_EVERY).await;
    }
}
