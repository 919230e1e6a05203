//! The outline of a flow.

use std::ops::Range;

use super::flow_nodes::{entries_of, key_range, nodes};
use super::sketch::Sketch;

/// What an entry of the outline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SymbolKind {
    /// An entry of `brokers:`.
    Broker,
    /// An entry of `nodes:`.
    Node,
}

/// An entry of the outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// A node's type.
    pub detail: Option<String>,
    /// All of it.
    pub range: Range<usize>,
    /// Its name.
    pub selection: Range<usize>,
}

pub(super) fn symbols(sketch: &Sketch<'_>) -> Vec<Symbol> {
    let symbol = |item: usize, kind, detail: Option<&str>| {
        Some(Symbol {
            name: sketch.key(item)?.to_owned(),
            kind,
            detail: detail.map(str::to_owned),
            range: sketch.extent(item),
            selection: key_range(sketch, item)?,
        })
    };
    let brokers = entries_of(sketch, "brokers").filter_map(|item| symbol(item, SymbolKind::Broker, None));
    let nodes = nodes(sketch)
        .into_iter()
        .filter_map(|node| symbol(node.item, SymbolKind::Node, node.node_type));
    brokers.chain(nodes).collect()
}
