//! `pid`: holds a measured value at its set-point.

mod law;
mod machine;
mod memory;
mod running;

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Ordered, Span, Spanned};
use twinflow_engine::node::{
    Check, Checked, LoopInfo, NodeContext, NodeType, Output, Part, Place, Role, Shown, StartError, View,
    ViewColumn,
};
use twinflow_engine::record::Value;
use twinflow_engine::schema::{Field, FieldType, Schema};
use twinflow_engine::unit::Unit;

use self::law::Law;
use self::machine::{Mode, Rules};
use self::running::{Looping, SetpointField, Subject};
use crate::field_spec::{check_field_name, ordered, warn_if_exceeded};
use crate::number_field::NumberField;
use crate::quantity_text::{QuantityText, quantity};
use crate::silence::{Passing, Patience};
use crate::time_span::seconds;

/// The node type.
pub struct Pid;

/// Which way the output acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Action {
    /// More output where the value is too high: cooling.
    Direct,
    /// More output where the value is too low: heating.
    Reverse,
}

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The measured value, a number.
    field: Spanned<String>,
    /// What it is to be until somebody sets something else, such as `30 °C`.
    setpoint: Option<Spanned<QuantityText>>,
    /// The arriving field that tells what it is to be, such as that of a `setpoint` node; then nobody sets it by hand.
    setpoint_field: Option<Spanned<String>>,
    /// Least and greatest set-point, in the unit of the measured value; the range of `field` by default.
    setpoint_range: Option<Spanned<[f64; 2]>>,
    /// The name of the field that it sends.
    sends: Spanned<String>,
    /// Unit of what it sends.
    unit: Option<Spanned<String>>,
    /// Least and greatest output. Nothing outside of it ever leaves.
    range: Spanned<[f64; 2]>,
    /// `direct`: more output where the value is too high, as in cooling. `reverse`: more where it is too low, as in heating.
    action: Action,
    /// Units of output for each unit of error, such as `12 %/K`.
    gain: Spanned<QuantityText>,
    /// So long an error that stays takes to add the proportional part once more, such as `60 s`.
    integral_time: Spanned<String>,
    /// How far ahead the derivative looks, such as `5 s`; none by default. It is filtered with a tenth of this time.
    derivative_time: Option<Spanned<String>>,
    /// How much of a change of the set-point acts at once, from 0 (the output never jumps) to 1 (the default).
    setpoint_weight: Option<Spanned<f64>>,
    /// So often a command is sent, by the time of the readings; 1 s by default.
    every: Option<Spanned<String>>,
    /// So long without a valid reading leads to the safe state, such as `2 s`.
    stale: Spanned<String>,
    /// The output in the safe state, such as `100 %`.
    safe: Spanned<QuantityText>,
    /// The mode of a machine before anybody has chosen one; automatic by default.
    start: Option<Mode>,
    /// What a command has beside the output, such as `control_mode: manual`, so that the machine obeys it.
    #[serde(default)]
    with: Ordered<Json>,
    /// Its own heading; the title of `field` by default.
    title: Option<String>,
    /// The page on which it stands, by its title.
    page: Option<String>,
    /// The heading under which it stands; `Control` by default.
    group: Option<String>,
    /// Columns of a grid of twelve.
    #[schemars(range(min = 1, max = 12))]
    width: Option<u8>,
    /// Those of lower order stand earlier in their group.
    #[serde(default)]
    order: i32,
}

const DAY_S: u64 = 86_400;

