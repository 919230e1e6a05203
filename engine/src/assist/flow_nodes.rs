//! The nodes of a half-written flow: their types and wires.

use std::ops::Range;

use super::sketch::{Shape, Sketch};

/// An entry of `nodes:`.
#[derive(Debug)]
pub(super) struct FlowNode<'t> {
    pub id: &'t str,
    /// Its item in the sketch.
    pub item: usize,
    /// What `type:` says.
    pub node_type: Option<&'t str>,
    /// What `from:` names.
    pub wires: Vec<&'t str>,
}

pub(super) fn nodes<'t>(sketch: &Sketch<'t>) -> Vec<FlowNode<'t>> {
    entries_of(sketch, "nodes")
        .map(|item| FlowNode {
            id: sketch.key(item).unwrap_or_default(),
            item,
            node_type: sketch.entry(Some(item), "type").map(|entry| sketch.value(entry)),
            wires: sketch
                .entry(Some(item), "from")
                .map(|from| wires(sketch, from))
                .unwrap_or_default(),
        })
        .collect()
}

/// The entries of the mapping `key` at the top.
pub(super) fn entries_of<'s>(sketch: &'s Sketch<'_>, key: &str) -> impl Iterator<Item = usize> + use<'s> {
    let section = sketch.entry(None, key);
    section
        .into_iter()
        .flat_map(|section| sketch.children(Some(section)))
        .filter(|entry| sketch.key(*entry).is_some())
}

fn wires<'t>(sketch: &Sketch<'t>, from: usize) -> Vec<&'t str> {
    match sketch.get(from) {
        Some(item) if item.shape == Shape::Scalar => vec![sketch.value(from)],
        _ => sketch
            .children(Some(from))
            .map(|wire| sketch.value(wire))
            .collect(),
    }
}

/// The name of the node in a wire such as `node` or `node.output`.
pub(super) fn node_of(wire: &str) -> &str {
    wire.split('.').next().unwrap_or_default()
}

/// Where the key of an item stands.
pub(super) fn key_range(sketch: &Sketch<'_>, item: usize) -> Option<Range<usize>> {
    sketch.get(item)?.key.clone()
}
