//! Counters of each node, whether it is ready, its tap and its desk.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::desk::Desk;
use super::readiness::Readiness;
use super::tap::Tap;
use super::timing::{BOUNDS_S, LATENCY_BOUNDS_S, Timing, TimingCounts};
use crate::record::OpenBatches;

/// What went through a node, counted in records.
#[derive(Debug)]
pub struct NodeMetrics {
    received: AtomicU64,
    emitted: AtomicU64,
    dropped: AtomicU64,
    late: AtomicU64,
    timing: Timing,
    latency: Timing,
    open: OpenBatches,
    tap: Tap,
    readiness: Readiness,
    desk: Desk,
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

impl Default for NodeMetrics {
    fn default() -> Self {
        Self {
            received: AtomicU64::new(0),
            emitted: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            late: AtomicU64::new(0),
            timing: Timing::new(&BOUNDS_S),
            latency: Timing::new(&LATENCY_BOUNDS_S),
            open: OpenBatches::default(),
            tap: Tap::default(),
            readiness: Readiness::default(),
            desk: Desk::default(),
        }
    }
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
        self.timing.add(took, 1);
    }

    /// So many records became safe in a sink, this long after they entered the flow.
    pub(crate) fn add_latency(&self, took: Duration, records: u64) {
        self.latency.add(took, records);
    }

    pub(crate) fn latency(&self) -> TimingCounts {
        self.latency.counts()
    }

    /// The records of a source that are not settled yet.
    pub(crate) fn open(&self) -> &OpenBatches {
        &self.open
    }

    /// So many records of a source were older than one of the same machine before them.
    pub(crate) fn add_late(&self, records: u64) {
        self.late.fetch_add(records, Ordering::Relaxed);
    }

    pub(crate) fn late(&self) -> u64 {
        self.late.load(Ordering::Relaxed)
    }

    /// Where its records can be looked at.
    pub(crate) fn tap(&self) -> &Tap {
        &self.tap
    }

    /// Whether it can do its work.
    pub(crate) fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    /// Where it is asked to do something.
    pub(crate) fn desk(&self) -> &Desk {
        &self.desk
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
