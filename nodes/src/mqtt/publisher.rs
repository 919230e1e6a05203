//! A connection that sends.

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::PAYLOAD_BYTES_MAX;
use super::connection::Connection;
use super::options::{ConnectError, ConnectOptions};
use super::publisher_task::{PACKET_IDS, PublisherTask, REQUESTS_MAX, WINDOW, Wish};
use super::qos::Qos;
use super::state::ConnectionState;
use super::topic::TopicName;

/// A message the broker publishes when the connection breaks without a DISCONNECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastWill {
    /// Where to.
    pub topic: TopicName,
    /// What.
    pub payload: Bytes,
    /// How it is delivered.
    pub qos: Qos,
    /// Whether the broker keeps it as the last known value of the topic.
    pub retain: bool,
}

/// Why a message was not taken for publishing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The payload is too large.
    #[error(
        "a payload of {bytes} bytes is too large to publish to `{topic}`: the limit is {PAYLOAD_BYTES_MAX} bytes (16 MiB)"
    )]
    TooLarge {
        /// Where it should have gone.
        topic: TopicName,
        /// Its size.
        bytes: usize,
    },
    /// The task of the publisher has ended.
    #[error("the MQTT connection has been closed")]
    Closed,
}

/// A connection that publishes messages, and is set up again for as long as this value lives.
///
/// Messages go out in the order of [`publish`](Self::publish). While the broker is away, 200 messages wait, at either QoS, and
/// then `publish` does. At QoS 1 a message is sent again after a break until the broker has it, so it may arrive twice.
#[derive(Debug)]
pub struct Publisher {
    wishes: mpsc::Sender<Wish>,
    states: watch::Receiver<ConnectionState>,
    /// Told or dropped, it ends the task.
    close: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Publisher {
    /// Starts to connect, and returns at once: a broker that is not there yet is tried again like one that was lost.
    ///
    /// # Errors
    /// If the options cannot work with any broker.
    pub fn connect(options: &ConnectOptions, will: Option<LastWill>) -> Result<Self, ConnectError> {
        let (connection, states) = Connection::new(
            options,
            |rumqttc| {
                // What is not acknowledged is kept here, not in a session: a broker that restarts forgets sessions.
                rumqttc.set_clean_session(true).set_inflight(PACKET_IDS);
                if let Some(will) = will {
                    let topic = will.topic.to_string();
                    let qos = will.qos.to_rumqttc();
                    rumqttc.set_last_will(rumqttc::LastWill::new(
                        topic,
                        will.payload.to_vec(),
                        qos,
                        will.retain,
                    ));
                }
            },
            REQUESTS_MAX,
        )?;
        let (wishes, wished) = mpsc::channel(usize::from(WINDOW));
        let (close, closing) = oneshot::channel();
        let task = tokio::spawn(connection.run(PublisherTask::new(wished), closing));
        Ok(Self {
            wishes,
            states,
            close,
            task,
        })
    }

    /// Takes a message for publishing; waits while too many are under way or the broker is away.
    ///
    /// # Errors
    /// If the payload is larger than [`PAYLOAD_BYTES_MAX`].
    pub async fn publish(
        &self,
        topic: &TopicName,
        payload: Bytes,
        qos: Qos,
        retain: bool,
    ) -> Result<(), PublishError> {
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(PublishError::TooLarge {
                topic: topic.clone(),
                bytes: payload.len(),
            });
        }
        let wish = Wish::Publish {
            topic: topic.clone(),
            payload,
            qos,
            retain,
        };
        self.wishes.send(wish).await.map_err(|_| PublishError::Closed)
    }

    /// Waits until all messages taken so far are settled: at QoS 1 the broker has acknowledged them, at QoS 0 they are
    /// written to the socket. Waits on while the broker is away.
    ///
    /// # Errors
    /// If the publisher ended meanwhile.
    pub async fn flush(&self) -> Result<(), PublishError> {
        let (settled, wait) = oneshot::channel();
        self.wishes
            .send(Wish::Flush(settled))
            .await
            .map_err(|_| PublishError::Closed)?;
        wait.await.map_err(|_| PublishError::Closed)
    }

    /// How the connection is, now and from now on.
    pub fn states(&self) -> watch::Receiver<ConnectionState> {
        self.states.clone()
    }

    /// Ends the connection as a power cut would: without a word to the broker, which publishes the last will.
    pub fn sever(self) {
        self.task.abort();
    }

    /// Ends the connection, after it has sent what was taken so far and waited up to 2 s for the broker to acknowledge it.
    /// If the broker is away, or slower than that, what it has not acknowledged is lost: [`flush`](Self::flush) first.
    pub async fn close(self) {
        // A task that has ended already is closed.
        let _ = self.close.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the task of an MQTT publisher failed");
        }
    }
}
