//! What a subscriber does with its connection.

use std::sync::Arc;
use std::time::Duration;

use rumqttc::{
    AsyncClient, Event, Packet, Publish, QoS, SubAck, SubscribeFilter, SubscribeReasonCode, mqttbytes,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::{Instant, timeout_at};

use super::PAYLOAD_BYTES_MAX;
use super::acknowledgement::{Acknowledgement, Sequence, Unacknowledged};
use super::connection::{Role, Verdict};
use super::inbox::Inbox;
use super::qos::Qos;
use super::subscriber::{Message, Subscription};

/// Requests a subscriber has under way at most: one acknowledgement for every packet id, one SUBSCRIBE, one UNSUBSCRIBE,
/// one DISCONNECT.
pub(super) const REQUESTS_MAX: usize = u16::MAX as usize + 3;

/// A topic nobody subscribes to. No packet answers an acknowledgement, so the answer to an UNSUBSCRIBE behind the last
/// one tells that the broker has seen it.
const LAST_QUESTION: &str = "twinflow/closing";

pub(super) struct SubscriberTask {
    subscriptions: Vec<Subscription>,
    inbox: Arc<Inbox>,
    acknowledged: UnboundedSender<Sequence>,
    acknowledgements: UnboundedReceiver<Sequence>,
    unacknowledged: Unacknowledged,
    client: Option<AsyncClient>,
    keep_alive: Duration,
    /// Until when the connection may hold back without danger to the keep-alive.
    hold_back_until: Instant,
    last_question_answered: bool,
}

impl SubscriberTask {
    pub(super) fn new(
        subscriptions: Vec<Subscription>,
        inbox: Arc<Inbox>,
        (acknowledged, acknowledgements): (UnboundedSender<Sequence>, UnboundedReceiver<Sequence>),
        keep_alive: Duration,
    ) -> Self {
        Self {
            subscriptions,
            inbox,
            acknowledged,
            acknowledgements,
            unacknowledged: Unacknowledged::default(),
            client: None,
            keep_alive,
            hold_back_until: Instant::now(),
            last_question_answered: false,
        }
    }

    /// The broker answered, so the next ping is a keep-alive away. Holding back takes the first half of that; in the
    /// second half all that lies in the socket is read, so that the answer to the next ping is not stuck behind it.
    fn heard_from_broker(&mut self) {
        self.hold_back_until = Instant::now() + self.keep_alive / 2;
    }

    fn receive(&mut self, publish: Publish) {
        let qos = match publish.qos {
            QoS::AtMostOnce => Qos::AtMostOnce,
            // A broker delivers with the QoS it was asked for at most, so there is no QoS 2 here.
            QoS::AtLeastOnce | QoS::ExactlyOnce => Qos::AtLeastOnce,
        };
        let sequence = match qos {
            Qos::AtMostOnce => None,
            // Some brokers repeat a message that is not acknowledged after a while, without a break.
            Qos::AtLeastOnce if publish.dup && self.unacknowledged.contains(publish.pkid) => return,
            Qos::AtLeastOnce => Some(self.unacknowledged.arrived(publish.pkid)),
        };
        if let Some(reason) = self.reason_to_leave_out(&publish) {
            tracing::debug!(
                topic = publish.topic,
                bytes = publish.payload.len(),
                "left out: {reason}"
            );
            // Acknowledged, or the broker would send it again for ever.
            sequence
                .into_iter()
                .for_each(|sequence| self.acknowledge(sequence));
            return;
        }
        let acknowledgement = match sequence {
            None => Acknowledgement::not_needed(),
            Some(sequence) => Acknowledgement::of(sequence, self.acknowledged.clone()),
        };
        self.inbox.push(Message {
            topic: publish.topic,
            payload: publish.payload,
            qos,
            retain: publish.retain,
            duplicate: publish.dup,
            packet_id: sequence.map(|_| publish.pkid),
            acknowledgement,
        });
    }

    fn reason_to_leave_out(&self, publish: &Publish) -> Option<&'static str> {
        if publish.payload.len() > PAYLOAD_BYTES_MAX {
            self.inbox.counters.count_too_large();
            return Some("the payload is too large");
        }
        // A persistent session remembers what an earlier version of the flow subscribed to.
        let wanted = self
            .subscriptions
            .iter()
            .any(|wanted| wanted.filter.matches(&publish.topic));
        (!wanted).then_some("no longer subscribed to")
    }

    fn acknowledge(&mut self, sequence: Sequence) {
        self.unacknowledged.acknowledge(sequence);
        let Some(client) = &self.client else { return };
        while let Some(packet_id) = self.unacknowledged.take_acknowledged() {
            let mut publish = Publish::new("", QoS::AtLeastOnce, []);
            publish.pkid = packet_id;
            if let Err(error) = client.try_ack(&publish) {
                tracing::error!(%error, packet_id, "an acknowledgement did not go out");
            }
        }
    }

    fn subscribed(&self, answer: &SubAck) -> Verdict {
        let refused = self
            .subscriptions
            .iter()
            .zip(&answer.return_codes)
            .find(|(_, code)| matches!(code, SubscribeReasonCode::Failure));
        match refused {
            None => Verdict::Established,
            Some((subscription, _)) => Verdict::SubscriptionRefused(subscription.filter.to_string()),
        }
    }
}

impl Role for SubscriberTask {
    fn opened(&mut self, client: AsyncClient) -> Verdict {
        self.heard_from_broker();
        let filters = self.subscriptions.iter().map(|subscription| {
            let qos: mqttbytes::QoS = subscription.qos.to_rumqttc();
            SubscribeFilter::new(subscription.filter.to_string(), qos)
        });
        if let Err(error) = client.try_subscribe_many(filters) {
            tracing::error!(%error, "a subscription did not go out");
        }
        self.client = Some(client);
        Verdict::Continue
    }

    fn event(&mut self, event: Event) -> Verdict {
        match event {
            Event::Incoming(Packet::Publish(publish)) => self.receive(publish),
            Event::Incoming(Packet::SubAck(answer)) => return self.subscribed(&answer),
            Event::Incoming(Packet::UnsubAck(_)) => self.last_question_answered = true,
            Event::Incoming(Packet::PingResp) => self.heard_from_broker(),
            Event::Incoming(_) | Event::Outgoing(_) => {}
        }
        Verdict::Continue
    }

    fn lost(&mut self) {
        self.client = None;
        self.unacknowledged.forget();
    }

    async fn room(&self) {
        // Out of time, the inbox makes room itself: it drops the oldest.
        let _ = timeout_at(self.hold_back_until, self.inbox.room()).await;
    }

    async fn serve_next(&mut self) {
        // The sender in `self` keeps the channel open.
        if let Some(sequence) = self.acknowledgements.recv().await {
            self.acknowledge(sequence);
        }
    }

    fn finish(&mut self) {
        while let Ok(sequence) = self.acknowledgements.try_recv() {
            self.acknowledge(sequence);
        }
        if let Some(client) = &self.client
            && let Err(error) = client.try_unsubscribe(LAST_QUESTION)
        {
            tracing::error!(%error, "the end of a subscription did not go out");
        }
    }

    fn is_settled(&self) -> bool {
        self.last_question_answered
    }

    fn client(&self) -> Option<&AsyncClient> {
        self.client.as_ref()
    }
}
