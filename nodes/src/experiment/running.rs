//! An experiment node at work.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use twinflow_engine::node::{Emitter, NodeContext, Operable, Operation, Transform};
use twinflow_engine::record::{Batch, BatchBuilder, EventTime, Key, Receipt, Value};
use twinflow_engine::runtime::Feed;
use twinflow_engine::schema::Schema;

use super::past::Past;
use super::protocol::Protocol;
use super::record::{Outcome, RunRecord};
use super::run::{Run, phase_record};
use super::writer::RunWriter;
use crate::csv_rows::CsvRows;
use crate::meant_machine::meant_machine;

/// Phases end and begin with this precision.
const TICK: Duration = Duration::from_millis(100);
/// So often the dashboard is told how far the run is.
const TOLD_EVERY_US: i64 = 500_000;
/// A note is a few sentences.
const LONGEST_NOTE: usize = 2000;

/// The outputs, by number.
const COMMANDS: usize = 0;
const RUN: usize = 1;

pub(super) struct Experimenting {
    pub context: NodeContext,
    pub feed: Arc<Feed>,
    pub protocol: Arc<Protocol>,
    pub rows: CsvRows,
    /// Of the output `run`.
    pub events: Arc<Schema>,
    /// Of the feed.
    pub progress: Arc<Schema>,
    /// Why no run can be started, if none can.
    pub closed: Option<&'static str>,
    /// The machines that have reported.
    pub machines: BTreeSet<Key>,
    pub past: Past,
    pub run: Option<Run>,
    /// When the dashboard was told last.
    pub told: EventTime,
}

impl Transform for Experimenting {
    fn process(&mut self, batch: Batch, out: &mut Emitter) {
        self.machines.extend(batch.keys());
        if let Some(run) = &self.run {
            run.log(&batch, &self.rows, &self.context.keys);
        }
        self.settle(&batch, out);
    }

    fn operable(&mut self) -> Option<&mut dyn Operable> {
        Some(self)
    }

    fn tick_interval(&self) -> Option<Duration> {
        Some(TICK)
    }

    fn tick(&mut self, now: EventTime, out: &mut Emitter) {
        if self.past.look() {
            // The run of the node before this one is over.
            let key = self.machines.iter().next().copied().unwrap_or_default();
            self.show(key, now);
        }
        if let Some(reason) = self.run.as_ref().and_then(Run::failure) {
            self.past.report(&reason);
            self.end(Outcome::Interrupted, Some(reason), now, out);
        }
        self.advance(now, out);
        if let Some(run) = &self.run
            && now.0.saturating_sub(self.told.0).abs() >= TOLD_EVERY_US
        {
            self.show(run.key, now);
        }
    }
}

impl Operable for Experimenting {
    fn operate(&mut self, operation: &Operation, now: EventTime, out: &mut Emitter) -> Result<Json, String> {
        match operation.name.as_str() {
            "start" => self.start(operation, now, out),
            "stop" => {
                let reason = format!("stopped by {}", operation.by);
                let run = self.end(Outcome::Stopped, Some(reason), now, out);
                run.map(|run| json!({ "run": run }))
                    .ok_or_else(|| "no run is going on".to_owned())
            }
            "list" => {
                let bytes = |run: &Run| self.past.folder().bytes(run.id()).unwrap_or_default();
                let now_running = self.run.iter().map(|run| run.told(bytes(run), now));
                Ok(now_running.chain(self.past.told()).collect())
            }
            other => Err(format!(
                "an experiment can be asked to `start`, `stop` and `list`, not to `{other}`"
            )),
        }
    }
}

impl Experimenting {
    fn start(&mut self, operation: &Operation, now: EventTime, out: &mut Emitter) -> Result<Json, String> {
        if let Some(reason) = self.closed {
            return Err(reason.to_owned());
        }
        if let Some(run) = &self.run {
            let (id, by) = (run.id(), run.by());
            return Err(format!(
                "the run {id}, started by {by}, is going on: stop it first"
            ));
        }
        if let Some(run) = self.past.handed_over() {
            return Err(format!("the run {run} is still being closed: try again"));
        }
        let arguments = &operation.arguments;
        let note = match arguments.get("note") {
            None | Some(Json::Null) => "",
            Some(Json::String(note)) if note.chars().count() <= LONGEST_NOTE => note,
            Some(Json::String(_)) => return Err(format!("a note has {LONGEST_NOTE} characters at most")),
            Some(other) => return Err(format!("`note` is a text, found `{other}`")),
        };
        let chosen = self.protocol.choose(arguments.get("parameters"))?;
        let machines = self.machines.iter().copied();
        let key = meant_machine(arguments.get("key"), machines, &self.context.keys)?;
        let key = key.ok_or("no machine has reported yet: there is nothing to log")?;
        let protocol = Arc::clone(&self.protocol);
        let (run, lock) = self.past.folder().reserve(now)?;
        let phases = protocol.phases().iter().enumerate().map(|(number, phase)| {
            let values = protocol.values(number, &chosen);
            phase_record(&phase.name, phase.seconds, values.as_deref(), &protocol.commands)
        });
        let record = RunRecord {
            flow: self.context.flow.to_string(),
            node: self.context.id.to_string(),
            key: self.context.keys.name(key).to_string(),
            started: now.to_iso(),
            ended: None,
            outcome: Outcome::Running,
            reason: None,
            by: operation.by.to_string(),
            note: note.to_owned(),
            parameters: protocol.shown(&chosen),
            phases: phases.collect(),
            rows: 0,
            file: format!("{run}.csv"),
            last_phase_sent: false,
            twinflow: env!("CARGO_PKG_VERSION").to_owned(),
            run: run.clone(),
        };
        let folder = self.past.folder().clone();
        let writer = RunWriter::start(folder, record.clone(), lock, self.rows.header().into())?;
        self.past.forget_unsettled(&record.key);
        self.run = Some(Run::new(key, chosen, record, writer, now));
        self.enter(0, now, out);
        Ok(json!({ "run": run }))
    }

