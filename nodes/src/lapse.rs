//! When what is known of a machine is too old to say anything about its next reading.

use twinflow_engine::record::EventTime;

const LEAST_MICROS: i64 = 60_000_000;

/// How far a reading can be from the newest one, before or behind, and still go on from it.
///
/// A machine that was silent for longer begins anew. So does one whose clock was set back: otherwise a single reading from
/// a wrong year would silence all that follow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lapse(i64);

impl Lapse {
    /// Ten times the time that the node looks back, a minute at least.
    pub fn of(micros: i64) -> Self {
        Self(micros.saturating_mul(10).max(LEAST_MICROS))
    }

    /// Whether a reading at `time` does not go on from one at `newest`.
    pub fn has_passed(self, newest: EventTime, time: EventTime) -> bool {
        time.0.saturating_sub(newest.0).unsigned_abs() > self.0.unsigned_abs()
    }
}
