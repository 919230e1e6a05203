//! `interlock`: what no command may do, whoever sends it.

mod memory;
mod running;

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::formula::{Compiler, Evaluator, Program};
use twinflow_engine::language::{Ordered, Spanned};
use twinflow_engine::node::{Check, Checked, NodeContext, NodeType, Output, Part, Role};
use twinflow_engine::record::Value;
use twinflow_engine::schema::{Field, FieldType, Schema};
use twinflow_engine::unit::{Quantity, Unit};

use self::running::{Guard, Guarding, Rules, Trip};
use crate::field_spec::ordered;
use crate::silence::{Passing, Patience};
use crate::time_span::seconds;

/// The node type.
pub struct Interlock;

/// What becomes of a value that is out of its range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Otherwise {
    /// The command is refused.
    #[default]
    Refuse,
    /// The nearest value that is allowed is sent.
    Clamp,
}

/// What a field of a command may be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GuardConfig {
    /// Least and greatest value; the field's own range by default.
    range: Option<Spanned<[f64; 2]>>,
    /// What becomes of a value out of range: `refuse` (the default) or `clamp`.
    #[serde(default)]
    otherwise: Otherwise,
    /// A condition without which the field may not be commanded, such as `rpm > 500 rpm`.
    permit: Option<Spanned<String>>,
}

/// A condition that takes commands out of everybody's hands.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TripConfig {
    /// The condition, such as `temp > 60 °C`.
    when: Spanned<String>,
    /// What is commanded then, by field, whatever anybody else says.
    force: Ordered<Spanned<Json>>,
    /// Whether it stays until somebody resets it; by default it ends with the condition.
    #[serde(default)]
    latch: bool,
}

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The fields of commands, with what each may be. Only these leave the node.
    commands: Ordered<Spanned<GuardConfig>>,
    /// Conditions under which values are forced, by name.
    #[serde(default)]
    trips: Ordered<TripConfig>,
    /// So long without a reading that the conditions can be judged by counts as if no condition permitted anything and every trip's
    /// held; by default the last reading counts.
    stale: Option<Spanned<String>>,
}

impl NodeType for Interlock {
    const NAME: &'static str = "interlock";
    const ROLE: Role = Role::Transform;
    const DOC: &'static str = r#"Stands before the `mqtt-out` of commands and lets nothing through that may not be, whoever sends it: a control, a loop, a script.
Commands and the readings that the conditions are about both lead to it; a record with one of the fields of `commands` is a command.

- A value out of its `range` is refused, or clamped. A command with a refused value is refused as a whole: it leaves by the output
  `error`, with the reason.
- A field with `permit` may be commanded only while this is true by the machine's last reading.
- While the condition of a trip holds, its values are `force`d: they are sent at once, and stand in place of those of every command. A trip
  with `latch` holds until somebody resets it, by `POST /api/nodes/NAME/reset`, which is refused while its condition is true; it
  outlives restarts. When a trip ends, nothing is sent: the next command counts.

Conditions are judged for each machine by itself. One that cannot be judged, because the reading lacks a field, stays as it was; with
`stale`, a machine that has sent no reading for so long is permitted nothing, and trips.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan/data, fields: { temp: { unit: °C }, rpm: { unit: rpm } } }
  speed: { type: control, from: fan, widget: slider, sends: speed, unit: "%", range: [0, 100] }
  heater: { type: control, from: fan, widget: slider, sends: heat, unit: W, range: [0, 500] }
  guard:
    type: interlock
    from: [fan, speed, heater]
    commands:
      speed: { range: [0, 100], otherwise: clamp }
      heat: { range: [0, 300], permit: rpm > 500 rpm }
    trips:
      overheat: { when: temp > 60 °C, force: { speed: 100 %, heat: 0 }, latch: true }
    stale: 5 s
  commands: { type: mqtt-out, from: guard, broker: plant, topic: fan/command }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let guards = guards(&config, check);
        let patience = match &config.stale {
            Some(text) => {
                let stale_s = seconds(text, 1..=3600, "such as `stale: 5 s`", check);
                stale_s.map(|stale_s| Some(Patience { stale_s }))
            }
            None => Some(None),
        };
        let guards = guards?;
        let trips = trips(&config, &guards, check);
        let conditions = conditions(&config, check);
        let (patience, trips, conditions) = (patience?, trips?, conditions?);
        let schema = Schema::new(guards.iter().map(|guard| guard.field.clone().optional()));
        let output = Output::main(schema);
        let rules = Arc::new(Rules {
            guards,
            trips,
            patience,
            schema: Arc::clone(&output.schema),
        });
        let make = move |context: &NodeContext| {
            Ok(Guarding {
                context: context.clone(),
                rules: Arc::clone(&rules),
                evaluator: Evaluator::new(conditions.clone()),
                machines: BTreeMap::new(),
                ticked: Passing::default(),
            })
        };
        Some(Checked {
            outputs: vec![output],
            part: Part::transform(make),
            view: None,
            decode: None,
        })
    }
}

