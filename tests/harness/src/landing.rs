//! The page that stands for the advertiser's landing page in `make dev`: shows what the visitor arrived
//! with, and the postback that the lead platform would send for it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Html;
use reqwest::Url;

use crate::sample::{self, Arrival};

/// What the page needs to know.
#[derive(Clone, Debug)]
pub struct Landing {
    /// The full URL that postbacks go to.
    pub endpoint: String,
    /// The token that they carry.
    pub token: String,
    /// Where the stand-in for TikTok shows what it got.
    pub tiktok: String,
}

impl Landing {
    /// Serves the page, whatever the path, on this port of the loopback address, until the program ends.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn serve(self, port: u16) -> Result<()> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = tokio::net::TcpListener::bind(address)
            .await
            .with_context(|| format!("the landing page cannot listen on port {port}"))?;
        let pages = Router::new().fallback(page).with_state(Arc::new(self));
        tokio::spawn(async move { axum::serve(listener, pages).await });
        Ok(())
    }

    fn html(&self, url: &Url) -> String {
        let rows: String = url
            .query_pairs()
            .map(|(name, value)| {
                format!("<tr><th>{}</th><td>{}</td></tr>", escape(&name), escape(&value))
            })
            .collect();
        let arrival = Arrival::of(url);
        let transaction = format!("lead-{}", sample::unique());
        let curl = sample::curl(&self.endpoint, &self.token, &arrival, &transaction);
        include_str!("landing.html")
            .replace("{{path}}", &escape(url.path()))
            .replace("{{tiktok}}", &escape(&self.tiktok))
            .replace("{{rows}}", &rows)
            .replace("{{curl}}", &escape(&curl))
    }
}

async fn page(State(landing): State<Arc<Landing>>, uri: Uri) -> Html<String> {
    match Url::parse(&format!("http://localhost{uri}")) {
        Ok(url) => Html(landing.html(&url)),
        Err(_) => Html("This address cannot be read.".to_owned()),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_visitor_brings_is_text() {
        let landing = Landing {
            endpoint: "http://localhost/postback/a".to_owned(),
            token: "t".to_owned(),
            tiktok: "http://localhost/".to_owned(),
        };
        let url =
            Url::parse("http://localhost/solar?click_id=ab&x=<script>alert(1)</script>").unwrap();
        let html = landing.html(&url);
        assert!(html.contains("<td>ab</td>"));
        assert!(html.contains("&lt;script&gt;"));
        assert!(!html.contains("<script>alert"));
        assert!(!html.contains("{{"));
    }
}
