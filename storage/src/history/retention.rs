//! How long what is kept.

use std::time::Duration;

use twinflow_engine::language::Retention;

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

impl Tier {
    /// How long its sums are kept.
    pub const fn kept(self, retention: &Retention) -> Duration {
        match self {
            Self::Second => retention.seconds,
            Self::Minute => retention.minutes,
            Self::Hour => retention.hours,
        }
    }
}

/// A duration in whole milliseconds.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