    /// Lets the phases go by that are over.
    fn advance(&mut self, now: EventTime, out: &mut Emitter) {
        while let Some(run) = &self.run {
            let phase = self.protocol.phase(run.phase());
            let Some(end) = phase.and_then(|phase| run.phase_end(phase.micros(), now)) else {
                return;
            };
            match run.phase() {
                last if last >= self.protocol.last() => {
                    self.end(Outcome::Complete, None, end, out);
                }
                phase => self.enter(phase + 1, end, out),
            }
        }
    }

    /// Begins a phase: sends its commands, and tells of it.
    fn enter(&mut self, phase: usize, at: EventTime, out: &mut Emitter) {
        let Some(run) = &mut self.run else { return };
        run.enter(phase, phase == self.protocol.last(), at);
        let key = run.key;
        let values = self.protocol.values(phase, &run.chosen);
        let event = [
            Value::Text(run.id().into()),
            Value::Text(run.phase_name().into()),
            Value::Text(Outcome::Running.name().into()),
            Value::Number(run.elapsed(at)),
        ];
        self.send(key, values, at, out);
        emit(&self.events, RUN, key, event, at, out);
        self.show(key, at);
    }

    /// Ends the run, if one is going on, and gives its id. The commands of the last phase go out, unless they have.
    fn end(
        &mut self,
        outcome: Outcome,
        reason: Option<String>,
        at: EventTime,
        out: &mut Emitter,
    ) -> Option<String> {
        let run = self.run.take()?;
        let (id, key, elapsed) = (run.id().to_owned(), run.key, run.elapsed(at));
        if run.phase() < self.protocol.last() {
            let values = self.protocol.values(self.protocol.last(), &run.chosen);
            self.send(key, values, at, out);
        }
        self.past.add(run.end(outcome, reason, at));
        let event = [
            Value::Text(id.as_str().into()),
            Value::Missing,
            Value::Text(outcome.name().into()),
            Value::Number(elapsed),
        ];
        emit(&self.events, RUN, key, event, at, out);
        self.show(key, at);
        Some(id)
    }

    /// A machine that is here again may still be as a run has left it whose process died: it gets the last phase's commands.
    fn settle(&mut self, batch: &Batch, out: &mut Emitter) {
        let keys = Arc::clone(&self.context.keys);
        let of_name = |name: &str| batch.keys().iter().copied().find(|key| *keys.name(*key) == *name);
        for record in self.past.take_unsettled(|name| of_name(name).is_some()) {
            if let Some(key) = of_name(&record.key) {
                let chosen = self.protocol.chosen_once(&record.parameters);
                let values = self.protocol.values(self.protocol.last(), &chosen);
                self.send(key, values, self.context.clock.now(), out);
            }
            self.past.settle(&record);
        }
    }

    fn send(&self, key: Key, values: Option<Vec<Value>>, at: EventTime, out: &mut Emitter) {
        if let Some(values) = values {
            emit(&self.protocol.commands, COMMANDS, key, values, at, out);
        }
    }

    /// Tells the dashboard how far the run is.
    fn show(&mut self, key: Key, now: EventTime) {
        let values = match &self.run {
            Some(run) => [
                Value::Text(run.id().into()),
                Value::Text(run.phase_name().into()),
                Value::Number(run.elapsed(now)),
                Value::Number(run.phase_elapsed(now)),
            ],
            None => [
                Value::Text("".into()),
                Value::Text("".into()),
                Value::Number(0.0),
                Value::Number(0.0),
            ],
        };
        let batch = record(&self.progress, key, values, now);
        let columns = (0..self.progress.width()).map(|slot| batch.column(slot).map(|column| &**column));
        self.feed.push(&batch, columns);
        self.told = now;
    }
}

fn record(schema: &Arc<Schema>, key: Key, values: impl IntoIterator<Item = Value>, time: EventTime) -> Batch {
    let mut builder = BatchBuilder::new(Arc::clone(schema), 1);
    builder.push(time, key, values);
    builder.finish(Receipt::none())
}

fn emit(
    schema: &Arc<Schema>,
    output: usize,
    key: Key,
    values: impl IntoIterator<Item = Value>,
    time: EventTime,
    out: &mut Emitter,
) {
    out.emit(output, record(schema, key, values, time));
}
