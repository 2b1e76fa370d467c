//! What stands outside a bare Worker: a Workers KV that hangs and fails as it is told, and an origin
//! behind it that answers every fetch and remembers what it was asked.

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

/// What KV does with the next requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KvMood {
    /// As it should.
    Works,
    /// Refuses so many puts (as at the free plan's daily limit), then works.
    Refuses(u32),
    /// Answers nothing for so long, then refuses.
    Hangs(Duration),
}

#[derive(Debug)]
struct Kv {
    mood: KvMood,
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
        let kv = Kv { mood: KvMood::Works, values: BTreeMap::new(), puts: 0 };
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
    pub fn set_mood(&self, mood: KvMood) {
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
        let mood = kv.mood;
        if let KvMood::Refuses(left) = mood {
            kv.mood = left.checked_sub(1).map_or(KvMood::Works, KvMood::Refuses);
        }
        mood
    };
    match mood {
        KvMood::Works | KvMood::Refuses(0) => {
            let value = String::from_utf8_lossy(&body).into_owned();
            lock(&kv).values.insert(key, value);
            answer(StatusCode::OK, String::new())
        }
        KvMood::Refuses(_) => answer(StatusCode::TOO_MANY_REQUESTS, "limit exceeded".to_owned()),
        KvMood::Hangs(time) => {
            tokio::time::sleep(time).await;
            answer(StatusCode::INTERNAL_SERVER_ERROR, String::new())
        }
    }
}

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
    let mut answer = answer(StatusCode::OK, page);
    for (name, value) in
        [("content-type", "text/html"), ("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2")]
    {
        answer.headers_mut().append(name, value.parse().expect("a header"));
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
