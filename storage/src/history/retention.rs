//! How long what is kept.

use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// How long readings and their sums are kept. The defaults take some 25 MB for a value that comes five times a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Readings as they came.
    pub readings: Duration,
    /// Least, mean and greatest of each second.
    pub seconds: Duration,
    /// Those of each minute, and the changes of states.
    pub minutes: Duration,
    /// Those of each hour.
    pub hours: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            readings: DAY,
            seconds: 3 * DAY,
            minutes: 366 * DAY,
            hours: 20 * 366 * DAY,
        }
    }
}

/// What readings are summed up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Tier {
    Second,
    Minute,
    Hour,
}

impl Tier {
    pub const ALL: [Self; 3] = [Self::Second, Self::Minute, Self::Hour];

    pub const fn step_ms(self) -> i64 {
        match self {
            Self::Second => 1_000,
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
        }
    }
}

impl Retention {
    pub(super) fn of(&self, tier: Tier) -> Duration {
        match tier {
            Tier::Second => self.seconds,
            Tier::Minute => self.minutes,
            Tier::Hour => self.hours,
        }
    }
}

/// A duration in whole milliseconds.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
