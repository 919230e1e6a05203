//! Queues between tasks: bounded, each with its rule for when it is full.

use std::sync::Arc;

use super::barrier::Barrier;
use super::metrics::NodeMetrics;
use super::plan::QUEUE_BATCHES;
use super::problems::Problems;
use crate::language::Overflow;
use crate::record::Batch;

/// What travels through a queue.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Batch(Batch),
    Barrier(Barrier),
}

/// The end at which items come out.
pub(super) type QueueReceiver = async_channel::Receiver<Item>;

/// The end at which items go in.
#[derive(Clone)]
pub(super) struct QueueSender {
    sender: async_channel::Sender<Item>,
    overflow: Overflow,
    metrics: Arc<NodeMetrics>,
    problems: Problems,
}

/// A queue before the node whose counters and problems these are.
pub(super) fn queue(
    overflow: Overflow,
    metrics: Arc<NodeMetrics>,
    problems: Problems,
) -> (QueueSender, QueueReceiver) {
    let batches = match overflow {
        Overflow::Block | Overflow::DropOldest => QUEUE_BATCHES,
        Overflow::Latest => 1,
    };
    let (sender, receiver) = async_channel::bounded(batches);
    let sender = QueueSender {
        sender,
        overflow,
        metrics,
        problems,
    };
    (sender, receiver)
}

/// How full a queue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueDepth {
    /// Batches that wait.
    pub waiting: u64,
    /// Batches that can wait.
    pub capacity: u64,
}

/// A look at a queue that does not keep it open.
#[derive(Clone, Debug)]
pub(super) struct QueueGauge {
    sender: async_channel::WeakSender<Item>,
    capacity: u64,
}

impl QueueGauge {
    /// How full it is; empty once it is closed.
    pub fn depth(&self) -> QueueDepth {
        let waiting = self.sender.upgrade().map_or(0, |sender| sender.len());
        QueueDepth {
            waiting: waiting as u64,
            capacity: self.capacity,
        }
    }
}

impl QueueSender {
    /// A look at the queue.
    pub fn gauge(&self) -> QueueGauge {
        QueueGauge {
            sender: self.sender.downgrade(),
            capacity: self.sender.capacity().unwrap_or(QUEUE_BATCHES) as u64,
        }
    }

    /// Whether both lead into one queue.
    pub fn is_same(&self, other: &Self) -> bool {
        self.sender.same_channel(&other.sender)
    }

    /// Takes no more items; those that are in it can still be taken out.
    pub fn close(&self) {
        self.sender.close();
    }

    /// Puts an item in at once, and gives it back when it has to wait for room.
    ///
    /// A queue whose task is gone loses its batch. A batch that is dropped to make room counts as delivered, since the
    /// flow asks for that.
    pub fn try_send(&self, item: Item) -> Result<(), Item> {
        let result = match (self.overflow, item) {
            (Overflow::Block, item) => match self.sender.try_send(item) {
                Ok(()) => return Ok(()),
                Err(async_channel::TrySendError::Full(item)) => return Err(item),
                Err(async_channel::TrySendError::Closed(item)) => Err(item),
            },
            // No record makes room for a barrier: nodes behind it are asked again by the next.
            (_, item @ Item::Barrier(_)) => {
                let _ = self.sender.try_send(item);
                return Ok(());
            }
            (_, item) => self.sender.force_send(item).map_err(|lost| lost.0),
        };
        match result {
            Ok(Some(Item::Batch(dropped))) => {
                self.metrics.add_dropped(dropped.len());
                let rule = self.overflow.name();
                let message = format!("they came faster than the node takes them (`overflow: {rule}`)");
                self.problems.report("records dropped", message);
            }
            Ok(None | Some(Item::Barrier(_))) | Err(Item::Barrier(_)) => {}
            Err(Item::Batch(lost)) => lost.receipt().fail(),
        }
        Ok(())
    }

    /// Puts an item in, and waits for room where that is the queue's rule.
    pub async fn send(&self, item: Item) {
        if let Err(item) = self.try_send(item)
            && let Err(async_channel::SendError(Item::Batch(lost))) = self.sender.send(item).await
        {
            lost.receipt().fail();
        }
    }
}
