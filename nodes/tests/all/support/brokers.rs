//! The brokers that every test of the clients runs against: Mosquitto and the embedded one.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::sync::watch;
use twinflow_nodes::mqtt::{
    BrokerAddress, ConnectOptions, ConnectionState, EmbeddedBroker, LossReason, Message, Publisher, Qos,
    SessionKind, Subscriber, Subscription,
};

use crate::support::mosquitto::Mosquitto;

/// A broker on 127.0.0.1 that lets everyone in.
pub enum Broker {
    Mosquitto(Box<Mosquitto>),
    Embedded(Option<EmbeddedBroker>, u16),
}

impl Broker {
    pub async fn mosquitto() -> Self {
        Self::Mosquitto(Box::new(Mosquitto::start()))
    }

    pub async fn embedded() -> Self {
        let broker = EmbeddedBroker::start(loopback(0), None).await.unwrap();
        let port = broker.local_addr().port();
        Self::Embedded(Some(broker), port)
    }

    pub fn port(&self) -> u16 {
        match self {
            Self::Mosquitto(mosquitto) => mosquitto.port(),
            Self::Embedded(_, port) => *port,
        }
    }

    pub fn options(&self, client_id: &str) -> ConnectOptions {
        ConnectOptions::new(address(self.port()), client_id)
    }

    pub async fn kill(&mut self) {
        match self {
            Self::Mosquitto(mosquitto) => mosquitto.kill(),
            Self::Embedded(broker, _) => broker.take().unwrap().stop().await,
        }
    }

    pub async fn restart(&mut self) {
        match self {
            Self::Mosquitto(mosquitto) => mosquitto.restart(),
            Self::Embedded(broker, port) => {
                *broker = Some(EmbeddedBroker::start(loopback(*port), None).await.unwrap());
            }
        }
    }

    /// A subscriber whose subscription is confirmed.
    pub async fn subscriber(
        &self,
        client_id: &str,
        session: SessionKind,
        filters: &[(&str, Qos)],
    ) -> Subscriber {
        let subscriber =
            Subscriber::connect(&self.options(client_id), session, subscriptions(filters)).unwrap();
        connected(&mut subscriber.states()).await;
        subscriber
    }

    /// A publisher that is connected.
    pub async fn publisher(&self, client_id: &str) -> Publisher {
        let publisher = Publisher::connect(&self.options(client_id), None).unwrap();
        connected(&mut publisher.states()).await;
        publisher
    }
}

/// Runs each of these functions, which take a [`Broker`], as one test a broker.
macro_rules! test_with_each_broker {
    ($($name:ident),* $(,)?) => {
        mod with_mosquitto {
            $(#[tokio::test]
            async fn $name() {
                $crate::support::brokers::in_time(super::$name($crate::support::brokers::Broker::mosquitto().await)).await;
            })*
        }
        mod with_embedded_broker {
            $(#[tokio::test]
            async fn $name() {
                $crate::support::brokers::in_time(super::$name($crate::support::brokers::Broker::embedded().await)).await;
            })*
        }
    };
}
pub(crate) use test_with_each_broker;

/// A test that waits for something that never comes fails instead of hanging.
pub async fn in_time<T>(test: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(120), test)
        .await
        .expect("what the test waits for did not come")
}

pub fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

pub fn address(port: u16) -> BrokerAddress {
    format!("mqtt://127.0.0.1:{port}").parse().unwrap()
}

pub fn subscriptions(filters: &[(&str, Qos)]) -> Vec<Subscription> {
    filters
        .iter()
        .map(|(filter, qos)| Subscription {
            filter: filter.parse().unwrap(),
            qos: *qos,
        })
        .collect()
}

pub async fn connected(states: &mut watch::Receiver<ConnectionState>) {
    states
        .wait_for(|state| *state == ConnectionState::Connected)
        .await
        .unwrap();
}

/// Waits until the connection is lost, and says why.
pub async fn lost(states: &mut watch::Receiver<ConnectionState>) -> LossReason {
    let state = states
        .wait_for(|state| matches!(state, ConnectionState::Lost { .. }))
        .await
        .unwrap()
        .clone();
    match state {
        ConnectionState::Lost { reason, .. } => reason,
        _ => unreachable!("just waited for it"),
    }
}

/// The next `count` messages.
pub async fn receive(subscriber: &mut Subscriber, count: usize) -> Vec<Message> {
    let mut messages = Vec::new();
    while messages.len() < count {
        messages.extend(subscriber.next_batch(count - messages.len()).await);
    }
    messages
}

/// The next `count` payloads as text, each acknowledged at once.
pub async fn receive_texts(subscriber: &mut Subscriber, count: usize) -> Vec<String> {
    let mut texts = Vec::new();
    while texts.len() < count {
        for message in subscriber.next_batch(count - texts.len()).await {
            // At once: Mosquitto sends no more than 20 messages ahead.
            message.acknowledgement.acknowledge();
            texts.push(String::from_utf8(message.payload.to_vec()).unwrap());
        }
    }
    texts
}
