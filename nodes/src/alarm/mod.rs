//! `alarm`: what somebody has to know of, and act on.

mod condition;
mod lifecycle;
mod memory;
mod running;
mod settings;
mod slope;

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::formula::{Compiler, Evaluator, Program};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{
    AlarmInfo, AlarmPriority, Check, Checked, NodeContext, NodeType, Output, Part, Place, Role, Shown,
    StartError, View, ViewColumn,
};
use twinflow_engine::schema::{Field, FieldType, Schema};

use self::condition::Condition;
use self::lifecycle::Delays;
use self::running::Alarming;
use self::settings::conditions;
use crate::number_field::NumberField;
use crate::quantity_text::QuantityText;
use crate::time_span::seconds;

/// The node type.
pub struct Alarm;

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The field that the limits are of.
    field: Option<Spanned<String>>,
    /// Above it is an alarm of the next higher priority.
    high_high: Option<Spanned<QuantityText>>,
    /// Above it is an alarm, such as `45 °C`.
    high: Option<Spanned<QuantityText>>,
    /// Below it is an alarm.
    low: Option<Spanned<QuantityText>>,
    /// Below it is an alarm of the next higher priority.
    low_low: Option<Spanned<QuantityText>>,
    /// So far behind a limit the value has to come back until its alarm ends: a value that wavers about the limit is one alarm.
    deadband: Option<Spanned<QuantityText>>,
    /// Rising or falling faster than this is an alarm, such as `2 K/min`.
    rate: Option<Spanned<QuantityText>>,
    /// The time over which the rate is measured; 10 s by default.
    rate_over: Option<Spanned<String>>,
    /// Further than this from `expected` is an alarm, such as `3 K`.
    deviation: Option<Spanned<QuantityText>>,
    /// The field that `field` ought to be near, such as what a twin expects.
    expected: Option<Spanned<String>>,
    /// A condition that is an alarm, such as `fault_code != 0` or `rpm < 100 rpm and speed > 20 %`.
    when: Option<Spanned<String>>,
    /// So long without a record of a machine is an alarm.
    stale: Option<Spanned<String>>,
    /// So long it has to hold until the alarm is raised; at once by default.
    on_delay: Option<Spanned<String>>,
    /// So long it must not hold any more until the alarm ends; at once by default.
    off_delay: Option<Spanned<String>>,
    /// How soon somebody has to act.
    #[serde(default)]
    priority: AlarmPriority,
    /// What it says; made from the condition by default.
    message: Option<String>,
    /// A condition under which these alarms mean nothing, such as `mode == "maintenance"`.
    suppress: Option<Spanned<String>>,
    /// What the alarms are called together; the field's title, or the node's name, by default.
    title: Option<String>,
}

