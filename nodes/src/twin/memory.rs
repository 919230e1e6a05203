//! What `twin` remembers over restarts: where each machine's model is.

use twinflow_engine::node::{Extent, Memory, Restored};
use twinflow_engine::record::{EventTime, Key};
use twinflow_plant::Twin;

use super::run::{Machine, Twinning};

/// Says what the bytes mean: the fan's model, first version.
const PART: &str = "fan.1";

impl Memory for Twinning {
    fn save(&mut self, extent: Extent, save: &mut dyn FnMut(&str, Key, Vec<u8>)) {
        for (key, machine) in &mut self.machines {
            if extent == Extent::Changes && !std::mem::take(&mut machine.is_changed) {
                continue;
            }
            let Some(newest) = machine.newest else { continue };
            let mut bytes = newest.0.to_le_bytes().to_vec();
            for number in machine.twin.to_numbers() {
                bytes.extend(number.to_le_bytes());
            }
            save(PART, *key, bytes);
        }
    }

    fn restore(&mut self, part: &str, key: Key, bytes: &[u8]) -> Restored {
        let Some(machine) = (part == PART).then(|| read(bytes)).flatten() else {
            return Restored::Unknown;
        };
        self.machines.insert(key, machine);
        Restored::Kept
    }
}

fn read(bytes: &[u8]) -> Option<Machine> {
    let (time, numbers) = bytes.split_first_chunk::<8>()?;
    if numbers.len() != 4 * Twin::NUMBERS {
        return None;
    }
    let mut twin = [0.0; Twin::NUMBERS];
    for (number, bytes) in twin.iter_mut().zip(numbers.chunks_exact(4)) {
        *number = f32::from_le_bytes(bytes.try_into().ok()?);
    }
    Some(Machine {
        twin: Twin::from_numbers(twin)?,
        newest: Some(EventTime(i64::from_le_bytes(*time))),
        is_changed: false,
    })
}
