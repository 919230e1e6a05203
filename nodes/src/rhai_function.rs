//! `rhai-function`: a script for each record.

use std::sync::Arc;

use rhai::{AST, Dynamic, Engine, EvalAltResult, Map, Scope};
use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Ordered, Spanned};
use twinflow_engine::node::{Check, Checked, Emitter, NodeContext, NodeType, Output, Part, Role, Transform};
use twinflow_engine::record::{Batch, Column, EventTime, Value};
use twinflow_engine::schema::{Field, FieldType, Schema};

use crate::field_spec::FieldSpec;
use crate::rhai_script::{Layout, ScriptError, compile, engine, scope};

/// The node type.
pub struct RhaiFunction;

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The script itself.
    script: Option<Spanned<String>>,
    /// A file with the script.
    file: Option<Spanned<String>>,
    /// The fields that the script adds, by name.
    outputs: Ordered<FieldSpec>,
}

impl NodeType for RhaiFunction {
    const NAME: &'static str = "rhai-function";
    const ROLE: Role = Role::Transform;
    const DOC: &'static str = r#"Runs a script in the rhai language on every record.

The fields of the record are constants in the script, a missing one is `()`. It assigns the fields of `outputs`. `state` is
a map of its own for each machine, kept from record to record; `time` is the record's time in seconds, `key` its machine.
A script cannot open files or call `eval`; it runs under limits on operations, depth, and the size of texts, lists and
maps. Where it fails, the record goes no further, and the error is counted and shown with its line.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C } } }
  smooth:
    type: rhai-function
    from: fan
    outputs: { temp_average: { unit: °C }, rising: { type: boolean } }
    script: |
      let before = state.average ?? temp;
      temp_average = before + 0.1 * (temp - before);
      rising = temp_average > before;
      state.average = temp_average;
  show: { type: dashboard-widget, from: smooth, widget: chart, group: Fan, fields: [temp, temp_average] }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let input = check.input();
        let outputs = declared_outputs(&config, check);
        let text = script_text(&config, check)?;
        let (schema, outputs) = outputs?;
        let layout = Layout {
            inputs: input.fields().to_vec(),
            has_more_inputs: input.is_partial(),
            outputs,
        };
        let engine = engine();
        let ast = match &text {
            Script::Unread => AST::empty(),
            Script::Inline(text) => compile(
                &engine,
                &layout,
                text,
                &mut |at| check.within(text, at),
                &text.value,
            )
            .map_err(|error| report(error, check))
            .ok()?,
            Script::File(name, text) => compile(&engine, &layout, name, &mut |_| name.span, text)
                .map_err(|error| report(error, check))
                .ok()?,
        };
        let output = Output::main(schema);
        let extended = Arc::clone(&output.schema);
        let make =
            move |context: &NodeContext| Ok(Scripted::new(layout.clone(), ast.clone(), &extended, context));
        Some(Checked {
            outputs: vec![output],
            part: Part::transform(make),
            view: None,
        })
    }
}

fn declared_outputs(config: &Config, check: &mut Check<'_>) -> Option<(Schema, Vec<Field>)> {
    let mut schema = (*check.input()).clone();
    let mut fields = Vec::new();
    let mut whole = true;
    for (name, spec) in config.outputs.iter() {
        if let Some(path) = &spec.path {
            let message = "`path` is for fields that are read from a payload; a script assigns its fields";
            check.report(Diagnostic::new(Code::UnknownField, path.span, message).with_help("remove it"));
            whole = false;
        }
        match spec.field(name, check) {
            Some(field) => {
                whole &= check.extend(&mut schema, field.clone(), name.span).is_some();
                fields.push(field);
            }
            None => whole = false,
        }
    }
    whole.then_some((schema, fields))
}

/// A script before it is compiled.
enum Script {
    Inline(Spanned<String>),
    /// The name of its file, and its text.
    File(Spanned<String>, String),
    /// The check may not open files.
    Unread,
}

