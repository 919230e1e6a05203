//! Fields that a node computes with: numbers, and whole numbers, which count as plain ones.

use std::sync::Arc;

use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::Check;
use twinflow_engine::record::{Batch, Column};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::Unit;

/// A field of the arriving records that holds numbers.
#[derive(Clone, Debug)]
pub(crate) struct NumberField {
    pub name: Arc<str>,
    pub slot: usize,
    pub unit: Unit,
    /// All that the schema knows of it.
    pub field: Field,
}

impl NumberField {
    /// The field that `name` means, or a report of why it cannot be computed with.
    pub fn read(name: &Spanned<String>, check: &mut Check<'_>) -> Option<Self> {
        let (slot, field) = check.field(name)?;
        let unit = match &field.field_type {
            FieldType::Number(unit) => unit.clone(),
            FieldType::Integer => Unit::none(),
            other => {
                let message = format!("`{}` must be a number, it is {other}", name.value);
                check.report(Diagnostic::new(Code::WrongKind, name.span, message));
                return None;
            }
        };
        Some(Self {
            name: Arc::clone(&field.name),
            slot,
            unit,
            field,
        })
    }

    /// Its value in a row; nothing where the record lacks it.
    pub fn value(&self, batch: &Batch, row: usize) -> Option<f64> {
        number_at(batch, self.slot, row)
    }
}

/// The value in a row as a number, true as 1 and false as 0; nothing where the record lacks it.
pub(crate) fn number_at(batch: &Batch, slot: usize, row: usize) -> Option<f64> {
    let value = match batch.column(slot).map(|column| &**column)? {
        Column::Number(rows) => rows.get(row).copied()?,
        Column::Integer(rows) => rows.get(row).copied().flatten()? as f64,
        Column::Boolean(rows) => f64::from(u8::from(rows.get(row).copied().flatten()?)),
        _ => return None,
    };
    value.is_finite().then_some(value)
}
