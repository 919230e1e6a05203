//! For Graphviz.

use std::fmt::Write;

use super::caption::Captions;
use crate::graph::Graph;
use crate::node::Role;

/// The graph in the DOT language.
#[must_use]
pub fn dot(graph: &Graph) -> String {
    let captions = Captions::new(graph);
    let mut text = format!(
        "digraph {} {{\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n",
        quoted(&graph.name)
    );
    for (number, node) in graph.nodes.iter().enumerate() {
        let shape = match node.role {
            Role::Source => "house, orientation=270",
            Role::Transform => "box",
            Role::Sink => "box, style=rounded",
        };
        let label = quoted(&format!("{}\n{}", node.id.value, node.node_type));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  n{number} [label={label}, shape={shape}];");
    }
    for (number, node) in graph.nodes.iter().enumerate() {
        for wire in &node.inputs {
            let label = captions.of(wire).map(|caption| caption.lines.join("\n"));
            let label = quoted(&label.unwrap_or_default());
            let _ = writeln!(text, "  n{} -> n{number} [label={label}];", wire.from);
        }
    }
    text.push_str("}\n");
    text
}

/// A quoted string, in which `\n` is a line break and nothing else has a meaning.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            // Graphviz reads `&amp;` and the like in every label.
            '&' => quoted.push_str("&amp;"),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