fn script_text(config: &Config, check: &mut Check<'_>) -> Option<Script> {
    match (&config.script, &config.file) {
        (Some(script), None) => Some(Script::Inline(script.clone())),
        (None, Some(file)) if !check.may_read_files() => {
            let _ = file;
            Some(Script::Unread)
        }
        (None, Some(file)) => {
            let path = check.path(file);
            match std::fs::read_to_string(&path) {
                Ok(text) => Some(Script::File(file.clone(), text)),
                Err(error) => {
                    let message = format!("the script {} cannot be read: {error}", path.display());
                    check.report(
                        Diagnostic::new(Code::File, file.span, message)
                            .with_help("paths are relative to the flow file"),
                    );
                    None
                }
            }
        }
        (Some(_), Some(file)) => {
            let message = "a script stands in the flow or in a file, not both";
            check.report(
                Diagnostic::new(Code::WrongValue, file.span, message).with_help("remove `script` or `file`"),
            );
            None
        }
        (None, None) => {
            let diagnostic =
                Diagnostic::new(Code::MissingField, check.span(), "`rhai-function` needs a script");
            check.report(
                diagnostic.with_help("add `script: |` with the script below it, or `file: name.rhai`"),
            );
            None
        }
    }
}

fn report(error: ScriptError, check: &mut Check<'_>) {
    if let Some(diagnostic) = error {
        check.report(*diagnostic);
    }
}

/// How many values the state of one machine can hold.
const MAX_STATE_VALUES: usize = 10_000;
/// Counting them takes longer than most scripts.
const RECORDS_BETWEEN_COUNTS: u64 = 100;

/// The run-time part.
struct Scripted {
    engine: Engine,
    ast: AST,
    layout: Layout,
    schema: Arc<Schema>,
    context: NodeContext,
    scope: Scope<'static>,
    /// By key.
    states: Vec<State>,
}

/// What a script keeps of a machine.
#[derive(Default)]
struct State {
    /// A map.
    value: Dynamic,
    /// How many records it has seen.
    records: u64,
}

impl Scripted {
    fn new(layout: Layout, ast: AST, schema: &Arc<Schema>, context: &NodeContext) -> Self {
        let scope = scope(&layout);
        Self {
            engine: engine(),
            ast,
            layout,
            schema: Arc::clone(schema),
            context: context.clone(),
            scope,
            states: Vec::new(),
        }
    }

    /// Runs the script on a row; its outputs, or nothing when it failed.
    fn run(&mut self, batch: &Batch, row: usize) -> Option<Vec<Value>> {
        let key = batch.keys().get(row).copied().unwrap_or_default();
        let at = key.0 as usize;
        if self.states.len() <= at {
            self.states.resize_with(at + 1, State::default);
        }
        // Scripts see variables by name, but they stand in a fixed order: constants cannot be assigned by the script, so
        // the scope is laid anew for every record.
        self.scope.clear();
        for (slot, field) in self.layout.inputs.iter().enumerate() {
            self.scope
                .push_constant_dynamic(&*field.name, dynamic(batch.value(row, slot)));
        }
        let seconds = batch.times().get(row).map_or(0.0, |time| time.0 as f64 / 1e6);
        self.scope
            .push_constant("time", seconds)
            .push_constant("key", self.context.keys.name(key).to_string());
        let mut state = self.states.get_mut(at).map(std::mem::take).unwrap_or_default();
        let value = std::mem::take(&mut state.value);
        let value = if value.is_map() { value } else { Map::new().into() };
        self.scope.push_dynamic("state", value);
        for field in &self.layout.outputs {
            self.scope.push_dynamic(&*field.name, Dynamic::UNIT);
        }
        let result = self.engine.run_ast_with_scope(&mut self.scope, &self.ast);
        state.value = self.scope.remove::<Dynamic>("state").unwrap_or_default();
        state.records += 1;
        self.limit(&mut state);
        if let Some(place) = self.states.get_mut(at) {
            *place = state;
        }
        if let Err(error) = result {
            self.context.problems.report("script failed", failure(&error));
            return None;
        }
        let outputs = self.layout.outputs.clone();
        outputs.iter().map(|field| self.output(field)).collect()
    }

