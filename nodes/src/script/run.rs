//! The run-time part of a node with a script.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use rhai::{AST, Dynamic, Engine, EvalAltResult, Map};
use twinflow_engine::node::{Emitter, Memory, NodeContext, Refusal, Transform};
use twinflow_engine::record::{Batch, Column, EventTime, Key, Value};
use twinflow_engine::schema::Schema;

use super::engine::{SharedRequests, engine};
use super::layout::{Assigned, Layout};
use super::values::{count_down, dynamic, value};

/// How many values the state of one machine can hold.
const MAX_STATE_VALUES: usize = 10_000;
/// Counting them takes longer than most scripts.
const RUNS_BETWEEN_COUNTS: u64 = 100;

/// A script at work.
pub(crate) struct Scripted {
    engine: Engine,
    requests: SharedRequests,
    ast: AST,
    layout: Layout,
    schema: Arc<Schema>,
    pub(super) context: NodeContext,
    /// By key.
    pub(super) states: Vec<State>,
    /// The keys whose state may have changed since it was saved, each once.
    pub(super) changed: Vec<u32>,
}

/// What is kept of a machine.
#[derive(Default)]
pub(super) struct State {
    /// The script's own map.
    pub value: Dynamic,
    /// Whether the key stands in [`Scripted::changed`].
    pub is_changed: bool,
    /// Whether something was saved of it.
    pub is_saved: bool,
    /// How often the script ran.
    runs: u64,
    /// Its last record, for a script with a timer.
    last: Option<Batch>,
}

/// What a run emits: the output, and the values of the script's fields.
type Emitted = Vec<(usize, Vec<Value>)>;

impl Scripted {
    /// A script whose records leave with `schema`.
    pub fn new(layout: Layout, ast: AST, schema: &Arc<Schema>, context: &NodeContext) -> Self {
        let (engine, requests) = engine(&layout);
        Self {
            engine,
            requests,
            ast,
            layout,
            schema: Arc::clone(schema),
            context: context.clone(),
            states: Vec::new(),
            changed: Vec::new(),
        }
    }

    /// What is kept of a machine.
    pub(super) fn state(&mut self, key: Key) -> Option<&mut State> {
        let at = key.0 as usize;
        if self.states.len() <= at {
            self.states.resize_with(at + 1, State::default);
        }
        self.states.get_mut(at)
    }

    /// Runs the script on a row.
    fn run(&mut self, batch: &Batch, row: usize, is_tick: bool) -> Result<Emitted, Refusal> {
        let key = batch.keys().get(row).copied().unwrap_or_default();
        let Some(state) = self.state(key) else {
            return Ok(Vec::new());
        };
        let kept = std::mem::take(&mut state.value);
        let kept = if kept.is_map() { kept } else { Map::new().into() };
        let inputs = self.layout.inputs.iter().map(|input| {
            dynamic(match batch.value(row, input.slot) {
                Value::Number(number) => Value::number(input.conversion.apply(number)),
                other => other,
            })
        });
        let time_s = batch.times().get(row).map_or(0.0, |time| time.0 as f64 / 1e6);
        let name = self.context.keys.name(key).to_string();
        // Constants cannot be assigned by the script, so the scope is laid anew for every record.
        let mut scope = self.layout.scope(inputs, time_s, name, is_tick, kept);
        let result = self.engine.run_ast_with_scope(&mut scope, &self.ast);
        if let Some(state) = self.states.get_mut(key.0 as usize) {
            state.value = scope.remove::<Dynamic>("state").unwrap_or_default();
            state.runs += 1;
            limit(state, &self.context);
            if !std::mem::replace(&mut state.is_changed, true) {
                self.changed.push(key.0);
            }
        }
        let requests = std::mem::take(&mut *self.requests.lock().unwrap_or_else(PoisonError::into_inner));
        if let Err(error) = result {
            return Err(Refusal {
                kind: "script failed",
                reason: failure(*error),
            });
        }
        let assigned = |output: &Assigned| scope.get_value::<Dynamic>(&output.name).unwrap_or_default();
        let assigned: Vec<Dynamic> = self.layout.outputs.iter().map(assigned).collect();
        let records = match requests.records {
            records if records.is_empty() && !requests.is_skipped => vec![(0, Map::new())],
            records => records,
        };
        let record = |(port, mut own): (usize, Map)| {
            let outputs = self.layout.outputs.iter().zip(&assigned);
            let values = outputs.map(|(output, assigned)| {
                let own = own.remove(&*output.name);
                self.output(output, own.unwrap_or_else(|| assigned.clone()))
            });
            Ok((port, values.collect::<Result<Vec<Value>, Refusal>>()?))
        };
        records.into_iter().map(record).collect()
    }

