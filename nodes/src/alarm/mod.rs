//! `alarm`: what somebody has to know of, and act on.

mod condition;
mod lifecycle;
mod memory;
mod running;

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::formula::{Compiler, Evaluator, Program};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{
    AlarmInfo, AlarmPriority, Check, Checked, NodeContext, NodeType, Output, Part, Place, Role, Shown,
    StartError, View, ViewColumn,
};
use twinflow_engine::schema::{Field, FieldType, Schema};

use self::condition::{Condition, Limit, Side, Sign};
use self::lifecycle::Delays;
use self::running::Alarming;
use crate::number_field::NumberField;
use crate::quantity_text::{QuantityText, quantity};
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
    /// A condition that is an alarm, such as `fault_code != 0` or `abs(temp - temp_expected) > 5 °C`.
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

fn conditions(
    config: &Config,
    field: Option<&NumberField>,
    title: &str,
    check: &mut Check<'_>,
) -> Option<Vec<Condition>> {
    let limits = [
        (
            "high_high",
            &config.high_high,
            Side::Above,
            config.priority.raised(),
        ),
        ("high", &config.high, Side::Above, config.priority),
        ("low", &config.low, Side::Below, config.priority),
        ("low_low", &config.low_low, Side::Below, config.priority.raised()),
    ];
    let given = || {
        limits
            .iter()
            .filter_map(|(name, text, ..)| Some((name, (*text).as_ref()?)))
    };
    let mut whole = true;
    if let (None, Some((name, text))) = (field, given().next()) {
        let message = format!("`{name}` is a limit, but of which field?");
        check.report(
            Diagnostic::new(Code::MissingField, text.span, message)
                .with_help("add `field`, such as `field: temp`"),
        );
        whole = false;
    }
    if let (Some(name), None) = (&config.field, given().next()) {
        let message = format!("`{}` has no limit here", name.value);
        check.report(
            Diagnostic::new(Code::MissingField, name.span, message)
                .with_help("add `high`, `low`, `high_high` or `low_low`, or remove `field`"),
        );
        whole = false;
    }
    let deadband = deadband(config, field, check);
    whole &= deadband.is_some();
    let mut conditions = Vec::new();
    for (name, text, side, priority) in limits {
        let (Some(text), Some(field)) = (text, field) else {
            continue;
        };
        let Some(value) = quantity(text, &field.unit, name, &field.name, check) else {
            whole = false;
            continue;
        };
        let word = match side {
            Side::Above => "above",
            Side::Below => "below",
        };
        let limit = format!("{value} {}", field.unit);
        let message = || format!("{title} is {word} {}", limit.trim());
        conditions.push(Condition {
            name,
            priority,
            message: config.message.clone().unwrap_or_else(message),
            sign: Sign::Beyond(Limit {
                slot: field.slot,
                side,
                value,
                deadband: deadband.unwrap_or_default(),
            }),
        });
    }
    whole &= are_in_order(
        &conditions,
        &limits.map(|(name, text, ..)| (name, text.as_ref().map(|t| t.span))),
        check,
    );
    if let Some(formula) = &config.when {
        conditions.push(Condition {
            name: "when",
            priority: config.priority,
            message: config
                .message
                .clone()
                .unwrap_or_else(|| format!("{title}: {}", formula.value)),
            sign: Sign::True,
        });
    }
    if let Some(text) = &config.stale {
        match seconds(text, 1..=30 * 86_400, "such as `stale: 10 s`", check) {
            Some(longest) => conditions.push(Condition {
                name: "stale",
                priority: config.priority,
                message: format!("{title}: no reading for {}", text.trim()),
                sign: Sign::Silence(std::time::Duration::from_secs_f64(longest)),
            }),
            None => whole = false,
        }
    }
    if whole && conditions.is_empty() {
        check.report(
            Diagnostic::new(Code::MissingField, check.span(), "an alarm needs a condition")
                .with_help("a `field` with limits, `when`, or `stale`"),
        );
        return None;
    }
    whole.then_some(conditions)
}

/// Whether the limits stand in the order of their names, or a report of the first that does not.
fn are_in_order(
    conditions: &[Condition],
    places: &[(&str, Option<twinflow_engine::language::Span>)],
    check: &mut Check<'_>,
) -> bool {
    let limits: Vec<(&Condition, f64)> = conditions
        .iter()
        .filter_map(|condition| match &condition.sign {
            Sign::Beyond(limit) => Some((condition, limit.value)),
            _ => None,
        })
        .collect();
    for ((upper, above), (lower, below)) in limits.iter().zip(limits.iter().skip(1)) {
        if above <= below {
            let place = places
                .iter()
                .find(|(name, _)| *name == lower.name)
                .and_then(|(_, place)| *place);
            let message = format!(
                "`{}` ({below}) must be below `{}` ({above})",
                lower.name, upper.name
            );
            let place = place.unwrap_or_else(|| check.span());
            check.report(Diagnostic::new(Code::WrongValue, place, message));
            return false;
        }
    }
    true
}

fn deadband(config: &Config, field: Option<&NumberField>, check: &mut Check<'_>) -> Option<f64> {
    let Some(text) = &config.deadband else {
        return Some(0.0);
    };
    let Some(field) = field else {
        check.report(
            Diagnostic::new(
                Code::MissingField,
                text.span,
                "a deadband is that of limits, and there are none",
            )
            .with_help("add `field` and a limit, or remove `deadband`"),
        );
        return None;
    };
    let width = quantity(text, &field.unit.difference(), "deadband", &field.name, check)?;
    if width < 0.0 {
        check.report(Diagnostic::new(
            Code::WrongValue,
            text.span,
            "a deadband is 0 or more",
        ));
        return None;
    }
    Some(width)
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
