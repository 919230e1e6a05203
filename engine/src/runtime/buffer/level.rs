//! How full a buffer is.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::BufferStore;

/// What is in a store, for whoever looks.
#[derive(Debug, Default)]
pub struct BufferGauge {
    records: AtomicU64,
    bytes: AtomicU64,
}

impl BufferGauge {
    /// More is in it.
    pub fn add(&self, records: u64, bytes: u64) {
        self.records.fetch_add(records, Ordering::AcqRel);
        self.bytes.fetch_add(bytes, Ordering::AcqRel);
    }

    /// Less is in it.
    pub fn subtract(&self, records: u64, bytes: u64) {
        self.records.fetch_sub(records, Ordering::AcqRel);
        self.bytes.fetch_sub(bytes, Ordering::AcqRel);
    }
}

/// How full a buffer on disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct BufferDepth {
    /// Records that wait for the sink.
    pub records: u64,
    /// What they take.
    pub bytes: u64,
    /// What they may take.
    pub capacity_bytes: u64,
}

/// A look at a buffer that does not keep its store open.
#[derive(Clone, Debug)]
pub(in crate::runtime) struct BufferLevel {
    capacity: u64,
    opened: Arc<OnceLock<Opened>>,
}

#[derive(Debug)]
struct Opened {
    gauge: Arc<BufferGauge>,
    place: String,
}

impl BufferLevel {
    /// Of a buffer whose store is not open yet.
    pub fn new(capacity: u64) -> Self {
        Self {
            capacity,
            opened: Arc::default(),
        }
    }

    /// The store was opened. It is for good: whoever opens it again has a level of its own.
    pub fn set(&self, store: &dyn BufferStore) {
        self.opened.get_or_init(|| Opened {
            gauge: store.gauge(),
            place: store.place(),
        });
    }

    /// What is in it, of how much; nothing while it is not open.
    pub fn depth(&self) -> BufferDepth {
        let read = |count: fn(&BufferGauge) -> &AtomicU64| {
            let opened = self.opened.get();
            opened.map_or(0, |opened| count(&opened.gauge).load(Ordering::Acquire))
        };
        BufferDepth {
            records: read(|gauge| &gauge.records),
            bytes: read(|gauge| &gauge.bytes),
            capacity_bytes: self.capacity,
        }
    }

    /// Where the records are, if there are any.
    pub fn left(&self) -> Option<BufferLeft> {
        let records = self.depth().records;
        let opened = self.opened.get().filter(|_| records > 0)?;
        Some(BufferLeft {
            records,
            place: opened.place.clone(),
        })
    }
}

/// Records that nothing takes out of their buffer any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BufferLeft {
    /// How many.
    pub records: u64,
    /// Where they are.
    pub place: String,
}
