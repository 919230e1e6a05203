//! A connection of one or several machines, with their statuses.
//!
//! A machine that has the connection for itself is as a board is: its last will is `offline`, and when the scenario takes its
//! network away the connection breaks without a word, so that the broker tells it. Where machines share a connection, their
//! statuses are told for them, since MQTT knows one last will a connection; if this process is killed then, the last
//! `online` of each stays.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::observer::{Loss, Observer};
use crate::mqtt::{
    BrokerAddress, ConnectError, ConnectOptions, ConnectionState, LastWill, Message, Publisher, Qos,
    SessionKind, Subscriber, Subscription, TopicName,
};

/// Readings that wait for the connection's task.
const WAITING: usize = 64;
/// How long the good-byes of all machines may take.
const GOODBYE_PATIENCE: Duration = Duration::from_secs(5);
/// The retained texts on a machine's status topic, as the board sends them.
const ONLINE: &[u8] = b"online";
const OFFLINE: &[u8] = b"offline";

/// A machine of a link.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// Its number in the plant.
    pub number: usize,
    pub commands: Option<TopicName>,
    pub status: Option<TopicName>,
}

pub(super) struct LinkSettings {
    pub address: BrokerAddress,
    pub client_id: String,
    pub members: Vec<Member>,
    pub observer: Arc<dyn Observer>,
}

/// What a link is asked to do.
pub(super) enum Wish {
    Reading {
        topic: TopicName,
        payload: Bytes,
    },
    Answer {
        topic: TopicName,
        payload: Bytes,
    },
    /// The network of the machine at this place is there again, or gone.
    Network {
        place: usize,
        is_there: bool,
    },
}

/// A command to a machine, by its number in the plant.
pub(super) struct Incoming {
    pub machine: usize,
    pub payload: Bytes,
}

/// The near end of a link, whose work is done by a task.
pub(super) struct Link {
    wishes: mpsc::Sender<Wish>,
    has_been_up: watch::Receiver<bool>,
    task: JoinHandle<()>,
}

impl Link {
    /// Starts to connect, and returns at once.
    pub fn start(settings: LinkSettings, incoming: mpsc::Sender<Incoming>) -> Result<Self, ConnectError> {
        let (wishes, wished) = mpsc::channel(WAITING);
        let (up, has_been_up) = watch::channel(false);
        let mut task = LinkTask {
            has_network: vec![true; settings.members.len()],
            settings,
            wished,
            incoming,
            up,
            out: None,
            commands: None,
        };
        task.connect()?;
        Ok(Self {
            wishes,
            has_been_up,
            task: tokio::spawn(task.run()),
        })
    }

    /// Waits until it has been connected.
    pub async fn connected(&mut self) {
        // A task that has ended will not be: whoever waits has a patience.
        if self
            .has_been_up
            .wait_for(|has_been_up| *has_been_up)
            .await
            .is_err()
        {
            std::future::pending().await
        }
    }

    /// Whether it has taken a wish within the patience.
    pub async fn send(&self, wish: Wish, patience: Duration) -> bool {
        match self.wishes.try_send(wish) {
            Ok(()) => true,
            Err(TrySendError::Closed(_)) => false,
            Err(TrySendError::Full(wish)) => {
                let sent = timeout(patience, self.wishes.send(wish)).await;
                sent.is_ok_and(|sent| sent.is_ok())
            }
        }
    }

    /// Says good-bye for its machines; the task ends when that is done.
    pub fn close(self) -> JoinHandle<()> {
        self.task
    }
}

/// What publishes, and how its connection is.
struct Out {
    publisher: Publisher,
    states: watch::Receiver<ConnectionState>,
}

struct LinkTask {
    settings: LinkSettings,
    /// By the place of a member.
    has_network: Vec<bool>,
    wished: mpsc::Receiver<Wish>,
    incoming: mpsc::Sender<Incoming>,
    /// Becomes true with the first connection.
    up: watch::Sender<bool>,
    /// Nothing while a machine of its own has no network.
    out: Option<Out>,
    commands: Option<Subscriber>,
}

impl LinkTask {
    fn connect(&mut self) -> Result<(), ConnectError> {
        let settings = &self.settings;
        let will = match settings.members.as_slice() {
            [only] => only.status.clone().map(|topic| LastWill {
                topic,
                payload: Bytes::from_static(OFFLINE),
                qos: Qos::AtLeastOnce,
                retain: true,
            }),
            _ => None,
        };
        let options = ConnectOptions::new(settings.address.clone(), settings.client_id.clone());
        let publisher = Publisher::connect(&options, will)?;
        settings.observer.connecting(publisher.states());
        self.out = Some(Out {
            states: publisher.states(),
            publisher,
        });
        let mut topics: Vec<&TopicName> = Vec::new();
        for topic in settings
            .members
            .iter()
            .filter_map(|member| member.commands.as_ref())
        {
            // Machines may share a topic: the key in a command tells which one is meant.
            if topics.last() != Some(&topic) {
                topics.push(topic);
            }
        }
        let subscriptions: Vec<Subscription> = topics
            .into_iter()
            .filter_map(|topic| {
                Some(Subscription {
                    filter: topic.as_str().parse().ok()?,
                    qos: Qos::AtLeastOnce,
                })
            })
            .collect();
        if !subscriptions.is_empty() {
            let client_id = format!("{}-commands", settings.client_id);
            let options = ConnectOptions::new(settings.address.clone(), client_id);
            self.commands = Some(Subscriber::connect(&options, SessionKind::Clean, subscriptions)?);
        }
        Ok(())
    }

