//! One field of all records of a batch.

use std::sync::Arc;

use super::value::{EventTime, Value};
use crate::schema::FieldType;
use crate::unit::Conversion;

/// The values of one field, a row each.
///
/// Numbers are bare `f64` so that formulas run over them as over arrays; a missing one is NaN, which is safe because no
/// node may give NaN or infinity as a value ([`Value::number`] and the formulas see to that).
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Numbers; NaN is missing.
    Number(Vec<f64>),
    /// Whole numbers.
    Integer(Vec<Option<i64>>),
    /// True or false.
    Boolean(Vec<Option<bool>>),
    /// Text.
    Text(Vec<Option<Arc<str>>>),
    /// Times.
    Time(Vec<Option<EventTime>>),
    /// Anything.
    Json(Vec<Option<Arc<serde_json::Value>>>),
}

impl Column {
    /// An empty column for values of `field_type`.
    #[must_use]
    pub fn with_capacity(field_type: &FieldType, rows: usize) -> Self {
        match field_type {
            FieldType::Number(_) => Self::Number(Vec::with_capacity(rows)),
            FieldType::Integer => Self::Integer(Vec::with_capacity(rows)),
            FieldType::Boolean => Self::Boolean(Vec::with_capacity(rows)),
            FieldType::Text => Self::Text(Vec::with_capacity(rows)),
            FieldType::Time => Self::Time(Vec::with_capacity(rows)),
            FieldType::Json => Self::Json(Vec::with_capacity(rows)),
        }
    }

    /// A column in which every row is missing.
    #[must_use]
    pub fn missing(field_type: &FieldType, rows: usize) -> Self {
        let mut column = Self::with_capacity(field_type, rows);
        for _ in 0..rows {
            column.push(Value::Missing);
        }
        column
    }

    /// How many rows it has.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Number(rows) => rows.len(),
            Self::Integer(rows) => rows.len(),
            Self::Boolean(rows) => rows.len(),
            Self::Text(rows) => rows.len(),
            Self::Time(rows) => rows.len(),
            Self::Json(rows) => rows.len(),
        }
    }

    /// Whether it has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a row. A value of another type than the column's is missing; whole numbers fit into numbers.
    pub fn push(&mut self, value: Value) {
        match (self, value) {
            (Self::Number(rows), Value::Number(value)) => {
                rows.push(if value.is_finite() { value } else { f64::NAN })
            }
            (Self::Number(rows), Value::Integer(value)) => rows.push(value as f64),
            (Self::Number(rows), _) => rows.push(f64::NAN),
            (Self::Integer(rows), Value::Integer(value)) => rows.push(Some(value)),
            (Self::Integer(rows), _) => rows.push(None),
            (Self::Boolean(rows), Value::Boolean(value)) => rows.push(Some(value)),
            (Self::Boolean(rows), _) => rows.push(None),
            (Self::Text(rows), Value::Text(value)) => rows.push(Some(value)),
            (Self::Text(rows), _) => rows.push(None),
            (Self::Time(rows), Value::Time(value)) => rows.push(Some(value)),
            (Self::Time(rows), _) => rows.push(None),
            (Self::Json(rows), Value::Json(value)) => rows.push(Some(value)),
            (Self::Json(rows), _) => rows.push(None),
        }
    }

    /// The value in `row`; missing beyond the end.
    #[must_use]
    pub fn value(&self, row: usize) -> Value {
        match self {
            Self::Number(rows) => rows.get(row).copied().map_or(Value::Missing, Value::number),
            Self::Integer(rows) => rows
                .get(row)
                .copied()
                .flatten()
                .map_or(Value::Missing, Value::Integer),
            Self::Boolean(rows) => rows
                .get(row)
                .copied()
                .flatten()
                .map_or(Value::Missing, Value::Boolean),
            Self::Text(rows) => rows
                .get(row)
                .cloned()
                .flatten()
                .map_or(Value::Missing, Value::Text),
            Self::Time(rows) => rows
                .get(row)
                .copied()
                .flatten()
                .map_or(Value::Missing, Value::Time),
            Self::Json(rows) => rows
                .get(row)
                .cloned()
                .flatten()
                .map_or(Value::Missing, Value::Json),
        }
    }

    /// The rows that `keep` names, in their order.
    #[must_use]
    pub fn select(&self, keep: &[usize]) -> Self {
        fn pick<T: Clone>(rows: &[T], keep: &[usize]) -> Vec<T> {
            keep.iter().filter_map(|row| rows.get(*row).cloned()).collect()
        }
        match self {
            Self::Number(rows) => Self::Number(pick(rows, keep)),
            Self::Integer(rows) => Self::Integer(pick(rows, keep)),
            Self::Boolean(rows) => Self::Boolean(pick(rows, keep)),
            Self::Text(rows) => Self::Text(pick(rows, keep)),
            Self::Time(rows) => Self::Time(pick(rows, keep)),
            Self::Json(rows) => Self::Json(pick(rows, keep)),
        }
    }

    /// The numbers in another unit; other columns are as they were.
    #[must_use]
    pub fn converted(&self, conversion: Conversion) -> Self {
        match self {
            Self::Number(rows) => Self::Number(rows.iter().map(|value| conversion.apply(*value)).collect()),
            other => other.clone(),
        }
    }

    /// The numbers, when it is a column of numbers.
    #[must_use]
    pub fn numbers(&self) -> Option<&[f64]> {
        match self {
            Self::Number(rows) => Some(rows),
            _ => None,
        }
    }
}