    fn output(&self, output: &Assigned, assigned: Dynamic) -> Result<Value, Refusal> {
        if assigned.is_unit() && output.field.optional {
            return Ok(Value::Missing);
        }
        let found = assigned.type_name();
        value(assigned, &output.field.field_type).ok_or_else(|| {
            let reason = if found == "()" {
                format!(
                    "the script assigned nothing to `{}`; assign it or declare it `optional: true`",
                    output.name
                )
            } else {
                format!(
                    "the script assigned {found} to `{}`, which is {}",
                    output.name, output.field.field_type
                )
            };
            Refusal {
                kind: "wrong script output",
                reason,
            }
        })
    }
}

/// Empties a state that has grown too large. The engine's own limits hold for what one run reads, not for what many runs
/// pile up.
fn limit(state: &mut State, context: &NodeContext) {
    let mut left = MAX_STATE_VALUES;
    if !state.runs.is_multiple_of(RUNS_BETWEEN_COUNTS) || count_down(&state.value, &mut left) {
        return;
    }
    context.problems.report(
        "script state too large",
        format!("`state` held more than {MAX_STATE_VALUES} values, or maps in maps without end, and was emptied; keep less of the past"),
    );
    state.value = Dynamic::UNIT;
}

/// What leaves by one output: rows of the batch that came in, and the script's fields for each.
struct Leaving {
    rows: Vec<usize>,
    columns: Vec<Column>,
}

impl Leaving {
    fn new(layout: &Layout, rows: usize) -> Self {
        let outputs = layout.outputs.iter();
        Self {
            rows: Vec::with_capacity(rows),
            columns: outputs
                .map(|output| Column::with_capacity(&output.field.field_type, rows))
                .collect(),
        }
    }

    fn push(&mut self, row: usize, values: Vec<Value>) {
        self.rows.push(row);
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.push(value);
        }
    }
}

impl Scripted {
    fn run_all(&mut self, batch: &Batch, is_tick: bool, out: &mut Emitter) {
        let mut leaving: Vec<Leaving> = (0..self.layout.ports.len())
            .map(|_| Leaving::new(&self.layout, batch.len()))
            .collect();
        for row in 0..batch.len() {
            let emitted = match self.run(batch, row, is_tick) {
                Ok(emitted) => emitted,
                Err(refusal) => {
                    out.reject(batch, row, refusal);
                    continue;
                }
            };
            for (port, values) in emitted {
                if let Some(leaving) = leaving.get_mut(port) {
                    leaving.push(row, values);
                }
            }
        }
        for (port, leaving) in leaving.into_iter().enumerate() {
            let rows = batch.select(&leaving.rows);
            out.emit(port, rows.extended(&self.schema, leaving.columns));
        }
    }

    /// Keeps the last record of each machine in the batch.
    fn remember(&mut self, batch: &Batch) {
        for (row, (key, time)) in batch.keys().iter().zip(batch.times()).enumerate().rev() {
            let is_last = !batch.keys().iter().skip(row + 1).any(|later| later == key);
            if let (Some(state), true) = (self.states.get_mut(key.0 as usize), is_last) {
                state.last = Some(batch.again(row, *time));
            }
        }
    }
}

impl Transform for Scripted {
    fn process(&mut self, batch: Batch, out: &mut Emitter) {
        self.run_all(&batch, false, out);
        if self.layout.tick.is_some() {
            self.remember(&batch);
        }
    }

    fn memory(&mut self) -> Option<&mut dyn Memory> {
        Some(self)
    }

    fn tick_interval(&self) -> Option<Duration> {
        self.layout.tick
    }

    fn tick(&mut self, now: EventTime, out: &mut Emitter) {
        let last: Vec<Batch> = self
            .states
            .iter()
            .filter_map(|state| Some(state.last.as_ref()?.again(0, now)))
            .collect();
        for record in last {
            self.run_all(&record, true, out);
        }
    }
}

/// Line and column, and the reason.
fn failure(mut error: EvalAltResult) -> String {
    let position = error.take_position();
    match (position.line(), position.position()) {
        (Some(line), Some(column)) => format!("line {line}, column {column}: {error}"),
        _ => error.to_string(),
    }
}
