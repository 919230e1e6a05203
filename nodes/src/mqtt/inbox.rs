//! Messages between a subscriber's connection and its node.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::qos::Qos;
use super::subscriber::Message;

/// QoS 0 messages that wait for the node before the connection holds back.
const WAITING_MESSAGES_MAX: usize = 1024;
/// The same in bytes of payload, as one picture of a camera weighs as much as ten thousand readings.
const WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What a subscriber had to leave out since it was made.
#[derive(Debug, Default)]
pub struct InboxCounters {
    dropped: AtomicU64,
    too_large: AtomicU64,
}

impl InboxCounters {
    /// QoS 0 messages that were dropped, oldest first, because the node was too slow for too long.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Messages that were left out because their payload is larger than
    /// [`PAYLOAD_BYTES_MAX`](super::PAYLOAD_BYTES_MAX).
    pub fn too_large(&self) -> u64 {
        self.too_large.load(Ordering::Relaxed)
    }

    pub(super) fn count_too_large(&self) {
        self.too_large.fetch_add(1, Ordering::Relaxed);
    }
}

/// A queue with one writer and one reader. Only QoS 0 messages count against its limits: those at QoS 1 are bounded by the
/// broker, which stops when too many are not acknowledged.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    waiting: Mutex<Waiting>,
    arrived: Notify,
    taken: Notify,
    pub(super) counters: Arc<InboxCounters>,
}

#[derive(Debug, Default)]
struct Waiting {
    messages: VecDeque<Message>,
    at_most_once: usize,
    at_most_once_bytes: usize,
}

impl Inbox {
    /// Adds a message; if the inbox is full of QoS 0 messages and this is another one, the oldest of them goes.
    pub(super) fn push(&self, message: Message) {
        let mut waiting = self.lock();
        if message.qos == Qos::AtMostOnce {
            while waiting.is_full() {
                waiting.drop_oldest();
                self.counters.dropped.fetch_add(1, Ordering::Relaxed);
            }
            waiting.at_most_once += 1;
            waiting.at_most_once_bytes += message.payload.len();
        }
        waiting.messages.push_back(message);
        drop(waiting);
        self.arrived.notify_one();
    }

    /// Waits for a message and takes up to `max` that are there. Loses nothing if it is dropped while it waits.
    pub(super) async fn take(&self, max: usize) -> Vec<Message> {
        loop {
            let batch = self.lock().take(max.max(1));
            if !batch.is_empty() {
                self.taken.notify_one();
                return batch;
            }
            self.arrived.notified().await;
        }
    }

    /// Waits until another QoS 0 message fits without one being dropped.
    pub(super) async fn room(&self) {
        while self.lock().is_full() {
            self.taken.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn is_full(&self) -> bool {
        self.at_most_once >= WAITING_MESSAGES_MAX || self.at_most_once_bytes >= WAITING_BYTES_MAX
    }

    fn take(&mut self, max: usize) -> Vec<Message> {
        let count = self.messages.len().min(max);
        let batch: Vec<_> = self.messages.drain(..count).collect();
        batch.iter().for_each(|message| self.count_out(message));
        batch
    }

    fn drop_oldest(&mut self) {
        let oldest = self
            .messages
            .iter()
            .position(|message| message.qos == Qos::AtMostOnce);
        if let Some(message) = oldest.and_then(|index| self.messages.remove(index)) {
            self.count_out(&message);
        }
    }

    fn count_out(&mut self, message: &Message) {
        if message.qos == Qos::AtMostOnce {
            self.at_most_once -= 1;
            self.at_most_once_bytes -= message.payload.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::acknowledgement::Acknowledgement;

    fn message(qos: Qos, payload: Vec<u8>) -> Message {
        Message {
            topic: "plant".to_owned(),
            payload: payload.into(),
            qos,
            retain: false,
            duplicate: false,
            packet_id: None,
            acknowledgement: Acknowledgement::not_needed(),
        }
    }

    fn has_room(inbox: &Inbox) -> bool {
        !inbox.lock().is_full()
    }

    #[tokio::test]
    async fn one_message_comes_at_once_and_many_come_together() {
        let inbox = Inbox::default();
        inbox.push(message(Qos::AtMostOnce, vec![0]));
        assert_eq!(inbox.take(64).await.len(), 1);
        (0..100).for_each(|number| inbox.push(message(Qos::AtLeastOnce, vec![number])));
        assert_eq!(inbox.take(64).await.len(), 64);
        let rest = inbox.take(64).await;
        assert_eq!(
            rest.iter().map(|message| message.payload[0]).collect::<Vec<_>>(),
            (64..100).collect::<Vec<_>>()
        );
    }

    #[tokio::test]
    async fn full_of_qos_0_it_drops_the_oldest_of_them_and_counts() {
        let inbox = Inbox::default();
        inbox.push(message(Qos::AtLeastOnce, b"kept".to_vec()));
        for number in 0..WAITING_MESSAGES_MAX + 2 {
            inbox.push(message(Qos::AtMostOnce, number.to_string().into_bytes()));
        }
        assert_eq!(inbox.counters.dropped(), 2);
        let waiting = inbox.take(usize::MAX).await;
        assert_eq!(waiting.len(), 1 + WAITING_MESSAGES_MAX);
        assert_eq!(
            [&waiting[0].payload[..], &waiting[1].payload[..]],
            [b"kept", &b"2"[..]]
        );
    }

    #[tokio::test]
    async fn large_payloads_fill_it_by_their_bytes() {
        let inbox = Inbox::default();
        for _ in 0..4 {
            assert!(has_room(&inbox));
            inbox.push(message(Qos::AtMostOnce, vec![0; WAITING_BYTES_MAX / 4]));
        }
        assert!(!has_room(&inbox));
        inbox.take(1).await;
        assert!(has_room(&inbox));
    }

    #[tokio::test]
    async fn messages_at_qos_1_are_never_dropped() {
        let inbox = Inbox::default();
        (0..2 * WAITING_MESSAGES_MAX).for_each(|_| inbox.push(message(Qos::AtLeastOnce, Vec::new())));
        assert!(has_room(&inbox));
        assert_eq!(inbox.take(usize::MAX).await.len(), 2 * WAITING_MESSAGES_MAX);
        assert_eq!(inbox.counters.dropped(), 0);
    }
}
