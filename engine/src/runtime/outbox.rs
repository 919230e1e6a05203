//! What a task has to send: waiting for room in a queue can be broken off at any time, and nothing is lost by it.

use std::collections::VecDeque;

use super::queue::{Item, QueueSender};

/// Items on their way into queues, in order.
#[derive(Default)]
pub(super) struct Outbox {
    waiting: VecDeque<(QueueSender, Item)>,
}

impl Outbox {
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn push(&mut self, queue: QueueSender, item: Item) {
        self.waiting.push_back((queue, item));
    }

    /// Sends everything. What is left when the future is dropped stays in the outbox.
    pub async fn send(&mut self) {
        while let Some((queue, item)) = self.waiting.pop_front() {
            let Err(item) = queue.try_send(item) else { continue };
            // Pending, the queue has not taken its copy; ready, the original goes before anything else can happen.
            self.waiting.push_front((queue.clone(), item.clone()));
            queue.send(item).await;
            self.waiting.pop_front();
        }
    }

    /// What is left.
    pub fn take(&mut self) -> impl Iterator<Item = (QueueSender, Item)> + use<> {
        std::mem::take(&mut self.waiting).into_iter()
    }
}
