//! Settings that are a value of a field: `limit: 45 °C`.

use std::fmt;

use schemars::{JsonSchema, Schema as JsonSchemaValue, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Visitor};
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::Check;
use twinflow_engine::unit::{Quantity, Unit};

/// A value as it is written: with a unit, or as a number in the unit of the field.
#[derive(Clone, Debug)]
pub(crate) struct QuantityText(String);

impl QuantityText {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for QuantityText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct QuantityVisitor;

        impl Visitor<'_> for QuantityVisitor {
            type Value = QuantityText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value such as `45 °C`")
            }

            fn visit_str<E>(self, text: &str) -> Result<QuantityText, E> {
                Ok(QuantityText(text.to_owned()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<QuantityText, E> {
                Ok(QuantityText(number.to_string()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<QuantityText, E> {
                Ok(QuantityText(number.to_string()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<QuantityText, E> {
                Ok(QuantityText(number.to_string()))
            }
        }

        deserializer.deserialize_any(QuantityVisitor)
    }
}

impl JsonSchema for QuantityText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> JsonSchemaValue {
        json_schema!({ "type": ["string", "number"] })
    }
}

/// The value in `unit`, or a report that names the setting and the field that it is of.
pub(crate) fn quantity(
    text: &Spanned<QuantityText>,
    unit: &Unit,
    setting: &str,
    field: &str,
    check: &mut Check<'_>,
) -> Option<f64> {
    match Quantity::parse_in(&text.value.0, unit) {
        Ok(value) => Some(value),
        Err(reason) => {
            let example = format!("{setting}: 45 {unit}");
            let diagnostic = Diagnostic::new(Code::WrongValue, text.span, reason);
            check.report(diagnostic.with_help(format!(
                "write a value of `{field}`, such as `{}`",
                example.trim()
            )));
            None
        }
    }
}
