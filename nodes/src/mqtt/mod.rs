//! MQTT: the embedded broker, and the clients that nodes use.
//!
//! - [`BrokerAddress`] is what a flow writes under `brokers:`.
//! - [`EmbeddedBroker`] is the broker inside twinflow.
//! - [`Subscriber`] and [`Publisher`] are one connection each (MQTT 3.1.1). They reconnect for ever, subscribe again, and
//!   tell their [`ConnectionState`].
//!
//! The way of a QoS 1 reading: the broker sends it, [`Subscriber::next_batch`] hands it out with its
//! [`Acknowledgement`], and once that is called the broker forgets the reading. If the connection breaks before, the
//! broker sends the reading again.

mod acknowledgement;
mod address;
mod address_error;
mod backoff;
mod connection;
mod credentials;
mod delivered;
mod embedded;
mod inbox;
mod loss;
mod options;
mod publisher;
mod publisher_task;
mod qos;
mod state;
mod subscriber;
mod subscriber_task;
mod tls;
mod topic;

pub use acknowledgement::Acknowledgement;
pub use address::{BrokerAddress, EmbeddedAddress, PORT_PLAIN, PORT_TLS, RemoteAddress, Security};
pub use address_error::AddressError;
pub use credentials::Credentials;
pub use delivered::{Delivered, MessageId, Position};
pub use embedded::{BrokerError, EmbeddedBroker};
pub use inbox::InboxCounters;
pub use loss::LossReason;
pub use options::{ConnectError, ConnectOptions};
pub use publisher::{LastWill, PublishError, Publisher};
pub use qos::{Qos, QosError};
pub use state::ConnectionState;
pub use subscriber::{Message, SessionKind, Subscriber, Subscription};
pub use tls::TlsError;
pub use topic::{TopicError, TopicFault, TopicFilter, TopicName};

/// Largest payload in bytes that is published or handed to a node: 16 MiB. A reading has a few hundred bytes and a
/// picture of a camera a few million; what is larger than this is a mistake that would exhaust a small machine.
pub const PAYLOAD_BYTES_MAX: usize = 16 * 1024 * 1024;
