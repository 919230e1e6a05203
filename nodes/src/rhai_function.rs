//! `rhai-function`: a script for each record.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Ordered, Spanned};
use twinflow_engine::node::{Check, Checked, NodeContext, NodeType, Output, Part, Role};
use twinflow_engine::schema::Schema;
use twinflow_engine::unit::Conversion;

use crate::field_spec::FieldSpec;
use crate::script::{Assigned, Input, Layout, Scripted, check_names, compile, ports, tick_interval};

/// The node type.
pub struct RhaiFunction;

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The script. A script in a file of its own is a node type: `type: ./nodes/name.rhai`.
    script: Spanned<String>,
    /// The fields that the script adds, by name.
    #[serde(default)]
    outputs: Ordered<FieldSpec>,
    /// Names of the node's outputs, for a script that sends records different ways; `from: node.name` reads one.
    #[serde(default)]
    ports: Vec<Spanned<String>>,
    /// Run the script also on a timer, such as every `5 s`; `tick` is true then, and the fields are those of the machine's
    /// last record.
    tick: Option<Spanned<String>>,
}

impl NodeType for RhaiFunction {
    const NAME: &'static str = "rhai-function";
    const ROLE: Role = Role::Transform;
    const DOC: &'static str = r#"Runs a script in the rhai language on every record.

The fields of the record are constants in the script, a missing one is `()`. It assigns the fields of `outputs`. `state` is
a map of its own for each machine, kept from record to record; `time` is the record's time in seconds, `key` its machine.

A record goes on when the script ends. `skip()` holds it back; `emit("name")` sends it out by the output of that name in
`ports`, `emit(#{ field: value })` with other values than the variables have, and as often as it is called.

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
        let ports = ports(&config.ports, Code::BadName, &mut |found| check.report(found));
        let tick = config.tick.as_ref().map(|tick| timer(tick, check));
        let (schema, outputs) = outputs?;
        let layout = Layout {
            inputs: input.fields().iter().enumerate().map(Input::of).collect(),
            has_more_inputs: input.is_partial(),
            settings: Vec::new(),
            outputs,
            ports: ports?,
            tick: match tick {
                Some(tick) => Some(tick?),
                None => None,
            },
        };
        let script = &config.script;
        let ast = match compile(&layout, &mut |at| check.within(script, at), &script.value) {
            Ok(ast) => ast,
            Err(error) => {
                error.into_iter().for_each(|found| check.report(*found));
                return None;
            }
        };
        let extended = Arc::new(schema);
        let outputs = layout.ports.iter().map(|port| Output {
            name: Arc::clone(port),
            schema: Arc::clone(&extended),
        });
        let outputs = outputs.collect();
        let make =
            move |context: &NodeContext| Ok(Scripted::new(layout.clone(), ast.clone(), &extended, context));
        Some(Checked {
            outputs,
            part: Part::transform(make),
            view: None,
            decode: None,
        })
    }
}

impl Input {
    /// A field under its own name and in its own unit.
    fn of((slot, field): (usize, &twinflow_engine::schema::Field)) -> Self {
        Self {
            name: Arc::clone(&field.name),
            slot,
            conversion: Conversion::IDENTITY,
        }
    }
}

fn timer(tick: &Spanned<String>, check: &mut Check<'_>) -> Option<Duration> {
    let interval = tick_interval(tick);
    interval
        .map_err(|reason| check.report(Diagnostic::new(Code::WrongValue, tick.span, reason)))
        .ok()
}

fn declared_outputs(config: &Config, check: &mut Check<'_>) -> Option<(Schema, Vec<Assigned>)> {
    let mut schema = (*check.input()).clone();
    let mut assigned = Vec::new();
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
                let name = Arc::clone(&field.name);
                assigned.push(Assigned { name, field });
            }
            None => whole = false,
        }
    }
    let names = config.outputs.iter().map(|(name, _)| name);
    whole &= check_names(names, Code::BadName, &mut |found| check.report(found));
    whole.then_some((schema, assigned))
}
