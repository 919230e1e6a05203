//! `control`: a value that people set on the dashboard.

mod running;

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{
    Check, Checked, ControlKind, NodeContext, NodeType, Output, Part, Place, Role, Setting, SettingOption,
    Shown, StartError, View, ViewColumn,
};
use twinflow_engine::schema::{Field, FieldType, Schema};
use twinflow_engine::unit::Unit;

use self::running::Controlling;
use crate::allowed::{Allowed, OptionConfig, type_of};
use crate::field_spec::{check_field_name, ordered};

/// The node type.
pub struct Control;

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How the value is set.
    widget: ControlKind,
    /// The arriving field that tells what the machine has now. It gives title, unit and range. Without it, the control shows
    /// what was set last.
    field: Option<Spanned<String>>,
    /// The name of the field that it sends; that of `field` by default.
    sends: Option<Spanned<String>>,
    /// Unit of the value, where no `field` tells it.
    unit: Option<Spanned<String>>,
    /// Least and greatest value that may be set; the field's own range by default.
    range: Option<Spanned<[f64; 2]>>,
    /// Numbers go in steps of this size.
    step: Option<Spanned<f64>>,
    /// What a `select` offers; the labels of the field by default.
    options: Option<Spanned<Vec<OptionConfig>>>,
    /// What a `button` sends; true by default.
    value: Option<Spanned<Json>>,
    /// A question that has to be answered with yes before anything is sent.
    confirm: Option<String>,
    /// Its own heading; the field's title by default.
    title: Option<String>,
    /// The page on which it stands, by its title.
    page: Option<String>,
    /// The heading under which it stands; `Controls` by default.
    group: Option<String>,
    /// Columns of a grid of twelve.
    #[schemars(range(min = 1, max = 12))]
    width: Option<u8>,
    /// Those of lower order stand earlier in their group.
    #[serde(default)]
    order: i32,
}

