//! Which node became which, and how.

use std::collections::{HashMap, HashSet};

use super::configuration::{ValueChange, differences, written};
use crate::graph::{Graph, Node};
use crate::language::{DiskBuffer, Overflow};

/// How a node differs.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeChange {
    /// It is new.
    Added {
        /// Its name.
        id: String,
        /// Its type.
        node_type: String,
    },
    /// It is gone.
    Removed {
        /// Its name.
        id: String,
        /// Its type.
        node_type: String,
    },
    /// It does what it did under another name.
    Renamed {
        /// The name it had.
        old: String,
        /// The name it has.
        new: String,
    },
    /// It is there in both.
    Changed {
        /// Its name.
        id: String,
        /// `type`, `from` and the configuration.
        values: Vec<ValueChange>,
    },
}

/// Pairs nodes by name, then those left over by what they do: their numbers in the two graphs, in the order of the old.
pub(super) fn pair(old: &Graph, new: &Graph) -> Vec<(usize, usize)> {
    let ids = |graph: &Graph| -> HashMap<String, usize> {
        let numbered = graph.nodes.iter().enumerate();
        numbered
            .map(|(number, node)| (node.id.value.clone(), number))
            .collect()
    };
    let (before, now) = (ids(old), ids(new));
    // What a node does, for the nodes whose names are new. Of several that do the same, none is the renamed one.
    let mut newcomers: HashMap<(String, Vec<String>, String), Vec<usize>> = HashMap::new();
    for (number, node) in new.nodes.iter().enumerate() {
        if !before.contains_key(&node.id.value) {
            let does = (node.node_type.clone(), wires(new, node), written(&node.config));
            newcomers.entry(does).or_default().push(number);
        }
    }
    let mut pairs = Vec::new();
    let mut renamed: HashMap<&str, &str> = HashMap::new();
    for (number, node) in old.nodes.iter().enumerate() {
        if let Some(same) = now.get(&node.id.value) {
            pairs.push((number, *same));
            continue;
        }
        if newcomers.is_empty() {
            continue;
        }
        let wires = translated(wires(old, node), &renamed);
        let does = (node.node_type.clone(), wires, written(&node.config));
        if let Some([only]) = newcomers.get(&does).map(Vec::as_slice) {
            let only = *only;
            newcomers.remove(&does);
            pairs.push((number, only));
            if let Some(heir) = new.nodes.get(only) {
                renamed.insert(&node.id.value, &heir.id.value);
            }
        }
    }
    pairs
}

/// What became of the nodes, and the new order of the widgets if it is another one.
pub(super) fn compare(
    old: &Graph,
    new: &Graph,
    pairs: &[(usize, usize)],
) -> (Vec<NodeChange>, Option<Vec<String>>) {
    let both = || {
        pairs
            .iter()
            .filter_map(|(o, n)| Some((old.nodes.get(*o)?, new.nodes.get(*n)?)))
    };
    let renamed: HashMap<&str, &str> = both()
        .filter(|(old, new)| old.id.value != new.id.value)
        .map(|(old, new)| (old.id.value.as_str(), new.id.value.as_str()))
        .collect();
    let kept_old: HashSet<usize> = pairs.iter().map(|(old, _)| *old).collect();
    let kept_new: HashSet<usize> = pairs.iter().map(|(_, new)| *new).collect();
    let named = |node: &Node| (node.id.value.clone(), node.node_type.clone());
    let mut changes = Vec::new();
    for (number, node) in old.nodes.iter().enumerate() {
        if !kept_old.contains(&number) {
            let (id, node_type) = named(node);
            changes.push(NodeChange::Removed { id, node_type });
        }
    }
    for (number, node) in new.nodes.iter().enumerate() {
        if !kept_new.contains(&number) {
            let (id, node_type) = named(node);
            changes.push(NodeChange::Added { id, node_type });
        }
    }
    for (before, now) in both() {
        if before.id.value != now.id.value {
            changes.push(NodeChange::Renamed {
                old: before.id.value.clone(),
                new: now.id.value.clone(),
            });
        }
        let from = |wires: Vec<String>| (!wires.is_empty()).then(|| wires.join(", "));
        let (old_from, new_from) = (
            from(translated(wires(old, before), &renamed)),
            from(wires(new, now)),
        );
        let mut values: Vec<ValueChange> =
            ValueChange::of_texts("type", Some(&before.node_type), Some(&now.node_type))
                .into_iter()
                .chain(ValueChange::of_texts(
                    "from",
                    old_from.as_deref(),
                    new_from.as_deref(),
                ))
                .chain(ValueChange::of_texts("overflow", rule(before), rule(now)))
                .chain(ValueChange::of_texts(
                    "buffer",
                    buffer(before).as_deref(),
                    buffer(now).as_deref(),
                ))
                .collect();
        values.extend(differences(&before.config, &now.config));
        if !values.is_empty() {
            let id = now.id.value.clone();
            changes.push(NodeChange::Changed { id, values });
        }
    }
    (changes, widgets(old, new, pairs))
}

/// A node's rule for a full queue, when it is not the one that all have.
fn rule(node: &Node) -> Option<&'static str> {
    (node.overflow != Overflow::default()).then(|| node.overflow.name())
}

fn buffer(node: &Node) -> Option<String> {
    node.buffer.map(DiskBuffer::written)
}

/// Where a node's records come from.
fn wires(graph: &Graph, node: &Node) -> Vec<String> {
    node.inputs.iter().map(|wire| graph.written(wire)).collect()
}

fn translated(mut wires: Vec<String>, renamed: &HashMap<&str, &str>) -> Vec<String> {
    for wire in &mut wires {
        let (id, output) = wire.split_at(wire.find('.').unwrap_or(wire.len()));
        if let Some(new) = renamed.get(id) {
            *wire = format!("{new}{output}");
        }
    }
    wires
}

/// The dashboard shows widgets in the order of the nodes.
fn widgets(old: &Graph, new: &Graph, pairs: &[(usize, usize)]) -> Option<Vec<String>> {
    let is_shown = |(o, n): &&(usize, usize)| {
        let has_view =
            |graph: &Graph, number: usize| graph.nodes.get(number).is_some_and(|n| n.view.is_some());
        has_view(old, *o) && has_view(new, *n)
    };
    let before: Vec<usize> = pairs.iter().filter(is_shown).map(|(_, new)| *new).collect();
    let mut now = before.clone();
    now.sort_unstable();
    (before != now).then(|| {
        let ids = now.into_iter().filter_map(|number| new.nodes.get(number));
        ids.map(|node| node.id.value.clone()).collect()
    })
}
