//! The side of a buffer that feeds the sink.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::{sleep, sleep_until};

use super::stored::decode;
use super::{BufferEntry, BufferStore};
use crate::node::{NodeContext, Rejection};
use crate::record::{Batch, BatchBuilder, Delivery, Receipt};
use crate::runtime::backoff::Backoff;
use crate::runtime::error_way::ErrorWay;
use crate::runtime::order::{Order, Orders, to_leave};
use crate::runtime::panic::NODE_FAILED;
use crate::runtime::queue::{Item, QueueSender};
use crate::schema::{Schema, merge};

/// How many portions the sink may have at a time: one flush serves all of them.
const UNDER_WAY: usize = 4;
/// How many entries make a portion, at most.
const PORTION: usize = 256;
/// How long the sink may go on taking after the flow was told to stop. The rest stays on disk.
const LAST_PORTIONS: Duration = Duration::from_secs(3);
/// After so many tries a single entry at which the sink fails is given up.
const TRIES: u32 = 3;

/// Takes entries out of the store, hands them to the sink's task, and removes them once they are safe.
pub(in crate::runtime) struct Drain {
    pub store: Arc<dyn BufferStore>,
    pub context: NodeContext,
    /// What the sink takes.
    pub schema: Arc<Schema>,
    /// To the sink's task.
    pub sink: QueueSender,
    /// It changes with the flow, while the sink goes on.
    pub errors: watch::Receiver<ErrorWay>,
    pub more: watch::Receiver<()>,
    pub room: watch::Sender<()>,
    pub orders: Orders,
}

/// A portion that the sink has.
struct Portion {
    first: u64,
    last: u64,
    settled: oneshot::Receiver<Delivery>,
}

/// How far the draining is.
struct Progress {
    /// The last entry that was handed on.
    after: u64,
    /// Up to this entry each is a portion by itself: with one of them the sink failed.
    single_to: u64,
    failures: u32,
    under_way: VecDeque<Portion>,
    /// Whether the store may have entries behind `after`.
    has_more: bool,
    backoff: Backoff,
}

