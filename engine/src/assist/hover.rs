//! What there is to say about the thing under the cursor.

use std::ops::Range;

use serde_json::Value;

use super::Assistant;
use super::config_completion::wiring_about;
use super::context::{Context, Place, Step};
use super::expected::Expected;
use super::flow_nodes::{FlowNode, node_of};
use super::meaning::{Meaning, meaning};
use super::records::KnownField;
use super::{pages, records};
use crate::formula::{Word, functions, words};
use crate::language::top_level_schema;
use crate::unit::Unit;

/// A text about a part of the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// As Markdown.
    pub text: String,
    /// The part.
    pub range: Range<usize>,
}

pub(super) fn hover(assistant: &Assistant<'_>, at: usize) -> Option<Hover> {
    let context = assistant.context(at)?;
    let range = context.written.clone();
    if range.is_empty() {
        return None;
    }
    let (text, range) = match context.place {
        Place::Key => (key(assistant, &context)?, range),
        Place::Value => value(assistant, &context, at)?,
    };
    Some(Hover { text, range })
}

fn key(assistant: &Assistant<'_>, context: &Context) -> Option<String> {
    let name = assistant.sketch.slice(&context.written);
    match context.path.as_slice() {
        [] => {
            let schema = top_level_schema();
            let path = [Step::Key(name.to_owned())];
            let about = Expected::at(&schema, &path).description()?;
            return Some(format!("**{name}**: {about}"));
        }
        [Step::Key(nodes)] if nodes == "nodes" => return node_page(assistant, name),
        _ => {}
    }
    let (id, path) = context.within_node()?;
    let node = assistant.node(id)?;
    if let Some(about) = wiring_about(name).filter(|_| path.is_empty()) {
        return Some(format!("**{name}**: {about}"));
    }
    let node_type = assistant.node_type(&node)?;
    let schema: Value = node_type.config_schema();
    let mapping = Expected::at(&schema, path);
    if let Some(key) = mapping.keys().iter().find(|key| key.name == name) {
        let required = if key.is_required { " (required)" } else { "" };
        let about = key.value.description().unwrap_or_default();
        return Some(format!("**{name}**{required}: {about}"));
    }
    if mapping.has_free_keys() {
        // What the writer names here is a field that the node adds.
        let leaving = records::leaving(id, assistant.last_good?);
        let field = leaving.iter().find(|field| &*field.name == name)?;
        return Some(pages::field(&KnownField { field, origin: "" }));
    }
    None
}

fn value(assistant: &Assistant<'_>, context: &Context, at: usize) -> Option<(String, Range<usize>)> {
    let (id, path) = context.within_node()?;
    let node = assistant.node(id)?;
    let range = context.written.clone();
    let text = assistant.sketch.slice(&range);
    let page = match meaning(path) {
        Meaning::NodeType => {
            let node_type = assistant.registry.get(text)?;
            let head = format!("**{text}** ({})", node_type.role().name());
            Some(format!("{head}\n\n{}", node_type.doc()))
        }
        Meaning::Wire => node_page(assistant, node_of(text)),
        Meaning::Broker => {
            let broker = assistant
                .sketch
                .entry(assistant.sketch.entry(None, "brokers"), text)?;
            let address = without_user(assistant.sketch.value(broker));
            Some(format!("**{text}**: the broker at `{address}`"))
        }
        Meaning::Template => {
            let templates = assistant.sketch.entry(None, "templates")?;
            let template = assistant.sketch.entry(Some(templates), text)?;
            let about = assistant.sketch.entry(Some(template), "description");
            let about = about.map_or("", |about| assistant.sketch.value(about));
            Some(format!("**{text}** (template)\n\n{about}"))
        }
        Meaning::Unit => Unit::parse(text).ok().map(|unit| pages::unit(&unit)),
        Meaning::RecordField => field_page(assistant, &node, text),
        Meaning::Formula => {
            let (word, part) = word_at(text, at.checked_sub(range.start)?)?;
            let page = match word {
                Word::Unit(unit) => pages::unit(&unit),
                Word::Field(name) => field_page(assistant, &node, &name)?,
                Word::Function(name) => {
                    let function = functions().find(|function| function.name == name)?;
                    format!("`{}`\n\n{}", function.signature, function.about)
                }
            };
            return Some((page, range.start + part.start..range.start + part.end));
        }
        Meaning::Other => {
            let schema: Value = assistant.node_type(&node)?.config_schema();
            let words = Expected::at(&schema, path).words();
            let word = words.iter().find(|word| word.word == text)?;
            Some(format!("**{text}**: {}", word.about?))
        }
    };
    Some((page?, range))
}

/// The word of a formula at byte `at`.
pub(super) fn word_at(formula: &str, at: usize) -> Option<(Word, Range<usize>)> {
    words(formula)
        .into_iter()
        .find(|(_, range)| range.start <= at && at <= range.end)
}

fn node_page(assistant: &Assistant<'_>, id: &str) -> Option<String> {
    let node = assistant.node(id)?;
    let mut page = format!(
        "**{id}**: {}\n",
        node.node_type.unwrap_or("a node without a type")
    );
    let outputs = assistant
        .last_good
        .and_then(|graph| graph.node(id))
        .map(|(_, node)| node.outputs.as_slice())
        .unwrap_or_default();
    for output in outputs {
        if outputs.len() > 1 {
            page.push_str(&format!("\nOutput `{}`:\n", output.name));
        }
        page.push_str(&format!("\n{}", pages::fields(output.schema.fields())));
    }
    Some(page)
}

fn field_page(assistant: &Assistant<'_>, node: &FlowNode<'_>, name: &str) -> Option<String> {
    let graph = assistant.last_good?;
    let arriving = records::arriving(node, graph);
    if let Some(known) = arriving.iter().find(|known| &*known.field.name == name) {
        return Some(pages::field(known));
    }
    let own = records::leaving(node.id, graph).iter();
    let field = own.into_iter().find(|field| &*field.name == name)?;
    Some(pages::field(&KnownField {
        field,
        origin: node.id,
    }))
}

/// An address without user and password: a hover may be on a screen that others see.
fn without_user(address: &str) -> String {
    match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => address.to_owned(),
    }
}
