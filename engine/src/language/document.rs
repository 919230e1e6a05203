//! The document: what the file says, before the nodes' meaning is asked for.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use super::buffer::DiskBuffer;
use super::definitions::Definitions;
use super::environment::Environment;
use super::expansion::Expansion;
use super::include;
use super::nearest::{listed, nearest};
use super::overflow::Overflow;
use super::retention::Retention;
use super::shape;
use super::source_text::Sources;
use super::span::{Span, Spanned};
use super::template::Instance;
use super::yaml::{Entry, Yaml, YamlValue};
use crate::diagnostic::{Code, Diagnostic, shortened};
use crate::node::Role;

/// The language version that this engine reads.
pub const LANGUAGE_VERSION: i64 = 1;

/// The oldest version that can be brought to the present one: 0 is what was written before there were versions.
pub const OLDEST_VERSION: i64 = 0;

/// A flow file, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// `name:`, or the file's name without its extension.
    pub name: String,
    /// `description:`, one or two sentences for the dashboard.
    pub description: Option<String>,
    /// How long what the dashboard shows is kept.
    pub retention: Retention,
    /// `brokers:` by name, each with its address.
    pub brokers: Vec<(Spanned<String>, Spanned<String>)>,
    /// `nodes:` in the order of the text.
    pub nodes: Vec<NodeEntry>,
    /// Names under `brokers:` whose address could not be read, and was reported: who uses them is not to blame.
    pub unread_brokers: HashSet<String>,
    /// Names under `nodes:` with which it is likewise.
    pub unread_nodes: HashSet<String>,
    /// Where nodes were made from a template, by the beginning of their names.
    pub instances: HashMap<String, Instance>,
    /// The names that mean several nodes: `fans.in` is the node `in` of each of `fans`.
    pub groups: Vec<String>,
    /// `tests:` by name.
    pub tests: Vec<Entry>,
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
    /// `overflow:`, if it is there and means something.
    pub overflow: Option<Spanned<Overflow>>,
    /// `buffer:`, if it is there and means something.
    pub buffer: Option<Spanned<DiskBuffer>>,
    /// Whether `from:` names more than that, which was reported.
    pub from_is_partial: bool,
    /// Everything else: what the node type's configuration is read from.
    pub config: Yaml,
}

/// The keys of a file in the order in which a flow is best read.
pub(crate) const TOP_LEVEL_KEYS: [&str; 10] = [
    "twinflow",
    "name",
    "description",
    "include",
    "brokers",
    "constants",
    "history",
    "templates",
    "nodes",
    "tests",
];

/// The keys of a node that the engine reads itself.
pub(crate) const WIRING_KEYS: [&str; 4] = ["type", "from", "overflow", "buffer"];

/// Whether nodes of a role have such a key.
pub(crate) fn is_wiring_key_of(role: Role, key: &str) -> bool {
    match key {
        "from" | "overflow" => role != Role::Source,
        "buffer" => role == Role::Sink,
        _ => true,
    }
}

/// Reads the first of `sources` and adds the texts that it includes. The document lacks what was reported; nothing comes
/// back when it is not YAML at all.
pub fn read(
    sources: &mut Sources,
    environment: &dyn Environment,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Document> {
    let texts = include::gather(sources, environment, diagnostics)?;
    let schema = top_level_schema();
    for root in &texts {
        check_version(root, diagnostics);
        shape::check(root, &schema, "the flow", diagnostics);
    }
    let root = texts.first()?;
    if texts.iter().all(|root| root.get("nodes").is_none()) {
        report_no_nodes(root, diagnostics);
    }
    let text = |key: &str| root.get(key).and_then(Yaml::scalar_text).map(str::to_owned);
    let path = sources.path(root.span);
    let file_name = path
        .and_then(|path| path.file_stem())
        .map(|stem| stem.to_string_lossy().into_owned());
    let mut document = Document {
        name: text("name").or(file_name).unwrap_or_default(),
        description: text("description"),
        retention: root.get("history").map_or_else(Retention::default, |history| {
            Retention::read(history, diagnostics)
        }),
        brokers: Vec::new(),
        nodes: Vec::new(),
        unread_brokers: HashSet::new(),
        unread_nodes: HashSet::new(),
        instances: HashMap::new(),
        groups: Vec::new(),
        tests: Vec::new(),
    };
    let mut definitions = Definitions::read(&texts, sources, diagnostics);
    for entry in definitions.section("brokers", diagnostics) {
        match entry.value.scalar_text() {
            Some(address) => {
                let address = Spanned::new(address.to_owned(), entry.value.span);
                document.brokers.push((entry.key, address));
            }
            None => drop(document.unread_brokers.insert(entry.key.value)),
        }
    }
    let Expansion {
        nodes,
        instances,
        groups,
        unread,
    } = definitions.expand(diagnostics);
    document.instances = instances;
    document.unread_nodes = unread;
    for entry in nodes {
        match read_node(&entry, &groups, diagnostics) {
            Some(node) => document.nodes.push(node),
            None => drop(document.unread_nodes.insert(entry.key.value)),
        }
    }
    document.groups = groups.into_keys().collect();
    document.groups.sort_unstable();
    document.tests = definitions.section("tests", diagnostics);
    definitions.warn_of_unused(diagnostics);
    Some(document)
}

/// What the file as a whole may hold.
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
            "include": {
                "description": "other files whose brokers, constants, templates, nodes and tests belong to this flow",
                "type": "array",
                "items": { "type": "string" }
            },
            "constants": {
                "type": "object",
                "description": "values by name, used as `$(name)`"
            },
            "history": Retention::schema(),
            "templates": {
                "type": "object",
                "description": "groups of nodes to be made several times",
                "additionalProperties": { "type": "object" }
            },
            "nodes": {
                "type": "object",
                "description": "the nodes by name",
                "additionalProperties": { "type": "object" }
            },
            "tests": {
                "type": "object",
                "description": "what comes of given records, by the test's name",
                "additionalProperties": { "type": "object" }
            }
        },
        "additionalProperties": false
    })
}

