//! Two flows compared by what they mean: nodes, wires, configuration, and what that does to the records on the edges.
//!
//! Formatting, comments, quotes and the order of keys are no difference in themselves; where the order of fields or of
//! widgets has a meaning, the graph shows it.

mod configuration;
mod edges;
mod nodes;
mod report;

use std::collections::HashMap;
use std::path::Path;

pub use configuration::ValueChange;
pub(crate) use configuration::written;
pub use edges::{EdgeChange, FieldChange};
pub use nodes::NodeChange;

use crate::diagnostic::without_passwords;
use crate::graph::Graph;

/// One of the two flows.
#[derive(Clone, Copy)]
pub struct Version<'a> {
    /// Checked.
    pub graph: &'a Graph,
    /// The file that it is from, which names a flow without a name of its own.
    pub path: &'a Path,
}

impl Version<'_> {
    fn name(&self) -> Option<&str> {
        let of_file = self.path.file_stem().unwrap_or_default().to_string_lossy();
        Some(self.graph.name.as_str()).filter(|name| *name != of_file)
    }
}

/// What is different. Prints as a list for people; no password is in it.
#[derive(Debug, Default, PartialEq)]
pub struct Comparison {
    /// Name and description.
    pub flow: Vec<ValueChange>,
    /// `brokers:`, by name.
    pub brokers: Vec<ValueChange>,
    /// The nodes that differ.
    pub nodes: Vec<NodeChange>,
    /// The new order of the widgets, when those that both flows have stand in another one.
    pub widgets: Option<Vec<String>>,
    /// The records behind nodes that both flows have.
    pub edges: Vec<EdgeChange>,
}

impl Comparison {
    /// Whether the flows mean the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What became of `old` in `new`.
#[must_use]
pub fn compare(old: Version<'_>, new: Version<'_>) -> Comparison {
    let pairs = nodes::pair(old.graph, new.graph);
    let (nodes, widgets) = nodes::compare(old.graph, new.graph, &pairs);
    Comparison {
        flow: [
            ("name", old.name(), new.name()),
            (
                "description",
                old.graph.description.as_deref(),
                new.graph.description.as_deref(),
            ),
            (
                "history",
                Some(&*old.graph.retention.written()),
                Some(&*new.graph.retention.written()),
            ),
        ]
        .into_iter()
        .filter_map(|(key, old, new)| ValueChange::of_texts(key, old, new))
        .collect(),
        brokers: brokers(old.graph, new.graph),
        nodes,
        widgets,
        edges: edges::compare(old.graph, new.graph, &pairs),
    }
}

fn brokers(old: &Graph, new: &Graph) -> Vec<ValueChange> {
    let by_name = |graph: &'_ Graph| -> HashMap<String, String> { graph.brokers.iter().cloned().collect() };
    let (before, now) = (by_name(old), by_name(new));
    let gone_or_changed = old.brokers.iter().filter_map(|(name, address)| {
        ValueChange::of_texts(name, Some(address), now.get(name).map(String::as_str))
    });
    let added = new.brokers.iter().filter(|(name, _)| !before.contains_key(name));
    let added = added.map(|(name, address)| ValueChange {
        path: name.clone(),
        old: None,
        new: Some(without_passwords(address)),
    });
    gone_or_changed.chain(added).collect()
}
