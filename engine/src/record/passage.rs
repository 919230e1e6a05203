//! The way of a source's records through the flow: when they entered, and how many are still on it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

/// The batches of a source that someone still holds. A batch leaves it when its receipt is settled: every sink has the
/// records safely, or they are given up.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenBatches {
    table: Arc<Mutex<Table>>,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    /// In the order in which they entered: when, and how many records.
    open: BTreeMap<u64, (Instant, u64)>,
}

/// What is open at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OpenRecords {
    /// How many records are on their way.
    pub records: u64,
    /// How long the oldest of them has been.
    pub oldest: std::time::Duration,
}

impl OpenBatches {
    /// Some records that enter now.
    pub fn enter(&self, records: usize) -> Passage {
        let entered = Instant::now();
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let number = table.next;
        table.next += 1;
        table.open.insert(number, (entered, records as u64));
        Passage {
            entered,
            number,
            batches: self.clone(),
        }
    }

    /// What is open now.
    pub fn open(&self) -> OpenRecords {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = table
            .open
            .first_key_value()
            .map(|(_, (entered, _))| entered.elapsed());
        OpenRecords {
            records: table.open.values().map(|(_, records)| records).sum(),
            oldest: oldest.unwrap_or_default(),
        }
    }
}

/// One batch on its way; it is over when this is dropped.
#[derive(Debug)]
pub(crate) struct Passage {
    pub entered: Instant,
    number: u64,
    batches: OpenBatches,
}

impl Drop for Passage {
    fn drop(&mut self) {
        let mut table = self.batches.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.open.remove(&self.number);
    }
}
