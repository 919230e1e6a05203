//! A task that runs a tree of transforms, called one after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;
use tokio::time::Instant;

use super::barrier::Barrier;
use super::desk::{Request, next_request};
use super::metrics::NodeMetrics;
use super::order::{Order, Orders, to_leave};
use super::outbox::Outbox;
use super::panic::NODE_FAILED;
use super::plan::Target;
use super::queue::{Item, QueueReceiver, QueueSender};
use super::saver::Saver;
use super::tap::TapPlace;
use crate::node::{
    Emitter, Extent, MakePart, NodeContext, Operation, Rejection, Remembered, StartError, Transform,
    error_batch,
};
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
    /// When it is to tick, if it does; kept when the task is taken apart and put together again.
    pub tick: Option<Tick>,
}

/// A tree of transforms; the first one is its root.
pub(super) struct Stage {
    pub steps: Vec<Step>,
    pub queue: QueueReceiver,
    pub outbox: Outbox,
    pub orders: Orders,
    pub saver: Option<Saver>,
    pub pace: Pace,
    /// The steps that people can operate, by their place in [`Stage::steps`], with where they are asked.
    pub desks: Vec<(usize, Arc<NodeMetrics>)>,
}

/// How long the last item took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pace {
    Quick,
    /// So long that the task's thread could not serve others meanwhile. So is the first, of which nothing is known.
    #[default]
    Slow,
}

/// Work that takes longer than this gives its thread away.
const SLOW: Duration = Duration::from_millis(1);

/// When a step is to tick next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tick {
    interval: Duration,
    at: Instant,
}

impl Tick {
    /// The first one of a transform that wants some.
    pub fn first(transform: &dyn Transform, context: &NodeContext) -> Option<Self> {
        let interval = context.clock.real(transform.tick_interval()?);
        let at = Instant::now() + interval;
        Some(Self { interval, at })
    }
}

/// What a step emitted, by output.
type Emitted = Vec<(usize, Batch)>;

/// A stage that is to hand over waits so long for room in a queue behind it. Then what waits goes over as well.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a stage waited for.
enum Event {
    HandOver,
    Sent,
    Tick,
    Asked(usize, Request),
    Item(Option<Item>),
}

impl Stage {
    /// Runs until the queue is closed and empty, or it is told to hand over: then it takes what is in its queue to its end.
    /// Either way it gives itself back.
    pub async fn run(mut self) -> Option<Self> {
        loop {
            match self.event().await {
                Event::HandOver => {
                    self.empty_queue().await;
                    return Some(self);
                }
                Event::Sent => {}
                Event::Tick => self.tick(),
                Event::Asked(step, request) => self.operate(step, request),
                Event::Item(Some(item)) => {
                    self.take_aside(item);
                    // A queue that never runs empty must not keep the dashboard waiting.
                    match self.pace {
                        Pace::Quick => tokio::task::consume_budget().await,
                        Pace::Slow => tokio::task::yield_now().await,
                    }
                }
                Event::Item(None) => return Some(self),
            }
        }
    }

    /// Saves what its steps remember: after the last barrier, nothing comes any more that would bring another.
    pub fn save(mut self) {
        if let Some(saver) = self.saver.clone().filter(|saver| !saver.gave_up()) {
            let mut remembered = Vec::new();
            for step in &mut self.steps {
                step.remembered(Extent::All, &mut remembered);
            }
            saver.save_later(remembered);
        }
    }

    async fn event(&mut self) -> Event {
        let is_ready = self.outbox.is_empty();
        let tick = self.next_tick();
        // Records go first, so that none that waits counts as missing; but where they flood in, time passes all the same.
        let is_overdue = tick.is_some_and(|tick| tick.at + tick.interval <= Instant::now());
        let tick = tick.map(|tick| tick.at);
        tokio::select! {
            biased;
            Order::HandOver = to_leave(&mut self.orders) => Event::HandOver,
            () = self.outbox.send(), if !is_ready => Event::Sent,
            // Before the records: a stop button must work when they flood in.
            (step, request) = next_request(&self.desks), if is_ready && !self.desks.is_empty() => Event::Asked(step, request),
            item = self.queue.recv(), if is_ready && !is_overdue => Event::Item(item.ok()),
            () = async { match tick { Some(at) => tokio::time::sleep_until(at).await, None => std::future::pending().await } },
                if is_ready => Event::Tick,
        }
    }

    /// The one of its steps' ticks that is due first.
    fn next_tick(&self) -> Option<Tick> {
        let ticks = self.steps.iter().filter_map(|step| step.tick);
        ticks.min_by_key(|tick| tick.at)
    }

    async fn empty_queue(&mut self) {
        while tokio::time::timeout(PATIENCE, self.outbox.send()).await.is_ok() {
            match self.queue.try_recv() {
                Ok(item) => self.take(item),
                Err(_) => break,
            }
        }
    }

