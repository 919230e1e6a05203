//! The fields that a node type of a file reads and adds.

use std::collections::BTreeMap;

use twinflow_engine::diagnostic::Code;
use twinflow_engine::language::Spanned;
use twinflow_engine::node::Check;
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::{Conversion, Unit};

use super::header::{InputSpec, OutputSpec};
use crate::field_spec::{TypeName, ordered};

/// The unit of an input that takes what it gets.
pub(super) const ANY: &str = "any";

impl InputSpec {
    /// How a field becomes the input, and as what; or what the input is.
    pub fn accepted(&self, field: &Field) -> Result<(Conversion, FieldType), (Code, String)> {
        let same = || Ok((Conversion::IDENTITY, field.field_type.clone()));
        let is_any = self.unit.as_ref().is_some_and(|unit| unit.value == ANY);
        match (self.type_name, &field.field_type) {
            (TypeName::Number, FieldType::Number(_) | FieldType::Integer) if is_any => same(),
            (TypeName::Number, FieldType::Number(found)) => {
                let unit = self.unit.as_ref().and_then(|unit| Unit::parse(unit).ok());
                let unit = unit.unwrap_or_else(Unit::none);
                match found.conversion_to(&unit) {
                    Some(conversion) => Ok((conversion, FieldType::Number(unit))),
                    None => Err((Code::UnitMismatch, unit.described())),
                }
            }
            (TypeName::Number, FieldType::Integer) if self.unit.is_none() => same(),
            (TypeName::Integer, FieldType::Integer)
            | (TypeName::Boolean, FieldType::Boolean)
            | (TypeName::Text, FieldType::Text)
            | (TypeName::Time, FieldType::Time)
            | (TypeName::Json, _) => same(),
            (TypeName::Number, _) => Err((Code::WrongKind, "a number".to_owned())),
            (TypeName::Integer, _) => Err((Code::WrongKind, "a whole number".to_owned())),
            (TypeName::Boolean, _) => Err((Code::WrongKind, "true or false".to_owned())),
            (TypeName::Text, _) => Err((Code::WrongKind, "text".to_owned())),
            (TypeName::Time, _) => Err((Code::WrongKind, "a time".to_owned())),
        }
    }
}

impl OutputSpec {
    /// The field called `name`; `like` is the input that it takes after.
    pub fn field(
        &self,
        name: &Spanned<String>,
        like: Option<&Field>,
        check: &mut Check<'_>,
    ) -> Option<Field> {
        if self.like.is_some() && like.is_none() {
            // The input was reported.
            return None;
        }
        let unit = self.unit.as_ref().and_then(|unit| Unit::parse(unit).ok());
        let field_type = match (like, self.type_name) {
            // What a script computes of counts need not be whole.
            (
                Some(Field {
                    field_type: FieldType::Integer,
                    ..
                }),
                _,
            ) => FieldType::plain_number(),
            (Some(like), _) => like.field_type.clone(),
            (None, TypeName::Number) => FieldType::Number(unit.unwrap_or_else(Unit::none)),
            (None, TypeName::Integer) => FieldType::Integer,
            (None, TypeName::Boolean) => FieldType::Boolean,
            (None, TypeName::Text) => FieldType::Text,
            (None, TypeName::Time) => FieldType::Time,
            (None, TypeName::Json) => FieldType::Json,
        };
        let range = match &self.range {
            Some(range) => Some(ordered(range, check)?),
            None => like.and_then(|like| like.range),
        };
        Some(Field {
            name: name.value.as_str().into(),
            field_type,
            title: self.title.clone(),
            range,
            labels: BTreeMap::new(),
            optional: self.optional,
        })
    }
}
