//! The server: its routes, its start and its end.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use twinflow_engine::runtime::Watched;
use utoipa_swagger_ui::SwaggerUi;

use crate::layout::Dashboard;
use crate::predict::Predictor;
use crate::report::FlowReport;
use crate::status::Status;
use crate::{assets, guard, live, metrics, openapi, predict, tap};

/// Larger request bodies are refused.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// What the server shows.
pub struct ServerSetup {
    /// The page.
    pub dashboard: Dashboard,
    /// The running flow.
    pub watched: Arc<Watched>,
    /// The flow's model, if it has one.
    pub predictor: Option<Arc<dyn Predictor>>,
}

/// Why the server cannot start.
#[derive(Debug, Error)]
pub enum ServeError {
    /// Something listens there already.
    #[error("port {} on {} is taken by another program (Node-RED has 1880 by default); choose another with `--listen {}:{}`", .0.port(), .0.ip(), .0.ip(), .0.port().saturating_add(1))]
    AddressInUse(SocketAddr),
    /// The address is wider than this machine.
    #[error(
        "{0} can be reached from other machines, and the dashboard has no log-in yet: listen on 127.0.0.1"
    )]
    NotLoopback(SocketAddr),
    /// Anything else.
    #[error("cannot listen on {address}: {source}")]
    Io {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    /// Binds `listen`; port 0 takes a free one. Nothing is answered before [`Bound::serve`].
    ///
    /// # Errors
    /// When the address is taken, or reaches beyond this machine.
    pub async fn bind(listen: SocketAddr) -> Result<Bound, ServeError> {
        if !listen.ip().is_loopback() {
            return Err(ServeError::NotLoopback(listen));
        }
        let listener = TcpListener::bind(listen)
            .await
            .map_err(|source| match source.kind() {
                std::io::ErrorKind::AddrInUse => ServeError::AddressInUse(listen),
                _ => ServeError::Io {
                    address: listen,
                    source,
                },
            })?;
        let address = listener.local_addr().map_err(|source| ServeError::Io {
            address: listen,
            source,
        })?;
        Ok(Bound { listener, address })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more requests and ends; open WebSockets are closed.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

/// A server that has its port but does not answer yet.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// Where it will listen.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Begins to answer.
    #[must_use]
    pub fn serve(self, setup: ServerSetup) -> Server {
        let (stop, stopped) = oneshot::channel();
        let router = router(setup);
        let task = tokio::spawn(async move {
            let serve = axum::serve(self.listener, router);
            // Open WebSockets would hold a graceful shutdown up for as long as a browser shows the page.
            tokio::select! {
                result = serve => if let Err(error) = result {
                    tracing::error!("the dashboard's server ended: {error}");
                },
                _ = stopped => {}
            }
        });
        Server {
            address: self.address,
            stop,
            task,
        }
    }
}

#[derive(Clone)]
struct Shown {
    dashboard: Arc<Dashboard>,
    revision: Arc<str>,
    watched: Arc<Watched>,
}

fn router(setup: ServerSetup) -> Router {
    let features = setup
        .predictor
        .as_ref()
        .map(|predictor| predictor.features())
        .unwrap_or_default();
    let docs = openapi::describe(&setup.dashboard.name, &features);
    let watching = Router::new()
        .route("/metrics", get(metrics::metrics))
        .route("/readyz", get(ready))
        .route("/api/nodes", get(nodes))
        .route("/api/tap/{node}", get(tap::tap))
        .with_state(Arc::clone(&setup.watched));
    let shown = Shown {
        revision: setup.dashboard.revision.as_str().into(),
        dashboard: Arc::new(setup.dashboard),
        watched: setup.watched,
    };
    let pages = Router::new()
        .route("/api/dashboard", get(dashboard))
        .route("/api/status", get(status))
        .route("/ws", get(websocket))
        .with_state(shown);
    let model = Router::new()
        .route("/predict", post(predict::predict))
        .with_state(setup.predictor);
    // Compression collects what comes, and a tap is there to be read at once.
    let compressed = DefaultPredicate::new().and(NotForContentType::const_new(tap::NDJSON));
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        // The original's address, which its users have in their bookmarks.
        .route("/ui", get(|| async { Redirect::permanent("/") }))
        .route("/ui/", get(|| async { Redirect::permanent("/") }))
        .merge(pages)
        .merge(model)
        .merge(watching)
        .merge(SwaggerUi::new("/docs").url("/openapi.json", docs))
        .fallback(get(assets::file))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn(guard::security_headers))
        .layer(middleware::from_fn(guard::local_only))
        .layer(CompressionLayer::new().compress_when(compressed))
}

async fn dashboard(State(shown): State<Shown>) -> Response {
    Json(&*shown.dashboard).into_response()
}

async fn status(State(shown): State<Shown>) -> Response {
    Json(Status::of(&shown.watched)).into_response()
}

async fn nodes(State(watched): State<Arc<Watched>>) -> Response {
    Json(FlowReport::of(&watched)).into_response()
}

/// Whether every node can do its work; the body names those that cannot.
async fn ready(State(watched): State<Arc<Watched>>) -> Response {
    let not_ready = watched.not_ready();
    let code = match not_ready.as_slice() {
        [] => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let body = serde_json::json!({ "ready": not_ready.is_empty(), "notReady": not_ready });
    (code, Json(body)).into_response()
}

async fn websocket(State(shown): State<Shown>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .max_message_size(MAX_BODY_BYTES)
        .on_upgrade(move |socket| live::serve(socket, shown.watched, shown.revision))
}
