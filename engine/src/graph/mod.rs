//! The graph: nodes that passed their checks, and wires that know what they carry.

mod compile;
mod cycles;
mod findings;
mod node_files;
mod order;
mod warnings;
mod wiring;

use std::path::PathBuf;
use std::sync::Arc;

use petgraph::graph::DiGraph;

pub use compile::{Compiled, compile_text};

use crate::language::{DiskBuffer, Overflow, Retention, Span, Spanned, Yaml};
use crate::node::{Decode, ERROR_OUTPUT, Output, Part, Role, View};
use crate::schema::{Adapter, Schema};

/// A checked flow.
#[derive(Clone)]
pub struct Graph {
    /// The flow's name.
    pub name: String,
    /// A sentence about it.
    pub description: Option<String>,
    /// How long what the dashboard shows is kept.
    pub retention: Retention,
    /// The folders of its texts, in their order: what paths are relative to.
    pub folders: Vec<PathBuf>,
    /// `brokers:` by name, each with its address.
    pub brokers: Vec<(String, String)>,
    /// Values from the environment that must not be shown, the longest first.
    pub secrets: Vec<String>,
    /// The nodes in an order in which every wire leads forward.
    pub nodes: Vec<Node>,
    /// Who feeds whom: weights are indices into [`Graph::nodes`].
    pub wiring: DiGraph<usize, ()>,
}

/// A node of a [`Graph`].
#[derive(Clone)]
pub struct Node {
    /// Its name.
    pub id: Spanned<String>,
    /// Its type's name.
    pub node_type: String,
    /// Where it stands.
    pub role: Role,
    /// What leads in.
    pub inputs: Vec<Wire>,
    /// What happens when they come faster than it takes them.
    pub overflow: Overflow,
    /// The buffer on disk in which they wait for it.
    pub buffer: Option<DiskBuffer>,
    /// What the records that arrive look like, after inputs are merged.
    pub input: Arc<Schema>,
    /// What leads out.
    pub outputs: Vec<Output>,
    /// Its run-time part.
    pub part: Part,
    /// What the dashboard shows of it.
    pub view: Option<View>,
    /// How it reads payloads, if it is a source that gets some.
    pub decode: Option<Decode>,
    /// Its configuration, as the file has it.
    pub config: Yaml,
    /// What it was made with beside the configuration: the addresses of brokers, the text of a script, the state of a file.
    pub uses: Vec<String>,
}

/// One end of an edge: where the records come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Wire {
    /// Index of the node that they come from.
    pub from: usize,
    /// Which of its outputs; the one behind the last is the output `error`.
    pub output: usize,
    /// How they become records of the merged schema; nothing when they are already.
    pub adapter: Option<Adapter>,
}

impl Graph {
    /// A path as the flow means it: relative to the text that it stands in.
    #[must_use]
    pub fn path(&self, path: &str, place: Span) -> PathBuf {
        let folder = self.folders.get(place.source.0 as usize);
        folder.map_or_else(|| PathBuf::from(path), |folder| folder.join(path))
    }

    /// A wire as a flow writes it: `fan`, or `switch.hot` for another output than the first.
    #[must_use]
    pub fn written(&self, wire: &Wire) -> String {
        let Some(from) = self.nodes.get(wire.from) else {
            return String::new();
        };
        match from.outputs.get(wire.output) {
            Some(_) if wire.output == 0 => from.id.value.clone(),
            Some(output) => format!("{}.{}", from.id.value, output.name),
            None => format!("{}.{ERROR_OUTPUT}", from.id.value),
        }
    }

    /// The node called `id`, with its index.
    #[must_use]
    pub fn node(&self, id: &str) -> Option<(usize, &Node)> {
        self.nodes
            .iter()
            .enumerate()
            .find(|(_, node)| node.id.value == id)
    }
}
