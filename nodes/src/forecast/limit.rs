//! The limit that a value must not reach.

use std::fmt;

use schemars::{JsonSchema, Schema as JsonSchemaValue, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Visitor};
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::Check;
use twinflow_engine::unit::Quantity;

use crate::number_field::NumberField;

/// A limit as it is written: with a unit, or as a number in the unit of the field.
#[derive(Clone, Debug)]
pub(super) struct LimitText(String);

impl<'de> Deserialize<'de> for LimitText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LimitVisitor;

        impl Visitor<'_> for LimitVisitor {
            type Value = LimitText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value such as `45 °C`")
            }

            fn visit_str<E>(self, text: &str) -> Result<LimitText, E> {
                Ok(LimitText(text.to_owned()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<LimitText, E> {
                Ok(LimitText(number.to_string()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<LimitText, E> {
                Ok(LimitText(number.to_string()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<LimitText, E> {
                Ok(LimitText(number.to_string()))
            }
        }

        deserializer.deserialize_any(LimitVisitor)
    }
}

impl JsonSchema for LimitText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Limit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> JsonSchemaValue {
        json_schema!({ "type": ["string", "number"] })
    }
}

/// How a value comes to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Direction {
    /// It must not get so high.
    Rising,
    /// It must not get so low.
    Falling,
}

/// A limit in the field's unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub value: f64,
    pub direction: Direction,
}

impl Limit {
    /// Reads it, or reports what is wrong with it.
    pub fn read(
        text: &Spanned<LimitText>,
        direction: Direction,
        field: &NumberField,
        check: &mut Check<'_>,
    ) -> Option<Self> {
        match Quantity::parse_in(&text.value.0, &field.unit) {
            Ok(value) => Some(Self { value, direction }),
            Err(reason) => {
                let example = format!("limit: 45 {}", field.unit);
                let diagnostic = Diagnostic::new(Code::WrongValue, text.span, reason);
                check.report(diagnostic.with_help(format!(
                    "write a value of `{}`, such as `{}`",
                    field.name,
                    example.trim()
                )));
                None
            }
        }
    }
}
