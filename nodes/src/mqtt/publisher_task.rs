//! What a publisher does with its connection.

use std::collections::VecDeque;

use bytes::Bytes;
use rumqttc::{AsyncClient, Event, Outgoing, Packet};
use tokio::sync::{mpsc, oneshot};

use super::connection::{Role, Verdict};
use super::qos::Qos;
use super::topic::TopicName;

/// Messages under way at a time. Over a link of 10 ms that is 10,000 messages a second.
pub(super) const WINDOW: u16 = 100;

/// Packet ids rumqttc uses in turn, more than messages can be under way, so that no id meets itself.
pub(super) const PACKET_IDS: u16 = 3 * WINDOW;

/// Requests a publisher has under way at most: the window, as much again when it closes, and a DISCONNECT.
pub(super) const REQUESTS_MAX: usize = 2 * WINDOW as usize + 1;

/// What the node wants.
#[derive(Debug)]
pub(super) enum Wish {
    Publish {
        topic: TopicName,
        payload: Bytes,
        qos: Qos,
        retain: bool,
    },
    Flush(oneshot::Sender<()>),
}

pub(super) struct PublisherTask {
    wishes: mpsc::Receiver<Wish>,
    client: Option<AsyncClient>,
    /// Sequence of the first of `under_way`.
    first: u64,
    /// Taken from the node, in order; the first one is not settled.
    under_way: VecDeque<UnderWay>,
    /// Sequences of the messages given to the client that it has not written yet, in order.
    unwritten: VecDeque<u64>,
    /// Who waits for all messages before a sequence.
    flushes: VecDeque<(u64, oneshot::Sender<()>)>,
}

struct UnderWay {
    topic: TopicName,
    payload: Bytes,
    qos: Qos,
    retain: bool,
    progress: Progress,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Waiting,
    /// Written under this packet id, not acknowledged.
    Written(u16),
    Settled,
}

impl PublisherTask {
    pub(super) fn new(wishes: mpsc::Receiver<Wish>) -> Self {
        Self {
            wishes,
            client: None,
            first: 0,
            under_way: VecDeque::new(),
            unwritten: VecDeque::new(),
            flushes: VecDeque::new(),
        }
    }

    fn has_room(&self) -> bool {
        self.under_way.len() < usize::from(WINDOW)
    }

    fn serve(&mut self, wish: Wish) {
        let next = self.first + self.under_way.len() as u64;
        match wish {
            Wish::Publish {
                topic,
                payload,
                qos,
                retain,
            } => {
                let message = UnderWay {
                    topic,
                    payload,
                    qos,
                    retain,
                    progress: Progress::Waiting,
                };
                self.under_way.push_back(message);
                self.send(next);
            }
            Wish::Flush(settled) => {
                self.flushes.push_back((next, settled));
                self.tell_flushed();
            }
        }
    }

    /// Gives the message to the client, if there is one.
    fn send(&mut self, sequence: u64) {
        let Some(client) = self.client.clone() else { return };
        let Some(message) = self.message(sequence) else {
            return;
        };
        let sent = client.try_publish(
            message.topic.as_str(),
            message.qos.to_rumqttc(),
            message.retain,
            message.payload.to_vec(),
        );
        match sent {
            Ok(()) => self.unwritten.push_back(sequence),
            // Neither of the two reasons can be: the topic is checked, and the channel is longer than the window.
            Err(error) => tracing::error!(%error, "a message did not go out"),
        }
    }

    fn message(&mut self, sequence: u64) -> Option<&mut UnderWay> {
        let index = usize::try_from(sequence.checked_sub(self.first)?).ok()?;
        self.under_way.get_mut(index)
    }

    /// The client wrote the oldest message it was given. Packet id 0 is that of QoS 0.
    fn written(&mut self, packet_id: u16) {
        let Some(sequence) = self.unwritten.pop_front() else {
            return;
        };
        if let Some(message) = self.message(sequence) {
            message.progress = match message.qos {
                Qos::AtMostOnce => Progress::Settled,
                Qos::AtLeastOnce => Progress::Written(packet_id),
            };
        }
        self.settle();
    }

    fn acknowledged(&mut self, packet_id: u16) {
        let written = Progress::Written(packet_id);
        if let Some(message) = self
            .under_way
            .iter_mut()
            .find(|message| message.progress == written)
        {
            message.progress = Progress::Settled;
        }
        self.settle();
    }

    fn settle(&mut self) {
        while self
            .under_way
            .pop_front_if(|message| message.progress == Progress::Settled)
            .is_some()
        {
            self.first += 1;
        }
        self.tell_flushed();
    }

    fn tell_flushed(&mut self) {
        while let Some((_, settled)) = self.flushes.pop_front_if(|(until, _)| *until <= self.first) {
            // Who does not wait any longer need not be told.
            let _ = settled.send(());
        }
    }
}

impl Role for PublisherTask {
    fn opened(&mut self, client: AsyncClient) -> Verdict {
        self.client = Some(client);
        for sequence in (self.first..).take(self.under_way.len()) {
            if self
                .message(sequence)
                .is_some_and(|message| message.progress == Progress::Waiting)
            {
                self.send(sequence);
            }
        }
        Verdict::Established
    }

    fn event(&mut self, event: Event) -> Verdict {
        match event {
            Event::Outgoing(Outgoing::Publish(packet_id)) => self.written(packet_id),
            Event::Incoming(Packet::PubAck(answer)) => self.acknowledged(answer.pkid),
            Event::Incoming(_) | Event::Outgoing(_) => {}
        }
        Verdict::Continue
    }

    fn lost(&mut self) {
        self.client = None;
        self.unwritten.clear();
        for message in &mut self.under_way {
            if let Progress::Written(_) = message.progress {
                message.progress = Progress::Waiting;
            }
        }
    }

    async fn room(&self) {
        // Only acknowledgements and answers to pings come in.
    }

    async fn serve_next(&mut self) {
        if !self.has_room() {
            return std::future::pending().await;
        }
        match self.wishes.recv().await {
            Some(wish) => self.serve(wish),
            // The publisher was dropped; the loop learns it by its own channel.
            None => std::future::pending().await,
        }
    }

    fn finish(&mut self) {
        while let Ok(wish) = self.wishes.try_recv() {
            self.serve(wish);
        }
    }

    fn is_settled(&self) -> bool {
        self.under_way.is_empty()
    }

    fn client(&self) -> Option<&AsyncClient> {
        self.client.as_ref()
    }
}
