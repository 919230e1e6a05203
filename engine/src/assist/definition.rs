//! Where something was declared.

use std::collections::HashSet;
use std::ops::Range;

use serde_json::Value;

use super::Assistant;
use super::context::{Place, Step};
use super::expected::Expected;
use super::flow_nodes::{FlowNode, key_range, node_of};
use super::hover::word_at;
use super::meaning::{Meaning, meaning};
use crate::formula::Word;

pub(super) fn definition(assistant: &Assistant<'_>, at: usize) -> Option<Range<usize>> {
    let context = assistant.context(at)?;
    if context.place == Place::Key {
        return None;
    }
    let (id, path) = context.within_node()?;
    let node = assistant.node(id)?;
    let text = assistant.sketch.slice(&context.written);
    match meaning(path) {
        Meaning::Wire => {
            let node = assistant.node(node_of(text))?;
            key_range(&assistant.sketch, node.item)
        }
        Meaning::Broker => entry(assistant, "brokers", text),
        Meaning::Template => entry(assistant, "templates", text),
        Meaning::RecordField => declaration(assistant, &node, text),
        Meaning::Formula => match word_at(text, at.checked_sub(context.written.start)?)? {
            (Word::Field(name), _) => declaration(assistant, &node, &name),
            (Word::Function(_) | Word::Unit(_), _) => None,
        },
        Meaning::NodeType | Meaning::Unit | Meaning::Other => None,
    }
}

/// The entry `name` of a section of the file.
fn entry(assistant: &Assistant<'_>, section: &str, name: &str) -> Option<Range<usize>> {
    let section = assistant.sketch.entry(None, section)?;
    let entry = assistant.sketch.entry(Some(section), name)?;
    key_range(&assistant.sketch, entry)
}

/// Where the field `name`, as `node` knows it, was declared: in the node itself, or in the nearest before it.
fn declaration(assistant: &Assistant<'_>, node: &FlowNode<'_>, name: &str) -> Option<Range<usize>> {
    let nodes = assistant.nodes();
    let mut seen: HashSet<&str> = HashSet::new();
    let mut level = vec![node.id];
    // Level by level against the wires, which may lead in a circle while the flow is written.
    while !level.is_empty() {
        let mut before = Vec::new();
        for id in level {
            let Some(node) = nodes
                .iter()
                .find(|node| node.id == id)
                .filter(|_| seen.insert(id))
            else {
                continue;
            };
            if let Some(range) = declared_in(assistant, node, name) {
                return Some(range);
            }
            before.extend(node.wires.iter().map(|wire| node_of(wire)));
        }
        level = before;
    }
    None
}

/// The key `name` in a mapping of the node whose keys its writer chooses.
fn declared_in(assistant: &Assistant<'_>, node: &FlowNode<'_>, name: &str) -> Option<Range<usize>> {
    let schema: Value = assistant.node_type(node)?.config_schema();
    let sketch = &assistant.sketch;
    sketch.children(Some(node.item)).find_map(|entry| {
        let path = [Step::Key(sketch.key(entry)?.to_owned())];
        let declares = Expected::at(&schema, &path).has_free_keys();
        let field = sketch.entry(Some(entry), name).filter(|_| declares)?;
        key_range(sketch, field)
    })
}
