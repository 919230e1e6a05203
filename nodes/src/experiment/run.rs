//! The run that is going on.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use twinflow_engine::record::{Batch, EventTime, Key, Keys, Value};
use twinflow_engine::schema::Schema;

use super::parameter::Chosen;
use super::record::{Outcome, PhaseRecord, RunRecord};
use super::writer::{Closing, RunWriter};
use crate::csv_rows::CsvRows;

/// A phase that begins so much late, such as after a sleep of the machine, begins when it does and not when it was due.
const LATE_US: i64 = 1_000_000;

pub(super) struct Run {
    /// The machine.
    pub key: Key,
    /// What was chosen for it.
    pub chosen: Vec<Chosen>,
    record: RunRecord,
    writer: RunWriter,
    started: EventTime,
    phase: usize,
    phase_began: EventTime,
}

impl Run {
    /// A run in its first phase.
    pub fn new(
        key: Key,
        chosen: Vec<Chosen>,
        record: RunRecord,
        writer: RunWriter,
        started: EventTime,
    ) -> Self {
        Self {
            key,
            chosen,
            record,
            writer,
            started,
            phase: 0,
            phase_began: started,
        }
    }

    pub fn id(&self) -> &str {
        &self.record.run
    }

    pub fn by(&self) -> &str {
        &self.record.by
    }

    /// The number of its phase.
    pub fn phase(&self) -> usize {
        self.phase
    }

    pub fn phase_name(&self) -> &str {
        self.record.phases.get(self.phase).map_or("", |phase| &phase.name)
    }

    /// Seconds since its start.
    pub fn elapsed(&self, now: EventTime) -> f64 {
        now.seconds_since(self.started).max(0.0)
    }

    /// Seconds since its phase began.
    pub fn phase_elapsed(&self, now: EventTime) -> f64 {
        now.seconds_since(self.phase_began).max(0.0)
    }

    /// When the phase that lasts so long was over, if it is.
    pub fn phase_end(&self, lasts_us: i64, now: EventTime) -> Option<EventTime> {
        let end = EventTime(self.phase_began.0.saturating_add(lasts_us));
        (end <= now).then_some(match now.0.saturating_sub(end.0) > LATE_US {
            true => now,
            false => end,
        })
    }

    /// Notes that a phase has begun; `is_last` when its commands leave nothing of the run in the machine.
    pub fn enter(&mut self, phase: usize, is_last: bool, at: EventTime) {
        self.phase = phase;
        self.phase_began = at;
        self.record.last_phase_sent |= is_last;
        if let Some(phase) = self.record.phases.get_mut(phase) {
            phase.began = Some(at.to_iso());
        }
        self.writer.phase(self.record.clone());
    }

    /// Logs the records of its machine.
    pub fn log(&self, batch: &Batch, rows: &CsvRows, keys: &Keys) {
        let (mut text, mut count) = (Vec::new(), 0);
        for (row, key) in batch.keys().iter().enumerate() {
            if *key == self.key {
                rows.write(batch, row, keys, &[self.id(), self.phase_name()], &mut text);
                count += 1;
            }
        }
        if count > 0 {
            self.writer.rows(text, count);
        }
    }

    /// Why it cannot go on, if that is so.
    pub fn failure(&self) -> Option<String> {
        self.writer.failure().map(str::to_owned)
    }

    /// Ends it.
    pub fn end(mut self, outcome: Outcome, reason: Option<String>, at: EventTime) -> Closing {
        self.record.end(outcome, reason, at);
        self.record.last_phase_sent = true;
        self.writer.close(self.record)
    }

    /// As the operation `list` tells it, with its phase.
    pub fn told(&self, bytes: u64, now: EventTime) -> Json {
        let mut told = self.record.told(bytes);
        if let Json::Object(members) = &mut told {
            members.insert("rows".to_owned(), self.writer.safe_rows().into());
            members.insert("phase".to_owned(), self.phase_name().into());
            members.insert("elapsed".to_owned(), self.elapsed(now).into());
            members.insert("phaseElapsed".to_owned(), self.phase_elapsed(now).into());
        }
        told
    }
}

/// A phase that is to come, with what it sends.
pub(super) fn phase_record(
    name: &str,
    seconds: f64,
    values: Option<&[Value]>,
    commands: &Arc<Schema>,
) -> PhaseRecord {
    let sent = commands.names().zip(values.unwrap_or_default());
    let sent = sent.filter(|(_, value)| !matches!(value, Value::Missing));
    let sends: Map<String, Json> = sent
        .map(|(name, value)| (name.to_owned(), json!(value.to_json())))
        .collect();
    PhaseRecord {
        name: name.to_owned(),
        seconds,
        began: None,
        sends,
    }
}
