//! What the changes do to the records on the edges.

use std::collections::HashMap;

use crate::graph::Graph;
use crate::schema::Schema;

/// A change of the records, and the nodes behind which it is to be found.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeChange {
    /// What changed.
    pub change: FieldChange,
    /// Behind which nodes, in the order of the wires; `switch.hot` for a named output.
    pub behind: Vec<String>,
}

/// What became of a field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FieldChange {
    /// It is new.
    Added {
        /// Its name.
        field: String,
        /// Its type and unit.
        is: String,
    },
    /// It is gone.
    Removed {
        /// Its name.
        field: String,
        /// Its type and unit.
        was: String,
    },
    /// Its type or its unit is another one.
    Retyped {
        /// Its name.
        field: String,
        /// Its type and unit before.
        was: String,
        /// Its type and unit now.
        is: String,
    },
    /// Every record had it; now some may lack it, or the other way round.
    Presence {
        /// Its name.
        field: String,
        /// Whether it may be missing now.
        is_optional: bool,
    },
    /// The fields that both have stand in another order.
    Reordered,
}

pub(super) fn compare(old: &Graph, new: &Graph, pairs: &[(usize, usize)]) -> Vec<EdgeChange> {
    let mut changes: Vec<EdgeChange> = Vec::new();
    let mut known: HashMap<FieldChange, usize> = HashMap::new();
    for (before, now) in pairs {
        let (Some(before), Some(now)) = (old.nodes.get(*before), new.nodes.get(*now)) else {
            continue;
        };
        for output in &now.outputs {
            let Some(earlier) = before.outputs.iter().find(|earlier| earlier.name == output.name) else {
                continue;
            };
            let behind = match now.outputs.as_slice() {
                [_] => now.id.value.clone(),
                _ => format!("{}.{}", now.id.value, output.name),
            };
            for change in fields(&earlier.schema, &output.schema) {
                let number = *known.entry(change.clone()).or_insert_with(|| {
                    let behind = Vec::new();
                    changes.push(EdgeChange { change, behind });
                    changes.len() - 1
                });
                if let Some(change) = changes.get_mut(number) {
                    change.behind.push(behind.clone());
                }
            }
        }
    }
    changes
}

fn fields(old: &Schema, new: &Schema) -> Vec<FieldChange> {
    let slots = |schema: &Schema| -> HashMap<String, usize> {
        let names = schema.names().enumerate();
        names.map(|(slot, name)| (name.to_owned(), slot)).collect()
    };
    let (before, now) = (slots(old), slots(new));
    let mut changes = Vec::new();
    let mut kept = Vec::new();
    for field in old.fields() {
        let name = field.name.to_string();
        let Some((slot, later)) = now.get(&name).and_then(|slot| Some((*slot, new.get(*slot)?))) else {
            let was = field.field_type.to_string();
            changes.push(FieldChange::Removed { field: name, was });
            continue;
        };
        kept.push(slot);
        if field.field_type != later.field_type {
            changes.push(FieldChange::Retyped {
                field: name.clone(),
                was: field.field_type.to_string(),
                is: later.field_type.to_string(),
            });
        }
        if field.optional != later.optional {
            let is_optional = later.optional;
            changes.push(FieldChange::Presence {
                field: name,
                is_optional,
            });
        }
    }
    for field in new.fields() {
        if !before.contains_key(&*field.name) {
            changes.push(FieldChange::Added {
                field: field.name.to_string(),
                is: field.field_type.to_string(),
            });
        }
    }
    if !kept.is_sorted() {
        changes.push(FieldChange::Reordered);
    }
    changes
}