    /// Takes an item; while items take long, on a thread from which the runtime has taken all other tasks.
    fn take_aside(&mut self, item: Item) {
        let begin = std::time::Instant::now();
        match self.pace {
            Pace::Slow if has_threads() => tokio::task::block_in_place(|| self.take(item)),
            _ => self.take(item),
        }
        self.pace = if begin.elapsed() < SLOW {
            Pace::Quick
        } else {
            Pace::Slow
        };
    }

    fn take(&mut self, item: Item) {
        match item {
            Item::Batch(batch) => self.process(batch),
            Item::Barrier(barrier) => self.pass_barrier(&barrier),
        }
    }

    /// Lets the barrier collect what the steps remember, and sends it on to all that follow.
    fn pass_barrier(&mut self, barrier: &Barrier) {
        if self.saver.is_some() {
            let remembered = self.remembered();
            barrier.collect(remembered);
        }
        let mut reached: Vec<QueueSender> = Vec::new();
        let outputs = self.steps.iter().flat_map(|step| step.next.iter().flatten());
        for next in outputs {
            if let Next::Queue(queue, _) = next
                && !reached.iter().any(|known| known.is_same(queue))
            {
                reached.push(queue.clone());
                self.outbox.push(queue.clone(), Item::Barrier(barrier.clone()));
            }
        }
    }

    /// What changed in what the steps remember.
    fn remembered(&mut self) -> Vec<Remembered> {
        let mut all = Vec::new();
        for step in &mut self.steps {
            step.remembered(Extent::Changes, &mut all);
        }
        all
    }

    /// Lets every step tick whose time has come. A tick that was missed is not made up for.
    fn tick(&mut self) {
        let now = Instant::now();
        for number in 0..self.steps.len() {
            let Some(step) = self.steps.get_mut(number) else {
                return;
            };
            let Some(tick) = step.tick.as_mut().filter(|tick| tick.at <= now) else {
                continue;
            };
            tick.at = (tick.at + tick.interval).max(now);
            let emitted = step.tick(step.context.clock.now());
            self.pass_on(number, emitted);
        }
    }

    fn operate(&mut self, number: usize, request: Request) {
        let Some(step) = self.steps.get_mut(number) else {
            return;
        };
        let (emitted, answer) = step.operate(&request.operation, step.context.clock.now());
        // Whoever asked may have left.
        let _ = request.answer.send(answer);
        self.pass_on(number, emitted);
    }

    fn process(&mut self, batch: Batch) {
        if let Some(root) = self.steps.first_mut() {
            let emitted = root.process(batch);
            self.pass_on(0, emitted);
        }
    }

    /// Takes what a step emitted through all that follow it, each branch to its end before the next.
    fn pass_on(&mut self, from: usize, emitted: Emitted) {
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
                        Next::Queue(queue, target) => {
                            let item = Item::Batch(target.adapt(batch.clone()));
                            self.outbox.push(queue.clone(), item);
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

/// Whether the runtime has a thread to go on with.
fn has_threads() -> bool {
    let flavour = tokio::runtime::Handle::current().runtime_flavor();
    flavour == tokio::runtime::RuntimeFlavor::MultiThread
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
            // One by one they went through; that it failed is told all the same.
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

    /// Lets the transform do what it is asked.
    pub(super) fn operate(
        &mut self,
        operation: &Operation,
        now: EventTime,
    ) -> (Emitted, Result<Json, String>) {
        let mut answer = Err("it failed, and was made anew".to_owned());
        let emitted = self.call(&Receipt::none(), |transform, out| {
            answer = match transform.operable() {
                Some(operable) => operable.operate(operation, now, out),
                None => Err("it cannot be operated".to_owned()),
            };
        });
        if emitted.is_none() {
            self.context.problems.report("node failed", NODE_FAILED);
        }
        (emitted.unwrap_or_default(), answer)
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
                    self.replace(fresh);
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

    /// Puts another transform in place, which goes on with what the one before remembered.
    fn replace(&mut self, mut fresh: Box<dyn Transform>) {
        let mut all = Vec::new();
        // It may have panicked in the middle of a change: what it cannot tell is lost.
        let _ = catch_unwind(AssertUnwindSafe(|| self.remembered(Extent::All, &mut all)));
        if let Some(memory) = fresh.memory() {
            for Remembered { part, key, bytes, .. } in all {
                if let Some(key) = self.context.keys.intern(&key) {
                    memory.restore(&part, key, &bytes);
                }
            }
        }
        self.transform = fresh;
    }

    /// Adds what the transform remembers.
    pub(super) fn remembered(&mut self, extent: Extent, all: &mut Vec<Remembered>) {
        let (node, keys) = (&self.context.id, &self.context.keys);
        let Some(memory) = self.transform.memory() else {
            return;
        };
        // A memory has few parts.
        let mut parts: Vec<Arc<str>> = Vec::new();
        memory.save(extent, &mut |part, key, bytes| {
            let known = parts.iter().find(|known| &***known == part).cloned();
            let part = known.unwrap_or_else(|| {
                parts.push(part.into());
                part.into()
            });
            all.push(Remembered {
                node: Arc::clone(node),
                part,
                key: keys.name(key),
                bytes,
            });
        });
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
