//! What functions over time remember, as bytes that are saved.

use super::Evaluator;
use super::evaluate::Moment;
use super::program::{OverTime, Program, StatePart};
use crate::node::{Extent, Memory, Restored};
use crate::record::{EventTime, Key};
use crate::unit::Unit;

/// Time in microseconds, last value, sum: eight bytes each, little-endian. The symbol of the unit follows.
const NUMBERS: usize = 24;

impl Memory for Evaluator {
    fn save(&mut self, extent: Extent, save: &mut dyn FnMut(&str, Key, Vec<u8>)) {
        let (program, states) = self.remembered();
        for (part, state) in program.states.iter().zip(states) {
            let keys: Vec<u32> = match extent {
                Extent::Changes => std::mem::take(&mut state.changed),
                Extent::All => (0..u32::try_from(state.by_key.len()).unwrap_or(u32::MAX)).collect(),
            };
            for key in keys {
                let Some(moment) = state.by_key.get_mut(key as usize) else {
                    continue;
                };
                if extent == Extent::Changes {
                    moment.is_changed = false;
                }
                if let Some(bytes) = written(moment, &part.unit) {
                    save(&part.name, Key(key), bytes);
                }
            }
        }
    }

    fn restore(&mut self, part: &str, key: Key, bytes: &[u8]) -> Restored {
        let (program, states) = self.remembered();
        let mut parts = program.states.iter().zip(states);
        let Some((part, state)) = parts.find(|(known, _)| known.name == part) else {
            return Restored::Unknown;
        };
        let Some((moment, restored)) = read(bytes, part) else {
            return Restored::Unknown;
        };
        let at = key.0 as usize;
        if state.by_key.len() <= at {
            state.by_key.resize(at + 1, Moment::default());
        }
        if let Some(place) = state.by_key.get_mut(at) {
            *place = moment;
        }
        restored
    }
}

fn written(moment: &Moment, unit: &Unit) -> Option<Vec<u8>> {
    let (time, value) = moment.last?;
    let mut bytes = Vec::with_capacity(NUMBERS + unit.symbol().len());
    bytes.extend(time.0.to_le_bytes());
    bytes.extend(value.to_le_bytes());
    bytes.extend(moment.sum.to_le_bytes());
    bytes.extend(unit.symbol().as_bytes());
    Some(bytes)
}

fn read(bytes: &[u8], part: &StatePart) -> Option<(Moment, Restored)> {
    let (numbers, symbol) = bytes.split_at_checked(NUMBERS)?;
    let (chunks, _) = numbers.as_chunks::<8>();
    let [time, value, sum] = chunks else { return None };
    let (value, sum) = (f64::from_le_bytes(*value), f64::from_le_bytes(*sum));
    if !(value.is_finite() && sum.is_finite()) {
        return None;
    }
    let symbol = std::str::from_utf8(symbol).ok()?;
    let (value, sum, restored) = if symbol == part.unit.symbol() {
        (value, sum, Restored::Kept)
    } else {
        let unit = Unit::parse(symbol).ok()?;
        let values = unit.conversion_to(&part.unit)?;
        // A sum is of differences: without the offset between °C and °F.
        let sums = unit.difference().conversion_to(&part.unit.difference())?;
        (values.apply(value), sums.apply(sum), Restored::Converted)
    };
    let moment = Moment {
        last: Some((EventTime(i64::from_le_bytes(*time)), value)),
        sum,
        is_changed: false,
    };
    Some((moment, restored))
}

impl Program {
    /// Adds a memory for a function over time in the formula of `value`.
    pub(super) fn add_state(&mut self, value: &str, function: OverTime, unit: Unit) -> usize {
        let word = function.word();
        let first = format!("{value}.{word}");
        let is_taken = |name: &str| self.states.iter().any(|state| state.name == name);
        // A formula may have several, such as `delta(a) / delta(b)`: told apart by their order.
        let mut name = first.clone();
        let mut number = 1;
        while is_taken(&name) {
            number += 1;
            name = format!("{first}.{number}");
        }
        self.states.push(StatePart { name, unit });
        self.states.len() - 1
    }
}
