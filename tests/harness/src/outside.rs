//! What stands outside a bare Worker: a Workers KV and a ledger that hang and fail as they are told,
//! and an origin behind it that answers every fetch and remembers what it was asked.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::Value;

/// All of it together.
#[derive(Clone, Debug)]
pub struct Outside {
    /// `CLICKS`
    pub kv: KvStandIn,
    /// `LEDGER`
    pub ledger: LedgerStandIn,
    /// Where every fetch ends.
    pub origin: Origin,
}

impl Outside {
    /// Starts all of it, until the program ends.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start() -> Result<Self> {
        let (kv, ledger) = (KvStandIn::start().await?, LedgerStandIn::start().await?);
        Ok(Self { kv, ledger, origin: Origin::start().await? })
    }
}

/// What KV or the ledger do with the next requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mood {
    /// As it should.
    Works,
    /// Refuses so many (KV: puts, as at the free plan's daily limit), then works.
    Refuses(u32),
    /// Answers nothing for so long, then refuses.
    Hangs(Duration),
}

#[derive(Debug)]
struct Kv {
    mood: Mood,
    values: BTreeMap<String, String>,
    puts: u32,
}

/// A Workers KV on the loopback address, as workerd speaks to one.
#[derive(Clone, Debug)]
pub struct KvStandIn {
    address: SocketAddr,
    kv: Arc<Mutex<Kv>>,
}

impl KvStandIn {
    /// Starts it, empty and working, until the program ends.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start() -> Result<Self> {
        let kv = Kv { mood: Mood::Works, values: BTreeMap::new(), puts: 0 };
        let kv = Arc::new(Mutex::new(kv));
        let router = Router::new().fallback(answer_kv).with_state(Arc::clone(&kv));
        Ok(Self { address: serve(router).await?, kv })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on it does this.
    pub fn set_mood(&self, mood: Mood) {
        lock(&self.kv).mood = mood;
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<String> {
        lock(&self.kv).values.get(key).cloned()
    }

    /// How many puts were asked of it, whatever became of them.
    #[must_use]
    pub fn puts(&self) -> u32 {
        lock(&self.kv).puts
    }
}

/// A key is the path: `PUT /click%3Aab?urlencoded=true&expiration_ttl=2592000`.
async fn answer_kv(State(kv): State<Arc<Mutex<Kv>>>, request: Request) -> Response {
    let key = request.uri().path().trim_start_matches('/').replace("%3A", ":").replace("%3a", ":");
    if request.method() != Method::PUT {
        return match lock(&kv).values.get(&key) {
            Some(value) => answer(StatusCode::OK, value.clone()),
            None => answer(StatusCode::NOT_FOUND, String::new()),
        };
    }
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap_or_default();
    let mood = {
        let mut kv = lock(&kv);
        kv.puts = kv.puts.saturating_add(1);
        kv.mood.next()
    };
    let refusal = mood.act().await;
    if refusal.is_none() {
        lock(&kv).values.insert(key, String::from_utf8_lossy(&body).into_owned());
    }
    refusal.unwrap_or_else(|| answer(StatusCode::OK, String::new()))
}

impl Mood {
    /// The mood for one request; the next one has what is left of it.
    fn next(&mut self) -> Self {
        let now = *self;
        if let Self::Refuses(left) = now {
            *self = match left.checked_sub(1) {
                Some(0) | None => Self::Works,
                Some(left) => Self::Refuses(left),
            };
        }
        now
    }

    /// Hangs and refuses; none where it works.
    async fn act(self) -> Option<Response> {
        match self {
            Self::Works => None,
            Self::Refuses(_) => {
                Some(answer(StatusCode::TOO_MANY_REQUESTS, "limit exceeded".to_owned()))
            }
            Self::Hangs(time) => {
                tokio::time::sleep(time).await;
                Some(answer(StatusCode::INTERNAL_SERVER_ERROR, String::new()))
            }
        }
    }
}

#[derive(Debug)]
struct Ledger {
    mood: Mood,
    room: usize,
    asks: Vec<Value>,
}

/// A ledger that is asked and says yes, for tests of those who ask it.
#[derive(Clone, Debug)]
pub struct LedgerStandIn {
    address: SocketAddr,
    ledger: Arc<Mutex<Ledger>>,
}

impl LedgerStandIn {
    /// Starts it, working, until the program ends.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start() -> Result<Self> {
        let ledger =
            Arc::new(Mutex::new(Ledger { mood: Mood::Works, room: usize::MAX, asks: Vec::new() }));
        let router = Router::new().fallback(answer_ask).with_state(Arc::clone(&ledger));
        Ok(Self { address: serve(router).await?, ledger })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on it does this.
    pub fn set_mood(&self, mood: Mood) {
        lock(&self.ledger).mood = mood;
    }

