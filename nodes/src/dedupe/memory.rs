//! What `dedupe` remembers over restarts.

use std::time::Duration;

use tokio::time::Instant;
use twinflow_engine::node::{Extent, Memory, Restored};
use twinflow_engine::record::Key;

use super::run::Deduping;
use crate::seen::Seen;

/// A window of a thousand records takes 20 kB, and is saved as a whole: not after every record, which would wear out a
/// memory card.
const SAVE_EVERY: Duration = Duration::from_secs(10);

impl Memory for Deduping {
    fn save(&mut self, extent: Extent, save: &mut dyn FnMut(&str, Key, Vec<u8>)) {
        self.settle();
        let is_everything = extent == Extent::All;
        let is_due = self.saved.is_none_or(|saved| saved.elapsed() >= SAVE_EVERY);
        if !(is_everything || is_due) {
            return;
        }
        for (key, machine) in &mut self.machines {
            if !(is_everything || machine.is_changed) {
                continue;
            }
            if !is_everything {
                machine.is_changed = false;
                self.saved = Some(Instant::now());
            }
            save(&self.part, *key, machine.seen.to_bytes());
        }
    }

    fn restore(&mut self, part: &str, key: Key, bytes: &[u8]) -> Restored {
        // Of other fields, it would say nothing about records that come now.
        let seen = Seen::from_bytes(bytes).ok().filter(|_| part == &*self.part);
        let Some(seen) = seen else {
            return Restored::Unknown;
        };
        self.machines.entry(key).or_default().seen = seen;
        Restored::Kept
    }
}
