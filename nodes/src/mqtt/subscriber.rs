//! A connection that receives.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::acknowledgement::Acknowledgement;
use super::connection::Connection;
use super::inbox::{Inbox, InboxCounters};
use super::options::{ConnectError, ConnectOptions};
use super::qos::Qos;
use super::state::ConnectionState;
use super::subscriber_task::{REQUESTS_MAX, SubscriberTask};
use super::topic::TopicFilter;

/// What to receive, and how hard the broker should try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The topics.
    pub filter: TopicFilter,
    /// The highest quality of service; messages published with less come with less.
    pub qos: Qos,
}

/// What the broker keeps of a subscriber that is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// Nothing: messages published meanwhile are lost, and so are those that were not acknowledged.
    Clean,
    /// Subscriptions, unacknowledged messages, and QoS 1 messages published meanwhile, under the client id.
    Persistent,
}

/// A message as it came from the broker.
#[derive(Debug)]
pub struct Message {
    /// The topic it was published to.
    pub topic: String,
    /// What was published; at most [`PAYLOAD_BYTES_MAX`](super::PAYLOAD_BYTES_MAX) bytes.
    pub payload: Bytes,
    /// How it was delivered.
    pub qos: Qos,
    /// Whether it is the topic's last known value rather than news.
    pub retain: bool,
    /// Whether the broker may have delivered it before.
    pub duplicate: bool,
    /// What the broker knows the message by until it is acknowledged; nothing at QoS 0.
    pub packet_id: Option<u16>,
    /// To be called once the message is safe.
    pub acknowledgement: Acknowledgement,
}

/// A connection that receives messages, and is set up again for as long as this value lives.
///
/// At QoS 1 every message comes at least once, in the order the broker sends them: it is the broker's until it is
/// acknowledged, and comes again (marked as [`duplicate`](Message::duplicate)) after a break if it was not.
///
/// At QoS 0 a node that is too slow makes the connection hold back, for up to half the keep-alive after the broker last
/// answered a ping; then the oldest messages are dropped, and counted, so that the connection itself stays alive.
#[derive(Debug)]
pub struct Subscriber {
    inbox: Arc<Inbox>,
    states: watch::Receiver<ConnectionState>,
    /// Told or dropped, it ends the task.
    close: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Subscriber {
    /// Starts to connect, and returns at once: a broker that is not there yet is tried again like one that was lost.
    ///
    /// # Errors
    /// If the options cannot work with any broker.
    pub fn connect(
        options: &ConnectOptions,
        session: SessionKind,
        subscriptions: Vec<Subscription>,
    ) -> Result<Self, ConnectError> {
        if subscriptions.is_empty() {
            return Err(ConnectError::NoSubscription);
        }
        let (connection, states) = Connection::new(
            options,
            |rumqttc| {
                rumqttc
                    .set_manual_acks(true)
                    .set_clean_session(session == SessionKind::Clean);
            },
            REQUESTS_MAX,
        )?;
        let inbox = Arc::new(Inbox::default());
        let (acknowledged, acknowledgements) = mpsc::unbounded_channel();
        let role = SubscriberTask::new(
            subscriptions,
            Arc::clone(&inbox),
            (acknowledged, acknowledgements),
            options.keep_alive,
        );
        let (close, closing) = oneshot::channel();
        let task = tokio::spawn(connection.run(role, closing));
        Ok(Self {
            inbox,
            states,
            close,
            task,
        })
    }

    /// Waits for a message, and returns it with those that are there already, up to `max`: one by one while it is
    /// quiet, many under load. Loses nothing if the future is dropped.
    pub async fn next_batch(&mut self, max: usize) -> Vec<Message> {
        self.inbox.take(max).await
    }

    /// How the connection is, now and from now on.
    pub fn states(&self) -> watch::Receiver<ConnectionState> {
        self.states.clone()
    }

    /// What had to be left out.
    pub fn counters(&self) -> Arc<InboxCounters> {
        Arc::clone(&self.inbox.counters)
    }

    /// Ends the connection as a power cut would: without a word to the broker.
    pub fn sever(self) {
        self.task.abort();
    }

    /// Ends the connection, once the broker has seen the acknowledgements that were called (or after 2 s). Messages that were not
    /// acknowledged stay with the broker if the session is persistent.
    pub async fn close(self) {
        // A task that has ended already is closed.
        let _ = self.close.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the task of an MQTT subscriber failed");
        }
    }
}
