//! How long records take from their source until a sink has them safe.

use tokio::time::Instant;

use super::metrics::NodeMetrics;
use crate::record::Batch;

/// What a sink wrote and has not made safe yet.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// When the oldest of each batch entered the flow, and how many records it has.
    batches: Vec<(Instant, u64)>,
}

impl Written {
    /// A batch was written.
    pub fn add(&mut self, batch: &Batch) {
        // Records that a timer made up did not enter.
        let entered = batch.receipt().entered();
        self.batches
            .extend(entered.map(|entered| (entered, batch.len() as u64)));
    }

    /// All of it is safe now.
    pub fn safe(&mut self, metrics: &NodeMetrics) {
        for (entered, records) in self.batches.drain(..) {
            metrics.add_latency(entered.elapsed(), records);
        }
    }

    /// None of it is.
    pub fn lost(&mut self) {
        self.batches.clear();
    }
}
