//! Cycles, told as a path: `a → b → c → a`.

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::diagnostic::{Code, Diagnostic};
use crate::language::Document;

/// Reports every knot of nodes that feed themselves, and tells which nodes are in one.
pub(super) fn report(
    wiring: &DiGraph<usize, ()>,
    document: &Document,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<usize> {
    let mut caught = Vec::new();
    for knot in tarjan_scc(wiring) {
        let Some(first) = knot
            .iter()
            .min_by_key(|index| wiring.node_weight(**index))
            .copied()
        else {
            continue;
        };
        if knot.len() == 1 && !wiring.contains_edge(first, first) {
            continue;
        }
        caught.extend(
            knot.iter()
                .filter_map(|index| wiring.node_weight(*index).copied()),
        );
        let name = |index: NodeIndex| {
            let number = wiring.node_weight(index).copied().unwrap_or_default();
            document
                .nodes
                .get(number)
                .map_or("", |node| node.id.value.as_str())
        };
        let path = shortest_cycle(wiring, first, &knot);
        let shown: Vec<&str> = path.iter().map(|index| name(*index)).collect();
        let Some(start) = wiring
            .node_weight(first)
            .and_then(|number| document.nodes.get(*number))
        else {
            continue;
        };
        let closing = path
            .iter()
            .rev()
            .nth(1)
            .map(|index| name(*index))
            .unwrap_or_default();
        let wire = start
            .from
            .iter()
            .find(|wire| wire.split('.').next() == Some(closing));
        diagnostics.push(
            Diagnostic::new(
                Code::Cycle,
                wire.map_or(start.id.span, |wire| wire.span),
                format!("these nodes feed themselves: {}", shown.join(" → ")),
            )
            .with_help("remove one of these wires; a value from the past comes with `previous(x)` or a script's state"),
        );
    }
    caught
}

/// A shortest way from `start` back to it, within its knot.
fn shortest_cycle(wiring: &DiGraph<usize, ()>, start: NodeIndex, knot: &[NodeIndex]) -> Vec<NodeIndex> {
    let mut came_from: Vec<(NodeIndex, NodeIndex)> = Vec::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(here) = queue.pop_front() {
        for next in wiring.neighbors(here) {
            if next == start {
                let mut path = vec![start];
                let mut at = here;
                while at != start {
                    path.push(at);
                    match came_from.iter().find(|(node, _)| *node == at) {
                        Some((_, before)) => at = *before,
                        None => break,
                    }
                }
                path.push(start);
                path.reverse();
                return path;
            }
            if knot.contains(&next) && !came_from.iter().any(|(node, _)| *node == next) {
                came_from.push((next, here));
                queue.push_back(next);
            }
        }
    }
    vec![start, start]
}