    async fn run(mut self) {
        loop {
            tokio::select! {
                biased;
                is_up = changed(&mut self.out) => {
                    if is_up {
                        self.tell_all(ONLINE).await;
                        self.up.send_replace(true);
                    }
                }
                messages = next_commands(&mut self.commands) => self.forward(messages).await,
                wish = self.wished.recv() => match wish {
                    Some(wish) => self.serve(wish).await,
                    None => break,
                },
            }
        }
        if self.is_up() && timeout(GOODBYE_PATIENCE, self.tell_all(OFFLINE)).await.is_err() {
            tracing::warn!(
                client = self.settings.client_id,
                "the broker did not take all good-byes"
            );
        }
        if let Some(out) = self.out.take() {
            out.publisher.close().await;
        }
        if let Some(commands) = self.commands.take() {
            commands.close().await;
        }
    }

    fn is_up(&self) -> bool {
        self.out
            .as_ref()
            .is_some_and(|out| *out.states.borrow() == ConnectionState::Connected)
    }

    async fn serve(&mut self, wish: Wish) {
        match wish {
            Wish::Reading { topic, payload } => {
                // As on the board: a reading that cannot go now is of no use later.
                if self.is_up() {
                    self.publish(&topic, payload, Qos::AtMostOnce, false).await;
                    self.settings.observer.sent();
                } else {
                    self.settings.observer.lost(Loss::NoConnection, 1);
                }
            }
            Wish::Answer { topic, payload } => self.publish(&topic, payload, Qos::AtMostOnce, false).await,
            Wish::Network { place, is_there } => self.set_network(place, is_there).await,
        }
    }

    async fn set_network(&mut self, place: usize, is_there: bool) {
        if let Some(has_network) = self.has_network.get_mut(place) {
            *has_network = is_there;
        }
        if self.settings.members.len() > 1 {
            self.tell(place, if is_there { ONLINE } else { OFFLINE }).await;
        } else if is_there {
            if let Err(error) = self.connect() {
                tracing::error!(%error, "a machine does not come back");
            }
        } else {
            if let Some(out) = self.out.take() {
                out.publisher.sever();
            }
            if let Some(commands) = self.commands.take() {
                commands.sever();
            }
        }
    }

    /// Tells the status of every member that has a network.
    async fn tell_all(&self, status: &'static [u8]) {
        for (place, has_network) in self.has_network.iter().enumerate() {
            if *has_network {
                self.tell(place, status).await;
            }
        }
    }

    async fn tell(&self, place: usize, status: &'static [u8]) {
        let topic = self
            .settings
            .members
            .get(place)
            .and_then(|member| member.status.as_ref());
        if let Some(topic) = topic {
            self.publish(topic, Bytes::from_static(status), Qos::AtLeastOnce, true)
                .await;
        }
    }

    async fn publish(&self, topic: &TopicName, payload: Bytes, qos: Qos, retain: bool) {
        if let Some(out) = &self.out
            && let Err(error) = out.publisher.publish(topic, payload, qos, retain).await
        {
            tracing::error!(%error, client = self.settings.client_id, "a message did not go out");
        }
    }

    /// Hands commands to the plant.
    async fn forward(&self, messages: Vec<Message>) {
        for message in messages {
            let members = self.settings.members.iter();
            let meant = members.filter(|member| {
                let topic = member.commands.as_ref();
                topic.is_some_and(|topic| topic.as_str() == message.topic)
            });
            for member in meant {
                let command = Incoming {
                    machine: member.number,
                    payload: message.payload.clone(),
                };
                // The plant is gone: so is this link soon.
                if self.incoming.send(command).await.is_err() {
                    return;
                }
            }
            message.acknowledgement.acknowledge();
        }
    }
}

/// Waits until the state of the connection is another one; whether it is up then.
async fn changed(out: &mut Option<Out>) -> bool {
    if let Some(out) = out
        && out.states.changed().await.is_ok()
    {
        return *out.states.borrow_and_update() == ConnectionState::Connected;
    }
    std::future::pending().await
}

/// Waits for commands; for ever when there is nothing that brings some.
async fn next_commands(commands: &mut Option<Subscriber>) -> Vec<Message> {
    match commands {
        Some(subscriber) => subscriber.next_batch(16).await,
        None => std::future::pending().await,
    }
}
