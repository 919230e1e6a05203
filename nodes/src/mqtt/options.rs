//! What a client needs to connect.

use std::path::PathBuf;
use std::time::Duration;

use rumqttc::{MqttOptions, Transport};

use super::address::{BrokerAddress, Security};
use super::tls::{self, TlsError};

/// Longest client id in bytes (MQTT 3.1.1, section 1.5.3).
const CLIENT_ID_BYTES_MAX: usize = 65_535;
/// Longest keep-alive, in seconds (MQTT 3.1.1, section 3.1.2.10).
const KEEP_ALIVE_SECONDS_MAX: u64 = 65_535;
/// Largest packet of MQTT in bytes (MQTT 3.1.1, section 2.2.3). The limit that matters is
/// [`PAYLOAD_BYTES_MAX`](super::PAYLOAD_BYTES_MAX): rumqttc ends the connection on a packet above its own limit, the
/// broker would send the packet again after the reconnect, and so for ever.
const PACKET_BYTES_MAX: usize = 268_435_455;

/// How to connect to a broker.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// The broker.
    pub address: BrokerAddress,
    /// The name the broker knows the client by. No two clients of a broker may share one: each would throw the other
    /// out. Every broker takes up to 23 letters and digits; most take more.
    pub client_id: String,
    /// After this long without a packet the broker is asked whether it is there, and the broker takes the client for
    /// gone after one and a half times this. Whole seconds, from 1 to 65,535.
    pub keep_alive: Duration,
    /// A file of certificates (PEM) to trust besides those of the system, for `mqtts://`.
    pub ca_file: Option<PathBuf>,
}

/// Why a connection cannot even be tried.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The client id is empty, too long, or holds the character NUL.
    #[error("the client id `{found}` cannot be used: expected 1 to 65535 bytes without the character NUL")]
    ClientId {
        /// The client id, shortened.
        found: String,
    },
    /// The keep-alive is out of range.
    #[error("a keep-alive of {found:?} cannot be used: expected 1 s to 65535 s")]
    KeepAlive {
        /// The keep-alive.
        found: Duration,
    },
    /// No subscription was given.
    #[error("a subscriber needs at least one topic filter")]
    NoSubscription,
    /// The certificates to trust could not be loaded.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl ConnectOptions {
    /// Options to connect to `address` under the name `client_id`, with a keep-alive of 30 s.
    pub fn new(address: BrokerAddress, client_id: impl Into<String>) -> Self {
        Self {
            address,
            client_id: client_id.into(),
            keep_alive: Duration::from_secs(30),
            ca_file: None,
        }
    }

    /// Checks the options and translates them. Reads the certificates to trust if the address wants TLS.
    pub(super) fn to_rumqttc(&self) -> Result<MqttOptions, ConnectError> {
        let id = &self.client_id;
        if id.is_empty() || id.len() > CLIENT_ID_BYTES_MAX || id.contains('\0') {
            return Err(ConnectError::ClientId {
                found: id.escape_debug().take(40).collect(),
            });
        }
        if !(1..=KEEP_ALIVE_SECONDS_MAX).contains(&self.keep_alive.as_secs()) {
            return Err(ConnectError::KeepAlive {
                found: self.keep_alive,
            });
        }
        let remote = self.address.remote();
        let mut options = MqttOptions::new(id, remote.host, remote.port);
        options.set_keep_alive(Duration::from_secs(self.keep_alive.as_secs()));
        options.set_max_packet_size(PACKET_BYTES_MAX, PACKET_BYTES_MAX);
        if let Some(credentials) = &remote.credentials {
            options.set_credentials(credentials.user(), credentials.password());
        }
        if remote.security == Security::Tls {
            let trusted = tls::client_config(self.ca_file.as_deref())?;
            options.set_transport(Transport::tls_with_config(trusted.into()));
        }
        Ok(options)
    }
}
