//! Receipts: how a source learns that its records are safe.
//!
//! A source gives every batch a receipt. Whoever holds a batch holds a share of it; the last one to let go settles it.
//! A holder that lost the records says so, and the worst word wins. So a sink that keeps a batch until its file is
//! synced delays the acknowledgement without knowing of brokers, and a filter that drops a record settles it by doing
//! nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;

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
    shares: Vec<Arc<Share>>,
}

#[derive(Debug)]
struct Share {
    failed: AtomicBool,
    settle: Option<oneshot::Sender<Delivery>>,
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
        };
        (
            Self {
                shares: vec![Arc::new(share)],
            },
            settled,
        )
    }

    /// Whether a source waits for it.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        !self.shares.is_empty()
    }

    /// Marks the records as lost, whatever other holders say.
    pub fn fail(&self) {
        for share in &self.shares {
            share.failed.store(true, Ordering::Release);
        }
    }

    /// Takes over another receipt: both are settled when this one is let go.
    pub fn join(&mut self, other: Receipt) {
        for share in other.shares {
            if !self.shares.iter().any(|have| Arc::ptr_eq(have, &share)) {
                self.shares.push(share);
            }
        }
    }
}
