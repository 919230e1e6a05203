//! Where a source or a sink sends what it could not take.

use tokio::sync::mpsc;

use super::plan::Target;
use super::stage_task::hand_over;
use crate::node::{NodeContext, Rejection, error_batch};
use crate::record::{Batch, Receipt};

/// The output `error` of a node that is a task of its own.
#[derive(Default)]
pub(super) struct ErrorWay {
    pub targets: Vec<(mpsc::Sender<Batch>, Target)>,
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
        for (queue, target) in &self.targets {
            hand_over(queue, target.adapt(batch.clone())).await;
        }
    }
}
