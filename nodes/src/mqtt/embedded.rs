//! The broker inside twinflow, so that one program is all a small plant needs.
//!
//! It is [rmqtt](https://docs.rs/rmqtt) on a tokio runtime of its own. rmqtt has no way to stop: its listener can be
//! dropped, but connections and sessions live on in tasks nobody holds. They end with their runtime.

mod authentication;
mod in_flight;
mod redelivery;
mod retained;

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::time::Duration;

use rmqtt::context::ServerContext;
use rmqtt::hook;
use rmqtt::net::{Builder, Listener};
use rmqtt::server::MqttServer;
use rmqtt::shared::DefaultShared;
use tokio::runtime::Runtime;

use super::PAYLOAD_BYTES_MAX;
use super::address::{BrokerAddress, EmbeddedAddress};
use super::credentials::Credentials;
use authentication::CredentialsCheck;
use in_flight::NotedBeforeWritten;
use redelivery::OrderedRedelivery;
use retained::RetainedMessages;

/// Threads that serve the broker's clients. One slow write to a client must not hold up the others.
const WORKER_THREADS: usize = 2;

/// Largest packet the broker takes: the largest payload, and a topic of the longest kind before it.
const PACKET_BYTES_MAX: usize = PAYLOAD_BYTES_MAX + 128 * 1024;

/// Messages on the way to one client that the client has not acknowledged yet. rmqtt's 16 would limit a subscriber that
/// acknowledges after a sync of 10 ms to 1,600 messages a second.
const IN_FLIGHT_MAX: NonZeroU16 = NonZeroU16::MIN.saturating_add(999);

/// Messages kept for one client that is slow or away; rmqtt's 1,000 are 200 s of one fan at 5 Hz. At 250 bytes a
/// reading this is 25 MB.
const QUEUED_MESSAGES_MAX: usize = 100_000;

/// How long the broker tries to write to a client that does not read, before it gives the client up.
const SEND_TIMEOUT: Duration = Duration::from_secs(60);

/// How long the session of a client that is away is kept.
const SESSION_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// How long [`EmbeddedBroker::stop`] waits for the broker's tasks to end.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// A running MQTT broker, for clients of MQTT 3.1.1 and MQTT 5, without TLS.
///
/// Sessions and retained messages are kept in memory and end with the broker. Dropping it stops it, too, but does not
/// wait until its port is free.
#[derive(Debug)]
pub struct EmbeddedBroker {
    /// `None` once stopped.
    runtime: Option<Runtime>,
    local_addr: SocketAddr,
    credentials: Option<Credentials>,
}

/// Why the embedded broker did not start.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// Another program listens on the port.
    #[error(
        "{listen} is taken, perhaps by another MQTT broker: use that one with `mqtt://{listen}`, \
         or another port with `embedded://{other}`"
    )]
    AddressInUse {
        /// The address asked for.
        listen: SocketAddr,
        /// The same address with the next port.
        other: SocketAddr,
    },
    /// The address does not belong to this machine.
    #[error(
        "{listen} is not an address of this machine: listen on 127.0.0.1 (this machine alone) or 0.0.0.0 (the network)"
    )]
    AddressNotLocal {
        /// The address asked for.
        listen: SocketAddr,
    },
    /// The system does not let this user listen there.
    #[error("no permission to listen on {listen}: use a port from 1024 on, such as `embedded://{other}`")]
    NotPermitted {
        /// The address asked for.
        listen: SocketAddr,
        /// The same address with the usual port.
        other: SocketAddr,
    },
    /// Everyone on the network could read and command the plant.
    #[error(
        "{listen} is open to the network, so the embedded broker needs a user and a password: \
         write `embedded://user:password@{listen}`, or listen on 127.0.0.1 for this machine alone"
    )]
    OpenToNetwork {
        /// The address asked for.
        listen: SocketAddr,
    },
    /// The system refused for another reason.
    #[error("cannot listen on {listen}: {source}")]
    Listen {
        /// The address asked for.
        listen: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// The threads of the broker could not be started.
    #[error("cannot start the threads of the embedded broker: {0}")]
    Threads(#[source] io::Error),
}

impl EmbeddedBroker {
    /// Starts a broker on `listen`, where port 0 stands for any free port. When this returns, clients can connect.
    ///
    /// With `credentials`, clients have to give them; without, everyone is let in, which is allowed on a loopback
    /// address only.
    ///
    /// # Errors
    /// See [`BrokerError`]; each names the address and what to write instead.
    pub async fn start(listen: SocketAddr, credentials: Option<Credentials>) -> Result<Self, BrokerError> {
        if credentials.is_none() && !listen.ip().is_loopback() {
            return Err(BrokerError::OpenToNetwork { listen });
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKER_THREADS)
            .thread_name("mqtt-broker")
            .enable_all()
            .build()
            .map_err(BrokerError::Threads)?;
        let mut broker = Self {
            runtime: Some(runtime),
            local_addr: listen,
            credentials: credentials.clone(),
        };
        let Some(runtime) = broker.runtime.as_ref() else {
            return Ok(broker);
        };
        let starting = runtime.spawn(async move {
            let listener = bind(listen, credentials.is_some())?;
            let local_addr = listener.local_addr().map_err(io::Error::other)?;
            let context = context(credentials).await;
            let server = MqttServer::new(context)
                .listener_by_id(listener, local_addr.port())
                .build();
            tokio::spawn(async move {
                if let Err(error) = server.run().await {
                    tracing::error!(%error, "the embedded broker ended");
                }
            });
            Ok(local_addr)
        });
        broker.local_addr = starting
            .await
            .unwrap_or_else(|panic| Err(io::Error::other(panic)))
            .map_err(|source| broker_error(listen, source))?;
        Ok(broker)
    }

    /// The address the broker listens on, with the port the system chose if it was asked for port 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The address a client of this machine connects to, with what it has to log in with.
    pub fn address(&self) -> BrokerAddress {
        BrokerAddress::Embedded(EmbeddedAddress {
            listen: self.local_addr,
            credentials: self.credentials.clone(),
        })
    }

    /// Stops listening and disconnects all clients. When this returns, the port is free.
    pub async fn stop(mut self) {
        let Some(runtime) = self.runtime.take() else {
            return;
        };
        let stopping = tokio::task::spawn_blocking(move || runtime.shutdown_timeout(STOP_TIMEOUT));
        if let Err(error) = stopping.await {
            tracing::error!(%error, "the embedded broker did not stop cleanly");
        }
    }
}

impl Drop for EmbeddedBroker {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A plain drop of a runtime inside a task panics, as it would block the task's thread.
            runtime.shutdown_background();
        }
    }
}