fn report_no_nodes(root: &Yaml, diagnostics: &mut Vec<Diagnostic>) {
    let keys = root.entries().iter().map(|entry| &entry.key);
    if keys.clone().any(|key| nearest(key, ["nodes"]).is_some()) {
        // A misspelt one is not missing.
        return;
    }
    let place = keys.map(|key| key.span).next().unwrap_or(root.span);
    diagnostics.push(
        Diagnostic::new(Code::MissingField, place, "the flow needs the field `nodes`")
            .with_help("`nodes`: the nodes by name"),
    );
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
            let help = match other.value {
                YamlValue::Integer(version, _) if version > LANGUAGE_VERSION => format!(
                    "the file is for a newer twinflow; this one reads up to version {LANGUAGE_VERSION}"
                ),
                YamlValue::Integer(version, _) if version >= OLDEST_VERSION => {
                    "`twinflow migrate` brings the file to the present version".to_owned()
                }
                _ => format!(
                    "this twinflow reads version {LANGUAGE_VERSION}: write `twinflow: {LANGUAGE_VERSION}`"
                ),
            };
            let message = format!("the language version {found} is not known");
            diagnostics.push(Diagnostic::new(Code::LanguageVersion, other.span, message).with_help(help));
        }
        None => diagnostics.push(
            Diagnostic::new(
                Code::LanguageVersion,
                None,
                "the file does not say its language version",
            )
            .with_help(format!(
                "write `twinflow: {LANGUAGE_VERSION}` as its first line, or let `twinflow migrate` do it"
            )),
        ),
    }
}

fn read_node(
    entry: &Entry,
    groups: &HashMap<String, Vec<String>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<NodeEntry> {
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
        Some(from) => read_wires(from, groups, diagnostics),
        None => (Vec::new(), false),
    };
    let config = fields
        .iter()
        .filter(|field| !WIRING_KEYS.contains(&field.key.value.as_str()));
    Some(NodeEntry {
        id: entry.key.clone(),
        node_type: Spanned::new(type_name.to_owned(), node_type.span),
        from,
        overflow: entry
            .value
            .get("overflow")
            .and_then(|overflow| read_overflow(overflow, diagnostics)),
        buffer: entry
            .value
            .get("buffer")
            .and_then(|buffer| DiskBuffer::read(buffer, diagnostics)),
        from_is_partial,
        config: Yaml {
            span: entry.key.span,
            value: YamlValue::Mapping(config.cloned().collect()),
        },
    })
}

fn read_overflow(overflow: &Yaml, diagnostics: &mut Vec<Diagnostic>) -> Option<Spanned<Overflow>> {
    let text = overflow.scalar_text().unwrap_or_default();
    if let Some(found) = Overflow::of_name(text) {
        return Some(Spanned::new(found, overflow.span));
    }
    let names = || Overflow::ALL.into_iter().map(Overflow::name);
    let message = format!("`{}` is no value of `overflow`", shortened(text));
    let mut diagnostic = Diagnostic::new(Code::WrongValue, overflow.span, message);
    if let Some(meant) = nearest(text, names()) {
        diagnostic = diagnostic
            .with_label(format!("did you mean `{meant}`?"))
            .with_fix(overflow.span, meant);
    }
    diagnostics.push(diagnostic.with_help(format!("it can be {}", listed(names()))));
    None
}

/// The wires, and whether some could not be read.
fn read_wires(
    from: &Yaml,
    groups: &HashMap<String, Vec<String>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<Spanned<String>>, bool) {
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
        match members(text, groups) {
            Some(members) => wires.extend(members.map(|name| Spanned::new(name, item.span))),
            None => wires.push(Spanned::new(text.to_owned(), item.span)),
        }
    }
    (wires, is_partial)
}

/// `fans.kpis`, where `fans` was made for several machines, means the `kpis` of each of them; so does `fans.kpis.output`
/// with their outputs.
fn members<'g>(
    text: &'g str,
    groups: &'g HashMap<String, Vec<String>>,
) -> Option<impl Iterator<Item = String> + 'g> {
    let ends = text.match_indices('.').map(|(at, _)| at).chain([text.len()]);
    let (names, output) = ends
        .filter_map(|end| Some((groups.get(text.get(..end)?)?, text.get(end..)?)))
        .next_back()?;
    Some(names.iter().map(move |name| format!("{name}{output}")))
}
