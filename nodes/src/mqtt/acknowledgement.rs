//! Telling the broker that a message is safe.

use std::collections::VecDeque;

use tokio::sync::mpsc::UnboundedSender;

/// Tells the broker that a message is safe, so that it need not send it again.
///
/// Dropped without [`acknowledge`](Self::acknowledge), the message counts as not handled: the broker sends it again when the
/// session comes back after a break. The acknowledgements of later messages wait for it, as MQTT wants them in the order
/// of the messages (MQTT 3.1.1, section 4.6), until the broker's window of messages under way is full. So call it, too, for a
/// message that could not be handled and never will be.
#[derive(Debug)]
#[must_use = "the broker sends a message again that is not acknowledged"]
pub struct Acknowledgement(Option<(Sequence, UnboundedSender<Sequence>)>);

/// The place of a QoS 1 message among all that came to a subscriber, over all its connections.
pub(super) type Sequence = u64;

impl Acknowledgement {
    /// For a message at QoS 0, which no broker waits for.
    pub(super) fn not_needed() -> Self {
        Self(None)
    }

    pub(super) fn of(sequence: Sequence, acknowledged: UnboundedSender<Sequence>) -> Self {
        Self(Some((sequence, acknowledged)))
    }

    /// Whether the broker waits for it: `true` at QoS 1.
    pub fn is_awaited(&self) -> bool {
        self.0.is_some()
    }

    /// Lets the broker forget the message. Does nothing if the connection the message came by is gone: the broker
    /// sends the message again by the new one.
    pub fn acknowledge(self) {
        if let Some((sequence, acknowledged)) = self.0 {
            // A closed channel means a closed subscriber, which is a connection that is gone.
            let _ = acknowledged.send(sequence);
        }
    }
}

/// The QoS 1 messages of one connection that the broker has no acknowledgement for yet, in order of arrival.
#[derive(Debug, Default)]
pub(super) struct Unacknowledged {
    /// Sequence of the first of `messages`.
    first: Sequence,
    messages: VecDeque<Arrival>,
}

#[derive(Debug)]
struct Arrival {
    packet_id: u16,
    acknowledged: bool,
}

impl Unacknowledged {
    pub(super) fn arrived(&mut self, packet_id: u16) -> Sequence {
        let sequence = self.first + self.messages.len() as Sequence;
        self.messages.push_back(Arrival {
            packet_id,
            acknowledged: false,
        });
        sequence
    }

    pub(super) fn contains(&self, packet_id: u16) -> bool {
        self.messages.iter().any(|arrival| arrival.packet_id == packet_id)
    }

    /// Notes an acknowledgement; one for an earlier connection is ignored.
    pub(super) fn acknowledge(&mut self, sequence: Sequence) {
        let arrival = sequence
            .checked_sub(self.first)
            .and_then(|index| usize::try_from(index).ok())
            .and_then(|index| self.messages.get_mut(index));
        if let Some(arrival) = arrival {
            arrival.acknowledged = true;
        }
    }

    /// Takes the packet id of the oldest message, if it is acknowledged.
    pub(super) fn take_acknowledged(&mut self) -> Option<u16> {
        let arrival = self.messages.pop_front_if(|arrival| arrival.acknowledged)?;
        self.first += 1;
        Some(arrival.packet_id)
    }

    /// Forgets all: the connection they came by is gone.
    pub(super) fn forget(&mut self) {
        self.first += self.messages.len() as Sequence;
        self.messages.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take_all(unacknowledged: &mut Unacknowledged) -> Vec<u16> {
        std::iter::from_fn(|| unacknowledged.take_acknowledged()).collect()
    }

    #[test]
    fn acknowledgements_go_out_in_order_of_arrival() {
        let mut messages = Unacknowledged::default();
        let [a, b, c] = [7, 3, 9].map(|packet_id| messages.arrived(packet_id));
        messages.acknowledge(c);
        messages.acknowledge(b);
        assert_eq!(take_all(&mut messages), [0; 0]);
        messages.acknowledge(a);
        assert_eq!(take_all(&mut messages), [7, 3, 9]);
    }

    #[test]
    fn an_acknowledgement_of_an_earlier_connection_is_ignored() {
        let mut messages = Unacknowledged::default();
        let old = messages.arrived(1);
        messages.forget();
        let new = messages.arrived(1);
        messages.acknowledge(old);
        assert_eq!(take_all(&mut messages), [0; 0]);
        messages.acknowledge(new);
        assert_eq!(take_all(&mut messages), [1]);
    }
}
