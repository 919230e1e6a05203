//! A task that runs a tree of transforms, called one after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::mpsc;

use super::metrics::NodeMetrics;
use super::panic::NODE_FAILED;
use super::plan::Target;
use crate::node::{Emitter, MakePart, NodeContext, StartError, Transform};
use crate::record::Batch;

/// Where a batch goes from here.
pub(super) enum Next {
    /// To another transform of this task, by its place in [`Stage::steps`].
    Step(usize, Target),
    /// Into a queue.
    Queue(mpsc::Sender<Batch>, Target),
}

/// One transform of a stage.
pub(super) struct Step {
    pub transform: Box<dyn Transform>,
    pub make: MakePart<dyn Transform>,
    pub context: NodeContext,
    pub metrics: Arc<NodeMetrics>,
    /// By output.
    pub next: Vec<Vec<Next>>,
}

/// A tree of transforms; the first one is its root.
pub(super) struct Stage {
    pub steps: Vec<Step>,
}

impl Stage {
    /// Runs until the queue is closed and empty.
    pub async fn run(mut self, mut queue: mpsc::Receiver<Batch>) {
        let mut outgoing = Vec::new();
        while let Some(batch) = queue.recv().await {
            self.process(batch, &mut outgoing);
            for (sender, batch) in outgoing.drain(..) {
                hand_over(&sender, batch).await;
            }
        }
    }

    /// Takes a batch through all steps, each branch to its end before the next.
    fn process(&mut self, batch: Batch, outgoing: &mut Vec<(mpsc::Sender<Batch>, Batch)>) {
        // Not a recursion: a chain can be longer than a thread's stack is deep.
        let mut waiting = vec![(0, batch)];
        while let Some((at, batch)) = waiting.pop() {
            let Some(step) = self.steps.get_mut(at) else {
                continue;
            };
            let first = waiting.len();
            for (output, batch) in step.process(batch) {
                for next in step.next.get(output).into_iter().flatten() {
                    match next {
                        Next::Step(step, target) => waiting.push((*step, target.adapt(batch.clone()))),
                        Next::Queue(sender, target) => {
                            outgoing.push((sender.clone(), target.adapt(batch.clone())))
                        }
                    }
                }
            }
            if let Some(new) = waiting.get_mut(first..) {
                new.reverse();
            }
        }
    }
}

/// Puts a batch into a queue. One whose task is gone loses it.
pub(super) async fn hand_over(queue: &mpsc::Sender<Batch>, batch: Batch) {
    if let Err(lost) = queue.send(batch).await {
        lost.0.receipt().fail();
    }
}

impl Step {
    /// A transform that panics loses this batch and its state, not the flow.
    pub(super) fn process(&mut self, batch: Batch) -> Vec<(usize, Batch)> {
        self.metrics.add_received(batch.len());
        let receipt = batch.receipt().clone();
        let mut out = Emitter::default();
        let transform = &mut self.transform;
        if catch_unwind(AssertUnwindSafe(|| transform.process(batch, &mut out))).is_err() {
            receipt.fail();
            self.context.problems.report("node failed", NODE_FAILED);
            match (self.make)(&self.context) {
                Ok(fresh) => self.transform = fresh,
                Err(StartError(reason)) => self.context.problems.report("restart failed", reason),
            }
            return Vec::new();
        }
        let emitted = out.take();
        self.metrics
            .add_emitted(emitted.iter().map(|(_, batch)| batch.len()).sum());
        emitted
    }
}
