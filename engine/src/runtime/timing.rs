//! How long a transform takes for a batch.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of the buckets, in seconds: each four times the one before, from a microsecond to a second.
pub const BOUNDS_S: [f64; 11] = [
    1e-6, 4e-6, 16e-6, 64e-6, 256e-6, 1.024e-3, 4.096e-3, 16.384e-3, 65.536e-3, 262.144e-3, 1.048_576,
];

/// A histogram that many threads can add to.
#[derive(Debug, Default)]
pub(crate) struct Timing {
    /// By bound; the last one has no bound.
    buckets: [AtomicU64; BOUNDS_S.len() + 1],
    sum_ns: AtomicU64,
}

/// A histogram at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct TimingCounts {
    /// How many batches took at most the bound of the same place in [`BOUNDS_S`] and more than the one before; the last
    /// are those that took longer.
    pub buckets: [u64; BOUNDS_S.len() + 1],
    /// How long all took together.
    pub sum: Duration,
}

impl Timing {
    pub fn add(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        let bucket = BOUNDS_S.iter().position(|bound| seconds <= *bound);
        if let Some(bucket) = self.buckets.get(bucket.unwrap_or(BOUNDS_S.len())) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.sum_ns.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    pub fn counts(&self) -> TimingCounts {
        TimingCounts {
            buckets: std::array::from_fn(|at| {
                let bucket = self.buckets.get(at);
                bucket.map_or(0, |bucket| bucket.load(Ordering::Relaxed))
            }),
            sum: Duration::from_nanos(self.sum_ns.load(Ordering::Relaxed)),
        }
    }
}
