//! How long things take: a transform for a batch, a record from its source into a sink.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of the buckets of a transform's time, in seconds: each four times the one before, from a microsecond to a second.
pub const BOUNDS_S: [f64; 11] = [
    1e-6, 4e-6, 16e-6, 64e-6, 256e-6, 1.024e-3, 4.096e-3, 16.384e-3, 65.536e-3, 262.144e-3, 1.048_576,
];

/// Those of a record's way into a sink: each four times the one before, from a millisecond to a quarter of an hour.
pub const LATENCY_BOUNDS_S: [f64; 11] = [
    1e-3, 4e-3, 16e-3, 64e-3, 256e-3, 1.024, 4.096, 16.384, 65.536, 262.144, 1048.576,
];

/// A histogram that many threads can add to.
#[derive(Debug)]
pub(crate) struct Timing {
    bounds: &'static [f64; 11],
    /// By bound; the last one has no bound.
    buckets: [AtomicU64; BOUNDS_S.len() + 1],
    sum_ns: AtomicU64,
}

/// A histogram at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct TimingCounts {
    /// How many took at most the bound of the same place, in [`BOUNDS_S`] or [`LATENCY_BOUNDS_S`], and more than the one before; the last
    /// are those that took longer.
    pub buckets: [u64; BOUNDS_S.len() + 1],
    /// How long all took together.
    pub sum: Duration,
}

impl Timing {
    pub fn new(bounds: &'static [f64; 11]) -> Self {
        Self {
            bounds,
            buckets: Default::default(),
            sum_ns: AtomicU64::new(0),
        }
    }

    /// Adds a number of events that took this long each.
    pub fn add(&self, took: Duration, events: u64) {
        let seconds = took.as_secs_f64();
        let bucket = self.bounds.iter().position(|bound| seconds <= *bound);
        if let Some(bucket) = self.buckets.get(bucket.unwrap_or(BOUNDS_S.len())) {
            bucket.fetch_add(events, Ordering::Relaxed);
        }
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let all = nanoseconds.saturating_mul(events);
        self.sum_ns.fetch_add(all, Ordering::Relaxed);
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
