//! Sockets: accepts connections, hands requests to the router, and closes a connection without an answer
//! where the router says so. What is answered is the router's business.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::shared::Shared;
use crate::{control, page, track};

/// An extension of a response that is never sent: the connection is closed instead.
#[derive(Clone, Copy, Debug)]
struct CloseConnection;

/// A response that closes the connection.
pub(crate) fn close_connection() -> Response {
    let mut response = ().into_response();
    response.extensions_mut().insert(CloseConnection);
    response
}

/// Serves until the task is dropped, and its connections with the runtime.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let router = Router::new()
        .route("/", get(page::show))
        // Browsers ask for it; it is no request to TikTok.
        .route("/favicon.ico", get(|| async { hyper::StatusCode::NO_CONTENT }))
        .nest("/_stand_in", control::router())
        .fallback(track::handle)
        .with_state(shared);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection(stream, router.clone()));
            }
            // Out of file descriptors, most likely: some will be free again soon.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn connection(stream: TcpStream, router: Router) {
    // Without it an answer may wait 40 ms for the sender's acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let router = router.clone();
        async move {
            let response =
                router.oneshot(request).await.unwrap_or_else(|never: Infallible| match never {});
            if response.extensions().get::<CloseConnection>().is_some() {
                // hyper answers an error of the service by closing the socket.
                return Err("closed as the script says");
            }
            Ok(response)
        }
    });
    // Errors are the sender's going away, or our own closing.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}
