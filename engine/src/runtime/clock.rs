//! The clock that a flow runs by: the machine's own, or that of a log which is shown again.

use std::time::Duration;

use tokio::time::Instant;

use crate::record::EventTime;

/// What time it is for the records of a flow.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// A time of the log, and when it is shown; nothing for the machine's clock.
    origin: Option<(EventTime, Instant)>,
    rate: f64,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            origin: None,
            rate: 1.0,
        }
    }
}

impl Clock {
    /// A clock that begins at `first` now and goes `rate` times as fast as the machine's.
    #[must_use]
    pub fn replaying(first: EventTime, rate: f64) -> Self {
        Self {
            origin: Some((first, Instant::now())),
            rate,
        }
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> EventTime {
        match self.origin {
            None => EventTime::now(),
            Some((first, begin)) => {
                let passed_us = begin.elapsed().as_secs_f64() * 1e6 * self.rate;
                EventTime(first.0.saturating_add(passed_us as i64))
            }
        }
    }

    /// How often as fast as the machine's clock it goes; nothing when it is the machine's.
    #[must_use]
    pub fn replay_rate(&self) -> Option<f64> {
        self.origin.map(|_| self.rate)
    }

    /// How long a time of this clock takes.
    #[must_use]
    pub fn real(&self, time: Duration) -> Duration {
        Duration::try_from_secs_f64(time.as_secs_f64() / self.rate).unwrap_or(time)
    }

    /// When it is `time` by a clock that replays; now by the machine's.
    #[must_use]
    pub fn instant_of(&self, time: EventTime) -> Instant {
        let Some((first, begin)) = self.origin else {
            return Instant::now();
        };
        let after = Duration::try_from_secs_f64(time.seconds_since(first).max(0.0));
        // Further off than anyone waits.
        let year = Duration::from_secs(365 * 86_400);
        begin + self.real(after.unwrap_or(year)).min(year)
    }
}
