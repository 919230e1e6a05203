//! The server: its routes, its start and its end.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get, post, put};
use axum::{Extension, Json, Router, middleware};
use thiserror::Error;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::access::gate::gate;
use crate::access::{Access, AccessSetup, Clock, Known, Peer, Routes, Tls, TlsListener, login};
use crate::reload::{ReloadRequest, reload};
use crate::report::FlowReport;
use crate::server_thread::ServerThread;
use crate::shown::{Current, FlowFault, ServerSetup, Shown};
use crate::status::Status;
use crate::{assets, files, flow, guard, history, live, metrics, operate, page, predict, tap, totals};

/// Larger request bodies are refused.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// So is a longer text of a flow.
const MAX_TEXT_BYTES: usize = 4 * 1024 * 1024;

/// Why the server cannot start.
#[derive(Debug, Error)]
pub enum ServeError {
    /// Something listens there already.
    #[error("port {} on {} is taken by another program (Node-RED has 1880 by default); choose another with `--listen {}:{}`", .0.port(), .0.ip(), .0.ip(), .0.port().saturating_add(1))]
    AddressInUse(SocketAddr),
    /// Other machines would reach it, and nobody would have to log in.
    #[error(
        "{0} can be reached from other machines, and nobody would have to log in: say who may with `--users FILE` (`twinflow user add NAME --role engineer --users FILE` makes the file), or let everyone there operate the plant with `--insecure`"
    )]
    OpenToAll(SocketAddr),
    /// Other machines would reach it through a proxy, and nobody would have to log in.
    #[error(
        "with `--host` other machines reach the dashboard through a proxy, and nobody would have to log in: say who may with `--users FILE` (`twinflow user add NAME --role engineer --users FILE` makes the file), or let everyone there operate the plant with `--insecure`"
    )]
    OpenThroughProxy,
    /// Nobody could log in.
    #[error("the log-in cannot be prepared: {0}")]
    LogIn(String),
    /// Anything else.
    #[error("cannot listen on {address}: {source}")]
    Io {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// A running server. It has a thread of its own: whatever the flow does, the dashboard answers.
pub struct Server {
    address: SocketAddr,
    has_tls: bool,
    shown: watch::Sender<Shown>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    _thread: ServerThread,
}

impl Server {
    /// Binds `listen`; port 0 takes a free one. Nothing is answered before [`Bound::serve`].
    ///
    /// # Errors
    /// When the address is taken, or when other machines reach it and nobody has to log in.
    pub fn bind(listen: SocketAddr, access: AccessSetup) -> Result<Bound, ServeError> {
        Self::bind_by(listen, access, Clock::default())
    }

    /// With another clock for sessions and tries.
    pub(crate) fn bind_by(
        listen: SocketAddr,
        access: AccessSetup,
        clock: Clock,
    ) -> Result<Bound, ServeError> {
        access.check(listen)?;
        let failed = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::AddrInUse => ServeError::AddressInUse(listen),
            _ => ServeError::Io {
                address: listen,
                source,
            },
        };
        let thread = ServerThread::start().map_err(failed)?;
        let listener = {
            let _inside = thread.handle().enter();
            listener(listen).map_err(failed)?
        };
        let address = listener.local_addr().map_err(failed)?;
        let tls = access.tls.clone();
        Ok(Bound {
            listener,
            address,
            thread,
            tls,
            access: Arc::new(Access::new(access, address, clock)?),
        })
    }

    /// What to type into a browser.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.has_tls { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Shows another flow from now on; open pages follow.
    pub fn show(&self, setup: ServerSetup) {
        self.shown.send_replace(Shown::new(setup));
    }

    /// Tells why the flow that runs is not that of its file, or that it is again.
    pub fn tell(&self, fault: Option<FlowFault>) {
        self.shown.send_modify(|shown| shown.fault = fault);
    }

    /// Takes no more requests and ends; open WebSockets are closed.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

/// A server that has its port but does not answer yet.
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    thread: ServerThread,
    tls: Option<Tls>,
    access: Arc<Access>,
}

impl Bound {
    /// Where it will listen.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Begins to answer. Wishes for a reload go to `reloads`.
    #[must_use]
    pub fn serve(self, setup: ServerSetup, reloads: mpsc::Sender<ReloadRequest>) -> Server {
        let (stop, stopped) = oneshot::channel();
        let (shown, current) = watch::channel(Shown::new(setup));
        let router = router(current, reloads, self.access);
        let router = router.into_make_service_with_connect_info::<Peer>();
        let (listener, address) = (self.listener, self.address);
        let has_tls = self.tls.is_some();
        let task = self.thread.handle().spawn(async move {
            let serve = async {
                match self.tls {
                    Some(tls) => axum::serve(TlsListener::new(listener, address, &tls), router).await,
                    None => axum::serve(listener, router).await,
                }
            };
            // Open WebSockets would hold a graceful shutdown up for as long as a browser shows the page.
            tokio::select! {
                result = serve => if let Err(error) = result {
                    tracing::error!("the dashboard's server ended: {error}");
                },
                _ = stopped => {}
            }
        });
        Server {
            address,
            has_tls,
            shown,
            stop,
            task,
            _thread: self.thread,
        }
    }
}

/// What waits in the kernel for a browser that reads slowly: what is sent after it is the latest, and the kernel would hold megabytes of
/// what was. Enough for a second of a page of fifty widgets at twenty readings a second.
const SEND_BUFFER_BYTES: u32 = 256 * 1024;
/// Browsers that are about to be let in.
const BACKLOG: u32 = 1024;

