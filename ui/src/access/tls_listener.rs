//! Takes connections and speaks TLS with them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::tls::Tls;

/// Whoever does not come to terms within that time is left: an open connection that says nothing would take a place for ever.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How many come to terms at the same time.
const AT_ONCE: usize = 128;

type Taken = (TlsStream<TcpStream>, SocketAddr);

/// Hands out connections that speak TLS already. Each comes to terms in a task of its own, so that a slow one holds up nobody.
#[derive(Debug)]
pub(crate) struct TlsListener {
    address: SocketAddr,
    taken: mpsc::Receiver<Taken>,
}

impl TlsListener {
    /// Has to be called within a runtime.
    pub fn new(listener: TcpListener, address: SocketAddr, tls: &Tls) -> Self {
        let (ready, taken) = mpsc::channel(1);
        tokio::spawn(take(listener, TlsAcceptor::from(tls.config()), ready));
        Self { address, taken }
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> Taken {
        match self.taken.recv().await {
            Some(taken) => taken,
            // The other task ends with this listener only.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

async fn take(mut listener: TcpListener, acceptor: TlsAcceptor, ready: mpsc::Sender<Taken>) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        // Axum's own way of taking: it waits a moment when the machine has no more files to open.
        let (stream, address) = tokio::select! {
            taken = Listener::accept(&mut listener) => taken,
            () = ready.closed() => return,
        };
        let (acceptor, ready) = (acceptor.clone(), ready.clone());
        tokio::spawn(async move {
            let agreed = timeout(HANDSHAKE, acceptor.accept(stream)).await;
            drop(place);
            match agreed {
                // The server may be stopping.
                Ok(Ok(stream)) => drop(ready.send((stream, address)).await),
                Ok(Err(error)) => tracing::debug!(%address, "no TLS: {error}"),
                Err(_) => tracing::debug!(%address, "no TLS in time"),
            }
        });
    }
}
