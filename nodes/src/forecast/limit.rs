//! The limit that a value must not reach.

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::language::Spanned;
use twinflow_engine::node::Check;

use crate::number_field::NumberField;
use crate::quantity_text::{QuantityText, quantity};

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
        text: &Spanned<QuantityText>,
        direction: Direction,
        field: &NumberField,
        check: &mut Check<'_>,
    ) -> Option<Self> {
        let value = quantity(text, &field.unit, "limit", &field.name, check)?;
        Some(Self { value, direction })
    }
}
