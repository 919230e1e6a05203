//! `rhai-function`: a script for each record.

use std::sync::Arc;

use rhai::{AST, Dynamic, Engine, EvalAltResult, Map, Position, Scope};
use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Ordered, Spanned};
use twinflow_engine::node::{Check, Checked, Emitter, NodeContext, NodeType, Output, Part, Role, Transform};
use twinflow_engine::record::{Batch, Column, EventTime, Value};
use twinflow_engine::schema::{Field, FieldType, Schema};

use crate::field_spec::FieldSpec;

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
            .map_err(|diagnostic| check.report(*diagnostic))
            .ok()?,
            Script::File(name, text) => compile(&engine, &layout, name, &mut |_| name.span, text)
                .map_err(|diagnostic| check.report(*diagnostic))
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

/// What the script's variables are, in the order in which they stand in its scope.
#[derive(Clone)]
struct Layout {
    inputs: Vec<Field>,
    outputs: Vec<Field>,
}

/// An engine with what a plant's script needs, and no way out.
fn engine() -> Engine {
    let mut engine = Engine::new();
    engine
        .set_max_operations(1_000_000)
        .set_max_call_levels(32)
        .set_max_expr_depths(64, 32)
        .set_max_string_size(64 * 1024)
        .set_max_array_size(10_000)
        .set_max_map_size(1_000)
        .set_max_variables(1_000)
        .set_strict_variables(true)
        .disable_symbol("eval")
        .disable_symbol("import");
    engine.on_print(|text| tracing::info!(target: "script", "{text}"));
    engine.on_debug(|text, _, position| tracing::debug!(target: "script", "{position}: {text}"));
    engine
}

fn scope(layout: &Layout) -> Scope<'static> {
    let mut scope = Scope::new();
    for field in &layout.inputs {
        scope.push_constant_dynamic(&*field.name, Dynamic::UNIT);
    }
    scope
        .push_constant_dynamic("time", Dynamic::UNIT)
        .push_constant_dynamic("key", Dynamic::UNIT);
    scope.push_dynamic("state", Map::new().into());
    for field in &layout.outputs {
        scope.push_dynamic(&*field.name, Dynamic::UNIT);
    }
    scope
}

/// Compiles a script against the variables that it will have: an unknown name is found here, at its line.
fn compile(
    engine: &Engine,
    layout: &Layout,
    name: &Spanned<String>,
    place: &mut dyn FnMut(std::ops::Range<usize>) -> twinflow_engine::language::Span,
    text: &str,
) -> Result<AST, Box<Diagnostic>> {
    let is_file = name.value != text;
    engine.compile_with_scope(&scope(layout), text).map_err(|error| {
        let at = offset(text, error.position());
        let length = text.get(at..).map_or(1, |rest| {
            rest.find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len())
                .max(1)
        });
        let message = if is_file {
            format!(
                "the script {} has an error: {}, at {}",
                name.value,
                error.err_type(),
                error.position()
            )
        } else {
            format!("the script has an error: {}", error.err_type())
        };
        let diagnostic = Diagnostic::new(Code::Script, place(at..(at + length).min(text.len())), message);
        let variables: Vec<&str> = layout
            .inputs
            .iter()
            .chain(&layout.outputs)
            .map(|field| &*field.name)
            .collect();
        let names = twinflow_engine::language::listed(variables.into_iter().chain(["state", "time", "key"]));
        Box::new(match error.err_type() {
            rhai::ParseErrorType::VariableUndefined(_) => {
                diagnostic.with_help(format!("the script can use {names}"))
            }
            _ => diagnostic,
        })
    })
}

/// The byte at which a line and column of the script stand.
fn offset(text: &str, position: Position) -> usize {
    let line = position.line().unwrap_or(1);
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let column = position.position().unwrap_or(1).saturating_sub(1);
    let within = text
        .get(start..)
        .unwrap_or_default()
        .chars()
        .take(column)
        .map(char::len_utf8)
        .sum::<usize>();
    (start + within).min(text.len())
}

/// The run-time part.
struct Scripted {
    engine: Engine,
    ast: AST,
    layout: Layout,
    schema: Arc<Schema>,
    context: NodeContext,
    scope: Scope<'static>,
    /// By key.
    states: Vec<Dynamic>,
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
            self.states.resize_with(at + 1, || Map::new().into());
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
        let state = self.states.get_mut(at).map(std::mem::take).unwrap_or_default();
        self.scope.push_dynamic("state", state);
        for field in &self.layout.outputs {
            self.scope.push_dynamic(&*field.name, Dynamic::UNIT);
        }
        let result = self.engine.run_ast_with_scope(&mut self.scope, &self.ast);
        let state = self.scope.remove::<Dynamic>("state");
        if let (Some(place), Some(state)) = (self.states.get_mut(at), state) {
            *place = if state.is_map() { state } else { Map::new().into() };
        }
        if let Err(error) = result {
            self.context.problems.report("script failed", failure(&error));
            return None;
        }
        let outputs = self.layout.outputs.clone();
        outputs.iter().map(|field| self.output(field)).collect()
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