fn guards(config: &Config, check: &mut Check<'_>) -> Option<Vec<Guard>> {
    let mut whole = true;
    let mut guards = Vec::new();
    for (name, guard) in config.commands.iter() {
        let Some((slot, field)) = check.field(name) else {
            whole = false;
            continue;
        };
        let is_number = matches!(field.field_type, FieldType::Number(_) | FieldType::Integer);
        let range = match &guard.range {
            Some(range) if !is_number => {
                let message = format!("`{}` is {}: it has no range", name.value, field.field_type);
                check.report(Diagnostic::new(Code::WrongKind, range.span, message));
                whole = false;
                continue;
            }
            Some(range) => ordered(range, check),
            None => field.range,
        };
        whole &= range.is_some() || guard.range.is_none();
        if is_number && guard.range.is_none() && range.is_none() {
            let message = format!("nothing says how far `{}` may go", name.value);
            check.report(
                Diagnostic::new(Code::MissingField, guard.span, message)
                    .with_help("add a range, such as `range: [0, 100]`, here or to the field"),
            );
            whole = false;
        }
        guards.push(Guard {
            slot,
            field: Field { range, ..field },
            clamps: guard.otherwise == Otherwise::Clamp,
            permit: guard.permit.as_ref().map(|permit| permit.value.as_str().into()),
        });
    }
    if whole && guards.is_empty() {
        check.report(
            Diagnostic::new(
                Code::MissingField,
                check.span(),
                "an interlock needs commands that it guards",
            )
            .with_help("such as `commands: { speed: { range: [0, 100] } }`"),
        );
        return None;
    }
    whole.then_some(guards)
}

fn trips(config: &Config, guards: &[Guard], check: &mut Check<'_>) -> Option<Vec<Trip>> {
    let mut whole = true;
    let mut trips = Vec::new();
    for (name, trip) in config.trips.iter() {
        let mut force = vec![Value::Missing; guards.len()];
        for (field, value) in trip.force.iter() {
            let guarded = guards.iter().zip(&mut force);
            let Some((guard, forced)) = guarded
                .into_iter()
                .find(|(guard, _)| *guard.field.name == *field.value)
            else {
                let message = format!("`{}` is none of the guarded commands", field.value);
                check.report(
                    Diagnostic::new(Code::UnknownField, field.span, message)
                        .with_help("add it to `commands`"),
                );
                whole = false;
                continue;
            };
            match forced_value(value, &guard.field) {
                Ok(value) => *forced = value,
                Err(reason) => {
                    check.report(Diagnostic::new(Code::WrongValue, value.span, reason));
                    whole = false;
                }
            }
        }
        if trip.force.0.is_empty() {
            let message = format!("the trip `{}` forces nothing", name.value);
            check.report(Diagnostic::new(Code::MissingField, name.span, message));
            whole = false;
        }
        trips.push(Trip {
            name: name.value.as_str().into(),
            when: trip.when.value.as_str().into(),
            force,
            latches: trip.latch,
        });
    }
    whole.then_some(trips)
}

/// A value that the field can have, within its range.
fn forced_value(value: &Json, field: &Field) -> Result<Value, String> {
    let wrong = || format!("`{}` is {}, found `{value}`", field.name, field.field_type);
    let number = |unit: &Unit| match value {
        Json::String(text) => Quantity::parse_in(text, unit),
        other => other.as_f64().ok_or_else(wrong),
    };
    let value = match &field.field_type {
        FieldType::Number(unit) => Value::number(number(unit)?),
        FieldType::Integer => value.as_i64().map(Value::Integer).ok_or_else(wrong)?,
        FieldType::Boolean => value.as_bool().map(Value::Boolean).ok_or_else(wrong)?,
        FieldType::Text => value
            .as_str()
            .map(|text| Value::Text(text.into()))
            .ok_or_else(wrong)?,
        FieldType::Json => Value::Json(Arc::new(value.clone())),
        FieldType::Time => return Err(format!("`{}` is a time, which cannot be forced", field.name)),
    };
    match (running::beyond(&value, field.range), field.range) {
        (Some(_), Some((low, high))) => Err(format!(
            "what is forced must be within the range of `{}`, {low} to {high}",
            field.name
        )),
        _ => Ok(value),
    }
}

/// All conditions: those that permit, in the order of the fields, then those of the trips.
fn conditions(config: &Config, check: &mut Check<'_>) -> Option<Program> {
    let permits = config
        .commands
        .iter()
        .filter_map(|(_, guard)| guard.permit.as_ref());
    let formulas = permits.chain(config.trips.iter().map(|(_, trip)| &trip.when));
    let input = check.input();
    let mut compiler = Compiler::new(&input);
    let mut whole = true;
    for formula in formulas {
        let Some(expression) = check.formula(formula) else {
            whole = false;
            continue;
        };
        if let Err(errors) = compiler.add_condition(&expression) {
            check.report_formula(formula, errors);
            whole = false;
        }
    }
    whole.then(|| compiler.finish())
}