    /// Empties a state that has grown too large. The engine's own limits hold for what one run reads, not for what many
    /// runs pile up.
    fn limit(&self, state: &mut State) {
        let mut left = MAX_STATE_VALUES;
        if !state.records.is_multiple_of(RECORDS_BETWEEN_COUNTS) || count_down(&state.value, &mut left) {
            return;
        }
        self.context.problems.report(
            "script state too large",
            format!(
                "`state` held more than {MAX_STATE_VALUES} values and was emptied; keep less of the past"
            ),
        );
        state.value = Dynamic::UNIT;
    }

    fn output(&mut self, field: &Field) -> Option<Value> {
        let assigned = self.scope.remove::<Dynamic>(&field.name).unwrap_or_default();
        if assigned.is_unit() && field.optional {
            return Some(Value::Missing);
        }
        let found = assigned.type_name();
        let value = value(assigned, &field.field_type);
        if value.is_none() {
            let message = if found == "()" {
                format!(
                    "the script assigned nothing to `{}`; assign it or declare it `optional: true`",
                    field.name
                )
            } else {
                format!(
                    "the script assigned {found} to `{}`, which is {}",
                    field.name, field.field_type
                )
            };
            self.context.problems.report("wrong script output", message);
        }
        value
    }
}

/// Whether a value and those within it are at most `left`, which becomes what is left.
fn count_down(value: &Dynamic, left: &mut usize) -> bool {
    let Some(rest) = left.checked_sub(1) else {
        return false;
    };
    *left = rest;
    if let Ok(list) = value.as_array_ref() {
        return list.iter().all(|value| count_down(value, left));
    }
    match value.as_map_ref() {
        Ok(map) => map.values().all(|value| count_down(value, left)),
        Err(_) => true,
    }
}

impl Transform for Scripted {
    fn process(&mut self, batch: Batch, out: &mut Emitter) {
        let mut columns: Vec<Column> = self
            .layout
            .outputs
            .iter()
            .map(|field| Column::with_capacity(&field.field_type, batch.len()))
            .collect();
        let mut kept = Vec::with_capacity(batch.len());
        for row in 0..batch.len() {
            if let Some(values) = self.run(&batch, row) {
                kept.push(row);
                for (column, value) in columns.iter_mut().zip(values) {
                    column.push(value);
                }
            }
        }
        out.emit(0, batch.select(&kept).extended(&self.schema, columns));
    }
}

/// Line and column, and the reason.
fn failure(error: &EvalAltResult) -> String {
    let position = error.position();
    match (position.line(), position.position()) {
        (Some(line), Some(column)) => format!("line {line}, column {column}: {error}"),
        _ => error.to_string(),
    }
}

fn dynamic(value: Value) -> Dynamic {
    match value {
        Value::Missing => Dynamic::UNIT,
        Value::Number(number) => number.into(),
        Value::Integer(number) => number.into(),
        Value::Boolean(value) => value.into(),
        Value::Text(text) => text.to_string().into(),
        Value::Time(time) => (time.0 as f64 / 1e6).into(),
        Value::Json(json) => rhai::serde::to_dynamic(&*json).unwrap_or_default(),
    }
}

/// A script's value as the field's type; nothing when it is of another.
fn value(assigned: Dynamic, field_type: &FieldType) -> Option<Value> {
    match field_type {
        FieldType::Number(_) => {
            let number = assigned
                .as_float()
                .ok()
                .or_else(|| assigned.as_int().ok().map(|whole| whole as f64))?;
            // 1.0 / 0.0 is infinite in a script, and a missing value everywhere else.
            Some(Value::number(number))
        }
        FieldType::Integer => assigned.as_int().ok().map(Value::Integer),
        FieldType::Boolean => assigned.as_bool().ok().map(Value::Boolean),
        FieldType::Text => assigned.into_string().ok().map(|text| Value::Text(text.into())),
        FieldType::Time => assigned
            .as_float()
            .ok()
            .map(|seconds| Value::Time(EventTime((seconds * 1e6) as i64))),
        FieldType::Json => rhai::serde::from_dynamic(&assigned)
            .ok()
            .map(|json| Value::Json(Arc::new(json))),
    }
}
