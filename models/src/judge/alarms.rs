//! Faults that are named although nothing is wrong.

use serde::{Deserialize, Serialize};

use super::{Course, PERSISTENCE};
use crate::dataset::Dataset;

const DAY_US: f64 = 86_400e6;

/// Alarms in normal operation. Rows in a row that are given any fault are one alarm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FalseAlarms {
    /// Days of normal operation in the judged rows; holes in the log do not count.
    pub normal_days: f64,
    /// Alarms, single readings included.
    pub every: u64,
    /// Alarms of at least three readings in a row.
    pub persistent: u64,
}

impl FalseAlarms {
    /// Alarms a day, single readings included.
    pub fn every_a_day(&self) -> f64 {
        self.every as f64 / self.normal_days
    }

    /// Alarms a day of at least three readings in a row.
    pub fn persistent_a_day(&self) -> f64 {
        self.persistent as f64 / self.normal_days
    }

    /// Nothing when the judged rows have no normal operation.
    pub(crate) fn count(dataset: &Dataset, course: &Course, named: &[Option<usize>]) -> Option<Self> {
        let normal = dataset.classes().normal_index();
        let mut alarms = FalseAlarms {
            normal_days: 0.0,
            every: 0,
            persistent: 0,
        };
        let mut time_us = 0_i64;
        let is_alarm = |row: &usize| named.get(*row).copied().flatten() != Some(normal);
        for stretch in course
            .stretches(dataset, named)
            .filter(|stretch| stretch.first().is_some_and(|row| dataset.label(*row) == normal))
        {
            for (row, next) in stretch.iter().zip(stretch.iter().skip(1)) {
                let times = dataset.time_us(*row).zip(dataset.time_us(*next));
                let step = times.map_or(0, |(time, next)| next.saturating_sub(time));
                let counted = if course.pace.is_gap(step) {
                    course.pace.step_us
                } else {
                    step
                };
                time_us = time_us.saturating_add(counted);
            }
            // The last row stands for a step as well.
            time_us = time_us.saturating_add(course.pace.step_us);
            for alarm in stretch
                .chunk_by(|row, next| is_alarm(row) == is_alarm(next))
                .filter(|rows| rows.first().is_some_and(is_alarm))
            {
                alarms.every += 1;
                alarms.persistent += u64::from(alarm.len() >= PERSISTENCE);
            }
        }
        alarms.normal_days = time_us as f64 / DAY_US;
        (time_us > 0).then_some(alarms)
    }
}
