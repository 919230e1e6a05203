//! What `setpoint` remembers over restarts: where its ramps are.

use twinflow_engine::node::{Extent, Memory, Restored};
use twinflow_engine::record::{EventTime, Key};
use twinflow_engine::unit::{Conversion, Unit};

use super::running::{Aiming, Ramp};

const PART: &str = "ramp";

impl Memory for Aiming {
    fn save(&mut self, extent: Extent, save: &mut dyn FnMut(&str, Key, Vec<u8>)) {
        for (key, ramp) in &mut self.machines {
            if std::mem::take(&mut ramp.is_changed) || extent == Extent::All {
                let mut bytes = ramp.time.0.to_le_bytes().to_vec();
                bytes.extend(ramp.value.to_le_bytes());
                bytes.extend(self.unit.symbol().as_bytes());
                save(PART, *key, bytes);
            }
        }
    }

    fn restore(&mut self, part: &str, key: Key, bytes: &[u8]) -> Restored {
        let read = (part == PART && self.ramp_per_s.is_some()).then(|| read(bytes, &self.unit));
        let Some((ramp, conversion)) = read.flatten() else {
            return Restored::Unknown;
        };
        self.machines.insert(key, ramp);
        match conversion.is_identity() {
            true => Restored::Kept,
            false => Restored::Converted,
        }
    }
}

/// Time and value, both little-endian, then the unit's symbol.
fn read(bytes: &[u8], unit: &Unit) -> Option<(Ramp, Conversion)> {
    let (time, bytes) = bytes.split_first_chunk::<8>()?;
    let (value, symbol) = bytes.split_first_chunk::<8>()?;
    let symbol = std::str::from_utf8(symbol).ok()?;
    let conversion = match symbol == unit.symbol() {
        true => Conversion::IDENTITY,
        false => Unit::parse(symbol).ok()?.conversion_to(unit)?,
    };
    let value = conversion.apply(f64::from_le_bytes(*value));
    let ramp = Ramp {
        time: EventTime(i64::from_le_bytes(*time)),
        value,
        is_changed: false,
    };
    value.is_finite().then_some((ramp, conversion))
}
