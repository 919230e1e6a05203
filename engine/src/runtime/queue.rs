//! Queues between tasks: bounded, each with its rule for when it is full.

use std::sync::Arc;

use super::metrics::NodeMetrics;
use super::plan::QUEUE_BATCHES;
use super::problems::Problems;
use crate::language::Overflow;
use crate::record::Batch;

/// The end at which batches come out.
pub(super) type QueueReceiver = async_channel::Receiver<Batch>;

/// The end at which batches go in. The queue is closed when all of them are gone.
#[derive(Clone)]
pub(super) struct QueueSender {
    sender: async_channel::Sender<Batch>,
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
    sender: async_channel::WeakSender<Batch>,
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

    /// Puts a batch in. One whose task is gone loses it; one that is dropped to make room counts as delivered, since the flow
    /// asks for that.
    pub async fn send(&self, batch: Batch) {
        let result = match self.overflow {
            Overflow::Block => self.sender.send(batch).await.map(|()| None),
            Overflow::DropOldest | Overflow::Latest => self.sender.force_send(batch),
        };
        match result {
            Ok(None) => {}
            Ok(Some(dropped)) => {
                self.metrics.add_dropped(dropped.len());
                let rule = self.overflow.name();
                let message = format!("they came faster than the node takes them (`overflow: {rule}`)");
                self.problems.report("records dropped", message);
            }
            Err(lost) => lost.0.receipt().fail(),
        }
    }
}
