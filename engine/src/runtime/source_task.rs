//! A task that polls a source.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::error_way::ErrorWay;
use super::event_order::EventOrder;
use super::metrics::NodeMetrics;
use super::panic::{NODE_FAILED, Panicked, caught};
use super::plan::Target;
use super::queue::QueueSender;
use super::tap::TapPlace;
use crate::node::{MakePart, NodeContext, Source, SourceError};
use crate::record::Batch;

pub(super) struct SourceTask {
    pub source: Box<dyn Source>,
    pub make: MakePart<dyn Source>,
    pub context: NodeContext,
    pub metrics: Arc<NodeMetrics>,
    /// By output.
    pub targets: Vec<(QueueSender, Target)>,
    pub errors: ErrorWay,
    /// When the flow was told to stop.
    pub stop: watch::Receiver<Option<Instant>>,
    /// Closed once everything behind the sources has ended.
    pub drained: watch::Receiver<()>,
}

impl SourceTask {
    /// Polls until told to stop or the source has no more, then lets it finish when its records are settled.
    pub async fn run(mut self) {
        let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(30));
        let mut order = EventOrder::default();
        loop {
            let result = tokio::select! {
                biased;
                _ = self.stop.wait_for(Option::is_some) => break,
                result = caught(self.source.next()) => result,
            };
            match result.unwrap_or_else(|Panicked| Err(SourceError(NODE_FAILED.to_owned()))) {
                Ok(Some(mut batch)) => {
                    backoff.reset();
                    batch.enter(self.metrics.open().enter(batch.len()));
                    self.metrics.add_late(order.count_late(&batch));
                    self.metrics.add_emitted(batch.len());
                    // A source has one output.
                    self.metrics.tap().show(TapPlace::Output(0), &batch);
                    let refused = self.source.take_refused();
                    self.errors.send(&self.context, refused, batch.receipt()).await;
                    if !batch.is_empty() {
                        send(&self.targets, &batch).await;
                    }
                }
                Ok(None) => break,
                Err(SourceError(reason)) => {
                    self.context.readiness.set_down(format!("it failed: {reason}"));
                    self.context.problems.report("source failed", reason);
                    if !self.restart(&mut backoff).await {
                        break;
                    }
                }
            }
        }
        // Closing the queues lets the stages run empty.
        self.targets.clear();
        self.errors = ErrorWay::default();
        // The sender is only ever dropped: an error is the signal.
        let _ = self.drained.changed().await;
        if caught(self.source.finish()).await.is_err() {
            self.context.problems.report("node failed", NODE_FAILED);
        }
    }

    /// Makes the source anew after a while; false when told to stop meanwhile.
    async fn restart(&mut self, backoff: &mut Backoff) -> bool {
        loop {
            tokio::select! {
                biased;
                _ = self.stop.wait_for(Option::is_some) => return false,
                () = tokio::time::sleep(backoff.next_delay()) => {}
            }
            match (self.make)(&self.context) {
                Ok(fresh) => {
                    self.context.readiness.set_up();
                    self.source = fresh;
                    return true;
                }
                Err(error) => self.context.problems.report("restart failed", error.to_string()),
            }
        }
    }
}

async fn send(targets: &[(QueueSender, Target)], batch: &Batch) {
    for (queue, target) in targets {
        queue.send(target.adapt(batch.clone())).await;
    }
}
