//! Several inputs into one: the rules, and the column map that follows from them.
//!
//! - A field that all inputs have with one type is a field of the result; units convert into the first input's.
//! - A field that some inputs lack is optional in the result.
//! - A field of one name with different types, or units of different dimensions, is a conflict.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Field, FieldType, Schema};
use crate::unit::Conversion;

/// Where a column of the merged record comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ColumnSource {
    /// The input's slot, converted.
    Slot {
        /// In the input.
        slot: usize,
        /// Into the merged field's unit.
        conversion: Conversion,
    },
    /// The input lacks it.
    Missing,
}

/// How the records of one input become records of the merged schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapter {
    /// One for each slot of the merged schema.
    pub columns: Vec<ColumnSource>,
}

impl Adapter {
    /// Whether it changes nothing.
    #[must_use]
    pub fn is_identity(&self, input: &Schema) -> bool {
        self.columns.len() == input.width()
            && self.columns.iter().enumerate().all(|(at, source)| match source {
                ColumnSource::Slot { slot, conversion } => *slot == at && conversion.is_identity(),
                ColumnSource::Missing => false,
            })
    }
}

/// Two inputs whose fields of one name do not fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The field.
    pub name: String,
    /// Which input has the first type.
    pub first_input: usize,
    /// The first type.
    pub first: FieldType,
    /// Which input has the second type.
    pub second_input: usize,
    /// The second type.
    pub second: FieldType,
}

/// Merges the schemas of all inputs.
///
/// # Errors
/// Every field that does not fit.
pub fn merge(inputs: &[&Schema]) -> Result<(Schema, Vec<Adapter>), Vec<Conflict>> {
    let mut merged: Vec<Field> = Vec::new();
    // By name: where in `merged`, and the first input that has it.
    let mut known: HashMap<Arc<str>, (usize, usize)> = HashMap::new();
    let mut conflicts = Vec::new();
    for (number, input) in inputs.iter().enumerate() {
        for field in input.fields() {
            let Some((at, first_input)) = known.get(&field.name).copied() else {
                known.insert(Arc::clone(&field.name), (merged.len(), number));
                merged.push(field.clone());
                continue;
            };
            let Some(have) = merged.get_mut(at) else { continue };
            if conversion(&field.field_type, &have.field_type).is_none() {
                conflicts.push(Conflict {
                    name: field.name.to_string(),
                    first_input,
                    first: have.field_type.clone(),
                    second_input: number,
                    second: field.field_type.clone(),
                });
            }
            have.optional |= field.optional;
        }
    }
    if !conflicts.is_empty() {
        return Err(conflicts);
    }
    for field in &mut merged {
        field.optional |= inputs.iter().any(|input| input.slot(&field.name).is_none());
    }
    let adapters = inputs.iter().map(|input| adapter(input, &merged)).collect();
    let merged = Schema::new(merged);
    let is_partial = inputs.iter().any(|input| input.is_partial());
    Ok((if is_partial { merged.partial() } else { merged }, adapters))
}

fn adapter(input: &Schema, merged: &[Field]) -> Adapter {
    let column = |field: &Field| {
        let (slot, own) = input.field(&field.name)?;
        Some(ColumnSource::Slot {
            slot,
            conversion: conversion(&own.field_type, &field.field_type)?,
        })
    };
    Adapter {
        columns: merged
            .iter()
            .map(|field| column(field).unwrap_or(ColumnSource::Missing))
            .collect(),
    }
}

fn conversion(from: &FieldType, to: &FieldType) -> Option<Conversion> {
    match (from, to) {
        (FieldType::Number(from), FieldType::Number(to)) => from.conversion_to(to),
        (from, to) => (from == to).then_some(Conversion::IDENTITY),
    }
}