/// Binds the listener; every figure that is not rmqtt's default has its reason at the constant or here.
fn bind(listen: SocketAddr, ask_for_credentials: bool) -> Result<Listener, io::Error> {
    Builder::new()
        .name("twinflow")
        .laddr(listen)
        // Small packets would wait for the acknowledgement of the one before: 40 ms on Linux.
        .nodelay(true)
        // Else the port is refused for a minute after a broker stopped. On Windows the option means something else.
        .reuseaddr(cfg!(unix).then_some(true))
        .allow_anonymous(!ask_for_credentials)
        .max_packet_size(u32::try_from(PACKET_BYTES_MAX).unwrap_or(u32::MAX))
        .max_inflight(IN_FLIGHT_MAX)
        .max_mqueue_len(QUEUED_MESSAGES_MAX)
        .send_timeout(SEND_TIMEOUT)
        .session_expiry_interval(SESSION_KEPT)
        // Zero turns both off: a reading does not expire, and a message is sent again after a reconnect only. A
        // subscriber that acknowledges late would get a second copy while it still works on the first.
        .message_expiry_interval(Duration::ZERO)
        .message_retry_interval(Duration::ZERO)
        .bind()
        .and_then(Listener::tcp)
        .map_err(|error| error.downcast::<io::Error>().unwrap_or_else(io::Error::other))
}

async fn context(credentials: Option<Credentials>) -> ServerContext {
    let context = ServerContext::new()
        // rmqtt refuses connections while the machine is busy; training a model must not cut a sensor off.
        .busy_check_enable(false)
        .build()
        .await;
    *context.extends.retain_mut().await = Box::new(RetainedMessages::default());
    let shared = Box::new(DefaultShared::new(Some(context.clone())));
    *context.extends.shared_mut().await = Box::new(OrderedRedelivery::new(shared));
    let hooks = context.extends.hook_mgr().register();
    hooks
        .add(hook::Type::MessageDelivered, Box::new(NotedBeforeWritten))
        .await;
    if let Some(credentials) = credentials {
        hooks
            .add(
                hook::Type::ClientAuthenticate,
                Box::new(CredentialsCheck::new(credentials)),
            )
            .await;
    }
    hooks.start().await;
    context
}

fn broker_error(listen: SocketAddr, source: io::Error) -> BrokerError {
    let with_port = |port| SocketAddr::new(listen.ip(), port);
    match source.kind() {
        io::ErrorKind::AddrInUse => {
            let next = listen.port().checked_add(1).unwrap_or(super::address::PORT_PLAIN);
            BrokerError::AddressInUse {
                listen,
                other: with_port(next),
            }
        }
        io::ErrorKind::AddrNotAvailable => BrokerError::AddressNotLocal { listen },
        io::ErrorKind::PermissionDenied => BrokerError::NotPermitted {
            listen,
            other: with_port(super::address::PORT_PLAIN),
        },
        _ => BrokerError::Listen { listen, source },
    }
}
