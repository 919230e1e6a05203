//! What `window` remembers over restarts: the values in its windows, by field. What is computed of them comes back with
//! them, so functions, windows and names may change meanwhile.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use twinflow_engine::node::{Extent, Memory, Restored};
use twinflow_engine::record::{EventTime, Key};
use twinflow_engine::unit::{Conversion, Unit};

use super::layout::FieldLayout;
use super::run::Windowing;
use super::series::{MOST_VALUES, Series};
use super::sliding::Sample;

/// A field is saved as a whole: so that a memory card is not worn out, the longer it is the seldomer.
const BYTES_PER_SECOND: f64 = 10_000.0;
const SELDOMEST: Duration = Duration::from_secs(600);
const OFTENEST: Duration = Duration::from_secs(1);

const VERSION: u8 = 1;
/// A time in microseconds and a value.
const SAMPLE_BYTES: usize = 16;

impl Memory for Windowing {
    fn save(&mut self, extent: Extent, save: &mut dyn FnMut(&str, Key, Vec<u8>)) {
        let is_everything = extent == Extent::All;
        let now = Instant::now();
        if !is_everything && self.due.is_some_and(|due| now < due) {
            return;
        }
        let mut written = 0;
        for (key, machine) in (0_u32..).zip(&mut self.machines) {
            let Some(machine) = machine else { continue };
            let Some(newest) = machine.newest.filter(|_| is_everything || machine.is_changed) else {
                continue;
            };
            if !is_everything {
                machine.is_changed = false;
            }
            for (field, series) in self.layout.fields.iter().zip(&machine.fields) {
                if let Some(bytes) = to_bytes(series, newest, &field.unit) {
                    written += bytes.len();
                    save(&field.part, Key(key), bytes);
                }
            }
        }
        if !is_everything && written > 0 {
            let pause = Duration::from_secs_f64(written as f64 / BYTES_PER_SECOND);
            self.due = Some(now + pause.clamp(OFTENEST, SELDOMEST));
        }
    }

    fn restore(&mut self, part: &str, key: Key, bytes: &[u8]) -> Restored {
        let layout = Arc::clone(&self.layout);
        let mut fields = layout.fields.iter().enumerate();
        let Some((number, field)) = fields.find(|(_, field)| &*field.part == part) else {
            return Restored::Unknown;
        };
        let Some(saved) = from_bytes(bytes, field) else {
            return Restored::Unknown;
        };
        let Some(machine) = self.machine(key) else {
            return Restored::Unknown;
        };
        machine.newest = machine.newest.max(Some(saved.newest));
        let mut series = Series::new(&field.windows);
        for sample in saved.samples {
            series.advance(sample.time);
            series.push(sample);
        }
        if let Some(place) = machine.fields.get_mut(number) {
            *place = series;
        }
        saved.restored
    }
}

/// Version, the machine's newest time, the unit with its length, the samples; numbers are little-endian.
fn to_bytes(series: &Series, newest: EventTime, unit: &Unit) -> Option<Vec<u8>> {
    let symbol = unit.symbol().as_bytes();
    let length = u8::try_from(symbol.len()).ok()?;
    let samples = series.samples();
    let mut bytes = Vec::with_capacity(10 + symbol.len() + samples.len() * SAMPLE_BYTES);
    bytes.push(VERSION);
    bytes.extend(newest.0.to_le_bytes());
    bytes.push(length);
    bytes.extend(symbol);
    for sample in samples {
        bytes.extend(sample.time.0.to_le_bytes());
        bytes.extend(sample.value.to_le_bytes());
    }
    Some(bytes)
}

struct Saved {
    newest: EventTime,
    samples: Vec<Sample>,
    restored: Restored,
}

/// Nothing for what no field was saved as.
fn from_bytes(bytes: &[u8], field: &FieldLayout) -> Option<Saved> {
    let (&version, bytes) = bytes.split_first()?;
    let (newest, bytes) = bytes.split_first_chunk::<8>()?;
    let (&length, bytes) = bytes.split_first()?;
    let (symbol, bytes) = bytes.split_at_checked(length.into())?;
    let (chunks, rest) = bytes.as_chunks::<SAMPLE_BYTES>();
    if version != VERSION || !rest.is_empty() || chunks.len() > MOST_VALUES {
        return None;
    }
    let symbol = std::str::from_utf8(symbol).ok()?;
    let (conversion, restored) = if symbol == field.unit.symbol() {
        (Conversion::IDENTITY, Restored::Kept)
    } else {
        let unit = Unit::parse(symbol).ok()?;
        (unit.conversion_to(&field.unit)?, Restored::Converted)
    };
    let newest = EventTime(i64::from_le_bytes(*newest));
    let samples = chunks.iter().map(|chunk| {
        let ([time, value], _) = chunk.as_chunks::<8>() else {
            return None;
        };
        let value = conversion.apply(f64::from_le_bytes(*value));
        value.is_finite().then(|| Sample {
            time: EventTime(i64::from_le_bytes(*time)),
            value,
        })
    });
    let samples: Vec<Sample> = samples.collect::<Option<_>>()?;
    let is_in_order = samples.is_sorted_by_key(|sample| sample.time)
        && samples.last().is_none_or(|last| last.time <= newest);
    is_in_order.then_some(Saved {
        newest,
        samples,
        restored,
    })
}
