//! A task that feeds a sink and keeps records unacknowledged until they are safe.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::backoff::Backoff;
use super::error_way::ErrorWay;
use super::metrics::NodeMetrics;
use super::order::{Order, Orders};
use super::panic::{NODE_FAILED, Panicked, caught};
use super::queue::{Item, QueueReceiver};
use crate::node::{MakePart, NodeContext, Rejection, Sink, SinkError, StartError};
use crate::record::{Batch, Receipt};

/// How long a sink may go on trying after the flow was told to stop.
const LAST_TRIES: Duration = Duration::from_secs(3);

pub(super) struct SinkTask {
    /// Nothing while it is to be made.
    pub sink: Option<Box<dyn Sink>>,
    pub make: MakePart<dyn Sink>,
    pub context: NodeContext,
    pub metrics: Arc<NodeMetrics>,
    pub queue: QueueReceiver,
    /// It changes with the flow, while the sink goes on.
    pub errors: watch::Receiver<ErrorWay>,
    pub orders: Orders,
}

/// What became of a batch.
enum Outcome {
    Written,
    Lost,
    /// Someone else keeps it.
    Rejected,
    /// The sink panicked, and what it had written without a flush is lost as well.
    SinkLost,
}

impl SinkTask {
    /// Runs until the queue is closed and empty.
    pub async fn run(mut self) {
        // Written, not yet safe.
        let mut open: Vec<Receipt> = Vec::new();
        let mut due: Option<Instant> = None;
        if self.sink.is_none() {
            self.make_anew().await;
        }
        loop {
            let next = tokio::select! {
                biased;
                () = async { match due { Some(at) => sleep_until(at).await, None => std::future::pending().await } } => {
                    self.flush(&mut open).await;
                    due = None;
                    continue;
                }
                next = self.queue.recv() => next.ok(),
            };
            let batch = match next {
                Some(Item::Batch(batch)) => batch,
                Some(Item::Barrier(barrier)) => {
                    if barrier.is_urgent() {
                        self.flush(&mut open).await;
                        due = None;
                    }
                    continue;
                }
                None => break,
            };
            // A queue that never runs empty must not keep other tasks waiting.
            tokio::task::consume_budget().await;
            self.metrics.add_received(batch.len());
            match self.write(&batch).await {
                Outcome::Written => {
                    self.metrics.add_emitted(batch.len());
                    open.push(batch.receipt().clone());
                    let interval = self.sink.as_ref().map(|sink| sink.flush_interval());
                    due = due.or_else(|| Some(Instant::now() + interval.unwrap_or_default()));
                }
                Outcome::Lost => batch.receipt().fail(),
                Outcome::Rejected => {}
                Outcome::SinkLost => {
                    open.push(batch.receipt().clone());
                    due = None;
                    self.start_afresh(&mut open).await;
                }
            }
        }
        self.flush(&mut open).await;
    }

    async fn write(&mut self, batch: &Batch) -> Outcome {
        let mut tries = Tries::new(&self.orders);
        loop {
            match caught(write(self.sink.as_mut(), batch)).await {
                Ok(Ok(())) => return Outcome::Written,
                Err(Panicked) => return Outcome::SinkLost,
                Ok(Err(SinkError::Never(reason))) => {
                    let errors = self.errors.borrow().clone();
                    if errors.is_open() {
                        let rejected = |row| Rejection::of(batch, row, "not taken", reason.clone());
                        let rejected = (0..batch.len()).map(rejected).collect();
                        errors.send(&self.context, rejected, batch.receipt()).await;
                        return Outcome::Rejected;
                    }
                    self.context.problems.report("records lost", reason);
                    return Outcome::Lost;
                }
                Ok(Err(SinkError::Later(reason))) => {
                    self.context.problems.report("cannot write", reason);
                    if !tries.wait().await {
                        self.context
                            .problems
                            .report("records lost", "the flow ended before they could be written");
                        return Outcome::Lost;
                    }
                }
            }
        }
    }

    /// Makes what was written safe, and lets go of its receipts; when that is given up they fail.
    async fn flush(&mut self, open: &mut Vec<Receipt>) {
        if open.is_empty() {
            return;
        }
        let mut tries = Tries::new(&self.orders);
        loop {
            let reason = match caught(flush(self.sink.as_mut())).await {
                Ok(Ok(())) => break,
                Err(Panicked) => return self.start_afresh(open).await,
                Ok(Err(SinkError::Never(reason))) => {
                    self.context.problems.report("records lost", reason);
                    open.iter().for_each(Receipt::fail);
                    break;
                }
                Ok(Err(SinkError::Later(reason))) => reason,
            };
            self.context.problems.report("cannot write", reason);
            if !tries.wait().await {
                self.context
                    .problems
                    .report("records lost", "the flow ended before they could be written");
                open.iter().for_each(Receipt::fail);
                break;
            }
        }
        open.clear();
    }

    /// After a panic: what was not flushed is lost, and a new sink takes over.
    async fn start_afresh(&mut self, open: &mut Vec<Receipt>) {
        open.iter().for_each(Receipt::fail);
        open.clear();
        self.context.problems.report("node failed", NODE_FAILED);
        self.make_anew().await;
    }

    /// Makes the sink, and tries until that works or the flow has ended.
    async fn make_anew(&mut self) {
        let mut tries = Tries::new(&self.orders);
        loop {
            match (self.make)(&self.context) {
                Ok(fresh) => {
                    self.sink = Some(fresh);
                    return;
                }
                Err(StartError(reason)) => self.context.problems.report("restart failed", reason),
            }
            if !tries.wait().await {
                return;
            }
        }
    }
}

async fn write(sink: Option<&mut Box<dyn Sink>>, batch: &Batch) -> Result<(), SinkError> {
    match sink {
        Some(sink) => sink.write(batch).await,
        None => Err(SinkError::Never("the sink could not be started".to_owned())),
    }
}

async fn flush(sink: Option<&mut Box<dyn Sink>>) -> Result<(), SinkError> {
    match sink {
        Some(sink) => sink.flush().await,
        None => Err(SinkError::Never("the sink could not be started".to_owned())),
    }
}

/// Waits between tries: for ever while the flow runs, for a last while once it is to stop.
struct Tries {
    backoff: Backoff,
    orders: Orders,
}

impl Tries {
    fn new(orders: &Orders) -> Self {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        Self {
            backoff,
            orders: orders.clone(),
        }
    }

    /// Whether to try again.
    async fn wait(&mut self) -> bool {
        let order = *self.orders.borrow();
        if let Order::Stop(stopped) = order {
            let is_left = stopped.elapsed() < LAST_TRIES;
            if is_left {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            return is_left;
        }
        let delay = self.backoff.next_delay();
        tokio::select! {
            _ = self.orders.wait_for(|order| matches!(order, Order::Stop(_))) => {}
            () = tokio::time::sleep(delay) => {}
        }
        true
    }
}
