//! `twin`: a model of the machine that runs in step with it, and what differs.

mod input;
mod memory;
mod parameters;
mod run;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{Check, Checked, NodeContext, NodeType, Output, Part, Role};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::Unit;

use input::{FieldInput, Given};
use parameters::ParametersConfig;
use run::{Inputs, Twinning};

pub(crate) use run::Following;

/// The node type.
pub struct Twin;

/// Which machine it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Model {
    /// The cooling fan.
    Fan,
}

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The machine that is modelled: `fan`.
    model: Model,
    /// Heat that the process is set to give off: the name of a field, or a quantity; 100 W by default.
    heat_load: Option<Spanned<Given>>,
    /// Mechanical load from 0 to 1: the name of a field, or a number; 0.3 by default.
    mechanical_load: Option<Spanned<Given>>,
    /// The commanded speed, where an operator sets it and not the controller: the name of a field, or a quantity such as 60 %.
    speed: Option<Spanned<Given>>,
    /// The temperature of the room: the name of a field, or a quantity; by default it is estimated.
    ambient: Option<Spanned<Given>>,
    /// What makes this machine differ from the simulated one.
    #[serde(default)]
    parameters: ParametersConfig,
}

/// The fields that the fan's sensors give, with their units and what people call them.
const SENSORS: [(&str, &str, &str); 4] = [
    ("temp", "°C", "temperature"),
    ("rpm", "rpm", "speed"),
    ("current", "A", "current"),
    ("vibration", "g", "vibration"),
];

impl NodeType for Twin {
    const NAME: &'static str = "twin";
    const ROLE: Role = Role::Transform;
    const DOC: &'static str = r#"Runs a model of the machine in step with it, and says what a sound machine would report: for each of `temp`, `rpm`,
`current` and `vibration` it adds the expected value, such as `temp_expected`, and the difference, such as `temp_residual`.
A fault shows in the differences whatever the load and the room are, so they are good features for a fault model.

The model is told the loads, from fields or as fixed quantities. The temperature of the room is given, or estimated in the
first ten seconds in which a machine is seen, when it is taken to be sound; `ambient_estimate` says what came of it. While a
machine has been silent for more than a minute, its model has waited, and goes on from the measured values. A reading that lacks one of
the four gets no expected values, nor does one that comes late; one that is older than the newest by more than a minute comes of a
clock that was set back, and the model goes on from it.

No machine is quite like the simulated one. `parameters` has its own figures, such as `heat_capacity: 820 J/°C`; `twinflow fit`
finds them in a log of the machine, and prints what to write here.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: factory/fan/data
    fields:
      temp: { unit: °C }
      rpm: { unit: rpm }
      current: { unit: A }
      vibration: { unit: g }
      heat_load: { path: inputs.process_heat_load_w, unit: W, optional: true }
  model:
    type: twin
    from: fan
    model: fan
    heat_load: heat_load
    mechanical_load: 0.3
    parameters: { heat_capacity: 820 J/°C, full_speed: 2800 rpm }
  show: { type: dashboard-widget, from: model, widget: chart, fields: [temp, temp_expected] }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let Model::Fan = config.model;
        let sensors = SENSORS.map(|(name, unit, _)| sensor(name, unit, check));
        let inputs = Inputs {
            heat_load_w: input::read(config.heat_load.as_ref(), "W", (0.0, 500.0), check),
            mechanical_load: input::read(config.mechanical_load.as_ref(), "", (0.0, 1.0), check),
            speed_pct: input::read(config.speed.as_ref(), "%", (0.0, 100.0), check),
            ambient_c: input::read(config.ambient.as_ref(), "°C", (-20.0, 50.0), check),
        };
        let parameters = config.parameters.read(check);
        let mut schema = (*check.input()).clone();
        let span = check.span();
        let mut whole = true;
        for (name, unit, title) in SENSORS {
            let unit = Unit::parse(unit).ok()?;
            let difference = unit.difference();
            for (field, unit, what) in [
                ("expected", unit, "Expected"),
                ("residual", difference, "Unexpected"),
            ] {
                let field = Field::new(format!("{name}_{field}").as_str(), FieldType::Number(unit))
                    .titled(format!("{what} {title}"))
                    .optional();
                whole &= check.extend(&mut schema, field, span).is_some();
            }
        }
        let ambient = Field::new("ambient_estimate", FieldType::Number(Unit::parse("°C").ok()?))
            .titled("Room temperature")
            .optional();
        whole &= check.extend(&mut schema, ambient, span).is_some();
        let [Some(temp), Some(rpm), Some(current), Some(vibration)] = sensors else {
            return None;
        };
        let (inputs, parameters) = (inputs.whole()?, parameters?);
        if !whole {
            return None;
        }
        let output = Output::main(schema);
        let extended = Arc::clone(&output.schema);
        let following = Following {
            sensors: [temp, rpm, current, vibration],
            inputs,
        };
        let make = move |_: &NodeContext| Ok(Twinning::new(following, parameters, &extended));
        Some(Checked {
            outputs: vec![output],
            part: Part::transform(make),
            view: None,
            decode: None,
        })
    }
}

/// A sensor's field, which has its name.
fn sensor(name: &str, unit: &str, check: &mut Check<'_>) -> Option<FieldInput> {
    let input = check.input();
    let Some((slot, field)) = input.field(name) else {
        if !input.is_partial() {
            let message = format!("the fan's model needs `{name}`, which the records that arrive here lack");
            check.report(
                Diagnostic::new(Code::UnknownRecordField, check.span(), message).with_help(format!(
                    "give the field that holds it the name `{name}`, in {unit}"
                )),
            );
        }
        return None;
    };
    match FieldInput::of(slot, &field.field_type, unit) {
        Some(input) => Some(input),
        None => {
            let message = format!(
                "the fan's model needs `{name}` as a number in {unit}, here it is {}",
                field.field_type
            );
            check.report(Diagnostic::new(Code::UnitMismatch, check.span(), message));
            None
        }
    }
}
