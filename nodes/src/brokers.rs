//! The brokers of a flow: the embedded ones are started here, and nodes ask here for the address to connect to.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::mqtt::{BrokerAddress, BrokerError, Credentials, EmbeddedBroker};

/// The embedded brokers that run.
#[derive(Default)]
pub struct Brokers {
    /// By the address that the flow asks for; a flow may ask for port 0.
    started: Mutex<HashMap<SocketAddr, Started>>,
}

struct Started {
    broker: EmbeddedBroker,
    /// Who may come in.
    credentials: Option<Credentials>,
}

impl Brokers {
    /// Starts every embedded broker among the addresses; two names of one address share it.
    ///
    /// # Errors
    /// The first that cannot start, such as on a taken port.
    pub async fn start<'a>(&self, addresses: impl IntoIterator<Item = &'a str>) -> Result<(), BrokerError> {
        for address in addresses {
            // The check of the flow has read every address already.
            let Ok(BrokerAddress::Embedded(embedded)) = BrokerAddress::from_str(address) else {
                continue;
            };
            let credentials = embedded.credentials;
            let changed = {
                let mut started = self.lock();
                match started.get(&embedded.listen) {
                    Some(running) if running.credentials == credentials => continue,
                    // Another password counts at once, also for those who are in.
                    Some(_) => started.remove(&embedded.listen),
                    None => None,
                }
            };
            if let Some(Started { broker, .. }) = changed {
                broker.stop().await;
            }
            let broker = EmbeddedBroker::start(embedded.listen, credentials.clone()).await?;
            self.lock()
                .insert(embedded.listen, Started { broker, credentials });
        }
        Ok(())
    }

    /// Stops those that are not among the addresses.
    pub async fn keep_only<'a>(&self, addresses: impl IntoIterator<Item = &'a str>) {
        let wanted = addresses.into_iter().map(BrokerAddress::from_str);
        let wanted: Vec<SocketAddr> = wanted
            .filter_map(|address| match address {
                Ok(BrokerAddress::Embedded(embedded)) => Some(embedded.listen),
                _ => None,
            })
            .collect();
        let unwanted: Vec<EmbeddedBroker> = {
            let mut started = self.lock();
            let unwanted = started.extract_if(|listen, _| !wanted.contains(listen));
            unwanted.map(|(_, started)| started.broker).collect()
        };
        for broker in unwanted {
            broker.stop().await;
        }
    }

    /// The addresses at which embedded brokers listen.
    #[must_use]
    pub fn listening(&self) -> Vec<SocketAddr> {
        let started = self.lock();
        let brokers = started.values().map(|started| started.broker.local_addr());
        brokers.collect()
    }

    /// Where a client finds the broker that the flow calls by `address`.
    #[must_use]
    pub fn reach(&self, address: &BrokerAddress) -> BrokerAddress {
        let BrokerAddress::Embedded(embedded) = address else {
            return address.clone();
        };
        self.lock()
            .get(&embedded.listen)
            .map_or_else(|| address.clone(), |started| started.broker.address())
    }

    /// Stops all; connected clients are cut off.
    pub async fn stop(&self) {
        let brokers: Vec<EmbeddedBroker> = self.lock().drain().map(|(_, started)| started.broker).collect();
        for broker in brokers {
            broker.stop().await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<SocketAddr, Started>> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is wrong with the text of a broker's address, if anything.
///
/// # Errors
/// The reason in a user's words, without the password.
pub fn check_address(address: &str) -> Result<(), String> {
    BrokerAddress::from_str(address)
        .map(|_| ())
        .map_err(|error| error.to_string())
}

/// How long a broker may take to answer before it counts as away.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether something listens where a broker should. An embedded one is only started with the flow.
///
/// # Errors
/// Why there is no connection, in a user's words.
pub fn probe(address: &str) -> Result<(), String> {
    let Ok(BrokerAddress::Remote(remote)) = BrokerAddress::from_str(address) else {
        return Ok(());
    };
    let places = (remote.host.as_str(), remote.port).to_socket_addrs();
    let places = places.map_err(|error| format!("`{}` is not found: {error}", remote.host))?;
    let mut reason = format!("`{}` has no address", remote.host);
    for place in places {
        match TcpStream::connect_timeout(&place, PATIENCE) {
            Ok(_) => return Ok(()),
            Err(error) => reason = format!("{place}: {error}"),
        }
    }
    Err(reason)
}
