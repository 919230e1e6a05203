//! Which fields records have at a node: from the last good graph, by the wires of the present text.

use super::flow_nodes::{FlowNode, node_of};
use crate::graph::{Graph, Node};
use crate::node::Output;
use crate::schema::Field;

/// A field with the node that it comes from.
pub(super) struct KnownField<'g> {
    pub field: &'g Field,
    pub origin: &'g str,
}

/// The fields of the records that arrive at `node`.
pub(super) fn arriving<'g>(node: &FlowNode<'_>, graph: &'g Graph) -> Vec<KnownField<'g>> {
    // The wires may have changed since the graph was good, or the node may be new.
    let outputs: Option<Vec<(usize, &Output)>> = node.wires.iter().map(|wire| output(wire, graph)).collect();
    let mut known: Vec<KnownField<'g>> = Vec::new();
    let mut add = |fields: &'g [Field], at: usize, is_output: bool| {
        for field in fields {
            if known.iter().all(|other| other.field.name != field.name) {
                let origin = origin(graph, at, &field.name, is_output);
                known.push(KnownField { field, origin });
            }
        }
    };
    match outputs {
        Some(outputs) if !outputs.is_empty() => {
            for (at, output) in outputs {
                add(output.schema.fields(), at, true);
            }
        }
        _ => {
            if let Some((at, node)) = graph.node(node.id) {
                add(node.input.fields(), at, false);
            }
        }
    }
    known
}

/// The fields of the records that leave `id`, by its first output.
pub(super) fn leaving<'g>(id: &str, graph: &'g Graph) -> &'g [Field] {
    let node = graph.node(id).map(|(_, node)| node);
    let output = node.and_then(|node| node.outputs.first());
    output.map(|output| output.schema.fields()).unwrap_or_default()
}

fn output<'g>(wire: &str, graph: &'g Graph) -> Option<(usize, &'g Output)> {
    let (at, node) = graph.node(node_of(wire))?;
    let output = match wire.split_once('.') {
        Some((_, name)) => node.outputs.iter().find(|output| *output.name == *name),
        None => node.outputs.first(),
    };
    Some((at, output?))
}

/// The name of the node that adds the field `name` which is there at node `at`, or behind it.
fn origin<'g>(graph: &'g Graph, at: usize, name: &str, is_behind: bool) -> &'g str {
    let mut is_behind = is_behind;
    let mut here = graph.nodes.get(at);
    while let Some(node) = here {
        if is_behind && node.input.field(name).is_none() {
            return &node.id.value;
        }
        // Wires lead forward, so this ends.
        let before = node.inputs.iter().filter_map(|wire| {
            let before = graph.nodes.get(wire.from)?;
            has(before, wire.output, name).then_some(before)
        });
        here = before.into_iter().next();
        is_behind = true;
    }
    ""
}

fn has(node: &Node, output: usize, name: &str) -> bool {
    let output = node.outputs.get(output);
    output.is_some_and(|output| output.schema.field(name).is_some())
}
