//! What `alarm` remembers over restarts: the state of each alarm of each machine, under the condition's name.

use twinflow_engine::node::{Extent, Memory, Restored};
use twinflow_engine::record::Key;

use super::lifecycle::{Life, State};
use super::running::Alarming;

impl Memory for Alarming {
    fn save(&mut self, extent: Extent, save: &mut dyn FnMut(&str, Key, Vec<u8>)) {
        for (key, machine) in &mut self.machines {
            let changed = std::mem::take(&mut machine.changed);
            for (number, (life, condition)) in machine.lives.iter().zip(self.conditions.iter()).enumerate() {
                if (extent == Extent::All || changed.contains(&number))
                    && let Ok(bytes) = serde_json::to_vec(life)
                {
                    save(condition.name, *key, bytes);
                }
            }
        }
    }

    fn restore(&mut self, part: &str, key: Key, bytes: &[u8]) -> Restored {
        let number = self
            .conditions
            .iter()
            .position(|condition| condition.name == part);
        let life: Option<Life> = serde_json::from_slice(bytes).ok();
        match (number, life) {
            (Some(number), Some(life)) => {
                if life.state() != State::Normal {
                    self.standing += 1;
                }
                *self.machines.entry(key).or_default().life(number) = life;
                Restored::Kept
            }
            _ => Restored::Unknown,
        }
    }
}
