//! Completion of keys: those of the file, of a node, and of what stands in its configuration.

use std::collections::HashSet;

use serde_json::Value;

use super::Assistant;
use super::completion::{Completion, CompletionKind};
use super::context::Context;
use super::expected::{Expected, ExpectedKey};
use crate::language::{TOP_LEVEL_KEYS, WIRING_KEYS, is_wiring_key_of, template_use_schema, top_level_schema};

/// The keys of the file.
pub(super) fn top_level(assistant: &Assistant<'_>, context: &Context) -> Option<Vec<Completion>> {
    let schema = top_level_schema();
    let mut keys = Expected::at(&schema, &[]).keys();
    keys.sort_by_key(|key| TOP_LEVEL_KEYS.iter().position(|known| *known == key.name));
    Some(offered(assistant, context, keys, Vec::new()))
}

/// The keys of a node, and within its configuration.
pub(super) fn keys(assistant: &Assistant<'_>, context: &Context) -> Option<Vec<Completion>> {
    let (id, path) = context.within_node()?;
    let node = assistant.node(id)?;
    let node_type = assistant.node_type(&node);
    let has = |name: &str| {
        let mut children = assistant.sketch.children(Some(node.item));
        children.any(|child| Some(child) != context.item && assistant.sketch.key(child) == Some(name))
    };
    let schema = match node_type {
        Some(node_type) => node_type.config_schema(),
        // Until its type is said, it may be made from a template as well.
        None if !has("type") => template_use_schema(),
        None => Value::Null,
    };
    let mut wiring = Vec::new();
    if path.is_empty() && !has("template") {
        let role = node_type.map(|node_type| node_type.role());
        let keys = WIRING_KEYS
            .into_iter()
            .filter(|key| role.is_none_or(|role| is_wiring_key_of(role, key)));
        wiring.extend(keys.map(|key| wiring_key(assistant, context, key)));
    }
    let mut offered = offered(assistant, context, Expected::at(&schema, path).keys(), wiring);
    // Few nodes need it: what the type asks for comes first.
    offered.sort_by_key(|completion| ["overflow", "buffer"].contains(&completion.label.as_str()));
    Some(offered)
}

/// `first`, then `keys`, without those that are there already.
fn offered(
    assistant: &Assistant<'_>,
    context: &Context,
    keys: Vec<ExpectedKey<'_>>,
    first: Vec<Completion>,
) -> Vec<Completion> {
    let sketch = &assistant.sketch;
    let others = sketch
        .children(context.parent)
        .filter(|child| Some(*child) != context.item);
    let taken: HashSet<&str> = others.filter_map(|child| sketch.key(child)).collect();
    let mut offered = first;
    offered.extend(keys.iter().map(|key| {
        let completion = Completion::plain(key.name, CompletionKind::Key, &context.written)
            .with_detail(key.is_required.then(|| "required".to_owned()))
            .with_about(key.value.description().map(str::to_owned));
        let (before, behind) = written(assistant, context, key);
        completion.inserting(before, behind)
    }));
    offered.retain(|completion| !taken.contains(completion.label.as_str()));
    offered
}

fn wiring_key(assistant: &Assistant<'_>, context: &Context, key: &str) -> Completion {
    let completion = Completion::plain(key, CompletionKind::Key, &context.written)
        .with_detail((key == "type").then(|| "required".to_owned()))
        .with_about(wiring_about(key).map(str::to_owned));
    if has_colon(assistant, context) {
        completion
    } else {
        completion.inserting(format!("{key}: "), "")
    }
}

/// What a key is for that the engine reads itself.
pub(super) fn wiring_about(key: &str) -> Option<&'static str> {
    match key {
        "type" => Some("What the node does; `twinflow nodes` lists the types."),
        "from" => Some("The node that the records come from, or a list of nodes."),
        "overflow" => Some(
            "What happens when records come faster than the node takes them: block, drop-oldest or latest.",
        ),
        "buffer" => Some(
            "Keeps records on disk until the sink has them: `disk`, or `{ disk: 500 MB }`. An outage and a crash lose nothing.",
        ),
        _ => None,
    }
}

/// The key with what its value begins with, and what comes behind the cursor.
fn written<'k>(assistant: &Assistant<'_>, context: &Context, key: &ExpectedKey<'_>) -> (String, &'k str) {
    let name = key.name;
    if has_colon(assistant, context) {
        return (name.to_owned(), "");
    }
    let line = column(assistant, context);
    match (key.value.kind(), line) {
        (Some("array"), _) => (format!("{name}: ["), "]"),
        (Some("object"), Some(column)) => (format!("{name}:\n{}", " ".repeat(column + 2)), ""),
        (Some("object"), None) => (format!("{name}: {{ "), " }"),
        (Some("boolean"), _) => (format!("{name}: true"), ""),
        _ => (format!("{name}: "), ""),
    }
}

fn has_colon(assistant: &Assistant<'_>, context: &Context) -> bool {
    let item = context.item.and_then(|item| assistant.sketch.get(item));
    item.is_some_and(|item| item.has_colon)
}

/// The column at which the key begins; nothing between braces.
fn column(assistant: &Assistant<'_>, context: &Context) -> Option<usize> {
    let sketch = &assistant.sketch;
    match context.item.and_then(|item| sketch.get(item)) {
        Some(item) => item.column,
        None => {
            let before = sketch.text.get(..context.written.start)?;
            let line = before.rsplit('\n').next()?;
            line.trim().is_empty().then_some(line.len())
        }
    }
}
