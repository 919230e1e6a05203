//! Receipts: how a source learns that its records are safe.
//!
//! A source gives every batch a receipt. Whoever holds a batch holds a share of it; the last one to let go settles it.
//! A holder that lost the records says so, and the worst word wins. So a sink that keeps a batch until its file is
//! synced delays the acknowledgement without knowing of brokers, and a filter that drops a record settles it by doing
//! nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::passage::Passage;

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Every sink it reached has it safely, or no sink wanted it.
    Done,
    /// Some sink lost it: the source must not acknowledge.
    Failed,
}

/// A share of the responsibility for some records.
#[derive(Clone, Debug, Default)]
pub struct Receipt {
    first: Option<Arc<Share>>,
    /// Of batches that were merged; mostly empty, and then copied for nothing.
    more: Vec<Arc<Share>>,
}

#[derive(Debug)]
struct Share {
    failed: AtomicBool,
    settle: Option<oneshot::Sender<Delivery>>,
    /// Its way through the flow, which ends with this.
    passage: Option<Passage>,
}

impl Drop for Share {
    fn drop(&mut self) {
        let delivery = if *self.failed.get_mut() {
            Delivery::Failed
        } else {
            Delivery::Done
        };
        if let Some(settle) = self.settle.take() {
            // The source may be gone: then nobody needs the answer.
            let _ = settle.send(delivery);
        }
    }
}

impl Receipt {
    /// For records that nobody waits for.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// A receipt and the end at which its source waits.
    #[must_use]
    pub fn issue() -> (Self, oneshot::Receiver<Delivery>) {
        let (settle, settled) = oneshot::channel();
        let share = Share {
            failed: AtomicBool::new(false),
            settle: Some(settle),
            passage: None,
        };
        (Self::of(share), settled)
    }

    fn of(share: Share) -> Self {
        Self {
            first: Some(Arc::new(share)),
            more: Vec::new(),
        }
    }

    fn shares(&self) -> impl Iterator<Item = &Arc<Share>> {
        self.first.iter().chain(&self.more)
    }

    /// The records enter the flow: the passage lasts until this receipt is settled.
    pub(crate) fn enter(&mut self, passage: Passage) {
        // A source that waits has given out no other share yet.
        if let Some(share) = self.first.as_mut().and_then(Arc::get_mut) {
            share.passage = Some(passage);
            return;
        }
        self.join(Self::of(Share {
            failed: AtomicBool::new(false),
            settle: None,
            passage: Some(passage),
        }));
    }

    /// When the oldest of the records entered the flow; nothing for those that no source brought.
    #[must_use]
    pub fn entered(&self) -> Option<Instant> {
        let passages = self.shares().filter_map(|share| share.passage.as_ref());
        passages.map(|passage| passage.entered).min()
    }

    /// Whether a source waits for it.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        self.shares().any(|share| share.settle.is_some())
    }

    /// Marks the records as lost, whatever other holders say.
    pub fn fail(&self) {
        for share in self.shares() {
            share.failed.store(true, Ordering::Release);
        }
    }

    /// Takes over another receipt: both are settled when this one is let go.
    pub fn join(&mut self, other: Receipt) {
        for share in other.first.into_iter().chain(other.more) {
            if self.first.is_none() {
                self.first = Some(share);
            } else if !self.shares().any(|have| Arc::ptr_eq(have, &share)) {
                self.more.push(share);
            }
        }
    }
}
