//! `fields: [a, b]` of a sink: some of the arriving fields, or all of them.

use std::sync::Arc;

use twinflow_engine::language::Spanned;
use twinflow_engine::node::Check;
use twinflow_engine::schema::Field;

/// A field that a sink writes.
#[derive(Clone, Debug)]
pub struct SelectedField {
    /// Its name.
    pub name: Arc<str>,
    /// Its slot in the arriving records.
    pub slot: usize,
    /// All that the schema knows of it.
    pub field: Field,
}

/// The named fields in their order, or all; nothing when one does not exist, which is reported.
pub fn select_fields(names: Option<&[Spanned<String>]>, check: &mut Check<'_>) -> Option<Vec<SelectedField>> {
    let select = |(slot, field): (usize, Field)| SelectedField {
        name: Arc::clone(&field.name),
        slot,
        field,
    };
    match names {
        None => Some(
            check
                .input()
                .fields()
                .iter()
                .cloned()
                .enumerate()
                .map(select)
                .collect(),
        ),
        Some(names) => {
            let found: Vec<_> = names.iter().map(|name| check.field(name).map(select)).collect();
            found.into_iter().collect()
        }
    }
}