impl NodeType for Alarm {
    const NAME: &'static str = "alarm";
    const ROLE: Role = Role::Transform;
    const DOC: &'static str = r#"Raises alarms, and keeps for each machine which are unacknowledged, acknowledged, returned, shelved or suppressed (ISA-18.2), over
restarts too. The dashboard tells the worst at its top and lists all; there, or by `POST /api/nodes/NAME/acknowledge`, people
acknowledge them, or `shelve` them for some minutes.

A record goes out for each change of an alarm, for a log or a message to somebody: `alarm` (`high`, `when`, ...), `state`,
`priority`, `message`, `active`, `first` (no other one of this node stood when it was raised), `by` (who acknowledged or shelved
it), and the `value` of the field when it was raised.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C, range: [0, 60] }, rpm: { unit: rpm } } }
  heat:
    type: alarm
    from: fan
    field: temp
    high: 45 °C
    high_high: 55 °C
    deadband: 1 K
    on_delay: 2 s
    rate: 5 K/min
    stale: 10 s
  stall: { type: alarm, from: fan, when: rpm < 100 rpm, priority: critical, message: The fan stands still }
  journal: { type: csv-sink, from: [heat.out, stall.out], fields: [alarm, state, message], file: alarms-%Y-%m.csv }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let field = match &config.field {
            Some(name) => Some(NumberField::read(name, check)?),
            None => None,
        };
        let title = title(&config, field.as_ref(), check);
        let conditions = conditions(&config, field.as_ref(), &title, check);
        let delays = delays(&config, check);
        let when = program(config.when.as_ref(), check);
        let suppress = program(config.suppress.as_ref(), check);
        let (conditions, delays, when, suppress) = (conditions?, delays?, when?, suppress?);
        let fields = events(field.as_ref());
        let column = |field: &Field| ViewColumn {
            field: field.clone(),
            slot: None,
            shown: true,
        };
        let info = |condition: &Condition| AlarmInfo {
            name: condition.name.to_owned(),
            priority: condition.priority,
            message: condition.message.clone(),
        };
        let view = View {
            place: Place::default(),
            title: Some(title),
            shown: Shown::Alarms(conditions.iter().map(info).collect()),
            columns: fields.iter().map(column).collect(),
            alert: None,
            popup: false,
            span_seconds: None,
            bands: Vec::new(),
            files: None,
        };
        let output = Output::main(Schema::new(fields));
        let (schema, value_slot) = (Arc::clone(&output.schema), field.map(|field| field.slot));
        let conditions: Arc<[Condition]> = conditions.into();
        let make = move |context: &NodeContext| {
            let feed = context.feed.clone();
            Ok(Alarming {
                context: context.clone(),
                feed: feed.ok_or_else(|| StartError("has no feed to the dashboard".to_owned()))?,
                conditions: Arc::clone(&conditions),
                value_slot,
                when: when.clone().map(Evaluator::new),
                suppress: suppress.clone().map(Evaluator::new),
                delays,
                schema: Arc::clone(&schema),
                machines: BTreeMap::new(),
                standing: 0,
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

fn title(config: &Config, field: Option<&NumberField>, check: &Check<'_>) -> String {
    let of_field = || field.map(|field| field.field.display_title());
    let given = config.title.clone().or_else(of_field);
    given.unwrap_or_else(|| Field::new(check.id().value.as_str(), FieldType::Boolean).display_title())
}

/// The fields of a change of an alarm.
fn events(field: Option<&NumberField>) -> Vec<Field> {
    let mut fields = vec![
        Field::new("alarm", FieldType::Text),
        Field::new("state", FieldType::Text),
        Field::new("priority", FieldType::Text),
        Field::new("message", FieldType::Text),
        Field::new("active", FieldType::Boolean),
        Field::new("first", FieldType::Boolean),
        Field::new("by", FieldType::Text).optional(),
    ];
    if let Some(field) = field {
        let title = field.field.display_title();
        let value = Field::new("value", FieldType::Number(field.unit.clone()));
        fields.push(value.titled(title).optional());
    }
    fields
}

fn delays(config: &Config, check: &mut Check<'_>) -> Option<Delays> {
    let mut micros = |text: &Option<Spanned<String>>, setting: &str| match text {
        None => Some(0),
        Some(text) => {
            let help = format!("such as `{setting}: 2 s`");
            Some((seconds(text, 0..=86_400, &help, check)? * 1e6) as i64)
        }
    };
    let (on, off) = (
        micros(&config.on_delay, "on_delay"),
        micros(&config.off_delay, "off_delay"),
    );
    Some(Delays { on: on?, off: off? })
}

/// The program of a condition; of none, none.
fn program(formula: Option<&Spanned<String>>, check: &mut Check<'_>) -> Option<Option<Program>> {
    let Some(formula) = formula else { return Some(None) };
    let expression = check.formula(formula)?;
    let input = check.input();
    let mut compiler = Compiler::new(&input);
    match compiler.add_condition(&expression) {
        Ok(()) => Some(Some(compiler.finish())),
        Err(errors) => {
            check.report_formula(formula, errors);
            None
        }
    }
}
