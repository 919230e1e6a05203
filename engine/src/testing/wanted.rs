//! Values as tests write them down, given or expected.

use std::fmt;
use std::sync::Arc;

use crate::diagnostic::shortened;
use crate::language::{Yaml, YamlValue};
use crate::record::{EventTime, Value};
use crate::schema::FieldType;
use crate::unit::{Quantity, Unit};

/// Numbers that differ by less than this share are equal: what formulas lose in rounding.
const RELATIVE_TOLERANCE: f64 = 1e-9;

/// A value that is expected.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wanted {
    /// A number in the field's unit, give or take.
    Number(f64, Option<f64>),
    /// Exactly this.
    Exactly(Value),
}

impl Wanted {
    /// What a test expects of a field, or why that cannot be.
    pub fn read(yaml: &Yaml, field_type: &FieldType) -> Result<Self, String> {
        let FieldType::Number(unit) = field_type else {
            return given(yaml, field_type).map(Self::Exactly);
        };
        let Some(text) = yaml.scalar_text() else {
            return given(yaml, field_type).map(Self::Exactly);
        };
        let parts = ["±", "+-", "+/-"].iter().find_map(|sign| text.split_once(sign));
        match parts {
            Some((value, tolerance)) => {
                let value = Quantity::parse_in(value, unit)?;
                // 20 °C ± 1 °C is a difference of one degree, not of 274 K.
                let tolerance = Quantity::parse_in(tolerance, &unit.difference())?;
                Ok(Self::Number(value, Some(tolerance.abs())))
            }
            None => match given(yaml, field_type)? {
                Value::Number(number) => Ok(Self::Number(number, None)),
                other => Ok(Self::Exactly(other)),
            },
        }
    }

    /// Whether a value is as it should be.
    pub fn is_met_by(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Number(wanted, tolerance), Value::Number(found)) => {
                let rounding = RELATIVE_TOLERANCE * wanted.abs().max(found.abs()).max(1e-3);
                (wanted - found).abs() <= tolerance.unwrap_or(0.0) + rounding
            }
            (Self::Number(..), _) => false,
            (Self::Exactly(wanted), found) => wanted == found,
        }
    }

    /// As messages show it, with the unit of its field.
    pub fn shown(&self, field_type: &FieldType) -> String {
        match self {
            Self::Number(value, None) => shown(&Value::Number(*value), field_type),
            Self::Number(value, Some(tolerance)) => {
                let tolerance = shown(&Value::Number(*tolerance), field_type);
                format!("{} ± {tolerance}", Plain(*value))
            }
            Self::Exactly(value) => shown(value, field_type),
        }
    }
}

/// A value that a test gives to a field, or why it cannot be one.
pub(super) fn given(yaml: &Yaml, field_type: &FieldType) -> Result<Value, String> {
    let found = || match yaml.scalar_text() {
        Some(text) => format!("`{}`", shortened(text)),
        None => yaml.kind().to_owned(),
    };
    let wrong = |expected: &str| Err(format!("expected {expected}, found {}", found()));
    match (field_type, &yaml.value) {
        (_, YamlValue::Null) => Ok(Value::Missing),
        (FieldType::Number(_), YamlValue::Integer(number, _)) => Ok(Value::Number(*number as f64)),
        (FieldType::Number(_), YamlValue::Number(number, _)) => Ok(Value::number(*number)),
        (FieldType::Number(unit), YamlValue::Text(text)) => quantity(text, unit),
        (FieldType::Number(_), _) => wrong("a number"),
        (FieldType::Integer, YamlValue::Integer(number, _)) => Ok(Value::Integer(*number)),
        (FieldType::Integer, _) => wrong("a whole number"),
        (FieldType::Boolean, YamlValue::Boolean(value)) => Ok(Value::Boolean(*value)),
        (FieldType::Boolean, _) => wrong("true or false"),
        (FieldType::Text, _) => match yaml.scalar_text() {
            Some(text) => Ok(Value::Text(text.into())),
            None => wrong("text"),
        },
        (FieldType::Time, _) => match yaml.scalar_text().and_then(EventTime::parse_iso) {
            Some(time) => Ok(Value::Time(time)),
            None => wrong("a time such as 2026-01-31T08:00:00Z"),
        },
        (FieldType::Json, _) => Ok(Value::Json(Arc::new(json(yaml)))),
    }
}

fn quantity(text: &str, unit: &Unit) -> Result<Value, String> {
    Quantity::parse_in(text, unit).map(Value::number)
}

fn json(yaml: &Yaml) -> serde_json::Value {
    match &yaml.value {
        YamlValue::Null => serde_json::Value::Null,
        YamlValue::Boolean(value) => (*value).into(),
        YamlValue::Integer(number, _) => (*number).into(),
        YamlValue::Number(number, _) => (*number).into(),
        YamlValue::Text(text) => text.as_str().into(),
        YamlValue::Sequence(items) => items.iter().map(json).collect(),
        YamlValue::Mapping(entries) => {
            let entries = entries.iter();
            serde_json::Value::Object(
                entries
                    .map(|entry| (entry.key.value.clone(), json(&entry.value)))
                    .collect(),
            )
        }
    }
}

/// A value as messages show it.
pub(super) fn shown(value: &Value, field_type: &FieldType) -> String {
    match value {
        Value::Missing => "missing".to_owned(),
        Value::Number(number) => match field_type.unit() {
            Some(unit) => format!("{} {unit}", Plain(*number)),
            None => Plain(*number).to_string(),
        },
        Value::Text(text) => format!("`{}`", shortened(text)),
        Value::Time(time) => time.to_iso(),
        other => shortened(&other.to_json().to_string()),
    }
}

/// A number without the noise of its last digits.
pub(super) struct Plain(pub f64);

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounded: f64 = format!("{:.8e}", self.0).parse().unwrap_or(self.0);
        write!(f, "{rounded}")
    }
}
