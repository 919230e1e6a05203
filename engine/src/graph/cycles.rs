//! Cycles, told as a path: `a → b → c → a`.

use std::collections::{HashMap, HashSet, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::diagnostic::{Code, Diagnostic};
use crate::language::Document;

/// Reports every knot of nodes that feed themselves, and tells which nodes are in one.
pub(super) fn report(
    wiring: &DiGraph<usize, ()>,
    document: &Document,
    diagnostics: &mut Vec<Diagnostic>,
) -> HashSet<usize> {
    let mut caught = HashSet::new();
    // Not Tarjan's algorithm: that one recurses, as deep as the flow is long.
    for knot in kosaraju_scc(wiring) {
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
        let path = shortest_cycle(wiring, first, &knot.into_iter().collect());
        let shown = path_text(path.iter().map(|index| name(*index)).collect());
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
                format!("these nodes feed themselves: {shown}"),
            )
            .with_help("remove one of these wires; a value from the past comes with `previous(x)` or a script's state"),
        );
    }
    caught
}

/// A shortest way from `start` back to it, within its knot.
fn shortest_cycle(
    wiring: &DiGraph<usize, ()>,
    start: NodeIndex,
    knot: &HashSet<NodeIndex>,
) -> Vec<NodeIndex> {
    let mut came_from: HashMap<NodeIndex, NodeIndex> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(here) = queue.pop_front() {
        for next in wiring.neighbors(here) {
            if next == start {
                let mut path = vec![start];
                let mut at = Some(here);
                while let Some(node) = at.filter(|node| *node != start) {
                    path.push(node);
                    at = came_from.get(&node).copied();
                }
                path.push(start);
                path.reverse();
                return path;
            }
            if knot.contains(&next) && !came_from.contains_key(&next) {
                came_from.insert(next, here);
                queue.push_back(next);
            }
        }
    }
    vec![start, start]
}

/// `a → b → a`; of a long way only both ends.
fn path_text(mut names: Vec<&str>) -> String {
    const SHOWN: usize = 12;
    if names.len() > SHOWN {
        names.splice(SHOWN / 2..names.len() - SHOWN / 2, ["…"]);
    }
    names.join(" → ")
}
