//! The summary of a window that values enter at one end and leave at the other.

use twinflow_engine::record::EventTime;

use super::summary::Summary;

/// A value and when it was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    pub time: EventTime,
    pub value: f64,
}

/// The summary of the window in constant time per value, on average: two stacks.
///
/// The older values have a summary each, of themselves and all older values behind them up to the border; the newer ones
/// share one. When the older are used up, all move over the border at once.
///
/// K. Tangwongsan, M. Hirzel, S. Schneider, Low-Latency Sliding-Window Aggregation in Worst-Case Constant Time, DEBS 2017,
/// where it is the algorithm to compare with.
#[derive(Debug)]
pub(super) struct Sliding {
    /// What times and values are taken from, so that a hair's breadth at a million keeps its digits.
    origin: Sample,
    /// The last one begins with the oldest value.
    older: Vec<Summary>,
    newer: Summary,
    total: Summary,
}

impl Default for Sliding {
    fn default() -> Self {
        Self {
            origin: Sample {
                time: EventTime(0),
                value: 0.0,
            },
            older: Vec::new(),
            newer: Summary::EMPTY,
            total: Summary::EMPTY,
        }
    }
}

impl Sliding {
    /// Adds the newest value.
    pub fn push(&mut self, sample: Sample) {
        if self.total.count == 0.0 {
            self.origin = sample;
        }
        self.newer = self.newer.joined(self.summary(sample));
        self.sum_up();
    }

    /// Takes the oldest value away; `rest` are the values that stay, the oldest first.
    pub fn pop(&mut self, rest: impl DoubleEndedIterator<Item = Sample> + ExactSizeIterator + Clone) {
        if self.older.pop().is_none() {
            self.move_over(rest);
        }
        self.sum_up();
    }

    fn move_over(&mut self, rest: impl DoubleEndedIterator<Item = Sample> + ExactSizeIterator + Clone) {
        self.newer = Summary::EMPTY;
        let middle = rest.clone().nth(rest.len() / 2);
        let ends = (rest.clone().next(), rest.clone().next_back());
        if let ((Some(first), Some(last)), Some(middle)) = (ends, middle) {
            self.origin = Sample {
                time: first.time,
                // A spike among them does not become what all others are taken from.
                value: middle_of(first.value, middle.value, last.value),
            };
        }
        let mut so_far = Summary::EMPTY;
        for sample in rest.rev() {
            so_far = self.summary(sample).joined(so_far);
            self.older.push(so_far);
        }
    }

    fn summary(&self, sample: Sample) -> Summary {
        let seconds = sample.time.seconds_since(self.origin.time);
        Summary::of(seconds, sample.value - self.origin.value, sample.value)
    }

    fn sum_up(&mut self) {
        let older = self.older.last().copied().unwrap_or(Summary::EMPTY);
        self.total = older.joined(self.newer);
    }

    /// The summary of all, and what its values are taken from.
    pub fn total(&self) -> (&Summary, f64) {
        (&self.total, self.origin.value)
    }
}

fn middle_of(a: f64, b: f64, c: f64) -> f64 {
    a.max(b).min(a.min(b).max(c))
}
