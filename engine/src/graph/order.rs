//! The wires as a graph, and an order in which every wire leads forward.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use petgraph::graph::{DiGraph, NodeIndex};

use super::Node;
use super::wiring::NamedWires;
use crate::language::Document;

/// The wires of the document as a graph over node numbers.
pub(super) fn draw(document: &Document, named: &[NamedWires]) -> DiGraph<usize, ()> {
    graph_of(
        document.nodes.len(),
        named.iter().enumerate().flat_map(|(to, named)| {
            let from = named.wires.iter().map(|wire| wire.from);
            from.map(move |from| (from, to))
        }),
    )
}

/// The wires between checked nodes.
pub(super) fn rewire(nodes: &[Node]) -> DiGraph<usize, ()> {
    graph_of(
        nodes.len(),
        nodes.iter().enumerate().flat_map(|(to, node)| {
            let from = node.inputs.iter().map(|wire| wire.from);
            from.map(move |from| (from, to))
        }),
    )
}

fn graph_of(nodes: usize, wires: impl Iterator<Item = (usize, usize)>) -> DiGraph<usize, ()> {
    let mut graph = DiGraph::new();
    let indices: Vec<NodeIndex> = (0..nodes).map(|number| graph.add_node(number)).collect();
    let mut drawn = HashSet::new();
    for (from, to) in wires {
        if let (Some(start), Some(end), true) = (indices.get(from), indices.get(to), drawn.insert((from, to)))
        {
            graph.add_edge(*start, *end, ());
        }
    }
    graph
}

/// Node numbers so that every wire leads forward, in the order of the text where the wires leave a choice. Those within
/// a cycle and behind one come last.
pub(super) fn order(named: &[NamedWires]) -> Vec<usize> {
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); named.len()];
    let mut missing: Vec<usize> = Vec::with_capacity(named.len());
    for (to, named) in named.iter().enumerate() {
        missing.push(named.wires.len());
        for wire in &named.wires {
            if let Some(followers) = followers.get_mut(wire.from) {
                followers.push(to);
            }
        }
    }
    let free = missing.iter().enumerate().filter(|(_, missing)| **missing == 0);
    let mut ready: BinaryHeap<Reverse<usize>> = free.map(|(number, _)| Reverse(number)).collect();
    let mut order = Vec::with_capacity(named.len());
    while let Some(Reverse(number)) = ready.pop() {
        order.push(number);
        for follower in followers.get(number).into_iter().flatten() {
            if let Some(missing) = missing.get_mut(*follower) {
                *missing -= 1;
                if *missing == 0 {
                    ready.push(Reverse(*follower));
                }
            }
        }
    }
    let knotted = missing.iter().enumerate().filter(|(_, missing)| **missing > 0);
    order.extend(knotted.map(|(number, _)| number));
    order
}
