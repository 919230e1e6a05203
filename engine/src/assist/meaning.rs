//! What a value of a node means to an editor, by the name of its key.
//!
//! Node types share these words: a `unit` is a unit wherever it stands, and `fields: [...]` names fields of the record.

use super::context::Step;

/// What a value names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// `type:` of the node.
    NodeType,
    /// `from:` of the node.
    Wire,
    /// A name under `brokers:`.
    Broker,
    /// A name under `templates:`.
    Template,
    /// A unit.
    Unit,
    /// A field of the records that arrive.
    RecordField,
    /// A formula.
    Formula,
    /// Whatever the schema says.
    Other,
}

/// What the value at `path` means, which begins within the node.
pub(super) fn meaning(path: &[Step]) -> Meaning {
    let keys: Vec<&str> = path
        .iter()
        .map(|step| match step {
            Step::Key(key) => key.as_str(),
            Step::Item => "[]",
        })
        .collect();
    match keys.as_slice() {
        ["type"] => Meaning::NodeType,
        ["from"] | ["from", "[]"] => Meaning::Wire,
        ["broker"] => Meaning::Broker,
        ["template"] => Meaning::Template,
        ["fields", "[]"] => Meaning::RecordField,
        ["alert"] | ["values", _] => Meaning::Formula,
        [.., "formula"] => Meaning::Formula,
        [.., "unit"] => Meaning::Unit,
        _ => Meaning::Other,
    }
}
