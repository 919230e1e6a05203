//! A task that runs a tree of transforms, called one after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::metrics::NodeMetrics;
use super::panic::NODE_FAILED;
use super::plan::Target;
use super::queue::{QueueReceiver, QueueSender};
use super::tap::TapPlace;
use crate::node::{Emitter, MakePart, NodeContext, Rejection, StartError, Transform, error_batch};
use crate::record::{Batch, EventTime, Receipt};

/// Where a batch goes from here.
pub(super) enum Next {
    /// To another transform of this task, by its place in [`Stage::steps`].
    Step(usize, Target),
    /// Into a queue.
    Queue(QueueSender, Target),
}

/// One transform of a stage.
pub(super) struct Step {
    pub transform: Box<dyn Transform>,
    pub make: MakePart<dyn Transform>,
    pub context: NodeContext,
    pub metrics: Arc<NodeMetrics>,
    /// By output; the last is the output `error`.
    pub next: Vec<Vec<Next>>,
    /// The number of that output.
    pub error_output: usize,
}

/// A tree of transforms; the first one is its root.
pub(super) struct Stage {
    pub steps: Vec<Step>,
}

/// When a step is to tick next.
struct Tick {
    step: usize,
    interval: Duration,
    at: Instant,
}

/// What a step emitted, by output.
type Emitted = Vec<(usize, Batch)>;
/// What leaves the task, in order.
type Outgoing = Vec<(QueueSender, Batch)>;

impl Stage {
    /// Runs until the queue is closed and empty.
    pub async fn run(mut self, queue: QueueReceiver) {
        let mut outgoing = Vec::new();
        let mut ticks = self.ticks();
        loop {
            let next = ticks.iter().map(|tick| tick.at).min();
            let batch = match next {
                None => queue.recv().await.ok(),
                Some(at) => tokio::select! {
                    batch = queue.recv() => batch.ok(),
                    () = tokio::time::sleep_until(at) => {
                        self.tick(&mut ticks, &mut outgoing);
                        send(&mut outgoing).await;
                        continue;
                    }
                },
            };
            let Some(batch) = batch else { break };
            self.process(batch, &mut outgoing);
            send(&mut outgoing).await;
        }
    }

    fn ticks(&self) -> Vec<Tick> {
        let now = Instant::now();
        let steps = self.steps.iter().enumerate();
        let ticking = steps.filter_map(
            |(
                step,
                Step {
                    transform, context, ..
                },
            )| {
                let interval = context.clock.real(transform.tick_interval()?);
                Some(Tick {
                    step,
                    interval,
                    at: now + interval,
                })
            },
        );
        ticking.collect()
    }

    /// Lets every step tick whose time has come. A tick that was missed is not made up for.
    fn tick(&mut self, ticks: &mut [Tick], outgoing: &mut Outgoing) {
        let now = Instant::now();
        for tick in ticks.iter_mut().filter(|tick| tick.at <= now) {
            tick.at = (tick.at + tick.interval).max(now);
            if let Some(step) = self.steps.get_mut(tick.step) {
                let emitted = step.tick(step.context.clock.now());
                self.pass_on(tick.step, emitted, outgoing);
            }
        }
    }

    fn process(&mut self, batch: Batch, outgoing: &mut Outgoing) {
        if let Some(root) = self.steps.first_mut() {
            let emitted = root.process(batch);
            self.pass_on(0, emitted, outgoing);
        }
    }