impl Drain {
    /// Runs until no more will come and the store is empty, or the flow has stopped.
    pub async fn run(mut self) {
        let mut progress = Progress {
            after: 0,
            single_to: 0,
            failures: 0,
            under_way: VecDeque::new(),
            has_more: true,
            backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(5)),
        };
        let mut will_grow = true;
        loop {
            self.hand_on(&mut progress).await;
            if !will_grow && !progress.has_more && progress.under_way.is_empty() {
                break;
            }
            let mut orders = self.orders.clone();
            tokio::select! {
                delivery = front(&mut progress.under_way) => {
                    if !self.settle(delivery, &mut progress).await {
                        break;
                    }
                }
                more = self.more.changed(), if will_grow => {
                    will_grow = more.is_ok();
                    progress.has_more = true;
                }
                () = last_portion(&mut orders) => break,
            }
        }
        // The sink ends when it has taken what it has; only then is known what of it is safe.
        drop(self.sink);
        for portion in progress.under_way {
            if portion.settled.await == Ok(Delivery::Done) {
                remove(&*self.store, &self.context, portion.first, portion.last).await;
            }
        }
    }

    fn is_stopping(&self) -> bool {
        matches!(*self.orders.borrow(), Order::Stop(_))
    }

    /// Gives the sink as many portions as it may have.
    async fn hand_on(&self, progress: &mut Progress) {
        while progress.has_more {
            let is_single = progress.after < progress.single_to;
            let (most, portions) = if is_single { (1, 1) } else { (PORTION, UNDER_WAY) };
            if progress.under_way.len() >= portions {
                return;
            }
            let entries = match self.store.read(progress.after, most).await {
                Ok(entries) => entries,
                Err(error) => {
                    self.context
                        .problems
                        .report("buffer unreadable", error.to_string());
                    sleep(progress.backoff.next_delay()).await;
                    if self.is_stopping() {
                        progress.has_more = false;
                    }
                    continue;
                }
            };
            let (Some((first, _)), Some((last, _))) = (entries.first(), entries.last()) else {
                progress.has_more = false;
                return;
            };
            let (first, last) = (*first, *last);
            let (receipt, settled) = Receipt::issue();
            let portion = Portion { first, last, settled };
            if is_single && progress.failures >= TRIES {
                self.give_up(&entries, &receipt).await;
                progress.failures = 0;
            } else {
                let batch = self.batch(&entries, receipt).await;
                if !batch.is_empty() {
                    self.sink.send(Item::Batch(batch)).await;
                }
            }
            progress.after = last;
            progress.under_way.push_back(portion);
        }
    }

    /// The records of some entries as the sink takes them; those that do not fit leave it by the output `error`.
    async fn batch(&self, entries: &[(u64, BufferEntry)], receipt: Receipt) -> Batch {
        let records = entries.iter().map(|(_, entry)| entry.records as usize).sum();
        let mut builder = BatchBuilder::new(Arc::clone(&self.schema), records);
        let mut rejected = Vec::new();
        for stored in self.decoded(entries) {
            match self.adapted(stored) {
                Ok(batch) => {
                    for (row, (time, key)) in batch.times().iter().zip(batch.keys()).enumerate() {
                        let values = (0..self.schema.width()).map(|slot| batch.value(row, slot));
                        builder.push(*time, *key, values);
                    }
                }
                Err(more) => rejected.extend(more),
            }
        }
        let errors = self.errors.borrow().clone();
        errors.send(&self.context, rejected, &receipt).await;
        builder.finish(receipt)
    }

    fn decoded(&self, entries: &[(u64, BufferEntry)]) -> Vec<Batch> {
        let decoded =
            entries
                .iter()
                .filter_map(|(_, entry)| match decode(&entry.bytes, &self.context.keys) {
                    Ok(batch) => Some(batch),
                    Err(error) => {
                        let message =
                            format!("{} records in the buffer cannot be read: {error}", entry.records);
                        self.context.problems.report("buffer damaged", message);
                        None
                    }
                });
        decoded.collect()
    }

    /// Records as the sink takes them now, whatever fields they had when they were written.
    fn adapted(&self, stored: Batch) -> Result<Batch, Vec<Rejection>> {
        if **stored.schema() == *self.schema {
            return Ok(stored);
        }
        let adapters = match merge(&[&self.schema, stored.schema()]) {
            Ok((_, adapters)) => adapters,
            Err(conflicts) => {
                let reasons = conflicts.iter().map(|conflict| {
                    format!(
                        "`{}` is {} now, and was {} when the record was put into the buffer",
                        conflict.name, conflict.first, conflict.second
                    )
                });
                let reason = reasons.collect::<Vec<_>>().join("; ");
                let rows = 0..stored.len();
                let rejected = rows.map(|row| Rejection::of(&stored, row, "does not fit", reason.clone()));
                return Err(rejected.collect());
            }
        };
        let lacks =
            |field: &&crate::schema::Field| !field.optional && stored.schema().slot(&field.name).is_none();
        for field in self.schema.fields().iter().filter(lacks) {
            let message = format!(
                "records that were put into the buffer before the flow was changed have no `{}`",
                field.name
            );
            self.context.problems.report("missing field", message);
        }
        Ok(match adapters.get(1) {
            // It has places for fields that only the stored records have, behind the others: they are left out.
            Some(adapter) => stored.adapted(&self.schema, adapter),
            None => stored,
        })
    }

    /// An entry at which the sink fails again and again.
    async fn give_up(&self, entries: &[(u64, BufferEntry)], receipt: &Receipt) {
        for batch in self.decoded(entries) {
            let rows = 0..batch.len();
            let rejected = rows.map(|row| Rejection::of(&batch, row, "node failed", NODE_FAILED.to_owned()));
            let errors = self.errors.borrow().clone();
            errors.send(&self.context, rejected.collect(), receipt).await;
        }
    }

    /// After the first portion is settled. Tells whether to go on.
    async fn settle(&self, delivery: Delivery, progress: &mut Progress) -> bool {
        let Some(portion) = progress.under_way.pop_front() else {
            return true;
        };
        if delivery == Delivery::Done {
            progress.failures = 0;
            progress.backoff.reset();
            remove(&*self.store, &self.context, portion.first, portion.last).await;
            self.room.send_replace(());
            return true;
        }
        // The sink lost it. Behind it nothing may overtake: all that was handed on since is waited for first.
        let mut last = portion.last;
        for later in std::mem::take(&mut progress.under_way) {
            last = later.last;
            if later.settled.await == Ok(Delivery::Done) {
                remove(&*self.store, &self.context, later.first, later.last).await;
            }
        }
        if self.is_stopping() {
            return false;
        }
        progress.after = portion.first - 1;
        progress.single_to = progress.single_to.max(last);
        progress.failures += 1;
        progress.has_more = true;
        sleep(progress.backoff.next_delay()).await;
        true
    }
}

/// Waits until the first portion is settled; for ever where there is none.
async fn front(under_way: &mut VecDeque<Portion>) -> Delivery {
    match under_way.front_mut() {
        Some(portion) => (&mut portion.settled).await.unwrap_or(Delivery::Failed),
        None => std::future::pending().await,
    }
}

/// Waits until the flow was told to stop, and a while longer.
async fn last_portion(orders: &mut Orders) {
    match to_leave(orders).await {
        Order::Stop(stopped) => sleep_until(stopped + LAST_PORTIONS).await,
        // Sinks are not taken out of their tasks.
        Order::Run | Order::HandOver => std::future::pending().await,
    }
}

/// What cannot be removed goes to the sink once more after the next start.
async fn remove(store: &dyn BufferStore, context: &NodeContext, first: u64, last: u64) {
    if let Err(error) = store.remove(first, last).await {
        context.problems.report("buffer not emptied", error.to_string());
    }
}
