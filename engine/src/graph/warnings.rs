//! What runs, but hardly as it is meant: records that go nowhere.

use std::collections::HashSet;

use super::{Node, Wire};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::Shown;

/// Nodes whose records nothing reads.
pub(super) fn warn_of_unused(nodes: &[Node], diagnostics: &mut Vec<Diagnostic>) {
    let wires = nodes.iter().flat_map(|node| &node.inputs);
    // Who reads the errors alone does not read the records.
    let is_of_records = |wire: &&Wire| {
        let from = nodes.get(wire.from);
        from.is_some_and(|from| wire.output < from.outputs.len())
    };
    let used: HashSet<usize> = wires.filter(is_of_records).map(|wire| wire.from).collect();
    for (number, node) in nodes.iter().enumerate() {
        // Alarms stand on the dashboard, whether their changes go anywhere else or not.
        let is_seen = node
            .view
            .as_ref()
            .is_some_and(|view| matches!(view.shown, Shown::Alarms(_)));
        if !node.outputs.is_empty() && !used.contains(&number) && !is_seen {
            diagnostics.push(
                Diagnostic::new(
                    Code::UnusedNode,
                    node.id.span,
                    format!("the records of `{}` go nowhere", node.id.value),
                )
                .with_help("wire it to a sink with `from:`, or remove it"),
            );
        }
    }
}

/// Of a node with several outputs, those that nothing reads while others are read.
pub(super) fn warn_of_unused_outputs(nodes: &[Node], diagnostics: &mut Vec<Diagnostic>) {
    let wires = nodes.iter().flat_map(|node| &node.inputs);
    let used: HashSet<(usize, usize)> = wires.map(|wire| (wire.from, wire.output)).collect();
    for (number, node) in nodes.iter().enumerate() {
        let outputs = node.outputs.iter().enumerate();
        let (read, unread): (Vec<_>, Vec<_>) =
            outputs.partition(|(output, _)| used.contains(&(number, *output)));
        // What an experiment's second output tells stands on the dashboard, whether it goes anywhere else or not.
        let is_experiment = node
            .view
            .as_ref()
            .is_some_and(|view| matches!(view.shown, Shown::Experiment(_)));
        let is_seen = |output: usize| is_experiment && output > 0;
        let lost = unread
            .iter()
            .filter(|(output, _)| !read.is_empty() && !is_seen(*output));
        for (_, output) in lost {
            let (id, output) = (&node.id.value, &output.name);
            let message = format!("nothing reads the output `{output}` of `{id}`: its records are lost");
            diagnostics.push(
                Diagnostic::new(Code::UnusedOutput, node.id.span, message)
                    .with_help(format!("wire something behind it: `from: {id}.{output}`")),
            );
        }
    }
}