impl NodeType for Control {
    const NAME: &'static str = "control";
    const ROLE: Role = Role::Transform;
    const DOC: &'static str = r#"A value that people set on the dashboard, or by `POST /api/controls/NAME` with `{"value": 60}`. For each setting it sends a
record with one field, `sends`, in most flows to an `mqtt-out`. What arrives at it does not go through: it tells which machines
there are, and by `field` what each has now, so that the dashboard shows when a wish has come true.

| `widget` | sets |
| --- | --- |
| `slider`, `number` | a number within its range |
| `switch` | true or false |
| `select` | one of `options`, or one of the labels of the field |
| `button` | `value`, at every press |

A value out of its range, or that is no option, is refused with the reason and never leaves the control.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: fan/data
    fields: { speed: { unit: "%", range: [0, 100], title: Speed }, mode: { type: text } }
  speed: { type: control, from: fan, widget: slider, field: speed, sends: speed_command_pct, step: 5 }
  mode:
    type: control
    from: fan
    widget: select
    field: mode
    sends: control_mode
    options: [{ value: automatic, label: Automatic }, { value: manual, label: By hand }]
  stop:
    type: control
    from: fan
    widget: button
    field: speed
    sends: speed_command_pct
    title: Stop
    value: 0
    confirm: Stop the fan?
  commands: { type: mqtt-out, from: [speed, mode, stop], broker: plant, topic: fan/command }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let subject = subject(&config, check);
        let step = step(&config, check);
        let subject = subject?;
        let allowed = allowed(&config, &subject.field, check);
        let (step, allowed) = (step?, allowed?);
        let sent = sent(&config, &subject, &allowed);
        let setting = Setting {
            step,
            confirm: config.confirm.clone(),
            options: match &allowed {
                Allowed::OneOf(options) => Some(options.clone()),
                _ => None,
            },
        };
        let shown_field = match (&allowed, subject.slot) {
            (Allowed::Number { range, .. }, _) => Field {
                range: *range,
                ..subject.field
            },
            (_, Some(_)) => subject.field,
            (_, None) => sent.clone(),
        };
        let view = View {
            place: Place {
                page: config.page,
                group: Some(config.group.unwrap_or_else(|| "Controls".to_owned())),
                order: config.order,
                width: config.width,
            },
            title: config.title,
            shown: Shown::Control(config.widget, setting),
            columns: vec![ViewColumn {
                field: shown_field,
                slot: subject.slot,
                shown: true,
            }],
            alert: None,
            popup: false,
            span_seconds: None,
            bands: Vec::new(),
            files: None,
        };
        let output = Output::main(Schema::new([sent]));
        let (schema, slot) = (Arc::clone(&output.schema), subject.slot);
        let make = move |context: &NodeContext| {
            let feed = context.feed.clone();
            Ok(Controlling {
                context: context.clone(),
                feed: feed.ok_or_else(|| StartError("has no feed to the dashboard".to_owned()))?,
                slot,
                allowed: allowed.clone(),
                schema: Arc::clone(&schema),
                machines: BTreeSet::new(),
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

/// What is set.
struct Subject {
    /// As the records have it, or as the control describes it.
    field: Field,
    /// Where the records have it.
    slot: Option<usize>,
}

fn subject(config: &Config, check: &mut Check<'_>) -> Option<Subject> {
    if let Some(sends) = &config.sends {
        check_field_name(sends, check)?;
    }
    let unit = match &config.unit {
        Some(unit) => Some(check.unit(unit)?),
        None => None,
    };
    match (&config.field, &config.sends) {
        (Some(name), _) => {
            let (slot, field) = check.field(name)?;
            if let Some(place) = &config.unit {
                let message = format!("`{}` has its unit from the record", name.value);
                check.report(
                    Diagnostic::new(Code::WrongValue, place.span, message).with_help("remove `unit`"),
                );
                return None;
            }
            Some(Subject {
                field,
                slot: Some(slot),
            })
        }
        (None, Some(sends)) => {
            let field_type = FieldType::Number(unit.unwrap_or_else(Unit::none));
            Some(Subject {
                field: Field::new(sends.value.as_str(), field_type),
                slot: None,
            })
        }
        (None, None) => {
            let diagnostic = Diagnostic::new(
                Code::MissingField,
                check.span(),
                "a control needs `field`, the arriving field that it sets, or `sends`, the name of what it sends",
            );
            check.report(diagnostic.with_help("such as `field: speed`"));
            None
        }
    }
}

fn step(config: &Config, check: &mut Check<'_>) -> Option<Option<f64>> {
    match &config.step {
        Some(step) if !(step.is_finite() && step.value > 0.0) => {
            check.report(Diagnostic::new(
                Code::WrongValue,
                step.span,
                format!("a step is above 0, found {}", step.value),
            ));
            None
        }
        step => Some(step.as_ref().map(|step| step.value)),
    }
}

fn allowed(config: &Config, field: &Field, check: &mut Check<'_>) -> Option<Allowed> {
    let range = match &config.range {
        Some(range) => Some(ordered(range, check)?),
        None => field.range,
    };
    match config.widget {
        ControlKind::Slider | ControlKind::Number => {
            let (whole, unit) = match &field.field_type {
                FieldType::Number(unit) => (false, unit.symbol().to_owned()),
                FieldType::Integer => (true, String::new()),
                other => {
                    return wrong_kind(
                        config,
                        format!("sets a number, but `{}` is {other}", field.name),
                        check,
                    );
                }
            };
            if range.is_none() && config.widget == ControlKind::Slider {
                let diagnostic = Diagnostic::new(
                    Code::MissingField,
                    check.span(),
                    format!("a slider needs a range, and `{}` has none", field.name),
                );
                check
                    .report(diagnostic.with_help("add one here, such as `range: [0, 100]`, or to the field"));
                return None;
            }
            Some(Allowed::Number { whole, range, unit })
        }
        ControlKind::Switch => {
            let is_switch = config.field.is_none() || field.field_type == FieldType::Boolean;
            match is_switch {
                true => Some(Allowed::Switch),
                false => wrong_kind(
                    config,
                    format!("sets true or false, but `{}` is {}", field.name, field.field_type),
                    check,
                ),
            }
        }
        ControlKind::Select => options(config, field, check).map(Allowed::OneOf),
        ControlKind::Button => {
            let value = config
                .value
                .as_ref()
                .map_or(Json::Bool(true), |value| value.value.clone());
            let label = config.title.clone().unwrap_or_default();
            Some(Allowed::OneOf(vec![SettingOption { value, label }]))
        }
    }
}

fn wrong_kind(config: &Config, what: String, check: &mut Check<'_>) -> Option<Allowed> {
    let place = config.field.as_ref().map_or(check.span(), |name| name.span);
    check.report(Diagnostic::new(
        Code::WrongKind,
        place,
        format!("this control {what}"),
    ));
    None
}

fn options(config: &Config, field: &Field, check: &mut Check<'_>) -> Option<Vec<SettingOption>> {
    let from_labels = || {
        let labels = field.labels.iter();
        labels
            .map(|(code, label)| SettingOption {
                value: Json::from(*code),
                label: label.clone(),
            })
            .collect()
    };
    let (place, options): (_, Vec<SettingOption>) = match &config.options {
        Some(options) => (options.span, options.iter().map(OptionConfig::shown).collect()),
        None => (check.span(), from_labels()),
    };
    if options.is_empty() {
        check.report(
            Diagnostic::new(Code::MissingField, place, "a select needs at least one option")
                .with_help("such as `options: [{ value: manual, label: By hand }]`, or labels of the field"),
        );
        return None;
    }
    Some(options)
}

/// The field that goes out.
fn sent(config: &Config, subject: &Subject, allowed: &Allowed) -> Field {
    let name = config
        .sends
        .as_ref()
        .map_or(&*subject.field.name, |name| name.value.as_str());
    let (field_type, range) = match allowed {
        Allowed::Number { range, .. } => (subject.field.field_type.clone(), *range),
        Allowed::Switch => (FieldType::Boolean, None),
        Allowed::OneOf(options) => {
            let values = options.iter().map(|option| &option.value);
            let has_unit = config.field.is_some() || config.unit.is_some();
            match &subject.field.field_type {
                number @ FieldType::Number(_) if has_unit && values.clone().all(Json::is_number) => {
                    (number.clone(), None)
                }
                _ => (type_of(values), None),
            }
        }
    };
    Field {
        title: config.title.clone().or_else(|| subject.field.title.clone()),
        range,
        ..Field::new(name, field_type)
    }
}
