//! The address that a request comes from.

use std::net::{IpAddr, SocketAddr};

use axum::extract::connect_info::Connected;
use axum::http::HeaderMap;
use axum::serve::IncomingStream;
use tokio::net::TcpListener;

use super::tls_listener::TlsListener;

/// The other end of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub SocketAddr);

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// The address of whoever asks. A proxy on this machine tells it in the last `X-Forwarded-For`; those before it, and those of other
/// machines, can be made up.
pub(crate) fn asking(peer: SocketAddr, headers: &HeaderMap, is_behind_proxy: bool) -> IpAddr {
    let ip = peer.ip().to_canonical();
    if !(is_behind_proxy && ip.is_loopback()) {
        return ip;
    }
    let told = headers.get_all("x-forwarded-for").iter().next_back();
    let told = told.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    told.unwrap_or(ip)
}

/// Whether the browser speaks TLS with a proxy on this machine.
pub(crate) fn is_tls_at_proxy(headers: &HeaderMap, is_behind_proxy: bool) -> bool {
    is_behind_proxy
        && headers
            .get("x-forwarded-proto")
            .is_some_and(|proto| proto == "https")
}
