//! Counters of each node, whether it is ready, and its tap.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::readiness::Readiness;
use super::tap::Tap;
use super::timing::{Timing, TimingCounts};

/// What went through a node, counted in records.
#[derive(Debug, Default)]
pub struct NodeMetrics {
    received: AtomicU64,
    emitted: AtomicU64,
    dropped: AtomicU64,
    timing: Timing,
    tap: Tap,
    readiness: Readiness,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct NodeCounts {
    /// Records that arrived.
    #[serde(rename = "in")]
    pub received: u64,
    /// Records that went out, over all outputs.
    #[serde(rename = "out")]
    pub emitted: u64,
    /// Records that were dropped before it, by its rule for a full queue.
    pub dropped: u64,
    /// Problems with records.
    pub errors: u64,
}

impl NodeMetrics {
    pub(crate) fn add_received(&self, records: usize) {
        self.received.fetch_add(records as u64, Ordering::Relaxed);
    }

    pub(crate) fn add_emitted(&self, records: usize) {
        self.emitted.fetch_add(records as u64, Ordering::Relaxed);
    }

    pub(crate) fn add_dropped(&self, records: usize) {
        self.dropped.fetch_add(records as u64, Ordering::Relaxed);
    }

    pub(crate) fn add_batch_time(&self, took: Duration) {
        self.timing.add(took);
    }

    /// Where its records can be looked at.
    pub(crate) fn tap(&self) -> &Tap {
        &self.tap
    }

    /// Whether it can do its work.
    pub(crate) fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    pub(crate) fn timing(&self) -> TimingCounts {
        self.timing.counts()
    }

    pub(crate) fn counts(&self, errors: u64) -> NodeCounts {
        NodeCounts {
            received: self.received.load(Ordering::Relaxed),
            emitted: self.emitted.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            errors,
        }
    }
}
