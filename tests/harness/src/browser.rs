//! A real browser on real pages: headless Chromium, and a small site whose forms it submits. The
//! pages tell what they saw by submitting it, so nothing has to be read out of the browser.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::process::{Group, Log};

/// Where Chromium is, if it is installed: `$CHROMIUM`, or one of its usual names in `$PATH`.
#[must_use]
pub fn chromium() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM") {
        return Some(path.into());
    }
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|program| program.is_file())
}

/// A Chromium with a fresh profile that has opened one page. Dropping it ends it.
pub struct Browser {
    _group: Group,
    log: Log,
    _profile: TempDir,
}

impl Browser {
    /// Opens a page.
    ///
    /// # Errors
    /// When there is no Chromium.
    pub fn open(url: &str) -> Result<Self> {
        let program = chromium().context("Chromium is missing: install it, or set CHROMIUM")?;
        let profile = tempfile::Builder::new().prefix("clickjoin-").tempdir()?;
        let mut command = Command::new(program);
        command
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"])
            .args(["--no-first-run", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync", "--enable-logging=stderr"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            // Keeps it running, where a page alone would be opened and left.
            .arg("--remote-debugging-port=0")
            .arg(url);
        let log = Log::default();
        let group = Group::start(&command, &log, None)?;
        Ok(Self { _group: group, log, _profile: profile })
    }

    /// What Chromium has printed so far, the pages' errors included.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }
}

/// A page of a [`Site`].
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// `Content-Type`
    pub content_type: &'static str,
    /// `Content-Security-Policy`
    pub policy: Option<String>,
    /// The body.
    pub body: String,
}

/// A form that was submitted to a [`Site`].
#[derive(Clone, Debug)]
pub struct Form {
    /// Where to.
    pub path: String,
    /// Its fields, decoded by nobody: `click_id=…&name=…`.
    pub body: String,
}

#[derive(Default)]
struct Served {
    pages: BTreeMap<String, Page>,
    forms: Vec<Form>,
}

/// A small site on `localhost`. A form that is posted to `/x` is remembered and answered with a
/// redirect to the page `/after/x`.
#[derive(Clone)]
pub struct Site {
    address: SocketAddr,
    served: Arc<Mutex<Served>>,
}

impl Site {
    /// Starts it without pages, until the program ends.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start() -> Result<Self> {
        let served = Arc::new(Mutex::new(Served::default()));
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port is free")?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(answer).with_state(Arc::clone(&served));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, served })
    }

    /// `localhost:port`
    #[must_use]
    pub fn host(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    /// Adds a page.
    pub fn put(&self, path: &str, page: Page) {
        lock(&self.served).pages.insert(path.to_owned(), page);
    }

    /// The first form that was submitted to a path.
    #[must_use]
    pub fn form(&self, path: &str) -> Option<Form> {
        lock(&self.served).forms.iter().find(|form| form.path == path).cloned()
    }
}

async fn answer(State(served): State<Arc<Mutex<Served>>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if request.method() == Method::POST {
        let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap_or_default();
        let body = String::from_utf8_lossy(&body).into_owned();
        let next = format!("/after{path}");
        lock(&served).forms.push(Form { path, body });
        return respond(StatusCode::SEE_OTHER, &[("location", &next)], String::new());
    }
    let page = lock(&served).pages.get(&path).cloned();
    let Some(page) = page else { return respond(StatusCode::NOT_FOUND, &[], String::new()) };
    let mut headers = vec![("content-type", page.content_type)];
    headers.extend(page.policy.as_deref().map(|policy| ("content-security-policy", policy)));
    respond(StatusCode::OK, &headers, page.body)
}

fn respond(status: StatusCode, headers: &[(&str, &str)], body: String) -> Response {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Body::from(body)).unwrap_or_default()
}

fn lock(served: &Mutex<Served>) -> std::sync::MutexGuard<'_, Served> {
    served.lock().unwrap_or_else(PoisonError::into_inner)
}