impl NodeType for Pid {
    const NAME: &'static str = "pid";
    const ROLE: Role = Role::Transform;
    const DOC: &'static str = r#"Holds a measured value at its set-point by what it sends to the machine, for each machine by itself: a PID controller in the
standard form, with `gain`, `integral_time` and `derivative_time`. The integral does not wind up while the output stands at an end of its
`range`, and nothing out of this range ever leaves the node.

| mode | the output is |
| --- | --- |
| `automatic` | the controller's |
| `manual` | what a person sets, or where it was held |
| `safe` | `safe`, because no valid reading has come for `stale`, or no set-point yet |

People see and operate it on the dashboard, or by `POST /api/nodes/NAME/setpoint` with `{"value": 30}`, `/manual` with `{"output": 60}` (without
one the present output is held) and `/automatic`; with `"key"` where there are several machines. Whatever the mode changes to, the output goes on
from where it is. Out of the safe state it goes back by itself when readings come again. Mode, output and set-point outlive restarts; a
set-point that is changed in the flow is the newer wish.

For each command a record goes out with `sends` and the constant fields of `with`, in most flows to an `mqtt-out`: of the controller every
`every`, and otherwise at once and then every `every`, so that a machine that comes back learns of it. How to tune it, and what to mind:
docs/control.md.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan/data, fields: { temp: { unit: °C, range: [0, 60], title: Temperature } } }
  cooling:
    type: pid
    from: fan
    field: temp
    setpoint: 32 °C
    setpoint_range: [26, 45]
    sends: speed_command_pct
    unit: "%"
    range: [0, 100]
    action: direct
    gain: 40 %/K
    integral_time: 60 s
    stale: 2 s
    safe: 100 %
    with: { control_mode: manual }
  commands: { type: mqtt-out, from: cooling, broker: plant, topic: fan/command, overflow: latest }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let measured = NumberField::read(&config.field, check);
        let sent = sent(&config, check);
        let beside = beside(&config, check);
        let times = times(&config, check);
        let weight = weight(&config, check);
        let (measured, sent) = (measured?, sent?);
        let setpoint = setpoint(&config, &measured, check);
        let gain = gain(&config, &measured.unit, &sent.unit, check);
        let safe = safe(&config, &sent, check);
        let (times, weight, setpoint, gain, safe) = (times?, weight?, setpoint?, gain?, safe?);
        let (others, beside) = beside?;
        let rules = Rules {
            law: Law {
                gain,
                integral_s: times.integral_s,
                derivative_s: times.derivative_s,
                setpoint_weight: weight,
                range: sent.range,
            },
            safe,
            patience: Patience {
                stale_s: times.stale_s,
            },
            every_s: times.every_s,
            start: config.start.unwrap_or(Mode::Automatic),
            setpoint: setpoint.constant,
            setpoint_range: setpoint.range,
        };
        let columns = faceplate(&measured, &setpoint, &sent);
        let subject = Arc::new(Subject {
            output_unit: sent.unit,
            beside,
            commands: Arc::new(Schema::new(std::iter::once(sent.field).chain(others))),
            faceplate: Arc::new(Schema::new(columns.iter().map(|column| column.field.clone()))),
            stale: config.stale.trim().into(),
            setpoint: setpoint.field,
            measured,
        });
        let title = config
            .title
            .unwrap_or_else(|| subject.measured.field.display_title());
        let view = View {
            place: Place {
                page: config.page,
                group: Some(config.group.unwrap_or_else(|| "Control".to_owned())),
                order: config.order,
                width: config.width,
            },
            title: Some(title),
            shown: Shown::Loop(LoopInfo {
                settable: subject.setpoint.is_none(),
            }),
            columns,
            alert: None,
            popup: false,
            span_seconds: None,
            bands: Vec::new(),
            files: None,
        };
        let output = Output {
            name: "out".into(),
            schema: Arc::clone(&subject.commands),
        };
        let make = move |context: &NodeContext| {
            let feed = context.feed.clone();
            Ok(Looping {
                context: context.clone(),
                feed: feed.ok_or_else(|| StartError("has no feed to the dashboard".to_owned()))?,
                subject: Arc::clone(&subject),
                rules,
                machines: BTreeMap::new(),
                ticked: Passing::default(),
            })
        };
        Some(Checked {
            outputs: vec![output],
            part: Part::transform(make),
            view: Some(view),
            decode: None,
        })
    }
}

/// The output.
struct Sent {
    unit: Unit,
    range: (f64, f64),
    field: Field,
}

