//! What `forecast` remembers over restarts: where each machine's value is, and what its forecasts have taught.

use twinflow_engine::node::{Extent, Memory, Restored};
use twinflow_engine::record::{EventTime, Key};

use super::course::{Course, Noise};
use super::lookahead::Learnt;
use super::run::Forecasting;
use super::trend::Sums;

const VERSION: u8 = 1;
/// Sums, noise, and six of each lookahead.
const NUMBERS: usize = 8 + 2 + 3 * 6;

impl Memory for Forecasting {
    fn save(&mut self, extent: Extent, save: &mut dyn FnMut(&str, Key, Vec<u8>)) {
        for (key, course) in &mut self.courses {
            if extent == Extent::Changes && !std::mem::take(&mut course.is_changed) {
                continue;
            }
            let mut bytes = self.meaning.clone();
            bytes.extend(to_bytes(course));
            save(&self.part, *key, bytes);
        }
    }

    fn restore(&mut self, part: &str, key: Key, bytes: &[u8]) -> Restored {
        let bytes = bytes.strip_prefix(&*self.meaning).filter(|_| part == &*self.part);
        let Some(course) = bytes.and_then(|bytes| self.course(bytes)) else {
            return Restored::Unknown;
        };
        self.courses.insert(key, course);
        Restored::Kept
    }
}

/// What stands before each memory: it says nothing to a node with another field, unit or time.
pub(super) fn meaning(unit: &str, half_life_s: f64, horizon_s: f64) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend(half_life_s.to_le_bytes());
    bytes.extend(horizon_s.to_le_bytes());
    bytes.extend(unit.as_bytes());
    bytes.push(0);
    bytes
}

fn to_bytes(course: &Course) -> Vec<u8> {
    let Sums {
        weight,
        time,
        time_squared,
        value,
        time_value,
        squared_weight,
        squared_time,
        squared_time_squared,
    } = course.sums;
    let sums = [
        weight,
        time,
        time_squared,
        value,
        time_value,
        squared_weight,
        squared_time,
        squared_time_squared,
    ];
    let learnt = course.lookaheads.iter().map(|lookahead| lookahead.learnt);
    let learnt = learnt.flat_map(|learnt| {
        [
            learnt.slope_slope,
            learnt.slope_rest,
            learnt.rest_rest,
            learnt.slope_change,
            learnt.rest_change,
            learnt.width,
        ]
    });
    let noise = [course.noise.weight, course.noise.squares];
    let mut bytes = Vec::with_capacity(20 + 8 * NUMBERS);
    bytes.extend(course.newest.0.to_le_bytes());
    bytes.extend(course.first.0.to_le_bytes());
    bytes.extend(course.readings.to_le_bytes());
    for number in sums.into_iter().chain(noise).chain(learnt) {
        bytes.extend(number.to_le_bytes());
    }
    bytes
}

impl Forecasting {
    /// Nothing for what no course was saved as.
    fn course(&self, bytes: &[u8]) -> Option<Course> {
        let (newest, bytes) = bytes.split_first_chunk::<8>()?;
        let (first, bytes) = bytes.split_first_chunk::<8>()?;
        let (readings, bytes) = bytes.split_first_chunk::<4>()?;
        let (chunks, rest) = bytes.as_chunks::<8>();
        let numbers: &[[u8; 8]; NUMBERS] = chunks.try_into().ok().filter(|_| rest.is_empty())?;
        let numbers = numbers.map(f64::from_le_bytes);
        if !numbers.iter().all(|number| number.is_finite()) {
            return None;
        }
        let [
            weight,
            time,
            time_squared,
            value,
            time_value,
            squared_weight,
            squared_time,
            squared_time_squared,
            noise,
            squares,
            learnt @ ..,
        ] = numbers;
        let mut learnt = learnt.as_chunks::<6>().0.iter().map(|numbers| {
            let [
                slope_slope,
                slope_rest,
                rest_rest,
                slope_change,
                rest_change,
                width,
            ] = *numbers;
            Learnt {
                slope_slope,
                slope_rest,
                rest_rest,
                slope_change,
                rest_change,
                width,
            }
        });
        let learnt = [learnt.next()?, learnt.next()?, learnt.next()?];
        let (newest, first) = (i64::from_le_bytes(*newest), i64::from_le_bytes(*first));
        if weight < 0.0 || noise < 0.0 || squares < 0.0 || first > newest {
            return None;
        }
        let mut course = Course::new(&self.times, EventTime(first)).with(learnt);
        course.newest = EventTime(newest);
        course.readings = u32::from_le_bytes(*readings);
        course.sums = Sums {
            weight,
            time,
            time_squared,
            value,
            time_value,
            squared_weight,
            squared_time,
            squared_time_squared,
        };
        course.noise = Noise {
            weight: noise,
            squares,
        };
        Some(course)
    }
}
