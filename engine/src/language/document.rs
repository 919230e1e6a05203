//! The document: what the file says, before the nodes' meaning is asked for.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use super::environment::Environment;
use super::nearest::nearest;
use super::shape;
use super::source_text::Sources;
use super::span::{SourceId, Span, Spanned};
use super::yaml::{self, Entry, Yaml, YamlValue};
use crate::diagnostic::{Code, Diagnostic, shortened};

/// The language version that this engine reads.
pub const LANGUAGE_VERSION: i64 = 1;

/// A flow file, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// `name:`, or the file's name without its extension.
    pub name: String,
    /// `description:`, one or two sentences for the dashboard.
    pub description: Option<String>,
    /// `brokers:` by name, each with its address.
    pub brokers: Vec<(Spanned<String>, Spanned<String>)>,
    /// `nodes:` in the order of the text.
    pub nodes: Vec<NodeEntry>,
    /// Names under `brokers:` whose address could not be read, and was reported: who uses them is not to blame.
    pub unread_brokers: HashSet<String>,
    /// Names under `nodes:` with which it is likewise.
    pub unread_nodes: HashSet<String>,
}

/// One entry of `nodes:`.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeEntry {
    /// The node's name.
    pub id: Spanned<String>,
    /// `type:`.
    pub node_type: Spanned<String>,
    /// `from:`, every wire that leads in.
    pub from: Vec<Spanned<String>>,
    /// Whether `from:` names more than that, which was reported.
    pub from_is_partial: bool,
    /// Everything else: what the node type's configuration is read from.
    pub config: Yaml,
}

/// The keys of a node that the engine reads itself.
pub(crate) const WIRING_KEYS: [&str; 2] = ["type", "from"];

