//! What `interlock` remembers over restarts: which trips are active, by their names.

use twinflow_engine::node::{Extent, Memory, Restored};
use twinflow_engine::record::Key;

use super::running::Guarding;

const PART: &str = "tripped";

impl Memory for Guarding {
    fn save(&mut self, extent: Extent, save: &mut dyn FnMut(&str, Key, Vec<u8>)) {
        for (key, machine) in &mut self.machines {
            if extent == Extent::Changes && !std::mem::take(&mut machine.is_changed) {
                continue;
            }
            let trips = self.rules.trips.iter().enumerate();
            let active = trips.filter(|(number, _)| machine.has_tripped(*number));
            let names: Vec<&str> = active.map(|(_, trip)| &*trip.name).collect();
            if let Ok(bytes) = serde_json::to_vec(&names) {
                save(PART, *key, bytes);
            }
        }
    }

    fn restore(&mut self, part: &str, key: Key, bytes: &[u8]) -> Restored {
        let names: Option<Vec<String>> = serde_json::from_slice(bytes).ok();
        let Some(names) = names.filter(|_| part == PART) else {
            return Restored::Unknown;
        };
        let machine = self.machines.entry(key).or_default();
        for (number, trip) in self.rules.trips.iter().enumerate() {
            if names.iter().any(|name| **name == *trip.name) {
                machine.set_tripped(number, true);
            }
        }
        machine.is_changed = false;
        Restored::Kept
    }
}
