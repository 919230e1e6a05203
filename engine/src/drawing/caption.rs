//! What an edge carries, in a few words.

use std::collections::HashMap;

use crate::graph::{Graph, Node, Wire};
use crate::node::{ERROR_OUTPUT, Output, Role};
use crate::schema::{Field, FieldType};

/// More fields than this are counted instead of named.
const SHOWN: usize = 4;

/// The words on the edges of a graph, made once for each output.
pub(super) struct Captions {
    by_node: Vec<Vec<Caption>>,
    /// Of what leaves by the output that every node has.
    error: Caption,
}

/// The words on the edges that leave one output, line by line.
#[derive(Default)]
pub(super) struct Caption {
    pub lines: Vec<String>,
}

impl Captions {
    pub fn new(graph: &Graph) -> Self {
        let by_node = graph.nodes.iter().map(|node| {
            let outputs = node.outputs.iter();
            outputs.map(|output| Caption::new(node, output)).collect()
        });
        Self {
            by_node: by_node.collect(),
            error: Caption {
                lines: vec![ERROR_OUTPUT.to_owned()],
            },
        }
    }

    /// The words on a wire.
    pub fn of(&self, wire: &Wire) -> Option<&Caption> {
        let outputs = self.by_node.get(wire.from)?;
        Some(outputs.get(wire.output).unwrap_or(&self.error))
    }

    /// The words on what leaves a node.
    pub fn outputs(&self, node: usize) -> &[Caption] {
        self.by_node.get(node).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Caption {
    /// Everything that a source gives; behind another node only what it adds.
    fn new(node: &Node, output: &Output) -> Self {
        let sign = if node.role == Role::Source { "" } else { "+" };
        let known: HashMap<&str, &FieldType> = node
            .input
            .fields()
            .iter()
            .map(|field| (&*field.name, &field.field_type))
            .collect();
        let fields = output.schema.fields().iter();
        let new: Vec<&Field> = fields
            .filter(|field| node.role == Role::Source || known.get(&*field.name) != Some(&&field.field_type))
            .collect();
        let mut lines = Vec::new();
        if node.outputs.len() > 1 {
            lines.push(format!("{}:", output.name));
        }
        // One that stands for the last alone would be as long as it.
        let shown = if new.len() == SHOWN + 1 { SHOWN + 1 } else { SHOWN };
        for field in new.iter().take(shown) {
            lines.push(match field.field_type.unit() {
                Some(unit) => format!("{sign}{} [{unit}]", field.name),
                None => format!("{sign}{}", field.name),
            });
        }
        if new.len() > shown {
            lines.push(format!("{sign}{} more", new.len() - shown));
        }
        Self { lines }
    }

    /// All in one line: `+power [W], +energy [Wh]`.
    pub fn in_line(&self) -> String {
        self.lines.join(", ").replace(":, ", ": ")
    }
}
