//! How a connection is.

use std::time::Duration;

use super::loss::LossReason;

/// How the connection of a [`Subscriber`](super::Subscriber) or a [`Publisher`](super::Publisher) is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionState {
    /// Being set up, for the first time or again.
    Connecting,
    /// Up; a subscriber's subscriptions are confirmed.
    Connected,
    /// Down, or never up: it is tried again.
    Lost {
        /// Why.
        reason: LossReason,
        /// How long until the next try.
        retry_in: Duration,
    },
    /// Ended by `close`, or because its node went away.
    Closed,
}