fn sent(config: &Config, check: &mut Check<'_>) -> Option<Sent> {
    let name = check_field_name(&config.sends, check);
    let unit = match &config.unit {
        Some(unit) => check.unit(unit),
        None => Some(Unit::none()),
    };
    let range = ordered(&config.range, check);
    let ((), unit, range) = (name?, unit?, range?);
    let field = Field::new(config.sends.value.as_str(), FieldType::Number(unit.clone()));
    Some(Sent {
        unit,
        range,
        field: field.ranged(range.0, range.1),
    })
}

/// What stands beside the output in a command: fields and their values.
fn beside(config: &Config, check: &mut Check<'_>) -> Option<(Vec<Field>, Vec<Value>)> {
    let mut whole = true;
    let (mut fields, mut values) = (Vec::new(), Vec::new());
    for (name, value) in config.with.iter() {
        whole &= check_field_name(name, check).is_some();
        if name.value == config.sends.value {
            let message = format!("`{}` is the output itself", name.value);
            check.report(
                Diagnostic::new(Code::FieldTaken, name.span, message).with_help("remove it from `with`"),
            );
            whole = false;
        }
        let (field_type, value) = constant(value);
        fields.push(Field::new(name.value.as_str(), field_type));
        values.push(value);
    }
    whole.then_some((fields, values))
}

/// A value that stands in the flow, with its type.
fn constant(value: &Json) -> (FieldType, Value) {
    match value {
        Json::Bool(flag) => (FieldType::Boolean, Value::Boolean(*flag)),
        Json::String(text) => (FieldType::Text, Value::Text(text.as_str().into())),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => (FieldType::Integer, Value::Integer(whole)),
            None => (
                FieldType::plain_number(),
                number.as_f64().map_or(Value::Missing, Value::number),
            ),
        },
        other => (FieldType::Json, Value::Json(Arc::new(other.clone()))),
    }
}

/// Where the set-point comes from.
struct Target {
    /// From the flow, until somebody sets another.
    constant: Option<f64>,
    /// From the records.
    field: Option<SetpointField>,
    range: Option<(f64, f64)>,
}

fn setpoint(config: &Config, measured: &NumberField, check: &mut Check<'_>) -> Option<Target> {
    let range = match &config.setpoint_range {
        Some(range) => Some(ordered(range, check)?),
        None => measured.field.range,
    };
    match (&config.setpoint, &config.setpoint_field) {
        (Some(text), None) => {
            let constant = quantity(text, &measured.unit, "setpoint", &measured.name, check)?;
            let Some((low, high)) = range else {
                let message = "nothing says how far people may set the set-point";
                check.report(Diagnostic::new(Code::MissingField, text.span, message).with_help(
                    "add `setpoint_range`, such as `setpoint_range: [20, 45]`, or a range to the field",
                ));
                return None;
            };
            is_within(
                constant,
                (low, high),
                "the set-point",
                &measured.unit,
                text.span,
                check,
            )?;
            Some(Target {
                constant: Some(constant),
                field: None,
                range,
            })
        }
        (None, Some(name)) => {
            let field = NumberField::read(name, check)?;
            let Some(conversion) = field.unit.conversion_to(&measured.unit) else {
                let message = format!(
                    "`{}` is {}, and `{}` is {}",
                    field.name,
                    field.unit.described(),
                    measured.name,
                    measured.unit.described()
                );
                check.report(Diagnostic::new(Code::UnitMismatch, name.span, message));
                return None;
            };
            if let (Some(range), Some((low, high))) = (range, field.field.range) {
                let reached = (conversion.apply(low), conversion.apply(high));
                let whose = format!("the set-points of `{}`", measured.name);
                warn_if_exceeded(range, reached, &measured.field, &whose, name.span, check);
            }
            let slot = field.slot;
            Some(Target {
                constant: None,
                field: Some(SetpointField { slot, conversion }),
                range,
            })
        }
        (Some(text), Some(name)) => {
            let message = "either `setpoint` says what the value is to be, or `setpoint_field`";
            check.report(
                Diagnostic::new(Code::WrongValue, text.span, message)
                    .with_related(name.span, "the records bring it")
                    .with_help("remove one of the two"),
            );
            None
        }
        (None, None) => {
            check.report(
                Diagnostic::new(Code::MissingField, check.span(), "a loop needs a set-point").with_help(
                    "add `setpoint`, such as `setpoint: 30 °C`, or `setpoint_field`, the field that has it",
                ),
            );
            None
        }
    }
}

