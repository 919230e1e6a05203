//! What the model is told: from a field of the record, or once for all.

use std::fmt;

use schemars::{JsonSchema, Schema as JsonSchemaValue, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Visitor};
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::Check;
use twinflow_engine::record::{Batch, Column};
use twinflow_engine::schema::{FieldType, Schema};
use twinflow_engine::unit::{Conversion, Quantity, Unit};

/// The name of a field, or a quantity, as it stands in the flow.
#[derive(Clone, Debug)]
pub struct Given(String);

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct GivenVisitor;

        impl Visitor<'_> for GivenVisitor {
            type Value = Given;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a field, or a quantity")
            }

            fn visit_str<E>(self, text: &str) -> Result<Given, E> {
                Ok(Given(text.to_owned()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Given, E> {
                Ok(Given(number.to_string()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Given, E> {
                Ok(Given(number.to_string()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Given, E> {
                Ok(Given(number.to_string()))
            }
        }

        deserializer.deserialize_any(GivenVisitor)
    }
}

impl JsonSchema for Given {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FieldOrQuantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> JsonSchemaValue {
        json_schema!({ "type": ["string", "number"] })
    }
}

/// A field's slot, and the way into the model's unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldInput {
    slot: usize,
    conversion: Conversion,
}

impl FieldInput {
    /// Nothing for a field that is no number of this dimension.
    pub fn of(slot: usize, field_type: &FieldType, unit: &str) -> Option<Self> {
        let wanted = wanted(unit)?;
        let conversion = match field_type {
            FieldType::Number(unit) => unit.conversion_to(&wanted)?,
            FieldType::Integer if wanted.is_none() => Conversion::IDENTITY,
            _ => return None,
        };
        Some(Self { slot, conversion })
    }

    /// Nothing where the record lacks it.
    pub fn value(&self, batch: &Batch, row: usize) -> Option<f32> {
        let value = match batch.column(self.slot).map(|column| &**column)? {
            Column::Number(rows) => rows.get(row).copied()?,
            Column::Integer(rows) => rows.get(row).copied().flatten()? as f64,
            _ => return None,
        };
        let value = self.conversion.apply(value) as f32;
        value.is_finite().then_some(value)
    }
}

/// The unit of this name; none for an empty one.
fn wanted(unit: &str) -> Option<Unit> {
    match unit {
        "" => Some(Unit::none()),
        unit => Unit::parse(unit).ok(),
    }
}

/// Where the model gets one of its inputs from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Input {
    /// It is not told.
    Unknown,
    Fixed(f32),
    Field(FieldInput),
}

impl Input {
    /// Nothing where it is not known.
    pub fn value(&self, batch: &Batch, row: usize) -> Option<f32> {
        match self {
            Self::Unknown => None,
            Self::Fixed(value) => Some(*value),
            Self::Field(field) => field.value(batch, row),
        }
    }
}

/// What the flow says of an input that is in `unit` and within `range`; nothing when it cannot be, which is reported.
pub(super) fn read(
    given: Option<&Spanned<Given>>,
    unit: &str,
    range: (f64, f64),
    check: &mut Check<'_>,
) -> Option<Input> {
    let Some(given) = given else {
        return Some(Input::Unknown);
    };
    let text = &given.value.0;
    let begins_with_number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    if !begins_with_number {
        let name = Spanned::new(text.clone(), given.span);
        let (slot, field) = check.field(&name)?;
        let input = FieldInput::of(slot, &field.field_type, unit);
        if input.is_none() {
            let wanted = if unit.is_empty() {
                "a plain number".to_owned()
            } else {
                format!("a number in {unit}")
            };
            let message = format!("the model needs {wanted}, and `{text}` is {}", field.field_type);
            check.report(Diagnostic::new(Code::UnitMismatch, given.span, message));
        }
        return input.map(Input::Field);
    }
    let wrong = |reason: String, check: &mut Check<'_>| {
        let (low, high) = range;
        let highest = format!("{high} {unit}");
        let help = format!("from {low} to {}, or the name of a field", highest.trim_end());
        check.report(Diagnostic::new(Code::WrongValue, given.span, reason).with_help(help));
        None
    };
    let value = wanted(unit)
        .ok_or_else(|| format!("`{unit}` is no unit"))
        .and_then(|unit| Quantity::parse_in(text, &unit));
    match value {
        Ok(value) if (range.0..=range.1).contains(&value) => Some(Input::Fixed(value as f32)),
        Ok(_) => wrong(format!("`{text}` is outside what the model knows"), check),
        Err(reason) => wrong(reason, check),
    }
}

/// The input of a flow that was checked.
pub(super) fn resolve(given: Option<&Spanned<Given>>, unit: &str, schema: &Schema) -> Option<Input> {
    let Some(Given(text)) = given.map(|given| &given.value) else {
        return Some(Input::Unknown);
    };
    if let Some((slot, field)) = schema.field(text) {
        return FieldInput::of(slot, &field.field_type, unit).map(Input::Field);
    }
    let value = Quantity::parse_in(text, &wanted(unit)?).ok()?;
    Some(Input::Fixed(value as f32))
}
