//! The check of a loop's settings, each by itself, so that all mistakes are told at once.

use std::sync::Arc;

use serde_json::Value as Json;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Span;
use twinflow_engine::node::Check;
use twinflow_engine::record::Value;
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::Unit;

use super::running::SetpointField;
use super::{Action, Config};
use crate::field_spec::{check_field_name, ordered, warn_if_exceeded};
use crate::number_field::NumberField;
use crate::quantity_text::quantity;
use crate::time_span::seconds;

const DAY_S: u64 = 86_400;

/// The output.
pub(super) struct Sent {
    pub unit: Unit,
    pub range: (f64, f64),
    pub field: Field,
}

pub(super) fn sent(config: &Config, check: &mut Check<'_>) -> Option<Sent> {
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
pub(super) fn beside(config: &Config, check: &mut Check<'_>) -> Option<(Vec<Field>, Vec<Value>)> {
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
pub(super) struct Target {
    /// From the flow, until somebody sets another.
    pub constant: Option<f64>,
    /// From the records.
    pub field: Option<SetpointField>,
    pub range: Option<(f64, f64)>,
}

pub(super) fn setpoint(config: &Config, measured: &NumberField, check: &mut Check<'_>) -> Option<Target> {
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

pub(super) fn safe(config: &Config, sent: &Sent, check: &mut Check<'_>) -> Option<f64> {
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
pub(super) fn gain(config: &Config, measured: &Unit, output: &Unit, check: &mut Check<'_>) -> Option<f64> {
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

pub(super) fn weight(config: &Config, check: &mut Check<'_>) -> Option<f64> {
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

pub(super) struct Times {
    pub integral_s: f64,
    pub derivative_s: f64,
    pub every_s: f64,
    pub stale_s: f64,
}

pub(super) fn times(config: &Config, check: &mut Check<'_>) -> Option<Times> {
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
