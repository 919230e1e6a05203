//! Completion of values.

use std::ops::Range;

use serde_json::Value;

use super::Assistant;
use super::completion::{Completion, CompletionKind};
use super::context::{Context, Step};
use super::expected::{Expected, ExpectedWord};
use super::flow_nodes::{FlowNode, entries_of};
use super::meaning::{Meaning, meaning};
use super::{pages, records};
use crate::formula::functions;
use crate::node::{AnyNodeType, Role};
use crate::unit::named_units;

pub(super) fn values(assistant: &Assistant<'_>, context: &Context, at: usize) -> Option<Vec<Completion>> {
    let (id, path) = context.within_node()?;
    let node = assistant.node(id)?;
    let whole = &context.written;
    Some(match meaning(path) {
        Meaning::NodeType => node_types(assistant, whole),
        Meaning::Wire => wires(assistant, context, &node),
        Meaning::Broker => entries_of(&assistant.sketch, "brokers")
            .filter_map(|broker| assistant.sketch.key(broker))
            .map(|broker| Completion::plain(broker, CompletionKind::Broker, whole))
            .collect(),
        Meaning::Template => entries_of(&assistant.sketch, "templates")
            .filter_map(|template| assistant.sketch.key(template))
            .map(|template| Completion::plain(template, CompletionKind::Word, whole))
            .collect(),
        Meaning::Unit => {
            let part = part(assistant, whole, at, |c| "/*· ".contains(c));
            let before = assistant.sketch.text.get(..part.start).unwrap_or_default();
            let is_quoted = before.ends_with(['"', '\'']);
            let mut units = units(&part);
            // To YAML, a value cannot begin with `%`.
            for unit in units.iter_mut().filter(|unit| unit.label == "%" && !is_quoted) {
                unit.insert = "\"%\"".to_owned();
                unit.caret = unit.insert.len();
            }
            units
        }
        Meaning::RecordField => {
            let mut fields = fields(assistant, &node, whole);
            let siblings = assistant.sketch.children(context.parent);
            let others: Vec<&str> = siblings
                .filter(|item| Some(*item) != context.item)
                .map(|item| assistant.sketch.value(item))
                .collect();
            fields.retain(|field| !others.contains(&field.label.as_str()));
            fields
        }
        Meaning::Formula => formula(assistant, &node, path, whole, at),
        Meaning::Other => {
            let node_type = assistant.node_type(&node)?;
            let schema: Value = node_type.config_schema();
            let words = Expected::at(&schema, path).words();
            let word = |word: &ExpectedWord<'_>| {
                Completion::plain(word.word, CompletionKind::Word, whole)
                    .with_about(word.about.map(str::to_owned))
            };
            words.iter().map(word).collect()
        }
    })
}

fn node_types(assistant: &Assistant<'_>, replace: &Range<usize>) -> Vec<Completion> {
    let completion = |node_type: &dyn AnyNodeType| {
        Completion::plain(node_type.name(), CompletionKind::NodeType, replace)
            .with_detail(node_type.role().name().to_owned())
            .with_about(pages::first_sentence(node_type.doc()).to_owned())
    };
    assistant.registry.all().map(completion).collect()
}

/// The nodes that something comes out of, by output where there are several.
fn wires(assistant: &Assistant<'_>, context: &Context, node: &FlowNode<'_>) -> Vec<Completion> {
    let written = assistant.sketch.slice(&context.written);
    let mut completions = Vec::new();
    for other in assistant.nodes() {
        let node_type = assistant.node_type(&other);
        let is_sink = node_type.is_some_and(|node_type| node_type.role() == Role::Sink);
        if other.id == node.id || is_sink {
            continue;
        }
        let outputs: Vec<&str> = assistant
            .last_good
            .and_then(|graph| graph.node(other.id))
            .map(|(_, node)| node.outputs.iter().map(|output| &*output.name).collect())
            .unwrap_or_default();
        let names = match outputs.as_slice() {
            [] | [_] => vec![other.id.to_owned()],
            several => several
                .iter()
                .map(|output| format!("{}.{output}", other.id))
                .collect(),
        };
        let is_wired = |name: &str| name != written && node.wires.contains(&name);
        completions.extend(names.iter().filter(|name| !is_wired(name)).map(|name| {
            Completion::plain(name, CompletionKind::Node, &context.written)
                .with_detail(other.node_type.map(str::to_owned))
        }));
    }
    completions
}

