//! Which values people may set.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use twinflow_engine::node::SettingOption;
use twinflow_engine::record::Value;
use twinflow_engine::schema::FieldType;

/// Something to choose.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OptionConfig {
    /// What is sent: a text, a number, true or false, or a whole object.
    value: Json,
    /// What the dashboard shows of it.
    label: String,
}

impl OptionConfig {
    /// For the dashboard.
    pub fn shown(&self) -> SettingOption {
        SettingOption {
            value: self.value.clone(),
            label: self.label.clone(),
        }
    }
}

/// What may be set. Nothing else ever leaves the node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Allowed {
    /// A number of this range, in the unit of this name.
    Number {
        whole: bool,
        range: Option<(f64, f64)>,
        unit: String,
    },
    /// True or false.
    Switch,
    /// One of these.
    OneOf(Vec<SettingOption>),
}

impl Allowed {
    /// The value of a field of this type, or why it is not one, for a person.
    pub fn check(&self, wish: &Json, field_type: &FieldType) -> Result<Value, String> {
        match self {
            Self::Number { whole, range, unit } => number(wish, *whole, *range, unit),
            Self::Switch => match wish.as_bool() {
                Some(on) => Ok(Value::Boolean(on)),
                None => Err(format!("expected true or false, found `{wish}`")),
            },
            Self::OneOf(options) => {
                if !options.iter().any(|option| option.value == *wish) {
                    let known: Vec<String> = options
                        .iter()
                        .map(|option| format!("`{}`", option.value))
                        .collect();
                    return Err(format!("`{wish}` is none of {}", known.join(", ")));
                }
                Ok(as_value(wish, field_type))
            }
        }
    }
}

pub(crate) fn number(
    wish: &Json,
    whole: bool,
    range: Option<(f64, f64)>,
    unit: &str,
) -> Result<Value, String> {
    let Some(number) = wish.as_f64().filter(|number| number.is_finite()) else {
        return Err(format!("expected a number, found `{wish}`"));
    };
    let with_unit = |number: f64| match unit {
        "" => format!("{number}"),
        unit => format!("{number} {unit}"),
    };
    if let Some((low, high)) = range {
        if number < low {
            return Err(format!(
                "{} is below {}, the least that is allowed",
                with_unit(number),
                with_unit(low)
            ));
        }
        if number > high {
            return Err(format!(
                "{} is above {}, the most that is allowed",
                with_unit(number),
                with_unit(high)
            ));
        }
    }
    // 2^53: beyond it, numbers as JSON has them are no longer exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match whole {
        false => Ok(Value::Number(number)),
        true if number.fract() == 0.0 && number.abs() <= EXACT => Ok(Value::Integer(number as i64)),
        true => Err(format!("expected a whole number, found {number}")),
    }
}

/// The type that holds all of these values.
pub(crate) fn type_of<'v>(values: impl Iterator<Item = &'v Json> + Clone) -> FieldType {
    let all = |is: fn(&Json) -> bool| values.clone().all(is);
    if all(Json::is_boolean) {
        FieldType::Boolean
    } else if all(Json::is_i64) {
        FieldType::Integer
    } else if all(Json::is_number) {
        FieldType::plain_number()
    } else if all(Json::is_string) {
        FieldType::Text
    } else {
        FieldType::Json
    }
}

pub(crate) fn as_value(json: &Json, field_type: &FieldType) -> Value {
    let found = match field_type {
        FieldType::Boolean => json.as_bool().map(Value::Boolean),
        FieldType::Integer => json.as_i64().map(Value::Integer),
        FieldType::Number(_) => json.as_f64().map(Value::number),
        FieldType::Text => json.as_str().map(|text| Value::Text(text.into())),
        _ => None,
    };
    found.unwrap_or_else(|| Value::Json(json.clone().into()))
}