/// Connections have what their listener has been told.
fn listener(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A server that is started again takes the port of the one before at once. On Windows it would take that of a running one.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    // What is small goes out at once, and does not wait until the browser has answered what came before.
    socket.set_nodelay(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// One reading is small, a batch is not.
fn asking() -> MethodRouter<Current> {
    post(predict::predict).layer(DefaultBodyLimit::max(predict::MAX_BODY_BYTES))
}

/// A flow's text is longer than what people set.
fn editing() -> DefaultBodyLimit {
    DefaultBodyLimit::max(MAX_TEXT_BYTES)
}

/// The routes; who may use which of them is in [`crate::access`]'s table.
pub(crate) fn routes(current: Current, reloads: mpsc::Sender<ReloadRequest>, access: Arc<Access>) -> Routes {
    let pages = Routes::new()
        .route("/", get(page::page))
        .route("/flow", get(page::page))
        .route("/api/dashboard", get(dashboard))
        .route("/api/status", get(status))
        .route("/metrics", get(metrics::metrics))
        .route("/predict", asking())
        .route("/score", asking())
        .route("/model", get(predict::model))
        .route("/models", get(predict::models))
        .route("/models/{name}", get(predict::model))
        .route("/models/{name}/predict", asking())
        .route("/models/{name}/score", asking())
        .route("/readyz", get(ready))
        .route("/api/nodes", get(nodes))
        .route("/api/flow", get(flow::flow))
        .route("/api/flow/check", post(flow::check).layer(editing()))
        .route("/api/flow/complete", post(flow::complete).layer(editing()))
        .route("/api/flow/hover", post(flow::hover).layer(editing()))
        .route("/api/flow/files", put(flow::save).layer(editing()))
        .route("/api/history/{node}", get(history::history))
        .route("/api/totals/{node}", get(totals::totals))
        .route("/api/files/{node}", get(files::list))
        .route("/api/files/{node}/{name}", get(files::file))
        .route("/api/files/{node}/{name}/columns", get(files::columns))
        .route("/api/tap/{node}", get(tap::tap))
        .route("/api/alarms", get(operate::alarms))
        .route("/api/alarms/journal", get(history::alarms))
        .route("/api/alarms/statistics", get(history::alarm_statistics))
        .route("/api/audit", get(history::audit))
        .route("/api/controls/{node}", post(operate::set))
        .route("/api/nodes/{node}/list", get(operate::list))
        .route("/api/nodes/{node}/{operation}", post(operate::ask))
        .route("/openapi.json", get(docs))
        .route("/ws", get(websocket))
        .with_state(current);
    let control = Routes::new()
        .route("/api/reload", post(reload))
        .with_state(reloads);
    let people = Routes::new()
        .route("/api/me", get(login::me))
        .route("/api/login", post(login::login))
        .route("/api/logout", post(login::logout))
        .with_state(access);
    Routes::new()
        .route("/healthz", get(|| async { "ok\n" }))
        // The original's address, which its users have in their bookmarks.
        .route("/ui", get(|| async { Redirect::permanent("/") }))
        .route("/ui/", get(|| async { Redirect::permanent("/") }))
        .merge(pages)
        .merge(control)
        .merge(people)
}

fn router(current: Current, reloads: mpsc::Sender<ReloadRequest>, access: Arc<Access>) -> Router {
    // Compression collects what comes, and a tap is there to be read at once.
    let compressed = DefaultPredicate::new().and(NotForContentType::const_new(tap::NDJSON));
    routes(current, reloads, Arc::clone(&access))
        .router
        .merge(SwaggerUi::new("/docs").config(Config::from("/openapi.json")))
        .fallback(get(assets::file))
        .layer(middleware::from_fn_with_state(Arc::clone(&access), gate))
        .layer(Extension(Arc::clone(&access)))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&access),
            guard::known_host,
        ))
        // Also what is refused gets them.
        .layer(middleware::from_fn_with_state(access, guard::security_headers))
        .layer(CompressionLayer::new().compress_when(compressed))
}

async fn dashboard(State(current): State<Current>) -> Response {
    Json(&current.borrow().dashboard).into_response()
}

async fn docs(State(current): State<Current>) -> Response {
    Json(&current.borrow().docs).into_response()
}

async fn status(State(current): State<Current>) -> Response {
    Json(Status::of(&current.borrow())).into_response()
}

async fn nodes(State(current): State<Current>) -> Response {
    Json(FlowReport::of(&current.borrow().watched)).into_response()
}

/// Whether every node can do its work; the body names those that cannot.
async fn ready(State(current): State<Current>) -> Response {
    let not_ready = current.borrow().watched.not_ready();
    let code = match not_ready.as_slice() {
        [] => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let body = serde_json::json!({ "ready": not_ready.is_empty(), "notReady": not_ready });
    (code, Json(body)).into_response()
}

async fn websocket(
    State(current): State<Current>,
    Extension(access): Extension<Arc<Access>>,
    known: Known,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade
        .max_message_size(MAX_BODY_BYTES)
        .on_upgrade(move |socket| async move {
            // Who logs out sees nothing more, also not on a page that is open still.
            tokio::select! {
                () = live::serve(socket, current) => {}
                () = access.end_of(known) => {}
            }
        })
}