fn is_within(
    value: f64,
    (low, high): (f64, f64),
    what: &str,
    unit: &Unit,
    place: Span,
    check: &mut Check<'_>,
) -> Option<()> {
    if (low..=high).contains(&value) {
        return Some(());
    }
    let unit = match unit.is_none() {
        true => String::new(),
        false => format!(" {unit}"),
    };
    let message = format!("{what}, {value}{unit}, is not within {low} to {high}{unit}");
    check.report(Diagnostic::new(Code::WrongValue, place, message));
    None
}

fn safe(config: &Config, sent: &Sent, check: &mut Check<'_>) -> Option<f64> {
    let safe = quantity(&config.safe, &sent.unit, "safe", &config.sends, check)?;
    is_within(
        safe,
        sent.range,
        "the safe output",
        &sent.unit,
        config.safe.span,
        check,
    )?;
    Some(safe)
}

/// The gain with the sign of its action.
fn gain(config: &Config, measured: &Unit, output: &Unit, check: &mut Check<'_>) -> Option<f64> {
    let unit = output.per(&measured.difference()).unwrap_or_else(Unit::none);
    let gain = quantity(&config.gain, &unit, "gain", &config.sends, check)?;
    if !(gain.is_finite() && gain > 0.0) {
        check.report(
            Diagnostic::new(Code::WrongValue, config.gain.span, "a gain is above 0")
                .with_help("`action` says which way the output acts"),
        );
        return None;
    }
    Some(match config.action {
        Action::Direct => gain,
        Action::Reverse => -gain,
    })
}

fn weight(config: &Config, check: &mut Check<'_>) -> Option<f64> {
    match &config.setpoint_weight {
        None => Some(1.0),
        Some(weight) if (0.0..=1.0).contains(&weight.value) => Some(weight.value),
        Some(weight) => {
            let message = format!("a weight goes from 0 to 1, found {}", weight.value);
            check.report(Diagnostic::new(Code::WrongValue, weight.span, message));
            None
        }
    }
}

struct Times {
    integral_s: f64,
    derivative_s: f64,
    every_s: f64,
    stale_s: f64,
}

fn times(config: &Config, check: &mut Check<'_>) -> Option<Times> {
    let integral = seconds(
        &config.integral_time,
        0..=DAY_S,
        "such as `integral_time: 60 s`",
        check,
    );
    let derivative = match &config.derivative_time {
        Some(text) => seconds(
            text,
            0..=DAY_S,
            "such as `derivative_time: 5 s`, or leave it out",
            check,
        ),
        None => Some(0.0),
    };
    let every = match &config.every {
        Some(text) => seconds(text, 0..=3600, "such as `every: 1 s`", check),
        None => Some(1.0),
    };
    let stale = seconds(&config.stale, 1..=3600, "such as `stale: 2 s`", check);
    Some(Times {
        integral_s: integral?,
        derivative_s: derivative?,
        every_s: every?,
        stale_s: stale?,
    })
}

/// The columns that a [`Shown::Loop`] has, by names that no field can take from each other.
fn faceplate(measured: &NumberField, setpoint: &Target, sent: &Sent) -> Vec<ViewColumn> {
    let number = |name: &str, unit: &Unit, title: String, range: Option<(f64, f64)>| {
        let mut field = Field::new(name, FieldType::Number(unit.clone()))
            .titled(title)
            .optional();
        field.range = range;
        field
    };
    let fields = [
        number(
            "measured",
            &measured.unit,
            measured.field.display_title(),
            measured.field.range,
        ),
        number("setpoint", &measured.unit, "Set-point".to_owned(), setpoint.range),
        number("output", &sent.unit, sent.field.display_title(), Some(sent.range)),
        Field::new("mode", FieldType::Text).titled("Mode"),
        Field::new("reason", FieldType::Text).titled("Reason"),
    ];
    let column = |field| ViewColumn {
        field,
        slot: None,
        shown: true,
    };
    fields.into_iter().map(column).collect()
}
