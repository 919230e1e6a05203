//! What `drift` remembers over restarts: the counts of each machine's stretch.

use std::time::Duration;

use tokio::time::Instant;
use twinflow_engine::node::{Extent, Memory, Restored};
use twinflow_engine::record::{EventTime, Key};
use twinflow_models::Model;

use super::run::{Comparing, Machine};
use super::stretch::{Slice, Stretch};

/// A stretch is saved as a whole: so that a memory card is not worn out, the longer it is the seldomer.
const BYTES_PER_SECOND: f64 = 10_000.0;
const SELDOMEST: Duration = Duration::from_secs(600);
const OFTENEST: Duration = Duration::from_secs(1);

const PART: &str = "counts";
const VERSION: u8 = 1;

impl Memory for Comparing {
    fn save(&mut self, extent: Extent, save: &mut dyn FnMut(&str, Key, Vec<u8>)) {
        let is_everything = extent == Extent::All;
        let now = Instant::now();
        if !is_everything && self.due.is_some_and(|due| now < due) {
            return;
        }
        let mut written = 0;
        for (key, machine) in &mut self.machines {
            if is_everything || std::mem::take(&mut machine.is_changed) {
                let mut bytes = self.meaning.clone();
                bytes.extend(to_bytes(&machine.stretch));
                written += bytes.len();
                save(PART, *key, bytes);
            }
        }
        if !is_everything && written > 0 {
            let pause = Duration::from_secs_f64(written as f64 / BYTES_PER_SECOND);
            self.due = Some(now + pause.clamp(OFTENEST, SELDOMEST));
        }
    }

    fn restore(&mut self, part: &str, key: Key, bytes: &[u8]) -> Restored {
        let bytes = bytes.strip_prefix(&*self.meaning).filter(|_| part == PART);
        let Some(stretch) = bytes.and_then(|bytes| self.stretch(bytes)) else {
            return Restored::Unknown;
        };
        let machine = Machine {
            stretch,
            is_changed: false,
        };
        self.machines.insert(key, machine);
        Restored::Kept
    }
}

/// What stands before the counts: they say nothing to another stretch, or to a model that learnt from other rows.
pub(super) fn meaning(model: &Model, over_s: f64) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend(over_s.to_le_bytes());
    for feature in model.features() {
        bytes.extend(feature.name.as_bytes());
        bytes.push(0);
    }
    let rows = model.training().map_or("", |training| &training.data_fingerprint);
    bytes.extend(rows.as_bytes());
    bytes.push(0);
    bytes
}

/// Two times, then number and counts of each slice; all little-endian.
fn to_bytes(stretch: &Stretch) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(stretch.since.0.to_le_bytes());
    bytes.extend(stretch.newest.0.to_le_bytes());
    for slice in stretch.slices() {
        bytes.extend(slice.number.to_le_bytes());
        for count in &slice.counts {
            bytes.extend(count.to_le_bytes());
        }
    }
    bytes
}

impl Comparing {
    /// Nothing for what no stretch was saved as.
    fn stretch(&self, bytes: &[u8]) -> Option<Stretch> {
        let (since, bytes) = bytes.split_first_chunk::<8>()?;
        let (newest, bytes) = bytes.split_first_chunk::<8>()?;
        let slices = bytes.chunks_exact(8 + 4 * self.layout.width());
        if !slices.remainder().is_empty() {
            return None;
        }
        let slice = |bytes: &[u8]| {
            let (number, bytes) = bytes.split_first_chunk::<8>()?;
            let (counts, _) = bytes.as_chunks::<4>();
            Some(Slice {
                number: i64::from_le_bytes(*number),
                counts: counts.iter().copied().map(u32::from_le_bytes).collect(),
            })
        };
        let slices: Vec<Slice> = slices.map(slice).collect::<Option<_>>()?;
        let since = EventTime(i64::from_le_bytes(*since));
        let newest = EventTime(i64::from_le_bytes(*newest));
        Stretch::new(&self.layout, since).with(&self.layout, newest, slices)
    }
}