/// Reads the first of `sources`. The document lacks what was reported; nothing comes back when it is not YAML at all.
pub fn read(
    sources: &Sources,
    environment: &dyn Environment,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Document> {
    let source = sources.get(SourceId(0))?;
    let root = yaml::parse(SourceId(0), &source.text, environment, diagnostics)?;
    if !matches!(root.value, YamlValue::Mapping(_)) {
        diagnostics.push(
            Diagnostic::new(
                Code::WrongKind,
                root.span,
                format!("a flow file is a mapping, found {}", root.kind()),
            )
            .with_help("begin with `twinflow: 1`, then `nodes:`"),
        );
        return None;
    }
    check_version(&root, diagnostics);
    shape::check(&root, &top_level_schema(), "the flow", diagnostics);
    let text = |key: &str| root.get(key).and_then(Yaml::scalar_text).map(str::to_owned);
    let file_name = source
        .path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let mut document = Document {
        name: text("name").or(file_name).unwrap_or_default(),
        description: text("description"),
        brokers: Vec::new(),
        nodes: Vec::new(),
        unread_brokers: HashSet::new(),
        unread_nodes: HashSet::new(),
    };
    for entry in root.get("brokers").map(Yaml::entries).unwrap_or_default() {
        match entry.value.scalar_text() {
            Some(address) => {
                let address = Spanned::new(address.to_owned(), entry.value.span);
                document.brokers.push((entry.key.clone(), address));
            }
            None => drop(document.unread_brokers.insert(entry.key.value.clone())),
        }
    }
    for entry in root.get("nodes").map(Yaml::entries).unwrap_or_default() {
        match read_node(entry, diagnostics) {
            Some(node) => document.nodes.push(node),
            None => drop(document.unread_nodes.insert(entry.key.value.clone())),
        }
    }
    Some(document)
}

pub(crate) fn top_level_schema() -> serde_json::Value {
    json!({
        "type": "object",
        "properties": {
            "twinflow": { "description": "the version of the flow language: 1" },
            "name": { "type": "string", "description": "what the dashboard calls the flow" },
            "description": { "type": "string", "description": "one or two sentences for the reader" },
            "brokers": {
                "type": "object",
                "description": "MQTT brokers by name",
                "additionalProperties": { "type": "string" }
            },
            "nodes": {
                "type": "object",
                "description": "the nodes by name",
                "additionalProperties": { "type": "object" }
            }
        },
        "required": ["nodes"],
        "additionalProperties": false
    })
}

fn check_version(root: &Yaml, diagnostics: &mut Vec<Diagnostic>) {
    match root.get("twinflow") {
        Some(Yaml {
            value: YamlValue::Integer(LANGUAGE_VERSION, _),
            ..
        }) => {}
        Some(other) => {
            let found = other
                .scalar_text()
                .map_or_else(|| other.kind().to_owned(), |text| format!("`{text}`"));
            diagnostics.push(
                Diagnostic::new(
                    Code::LanguageVersion,
                    other.span,
                    format!("the language version {found} is not known"),
                )
                .with_help(format!(
                    "this twinflow reads version {LANGUAGE_VERSION}: write `twinflow: {LANGUAGE_VERSION}`"
                )),
            );
        }
        None => diagnostics.push(
            Diagnostic::new(
                Code::LanguageVersion,
                None,
                "the file does not say its language version",
            )
            .with_help(format!("write `twinflow: {LANGUAGE_VERSION}` as its first line")),
        ),
    }
}

fn read_node(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) -> Option<NodeEntry> {
    check_name(&entry.key, diagnostics);
    let YamlValue::Mapping(fields) = &entry.value.value else {
        return None;
    };
    let Some(node_type) = entry.value.get("type") else {
        let message = format!("the node `{}` has no type", shortened(&entry.key.value));
        let misspelt = fields
            .iter()
            .find(|field| nearest(&field.key, ["type"]).is_some());
        diagnostics.push(match misspelt {
            Some(field) => Diagnostic::new(Code::MissingField, field.key.span, message)
                .with_label("did you mean `type`?")
                .with_fix(field.key.span, "type"),
            None => Diagnostic::new(Code::MissingField, entry.key.span, message)
                .with_help("add `type:`; `twinflow nodes` lists the types"),
        });
        return None;
    };
    let Some(type_name) = node_type.scalar_text() else {
        let message = format!("`type` must be text, found {}", node_type.kind());
        diagnostics.push(Diagnostic::new(Code::WrongKind, node_type.span, message));
        return None;
    };
    let (from, from_is_partial) = match entry.value.get("from") {
        Some(from) => read_wires(from, diagnostics),
        None => (Vec::new(), false),
    };
    let config = fields
        .iter()
        .filter(|field| !WIRING_KEYS.contains(&field.key.value.as_str()));
    Some(NodeEntry {
        id: entry.key.clone(),
        node_type: Spanned::new(type_name.to_owned(), node_type.span),
        from,
        from_is_partial,
        config: Yaml {
            span: entry.key.span,
            value: YamlValue::Mapping(config.cloned().collect()),
        },
    })
}

/// A name is a word that formulas, topics, file names and addresses can carry as it is. A dot separates an output.
fn check_name(name: &Spanned<String>, diagnostics: &mut Vec<Diagnostic>) {
    let good = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    if !good {
        diagnostics.push(
            Diagnostic::new(
                Code::BadName,
                name.span,
                format!("`{}` is no name for a node", shortened(name)),
            )
            .with_help("a name begins with a letter and goes on with letters, digits, `_` or `-`"),
        );
    }
}

/// The wires, and whether some could not be read.
fn read_wires(from: &Yaml, diagnostics: &mut Vec<Diagnostic>) -> (Vec<Spanned<String>>, bool) {
    let items = match &from.value {
        YamlValue::Sequence(items) => items.as_slice(),
        _ => std::slice::from_ref(from),
    };
    let mut wires: Vec<Spanned<String>> = Vec::new();
    let mut seen: HashMap<&str, Span> = HashMap::new();
    let mut is_partial = false;
    for item in items {
        let Some(text) = item.scalar_text() else {
            let message = format!("`from` names nodes, found {}", item.kind());
            diagnostics.push(
                Diagnostic::new(Code::WrongKind, item.span, message)
                    .with_help("write `from: node`, `from: [a, b]` or `from: node.output`"),
            );
            is_partial = true;
            continue;
        };
        if let Some(first) = seen.insert(text, item.span) {
            diagnostics.push(
                Diagnostic::new(
                    Code::DuplicateKey,
                    item.span,
                    format!("`{}` is wired in twice", shortened(text)),
                )
                .with_related(first, "the first one")
                .with_help("remove one of them"),
            );
            continue;
        }
        wires.push(Spanned::new(text.to_owned(), item.span));
    }
    (wires, is_partial)
}
