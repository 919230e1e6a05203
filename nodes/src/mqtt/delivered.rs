//! Which messages were dealt with, so that one whose acknowledgement got lost is not taken for another reading.
//!
//! A broker that did not see the acknowledgement sends the message again under the packet identifier that it had (MQTT 3.1.1,
//! section 4.4), and marks it as a duplicate. So identifier, topic and payload tell which one it is; a new message with all
//! three alike and the mark would have to come within the last few thousand.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::subscriber::Message;

/// What a message is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageId(u64);

impl MessageId {
    /// Of a message at QoS 1.
    #[must_use]
    pub fn of(message: &Message) -> Option<Self> {
        let mut hasher = DefaultHasher::new();
        (message.packet_id?, &message.topic, &message.payload).hash(&mut hasher);
        Some(Self(hasher.finish()))
    }
}

/// More messages than these are not under way between two acknowledgements.
const REMEMBERED: usize = 8192;

/// The messages that were dealt with lastly.
#[derive(Debug, Default)]
pub struct Delivered {
    order: VecDeque<MessageId>,
    ids: HashSet<MessageId>,
}

impl Delivered {
    /// Adds one, and forgets the oldest when there are too many.
    pub fn add(&mut self, id: MessageId) {
        if self.ids.insert(id) {
            self.order.push_back(id);
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }

    /// Whether it is one of them.
    #[must_use]
    pub fn contains(&self, id: MessageId) -> bool {
        self.ids.contains(&id)
    }
}

/// What a source's saved position says: the messages of its last epochs.
#[derive(Debug, Default)]
pub struct Position {
    epochs: VecDeque<Vec<MessageId>>,
    current: Vec<MessageId>,
}

/// As many epochs as may wait for their acknowledgements to reach the broker.
const EPOCHS: usize = 8;

impl Position {
    /// Adds a message to the epoch that is under way.
    pub fn add(&mut self, id: MessageId) {
        self.current.push(id);
    }

    /// Ends the epoch; all epochs that still matter as bytes.
    pub fn end_epoch(&mut self) -> Vec<u8> {
        self.epochs.push_back(std::mem::take(&mut self.current));
        if self.epochs.len() > EPOCHS {
            self.epochs.pop_front();
        }
        let ids = self.epochs.iter().flatten();
        ids.flat_map(|id| id.0.to_le_bytes()).collect()
    }

    /// Takes back what was saved; what it says was delivered.
    pub fn resume(&mut self, bytes: &[u8]) -> Vec<MessageId> {
        let (ids, _) = bytes.as_chunks::<8>();
        let ids: Vec<MessageId> = ids.iter().map(|id| MessageId(u64::from_le_bytes(*id))).collect();
        self.epochs.push_back(ids.clone());
        ids
    }
}
