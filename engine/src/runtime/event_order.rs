//! Records that come in another order than they were measured.

use crate::record::{Batch, EventTime};

/// The newest event time of each machine, at a source.
#[derive(Debug, Default)]
pub(super) struct EventOrder {
    /// By key, whose numbers are dense.
    newest: Vec<EventTime>,
}

impl EventOrder {
    /// How many records of the batch are older than one of the same machine that came before.
    pub fn count_late(&mut self, batch: &Batch) -> u64 {
        let mut late = 0;
        for (time, key) in batch.times().iter().zip(batch.keys()) {
            let at = key.0 as usize;
            if at >= self.newest.len() {
                self.newest.resize(at + 1, EventTime(i64::MIN));
            }
            if let Some(newest) = self.newest.get_mut(at) {
                if time < newest {
                    late += 1;
                } else {
                    *newest = *time;
                }
            }
        }
        late
    }
}
