//! A value in the flow file: `slope(temp)`, or the same with a window, a unit, a range and a title.

use std::fmt;

use schemars::{JsonSchema, Schema as JsonSchemaValue, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use twinflow_engine::language::{Span, Spanned};

/// A value to compute.
#[derive(Debug)]
pub struct Value {
    /// What it is.
    of: Of,
    pub(super) over: Option<Spanned<String>>,
    pub(super) unit: Option<Spanned<String>>,
    pub(super) range: Option<Spanned<[f64; 2]>>,
    pub(super) title: Option<String>,
}

#[derive(Debug)]
enum Of {
    /// The scalar itself, whose place the outer span has.
    Whole(String),
    Part(Spanned<String>),
}

/// The long form of a value.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LongValue {
    /// The function and its field, such as `slope(temp)`.
    of: Spanned<String>,
    /// How long its window is; the node's own by default.
    over: Option<Spanned<String>>,
    /// The unit of the result; the one that follows from the field's by default.
    unit: Option<Spanned<String>>,
    /// Least and greatest value that is meant to be reached.
    range: Option<Spanned<[f64; 2]>>,
    /// What people call it.
    title: Option<String>,
}

impl Value {
    /// What it is, at its place; `whole` is that of the value.
    pub(super) fn of(&self, whole: Span) -> Spanned<String> {
        match &self.of {
            Of::Whole(text) => Spanned::new(text.clone(), whole),
            Of::Part(text) => text.clone(),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;

        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a function of a field such as `slope(temp)`, or a mapping with `of`")
            }

            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(Value {
                    of: Of::Whole(text.to_owned()),
                    over: None,
                    unit: None,
                    range: None,
                    title: None,
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
                let LongValue {
                    of,
                    over,
                    unit,
                    range,
                    title,
                } = LongValue::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Value {
                    of: Of::Part(of),
                    over,
                    unit,
                    range,
                    title,
                })
            }
        }

        deserializer.deserialize_any(ValueVisitor)
    }
}

impl JsonSchema for Value {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "WindowValue".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> JsonSchemaValue {
        let long = generator.subschema_for::<LongValue>();
        json_schema!({ "anyOf": [{ "type": "string" }, long] })
    }
}
