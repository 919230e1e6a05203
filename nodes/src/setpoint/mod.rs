//! `setpoint`: what a value is to be, by the clock on the wall.

mod memory;
mod running;
mod schedule;

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{Check, Checked, NodeContext, NodeType, Output, Part, Role};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::Unit;

use self::running::Aiming;
use self::schedule::{Entry, Schedule};
use crate::field_spec::check_field_name;
use crate::quantity_text::{QuantityText, quantity};

/// The node type.
pub struct Setpoint;

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What the value is to be where the schedule says nothing, such as `30 °C`; its unit is that of the field.
    default: Spanned<QuantityText>,
    /// The name of the field that is added; `setpoint` by default.
    field: Option<Spanned<String>>,
    /// What people call it; `Set-point` by default.
    title: Option<String>,
    /// Values for parts of the day.
    #[serde(default)]
    schedule: Vec<Spanned<Entry>>,
    /// How fast it goes from one value to the next, such as `1 K/min`; at once by default.
    ramp: Option<Spanned<QuantityText>>,
}

impl NodeType for Setpoint {
    const NAME: &'static str = "setpoint";
    const ROLE: Role = Role::Transform;
    const DOC: &'static str = r#"Adds to every record what a value is to be at its time: `default`, or the value of the entry of the `schedule` that holds then. With a
`ramp` it goes from one value to the next no faster than that, for each machine by itself, over restarts too.

The times are those of the clock on the wall, in the time zone of the computer (`TZ` in the environment says another one). An entry that ends
before it begins goes on into the next day, and `days` are those on which it begins. Where the clock is set forward, what lies in the
hour that does not exist is left out; where it is set back, what lies in the hour that comes twice holds twice. Entries that overlap are a
mistake, which the check tells.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C, range: [0, 60] } } }
  target:
    type: setpoint
    from: fan
    default: 34 °C
    schedule:
      - { from: "06:00", to: "22:00", days: [mon, tue, wed, thu, fri], value: 30 °C }
      - { from: "22:00", to: "06:00", days: [fri], value: 38 °C }
    ramp: 1 K/min
  show: { type: dashboard-widget, from: target, widget: chart, fields: [temp, setpoint] }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let default = QuantityText::own(&config.default, "default", check);
        let name = match &config.field {
            Some(name) => check_field_name(name, check).map(|()| name.value.as_str()),
            None => Some("setpoint"),
        };
        let (default, name) = (default?, name?);
        let schedule = Schedule::read(&config.schedule, &default.unit, name, check);
        let ramp = ramp(&config, &default.unit, name, check);
        let (schedule, ramp) = (schedule?, ramp?);
        let place = config.field.as_ref().map_or(check.span(), |name| name.span);
        let mut field = Field::new(name, FieldType::Number(default.unit.clone()));
        field.title = Some(config.title.unwrap_or_else(|| "Set-point".to_owned()));
        let values = || schedule.values().chain([default.value]);
        let range = (
            values().fold(f64::MAX, f64::min),
            values().fold(f64::MIN, f64::max),
        );
        // A range of no width is none.
        field.range = Some(range).filter(|(low, high)| low < high);
        let mut schema = (*check.input()).clone();
        check.extend(&mut schema, field, place)?;
        let output = Output::main(schema);
        let schema = Arc::clone(&output.schema);
        let make = move |_: &NodeContext| {
            Ok(Aiming {
                default: default.value,
                unit: default.unit.clone(),
                schedule: schedule.clone(),
                ramp_per_s: ramp,
                schema: Arc::clone(&schema),
                machines: BTreeMap::new(),
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

/// How far the value may go in a second; nothing where it may go at once.
fn ramp(config: &Config, unit: &Unit, field: &str, check: &mut Check<'_>) -> Option<Option<f64>> {
    let Some(text) = &config.ramp else {
        return Some(None);
    };
    let unit = unit.difference().per_second().unwrap_or_else(Unit::none);
    let ramp = quantity(text, &unit, "ramp", field, check)?;
    if ramp.is_finite() && ramp > 0.0 {
        return Some(Some(ramp));
    }
    check.report(
        Diagnostic::new(Code::WrongValue, text.span, "a ramp is above 0")
            .with_help("leave it out where the value is to change at once"),
    );
    None
}
