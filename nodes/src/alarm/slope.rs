//! How fast a value changes.

use std::collections::VecDeque;
use std::time::Duration;

use twinflow_engine::record::EventTime;

/// So many readings of the time that is looked at are kept: more would not make the slope another.
const KEPT: u32 = 64;

/// The readings of a machine over some time.
#[derive(Clone, Debug, Default)]
pub(super) struct Slope {
    readings: VecDeque<(EventTime, f64)>,
}

impl Slope {
    /// Takes a reading. The change per second since the reading before `over`, or nothing as long as none is that old.
    pub fn add(&mut self, time: EventTime, value: f64, over: Duration) -> Option<f64> {
        let over_s = over.as_secs_f64();
        let age = |reading: &(EventTime, f64)| time.seconds_since(reading.0);
        while self.readings.get(1).is_some_and(|second| age(second) >= over_s) {
            self.readings.pop_front();
        }
        let first = self.readings.front().copied();
        let apart = f64::from(KEPT).recip() * over_s;
        if self.readings.back().is_none_or(|last| age(last) >= apart) {
            self.readings.push_back((time, value));
        }
        let first = first.filter(|first| age(first) >= over_s)?;
        Some((value - first.1) / age(&first))
    }
}
