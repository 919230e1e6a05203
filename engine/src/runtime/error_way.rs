//! Where a source or a sink sends what it could not take.

use super::outbox::Outbox;
use super::plan::Target;
use super::queue::{Item, QueueSender};
use crate::node::{NodeContext, Rejection, error_batch};
use crate::record::{Batch, Receipt};

/// The output `error` of a node that is a task of its own.
#[derive(Clone, Default)]
pub(super) struct ErrorWay {
    pub targets: Vec<(QueueSender, Target)>,
}

impl ErrorWay {
    /// Whether anyone keeps what is sent.
    pub fn is_open(&self) -> bool {
        !self.targets.is_empty()
    }

    /// Counts rejections as problems, and hands them on together with a share of the receipt.
    pub async fn send(&self, context: &NodeContext, rejected: Vec<Rejection>, receipt: &Receipt) {
        if let Some(batch) = letter(context, rejected, receipt) {
            for (queue, target) in &self.targets {
                queue.send(Item::Batch(target.adapt(batch.clone()))).await;
            }
        }
    }

    /// Counts rejections likewise, and puts them among what is to be sent.
    pub fn push(
        &self,
        context: &NodeContext,
        rejected: Vec<Rejection>,
        receipt: &Receipt,
        outbox: &mut Outbox,
    ) {
        if let Some(batch) = letter(context, rejected, receipt) {
            for (queue, target) in &self.targets {
                outbox.push(queue.clone(), Item::Batch(target.adapt(batch.clone())));
            }
        }
    }
}

fn letter(context: &NodeContext, rejected: Vec<Rejection>, receipt: &Receipt) -> Option<Batch> {
    if rejected.is_empty() {
        return None;
    }
    for Rejection { refusal, .. } in &rejected {
        context.problems.report(refusal.kind, refusal.reason.clone());
    }
    Some(error_batch(&context.id, rejected, receipt.clone()))
}
