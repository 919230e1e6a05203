//! What an editor tells of a flow while it is written: completion, hover, definition, outline.
//!
//! Everything here is a pure function of the text, the node types, and the graph of the last text that was good. The
//! text need not be YAML at the moment: whoever wants completion has just not finished the line.
//!
//! ```text
//! text ──lines──▶ Sketch ──cursor──▶ Context ──node types, last good graph──▶ completions, hover, definition
//! ```

mod completion;
mod config_completion;
mod context;
mod definition;
mod expected;
mod flow_nodes;
mod hover;
mod meaning;
mod pages;
mod records;
mod sketch;
mod symbols;
mod word_completion;

use std::ops::Range;

pub use completion::{Completion, CompletionKind};
pub use context::{Context, Place, Step};
pub use hover::Hover;
pub use symbols::{Symbol, SymbolKind};

use crate::graph::Graph;
use crate::node::{AnyNodeType, Registry};
use flow_nodes::FlowNode;
use sketch::Sketch;

/// Answers an editor's questions about one text. Places are bytes of it.
pub struct Assistant<'a> {
    sketch: Sketch<'a>,
    registry: &'a Registry,
    last_good: Option<&'a Graph>,
}

impl<'a> Assistant<'a> {
    /// Reads `text`. `last_good` is the graph of the newest version that passed its checks: it tells which fields the
    /// records have.
    #[must_use]
    pub fn new(text: &'a str, registry: &'a Registry, last_good: Option<&'a Graph>) -> Self {
        Self {
            sketch: Sketch::new(text),
            registry,
            last_good,
        }
    }

    /// Where in the flow byte `at` is; nothing in comments.
    #[must_use]
    pub fn context(&self, at: usize) -> Option<Context> {
        context::locate(&self.sketch, at)
    }

    /// What may be written at byte `at`, the likeliest first.
    #[must_use]
    pub fn completions(&self, at: usize) -> Vec<Completion> {
        completion::complete(self, at).unwrap_or_default()
    }

    /// What there is to say about the thing at byte `at`.
    #[must_use]
    pub fn hover(&self, at: usize) -> Option<Hover> {
        hover::hover(self, at)
    }

    /// Where the thing at byte `at` was declared.
    #[must_use]
    pub fn definition(&self, at: usize) -> Option<Range<usize>> {
        definition::definition(self, at)
    }

    /// The brokers and nodes of the flow.
    #[must_use]
    pub fn symbols(&self) -> Vec<Symbol> {
        symbols::symbols(&self.sketch)
    }

    fn nodes(&self) -> Vec<FlowNode<'a>> {
        flow_nodes::nodes(&self.sketch)
    }

    fn node(&self, id: &str) -> Option<FlowNode<'a>> {
        self.nodes().into_iter().find(|node| node.id == id)
    }

    fn node_type(&self, node: &FlowNode<'_>) -> Option<&'a dyn AnyNodeType> {
        self.registry.get(node.node_type?)
    }
}