    /// Takes what a step emitted through all that follow it, each branch to its end before the next.
    fn pass_on(&mut self, from: usize, emitted: Emitted, outgoing: &mut Outgoing) {
        // Not a recursion: a chain can be longer than a thread's stack is deep.
        let mut waiting = Vec::new();
        let mut done = Some((from, emitted));
        while let Some((at, emitted)) = done {
            let first = waiting.len();
            for (output, batch) in emitted {
                let targets = self.steps.get(at).and_then(|step| step.next.get(output));
                for next in targets.into_iter().flatten() {
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
            done = waiting.pop().and_then(|(at, batch)| {
                let step = self.steps.get_mut(at)?;
                Some((at, step.process(batch)))
            });
        }
    }
}

async fn send(outgoing: &mut Outgoing) {
    for (sender, batch) in outgoing.drain(..) {
        sender.send(batch).await;
    }
}

impl Step {
    /// Takes a batch. Where the transform panics, it is made anew, and takes the records one by one: only those that make it
    /// panic are given up.
    pub(super) fn process(&mut self, batch: Batch) -> Emitted {
        self.metrics.add_received(batch.len());
        if self.error_output == 0 {
            self.metrics.tap().show(TapPlace::Arriving, &batch);
        }
        let receipt = batch.receipt().clone();
        let whole = batch.clone();
        if let Some(emitted) = self.call(&receipt, |transform, out| transform.process(whole, out)) {
            return emitted;
        }
        let mut emitted = Vec::new();
        let mut rejected = Vec::new();
        for row in 0..batch.len() {
            let record = batch.select(&[row]);
            // The only record of a batch has shown what it does.
            let more = match batch.len() {
                1 => None,
                _ => self.call(&receipt, |transform, out| transform.process(record, out)),
            };
            match more {
                Some(more) => emitted.extend(more),
                None => rejected.push(Rejection::of(&batch, row, "node failed", NODE_FAILED.to_owned())),
            }
        }
        if rejected.is_empty() {
            // One by one they went through, but the state of the transform is lost all the same.
            self.context.problems.report("node failed", NODE_FAILED);
        } else if self.next.get(self.error_output).is_none_or(Vec::is_empty) {
            // Nobody keeps them: the source must not acknowledge.
            receipt.fail();
        }
        emitted.extend(self.leaving_by_error(rejected, &receipt));
        emitted
    }

    /// Lets the transform tick.
    pub(super) fn tick(&mut self, now: EventTime) -> Emitted {
        let nobody_waits = Receipt::none();
        let emitted = self.call(&nobody_waits, |transform, out| transform.tick(now, out));
        emitted.unwrap_or_else(|| {
            self.context.problems.report("node failed", NODE_FAILED);
            Vec::new()
        })
    }

    /// What a call of the transform emits; nothing when it panicked, and was made anew.
    fn call(
        &mut self,
        receipt: &Receipt,
        work: impl FnOnce(&mut dyn Transform, &mut Emitter),
    ) -> Option<Emitted> {
        let mut out = Emitter::default();
        let transform = &mut *self.transform;
        let begin = std::time::Instant::now();
        if catch_unwind(AssertUnwindSafe(|| work(transform, &mut out))).is_err() {
            match (self.make)(&self.context) {
                Ok(fresh) => {
                    self.context.readiness.set_up();
                    self.transform = fresh;
                }
                Err(StartError(reason)) => {
                    self.context
                        .readiness
                        .set_down(format!("it failed, and cannot be made anew: {reason}"));
                    self.context.problems.report("restart failed", reason);
                }
            }
            return None;
        }
        self.metrics.add_batch_time(begin.elapsed());
        let mut emitted = out.take();
        self.metrics
            .add_emitted(emitted.iter().map(|(_, batch)| batch.len()).sum());
        for (output, batch) in &emitted {
            self.metrics.tap().show(TapPlace::Output(*output), batch);
        }
        emitted.extend(self.leaving_by_error(out.take_rejected(), receipt));
        Some(emitted)
    }

    fn leaving_by_error(&self, rejected: Vec<Rejection>, receipt: &Receipt) -> Option<(usize, Batch)> {
        if rejected.is_empty() {
            return None;
        }
        for Rejection { refusal, .. } in &rejected {
            self.context.problems.report(refusal.kind, refusal.reason.clone());
        }
        let batch = error_batch(&self.context.id, rejected, receipt.clone());
        self.metrics.tap().show(TapPlace::Error, &batch);
        Some((self.error_output, batch))
    }
}