    /// It has room for so many clicks more.
    pub fn set_room(&self, clicks: usize) {
        lock(&self.ledger).room = clicks;
    }

    /// What it was asked and has taken, of one kind (`count_clicks`).
    #[must_use]
    pub fn taken(&self, kind: &str) -> Vec<Value> {
        lock(&self.ledger).asks.iter().filter_map(|ask| ask.get(kind).cloned()).collect()
    }
}

async fn answer_ask(State(ledger): State<Arc<Mutex<Ledger>>>, body: Bytes) -> Response {
    let mood = lock(&ledger).mood.next();
    if let Some(refusal) = mood.act().await {
        return refusal;
    }
    let mut ask: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut ledger = lock(&ledger);
    let mut kept = 1;
    if let Some(clicks) = ask.pointer_mut("/keep_clicks/clicks").and_then(Value::as_array_mut) {
        clicks.truncate(ledger.room);
        kept = clicks.len();
        ledger.room -= kept;
    }
    ledger.asks.push(ask);
    answer(StatusCode::OK, format!(r#"{{"kept":{kept}}}"#))
}

/// `zipped page`, gzipped.
pub const GZIPPED: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 202, 44, 40, 72, 77, 81, 40, 72, 76, 79, 5, 0, 82, 174,
    111, 184, 11, 0, 0, 0,
];

/// A request that reached the origin.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its method.
    pub method: String,
    /// Its `Host`.
    pub host: String,
    /// Its path and query.
    pub target: String,
    /// Its headers by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: String,
}

/// An origin server on the loopback address. Its pages:
///
/// | path | answer |
/// |---|---|
/// | `/slow…` | 200, two chunks of body, the second half a second after the first, and two cookies |
/// | `/late…` | 200, all of it a second late |
/// | `/gzip…` | 200, bytes that say they are gzip, with `etag` and `x-own` |
/// | `/moved…` | 301 to `/elsewhere` |
/// | any other | 200, `page of {host}{path and query}` |
#[derive(Clone, Debug)]
pub struct Origin {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Origin {
    /// Starts it, until the program ends.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start() -> Result<Self> {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let router = Router::new().fallback(answer_page).with_state(Arc::clone(&asked));
        Ok(Self { address: serve(router).await?, asked })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requests for this host so far.
    #[must_use]
    pub fn asked(&self, host: &str) -> Vec<Asked> {
        lock(&self.asked).iter().filter(|asked| asked.host == host).cloned().collect()
    }
}

async fn answer_page(State(asked): State<Arc<Mutex<Vec<Asked>>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let headers: BTreeMap<String, String> = head
        .headers
        .iter()
        .map(|(name, value)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let target = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let host = headers.get("host").cloned().unwrap_or_default();
    let page = format!("page of {host}{target}");
    lock(&asked).push(Asked {
        method: head.method.to_string(),
        host,
        target: target.clone(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    if target.starts_with("/moved") {
        let mut moved = answer(StatusCode::MOVED_PERMANENTLY, String::new());
        moved.headers_mut().insert("location", "/elsewhere".parse().expect("a header"));
        return moved;
    }
    if target.starts_with("/late") {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let mut answer = answer(StatusCode::OK, page);
    for (name, value) in
        [("content-type", "text/html"), ("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2")]
    {
        answer.headers_mut().append(name, value.parse().expect("a header"));
    }
    if target.starts_with("/gzip") {
        for (name, value) in [("content-encoding", "gzip"), ("etag", "\"v1\""), ("x-own", "yes")] {
            answer.headers_mut().insert(name, value.parse().expect("a header"));
        }
        *answer.body_mut() = Body::from(GZIPPED);
    }
    if target.starts_with("/slow") {
        let chunks =
            futures_util::stream::unfold(["first ", "second"].into_iter(), |mut left| async {
                let chunk = left.next()?;
                if left.len() == 0 {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Some((Ok::<_, Infallible>(Bytes::from(chunk)), left))
            });
        *answer.body_mut() = Body::from_stream(chunks);
    }
    answer
}

fn answer(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
}

async fn serve(router: Router) -> Result<SocketAddr> {
    let listener =
        tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port is free")?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
