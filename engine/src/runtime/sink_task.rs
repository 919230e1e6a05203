//! A task that feeds a sink and keeps records unacknowledged until they are safe.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::backoff::Backoff;
use super::metrics::NodeMetrics;
use crate::node::{NodeContext, Sink, SinkError};
use crate::record::{Batch, Receipt};

/// How long a sink may go on trying after the flow was told to stop.
const LAST_TRIES: Duration = Duration::from_secs(3);

pub(super) struct SinkTask {
    pub sink: Box<dyn Sink>,
    pub context: NodeContext,
    pub metrics: Arc<NodeMetrics>,
    pub queue: mpsc::Receiver<Batch>,
    /// When the flow was told to stop.
    pub stop: watch::Receiver<Option<Instant>>,
}

/// Whether the sink did what it was asked.
enum Outcome {
    Done,
    GivenUp,
}

impl SinkTask {
    /// Runs until the queue is closed and empty.
    pub async fn run(mut self) {
        // Written, not yet safe.
        let mut open: Vec<Receipt> = Vec::new();
        let mut due: Option<Instant> = None;
        loop {
            let next = tokio::select! {
                biased;
                () = async { match due { Some(at) => sleep_until(at).await, None => std::future::pending().await } } => {
                    self.flush(&mut open).await;
                    due = None;
                    continue;
                }
                next = self.queue.recv() => next,
            };
            let Some(batch) = next else { break };
            self.metrics.add_received(batch.len());
            match self.write(&batch).await {
                Outcome::Done => {
                    self.metrics.add_emitted(batch.len());
                    open.push(batch.receipt().clone());
                    due = due.or_else(|| Some(Instant::now() + self.sink.flush_interval()));
                }
                Outcome::GivenUp => batch.receipt().fail(),
            }
        }
        self.flush(&mut open).await;
    }

    async fn write(&mut self, batch: &Batch) -> Outcome {
        let mut tries = Tries::new(&self.stop);
        loop {
            match self.sink.write(batch).await {
                Ok(()) => return Outcome::Done,
                Err(SinkError::Never(reason)) => {
                    self.context.problems.report("records lost", reason);
                    return Outcome::GivenUp;
                }
                Err(SinkError::Later(reason)) => {
                    self.context.problems.report("cannot write", reason);
                    if !tries.wait().await {
                        self.context
                            .problems
                            .report("records lost", "the flow ended before they could be written");
                        return Outcome::GivenUp;
                    }
                }
            }
        }
    }

    /// Makes what was written safe, and lets go of its receipts; when that is given up they fail.
    async fn flush(&mut self, open: &mut Vec<Receipt>) {
        let mut tries = Tries::new(&self.stop);
        loop {
            let reason = match self.sink.flush().await {
                Ok(()) => break,
                Err(SinkError::Never(reason)) => {
                    self.context.problems.report("records lost", reason);
                    open.iter().for_each(Receipt::fail);
                    break;
                }
                Err(SinkError::Later(reason)) => reason,
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
}

/// Waits between tries: for ever while the flow runs, for a last while once it is to stop.
struct Tries {
    backoff: Backoff,
    stop: watch::Receiver<Option<Instant>>,
}

impl Tries {
    fn new(stop: &watch::Receiver<Option<Instant>>) -> Self {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        Self {
            backoff,
            stop: stop.clone(),
        }
    }

    /// Whether to try again.
    async fn wait(&mut self) -> bool {
        let stopped = *self.stop.borrow();
        if let Some(stopped) = stopped {
            tokio::time::sleep(Duration::from_millis(100)).await;
            return stopped.elapsed() < LAST_TRIES;
        }
        let delay = self.backoff.next_delay();
        tokio::select! {
            _ = self.stop.wait_for(Option::is_some) => {}
            () = tokio::time::sleep(delay) => {}
        }
        true
    }
}
