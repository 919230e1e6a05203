//! A schedule at work.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Datelike, Local, TimeZone, Timelike};
use twinflow_engine::node::{Emitter, Memory, Transform};
use twinflow_engine::record::{Batch, Column, EventTime, Key};
use twinflow_engine::schema::Schema;
use twinflow_engine::unit::Unit;

use super::schedule::Schedule;

/// A record that is later than this is of a clock that was set back.
const LATEST_S: f64 = 60.0;

pub(super) struct Aiming {
    pub default: f64,
    pub unit: Unit,
    pub schedule: Schedule,
    /// How far the value goes in a second; nothing where it goes at once.
    pub ramp_per_s: Option<f64>,
    pub schema: Arc<Schema>,
    /// Where the ramp of each machine is.
    pub machines: BTreeMap<Key, Ramp>,
}

/// Where a ramp is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ramp {
    pub time: EventTime,
    pub value: f64,
    /// Whether it differs from what was saved.
    pub is_changed: bool,
}

impl Transform for Aiming {
    fn process(&mut self, batch: Batch, out: &mut Emitter) {
        let rows = batch.times().iter().zip(batch.keys());
        let values: Vec<f64> = rows.map(|(time, key)| self.value(*time, *key)).collect();
        let schema = Arc::clone(&self.schema);
        out.emit(0, batch.extended(&schema, [Column::Number(values)]));
    }

    fn memory(&mut self) -> Option<&mut dyn Memory> {
        Some(self)
    }
}

impl Aiming {
    fn value(&mut self, time: EventTime, key: Key) -> f64 {
        // An instant has exactly one time on the wall, whatever happens to the clocks.
        let local = Local.timestamp_micros(time.0).single();
        let scheduled = local.and_then(|local| self.schedule.at(minute_of_week(&local)));
        let target = scheduled.unwrap_or(self.default);
        let Some(ramp_per_s) = self.ramp_per_s else {
            return target;
        };
        let ramp = self.machines.entry(key).or_insert(Ramp {
            time,
            value: target,
            is_changed: true,
        });
        let passed_s = time.seconds_since(ramp.time);
        let way = ramp_per_s * passed_s.max(0.0);
        ramp.value += (target - ramp.value).clamp(-way, way);
        // A late record gets the value of now, and holds nothing back; unless the machine's clock was set back.
        let is_late = (-LATEST_S..=0.0).contains(&passed_s);
        if !is_late {
            ramp.time = time;
        }
        ramp.is_changed = true;
        ramp.value
    }
}

/// From Monday, 00:00 on.
fn minute_of_week<Zone: TimeZone>(local: &DateTime<Zone>) -> u32 {
    let day = local.weekday().num_days_from_monday();
    (day * 24 + local.hour()) * 60 + local.minute()
}

#[cfg(test)]
mod tests {
    use chrono::FixedOffset;

    use super::*;

    #[test]
    fn a_week_begins_on_monday() {
        let zone = FixedOffset::east_opt(3600).unwrap();
        let at = |day, hour, minute| zone.with_ymd_and_hms(2026, 11, day, hour, minute, 0).unwrap();
        assert_eq!(minute_of_week(&at(23, 0, 0)), 0);
        assert_eq!(minute_of_week(&at(29, 23, 59)), 7 * 24 * 60 - 1);
    }
}
