//! Where a source or a sink sends what it could not take.

use std::sync::Arc;

use super::metrics::NodeMetrics;
use super::plan::Target;
use super::queue::QueueSender;
use super::tap::TapPlace;
use crate::node::{NodeContext, Rejection, error_batch};
use crate::record::Receipt;

/// The output `error` of a node that is a task of its own.
#[derive(Default)]
pub(super) struct ErrorWay {
    pub targets: Vec<(QueueSender, Target)>,
    /// Of the node.
    pub metrics: Arc<NodeMetrics>,
}

impl ErrorWay {
    /// Whether anyone keeps what is sent.
    pub fn is_open(&self) -> bool {
        !self.targets.is_empty()
    }

    /// Counts rejections as problems, and hands them on together with a share of the receipt.
    pub async fn send(&self, context: &NodeContext, rejected: Vec<Rejection>, receipt: &Receipt) {
        if rejected.is_empty() {
            return;
        }
        for Rejection { refusal, .. } in &rejected {
            context.problems.report(refusal.kind, refusal.reason.clone());
        }
        let batch = error_batch(&context.id, rejected, receipt.clone());
        self.metrics.tap().show(TapPlace::Error, &batch);
        for (queue, target) in &self.targets {
            queue.send(target.adapt(batch.clone())).await;
        }
    }
}