fn fields(assistant: &Assistant<'_>, node: &FlowNode<'_>, replace: &Range<usize>) -> Vec<Completion> {
    let arriving = assistant.last_good.map(|graph| records::arriving(node, graph));
    let completion = |known: &records::KnownField<'_>| {
        Completion::plain(&known.field.name, CompletionKind::Field, replace)
            .with_detail(pages::field_kind(known.field))
            .with_about(pages::field(known))
    };
    arriving.iter().flatten().map(completion).collect()
}

fn units(replace: &Range<usize>) -> Vec<Completion> {
    let completion = |symbol: &str, dimension| {
        Completion::plain(symbol, CompletionKind::Unit, replace).with_detail(pages::dimension(dimension))
    };
    let plain = named_units().map(|(symbol, dimension, _)| completion(symbol, dimension));
    let prefixed = named_units()
        .filter(|(.., takes_prefixes)| *takes_prefixes)
        // These few are what plants use; the language knows all.
        .flat_map(|(symbol, dimension, _)| {
            ["k", "m", "M"].map(|prefix| completion(&format!("{prefix}{symbol}"), dimension))
        });
    plain.chain(prefixed).collect()
}

fn formula(
    assistant: &Assistant<'_>,
    node: &FlowNode<'_>,
    path: &[Step],
    whole: &Range<usize>,
    at: usize,
) -> Vec<Completion> {
    let is_break = |c: char| !(c.is_alphanumeric() || c == '_');
    let word = part(assistant, whole, at, is_break);
    let before = assistant
        .sketch
        .slice(&(whole.start..word.start.max(whole.start)));
    if is_in_quotes(before) {
        return Vec::new();
    }
    if is_behind_in(before) {
        let is_break = |c: char| c.is_whitespace() || "/*·(),".contains(c);
        return units(&part(assistant, whole, at, is_break));
    }
    if before.ends_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Vec::new();
    }
    let mut completions = fields(assistant, node, &word);
    if let [Step::Key(values), Step::Key(own), ..] = path {
        // The other values of a node that computes are there as well.
        let known = assistant
            .last_good
            .map(|graph| records::leaving(node.id, graph))
            .unwrap_or_default();
        let sketch = &assistant.sketch;
        let entries = sketch.children(sketch.entry(Some(node.item), values));
        for name in entries
            .filter_map(|entry| sketch.key(entry))
            .filter(|name| name != own)
        {
            let field = known.iter().find(|field| &*field.name == name);
            completions.push(
                Completion::plain(name, CompletionKind::Field, &word)
                    .with_detail(field.map(pages::field_kind)),
            );
        }
    }
    completions.extend(functions().map(|function| {
        Completion::plain(function.name, CompletionKind::Function, &word)
            .with_detail(function.signature.to_owned())
            .with_about(function.about.to_owned())
            .inserting(format!("{}(", function.name), ")")
    }));
    let words = ["and", "or", "not", "in"];
    completions.extend(words.map(|keyword| Completion::plain(keyword, CompletionKind::Word, &word)));
    completions
}

fn is_in_quotes(before: &str) -> bool {
    let mut open = None;
    for c in before.chars() {
        match open {
            Some(quote) if c == quote => open = None,
            None if c == '"' || c == '\'' => open = Some(c),
            _ => {}
        }
    }
    open.is_some()
}

/// `energy in kW`: a unit is due behind the word `in`.
fn is_behind_in(before: &str) -> bool {
    let is_unit = |c: char| !c.is_whitespace() && !"(),".contains(c);
    let before = before.trim_end_matches(is_unit);
    let behind_space = before.trim_end();
    behind_space.len() < before.len()
        && behind_space.strip_suffix("in").is_some_and(|rest| {
            rest.is_empty() || rest.ends_with(|c: char| !(c.is_alphanumeric() || c == '_'))
        })
}

/// The part of the value around byte `at` that ends where `is_break` holds.
fn part(
    assistant: &Assistant<'_>,
    whole: &Range<usize>,
    at: usize,
    is_break: impl Fn(char) -> bool,
) -> Range<usize> {
    let at = at.clamp(whole.start, whole.end);
    let before = assistant.sketch.slice(&(whole.start..at));
    let behind = assistant.sketch.slice(&(at..whole.end));
    let start = before.trim_end_matches(|c| !is_break(c)).len();
    let end = behind.find(&is_break).unwrap_or(behind.len());
    whole.start + start..at + end
}
