//! `pid`: holds a measured value at its set-point.

mod law;
mod machine;
mod memory;
mod running;
mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use twinflow_engine::language::{Ordered, Spanned};
use twinflow_engine::node::{
    Check, Checked, LoopInfo, NodeContext, NodeType, Output, Part, Place, Role, Shown, StartError, View,
    ViewColumn,
};
use twinflow_engine::schema::{Field, FieldType, Schema};
use twinflow_engine::unit::Unit;

use self::law::Law;
use self::machine::{Mode, Rules};
use self::running::{Looping, Subject};
use self::settings::{Sent, Target, beside, gain, safe, sent, setpoint, times, weight};
use crate::number_field::NumberField;
use crate::quantity_text::QuantityText;
use crate::silence::{Passing, Patience};

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
