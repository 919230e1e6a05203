//! What scripts remember, as JSON that is saved.

use rhai::Dynamic;
use serde_json::Value as Json;
use twinflow_engine::node::{Extent, Memory, Restored};
use twinflow_engine::record::Key;

use super::run::Scripted;

/// The only part of a script's memory: its variable `state`.
const PART: &str = "state";

impl Memory for Scripted {
    fn save(&mut self, extent: Extent, save: &mut dyn FnMut(&str, Key, Vec<u8>)) {
        let keys: Vec<u32> = match extent {
            Extent::Changes => std::mem::take(&mut self.changed),
            Extent::All => (0..u32::try_from(self.states.len()).unwrap_or(u32::MAX)).collect(),
        };
        for key in keys {
            let Some(state) = self.states.get_mut(key as usize) else {
                continue;
            };
            if extent == Extent::Changes {
                state.is_changed = false;
            }
            // A script that keeps nothing has an empty map.
            if state.value.as_map_ref().map_or(true, |map| map.is_empty()) && !state.is_saved {
                continue;
            }
            match serde_json::to_vec(&state.value) {
                Ok(bytes) => {
                    state.is_saved = true;
                    save(PART, Key(key), bytes);
                }
                Err(error) => self.context.problems.report(
                    "state not saved",
                    format!("`state` holds something that cannot be written as JSON, and is lost at a restart: {error}"),
                ),
            }
        }
    }

    fn restore(&mut self, part: &str, key: Key, bytes: &[u8]) -> Restored {
        let value = serde_json::from_slice::<Json>(bytes).ok();
        let value = value.and_then(|json| rhai::serde::to_dynamic(json).ok());
        let Some(value) = value.filter(Dynamic::is_map).filter(|_| part == PART) else {
            return Restored::Unknown;
        };
        if let Some(state) = self.state(key) {
            state.value = value;
            state.is_saved = true;
        }
        Restored::Kept
    }
}
