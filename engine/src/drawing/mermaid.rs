//! For Mermaid, which GitHub and many wikis draw.

use std::fmt::Write;

use super::caption::Captions;
use crate::graph::Graph;
use crate::node::Role;

/// The graph as a Mermaid flow chart.
#[must_use]
pub fn mermaid(graph: &Graph) -> String {
    let captions = Captions::new(graph);
    // The head is YAML, in which a text of JSON is a text.
    let title = serde_json::Value::from(graph.name.as_str());
    let mut text = format!("---\ntitle: {title}\n---\nflowchart LR\n");
    for (number, node) in graph.nodes.iter().enumerate() {
        let (open, close) = match node.role {
            Role::Source => ("([", "])"),
            Role::Transform => ("[", "]"),
            Role::Sink => ("(", ")"),
        };
        let label = format!("{}<br>{}", escaped(&node.id.value), escaped(&node.node_type));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  n{number}{open}\"{label}\"{close}");
    }
    for (number, node) in graph.nodes.iter().enumerate() {
        for wire in &node.inputs {
            let label = captions.of(wire).map(|caption| escaped(&caption.in_line()));
            let _ = match label.filter(|label| !label.is_empty()) {
                Some(label) => writeln!(text, "  n{} -->|\"{label}\"| n{number}", wire.from),
                None => writeln!(text, "  n{} --> n{number}", wire.from),
            };
        }
    }
    text
}

/// Text within quotation marks: Mermaid has its own escapes, by character number, and reads Markdown and HTML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '<' | '>' | '&' | '#' | ';' | '`' | '*' | '\\' => {
                let _ = write!(escaped, "#{};", u32::from(c));
            }
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
