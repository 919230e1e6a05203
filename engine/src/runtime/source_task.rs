//! A task that polls a source.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until};

use super::backoff::Backoff;
use super::barrier::Barrier;
use super::epoch::Epochs;
use super::error_way::ErrorWay;
use super::metrics::NodeMetrics;
use super::order::{Order, Orders, to_leave};
use super::outbox::Outbox;
use super::panic::{NODE_FAILED, Panicked, caught};
use super::plan::Target;
use super::queue::{Item, QueueSender};
use crate::node::{MakePart, NodeContext, Source, SourceError};
use crate::record::Batch;

pub(super) struct SourceTask {
    /// Nothing while it is to be made anew.
    pub source: Option<Box<dyn Source>>,
    pub make: MakePart<dyn Source>,
    pub context: NodeContext,
    pub metrics: Arc<NodeMetrics>,
    /// By output.
    pub targets: Vec<(QueueSender, Target)>,
    pub errors: ErrorWay,
    pub outbox: Outbox,
    pub epochs: Epochs,
    pub restart: Restart,
    /// Whether no more will come.
    pub is_exhausted: bool,
    pub orders: Orders,
    /// Dropped when it has sent its last record.
    pub quiet: Option<oneshot::Sender<()>>,
    /// Closed once everything behind the sources has ended.
    pub drained: watch::Receiver<()>,
}

/// When a source that failed is made anew.
pub(super) struct Restart {
    backoff: Backoff,
    at: Option<Instant>,
}

impl Default for Restart {
    fn default() -> Self {
        Self {
            backoff: Backoff::new(Duration::from_millis(250), Duration::from_secs(30)),
            at: None,
        }
    }
}

impl Restart {
    /// Tries after a while.
    pub fn soon(&mut self) {
        self.at = Some(Instant::now() + self.backoff.next_delay());
    }
}

/// What a source waited for.
enum Event {
    Leave(Order),
    Sent,
    EpochEnds,
    Restart,
    Next(Result<Option<Batch>, SourceError>),
}

impl SourceTask {
    /// Polls until told to leave. Told to hand over, it gives itself back; told to stop, it lets the source finish when its
    /// records are settled.
    pub async fn run(mut self) -> Option<Self> {
        loop {
            match self.event().await {
                Event::Leave(Order::HandOver) => return Some(self),
                Event::Leave(_) => break,
                Event::Sent => {}
                Event::EpochEnds => self.end_epoch(),
                Event::Restart => self.make_anew(),
                Event::Next(Ok(Some(batch))) => {
                    self.restart.backoff.reset();
                    self.take(batch);
                    // A source that always has more must not keep other tasks waiting.
                    tokio::task::consume_budget().await;
                }
                Event::Next(Ok(None)) => self.is_exhausted = true,
                Event::Next(Err(SourceError(reason))) => {
                    self.context.problems.report("source failed", reason);
                    self.restart_later();
                }
            }
        }
        self.finish().await;
        None
    }

    async fn event(&mut self) -> Event {
        let restart = self.restart.at;
        let epoch_ends = self.epochs.due();
        let is_ready = self.outbox.is_empty();
        let source = self.source.as_mut().filter(|_| is_ready && !self.is_exhausted);
        tokio::select! {
            biased;
            order = to_leave(&mut self.orders) => Event::Leave(order),
            () = self.outbox.send(), if !is_ready => Event::Sent,
            () = at(epoch_ends), if is_ready => Event::EpochEnds,
            () = at(restart) => Event::Restart,
            result = next(source) => Event::Next(result),
        }
    }

    fn take(&mut self, mut batch: Batch) {
        self.metrics.add_emitted(batch.len());
        let refused = self.source.as_mut().map(|source| source.take_refused());
        self.epochs.add(&mut batch);
        let refused = refused.unwrap_or_default();
        self.errors
            .push(&self.context, refused, batch.receipt(), &mut self.outbox);
        if !batch.is_empty() {
            for (queue, target) in &self.targets {
                let item = Item::Batch(target.adapt(batch.clone()));
                self.outbox.push(queue.clone(), item);
            }
        }
    }

    fn end_epoch(&mut self) {
        let Some(barrier) = self.next_barrier() else {
            return;
        };
        let errors = self.errors.targets.iter();
        let queues = self.targets.iter().chain(errors).map(|(queue, _)| queue);
        let mut reached: Vec<&QueueSender> = Vec::new();
        for queue in queues {
            if !reached.iter().any(|known| known.is_same(queue)) {
                reached.push(queue);
                self.outbox.push(queue.clone(), Item::Barrier(barrier.clone()));
            }
        }
    }

    /// Ends the epoch that is under way; gives the barrier behind it.
    pub fn next_barrier(&mut self) -> Option<Barrier> {
        let position = self.source.as_mut().and_then(|source| source.position());
        self.epochs.end(position)
    }

    fn restart_later(&mut self) {
        self.source = None;
        self.restart.soon();
    }

    fn make_anew(&mut self) {
        self.restart.at = None;
        match (self.make)(&self.context) {
            Ok(fresh) => {
                self.epochs.begin_anew();
                self.source = Some(fresh);
            }
            Err(error) => {
                self.context.problems.report("restart failed", error.to_string());
                self.restart_later();
            }
        }
    }

    /// Lets the source acknowledge its last records, and end.
    pub async fn finish(mut self) {
        self.outbox.send().await;
        self.end_epoch();
        self.outbox.send().await;
        self.targets.clear();
        self.errors = ErrorWay::default();
        self.quiet = None;
        // The sender is only ever dropped: an error is the signal.
        let _ = self.drained.changed().await;
        self.epochs.finish().await;
        if let Some(source) = &mut self.source
            && caught(source.finish()).await.is_err()
        {
            self.context.problems.report("node failed", NODE_FAILED);
        }
    }
}

/// Waits until then; for ever when there is no time.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

async fn next(source: Option<&mut Box<dyn Source>>) -> Result<Option<Batch>, SourceError> {
    match source {
        Some(source) => caught(source.next())
            .await
            .unwrap_or_else(|Panicked| Err(SourceError(NODE_FAILED.to_owned()))),
        None => std::future::pending().await,
    }
}
