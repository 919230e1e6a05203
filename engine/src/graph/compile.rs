//! From a document to a graph: every check, in the order of the wires, so that each edge has its schema.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::wiring::{self, NamedWire};
use super::{Graph, Node, Wire, cycles};
use crate::diagnostic::{Code, Diagnostic, shortened};
use crate::language::{self, Document, Environment, NodeEntry, Sources, Span, listed, nearest};
use crate::node::{Check, Level, Output, Registry, Role};
use crate::schema::{self, Schema};

/// A flow after all checks.
pub struct Compiled {
    /// The texts that spans point into.
    pub sources: Sources,
    /// The graph; nothing when there are errors.
    pub graph: Option<Graph>,
    /// Errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads and checks the flow in `text`, which was found at `path`.
pub fn compile_text(
    path: &Path,
    text: &str,
    registry: &Registry,
    environment: &dyn Environment,
    level: Level,
) -> Compiled {
    let sources = Sources::single(path, text);
    let mut diagnostics = Vec::new();
    let document = language::read(&sources, environment, &mut diagnostics);
    let directory = path.parent().unwrap_or(Path::new(""));
    let graph =
        document.map(|document| compile(&document, directory, &sources, registry, level, &mut diagnostics));
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    Compiled {
        sources,
        graph: graph.filter(|_| !failed),
        diagnostics,
    }
}

/// Checks a document. The graph lacks the nodes that were reported.
pub fn compile(
    document: &Document,
    directory: &Path,
    sources: &Sources,
    registry: &Registry,
    level: Level,
    diagnostics: &mut Vec<Diagnostic>,
) -> Graph {
    check_brokers(document, registry, diagnostics);
    let named = wiring::resolve(document, diagnostics);
    let by_number = draw(document, &named);
    let caught = cycles::report(&by_number, document, diagnostics);
    let mut compiler = Compiler {
        document,
        directory,
        sources,
        registry,
        level,
        claims: HashMap::new(),
        done: vec![None; document.nodes.len()],
        nodes: Vec::new(),
        diagnostics,
    };
    for number in order(&by_number) {
        let wires = named
            .get(number)
            .cloned()
            .flatten()
            .filter(|_| !caught.contains(&number));
        if let Some(entry) = document.nodes.get(number) {
            compiler.node(number, entry, wires);
        }
    }
    let nodes = compiler.nodes;
    // With errors, what reads a node may be missing here although the file has it.
    if !diagnostics.iter().any(Diagnostic::is_error) {
        warn_of_unused(&nodes, diagnostics);
    }
    Graph {
        name: document.name.clone(),
        description: document.description.clone(),
        directory: directory.to_owned(),
        brokers: document
            .brokers
            .iter()
            .map(|(name, address)| (name.value.clone(), address.value.clone()))
            .collect(),
        wiring: rewire(&nodes),
        nodes,
    }
}

fn check_brokers(document: &Document, registry: &Registry, diagnostics: &mut Vec<Diagnostic>) {
    for (name, address) in &document.brokers {
        if let Err(reason) = registry.check_broker(address) {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadBroker,
                    address.span,
                    format!("the broker `{}`: {reason}", name.value),
                )
                .with_help("an address is `embedded`, `mqtt://[user:password@]host[:port]` or `mqtts://…`"),
            );
        }
    }
}

/// The wires of the document as a graph over node numbers.
fn draw(document: &Document, named: &[Option<Vec<NamedWire>>]) -> DiGraph<usize, ()> {
    let mut graph = DiGraph::new();
    let indices: Vec<NodeIndex> = (0..document.nodes.len())
        .map(|number| graph.add_node(number))
        .collect();
    for (to, wires) in named.iter().enumerate() {
        for wire in wires.iter().flatten() {
            if let (Some(from), Some(to)) = (indices.get(wire.from), indices.get(to)) {
                graph.update_edge(*from, *to, ());
            }
        }
    }
    graph
}

fn rewire(nodes: &[Node]) -> DiGraph<usize, ()> {
    let mut graph = DiGraph::new();
    let indices: Vec<NodeIndex> = (0..nodes.len()).map(|number| graph.add_node(number)).collect();
    for (to, node) in nodes.iter().enumerate() {
        for wire in &node.inputs {
            if let (Some(from), Some(to)) = (indices.get(wire.from), indices.get(to)) {
                graph.update_edge(*from, *to, ());
            }
        }
    }
    graph
}

/// Node numbers so that every wire leads forward, but for those within a cycle.
fn order(graph: &DiGraph<usize, ()>) -> Vec<usize> {
    // The components come in reverse topological order.
    tarjan_scc(graph)
        .into_iter()
        .rev()
        .flatten()
        .filter_map(|index| graph.node_weight(index).copied())
        .collect()
}

struct Compiler<'a> {
    document: &'a Document,
    directory: &'a Path,
    sources: &'a Sources,
    registry: &'a Registry,
    level: Level,
    claims: HashMap<String, Span>,
    /// By number in the document: where in `nodes` it went, if it passed.
    done: Vec<Option<usize>>,
    nodes: Vec<Node>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Compiler<'_> {
    /// Checks one node. Without `wires` (they or their ends are wrong) only the shape of its configuration is looked at,
    /// so that one mistake does not bring a dozen that follow from it.
    fn node(&mut self, number: usize, entry: &NodeEntry, wires: Option<Vec<NamedWire>>) {
        let Some(node_type) = self.registry.get(&entry.node_type) else {
            return self.unknown_type(entry);
        };
        let before = self.errors();
        self.registry
            .check_config(node_type.name(), &entry.config, self.diagnostics);
        let role = node_type.role();
        if !wiring::check_role(&entry.id, &entry.node_type, role, &entry.from, self.diagnostics) {
            return;
        }
        let Some(inputs) = wires.and_then(|wires| self.inputs(&wires)) else {
            return;
        };
        let Some((input, inputs)) = self.merge(entry, inputs) else {
            return;
        };
        if self.errors() > before {
            return;
        }
        let mut check = Check {
            id: &entry.id,
            node_type: &entry.node_type,
            input: (role != Role::Source).then(|| Arc::clone(&input)),
            document: self.document,
            sources: self.sources,
            directory: self.directory,
            level: self.level,
            claims: &mut self.claims,
            diagnostics: self.diagnostics,
        };
        let Some(checked) = node_type.check_any(&entry.config, &mut check) else {
            return;
        };
        if let Some(done) = self.done.get_mut(number) {
            *done = Some(self.nodes.len());
        }
        self.nodes.push(Node {
            id: entry.id.clone(),
            node_type: node_type.name().to_owned(),
            role,
            inputs,
            input,
            outputs: checked.outputs,
            part: checked.part,
            view: checked.view,
            config: entry.config.clone(),
        });
    }

    fn errors(&self) -> usize {
        self.diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.is_error())
            .count()
    }

    fn unknown_type(&mut self, entry: &NodeEntry) {
        let names = || self.registry.all().map(|known| known.name());
        let message = format!("there is no node type `{}`", shortened(&entry.node_type));
        let mut diagnostic = Diagnostic::new(Code::UnknownNodeType, entry.node_type.span, message);
        if let Some(meant) = nearest(&entry.node_type, names()) {
            diagnostic = diagnostic
                .with_label(format!("did you mean `{meant}`?"))
                .with_fix(entry.node_type.span, meant);
        }
        let diagnostic = diagnostic.with_help(format!("the types are {}", listed(names())));
        self.diagnostics.push(diagnostic);
    }

    /// The wires by index and output; nothing when a node at their other end did not pass.
    fn inputs(&mut self, wires: &[NamedWire]) -> Option<Vec<(usize, usize, NamedWire)>> {
        let mut inputs = Vec::with_capacity(wires.len());
        let mut whole = true;
        for wire in wires {
            let Some(from) = self.done.get(wire.from).copied().flatten() else {
                whole = false;
                continue;
            };
            match self.output(from, wire) {
                Some(output) => inputs.push((from, output, wire.clone())),
                None => whole = false,
            }
        }
        whole.then_some(inputs)
    }

    fn output(&mut self, from: usize, wire: &NamedWire) -> Option<usize> {
        let node = self.nodes.get(from)?;
        let found = match &wire.output {
            None => (!node.outputs.is_empty()).then_some(0),
            Some(name) => node.outputs.iter().position(|output| output.name == name),
        };
        if found.is_some() {
            return found;
        }
        let id = &node.id.value;
        let diagnostic = if node.outputs.is_empty() {
            let message = format!("`{id}` is a `{}`: nothing comes out of it", node.node_type);
            Diagnostic::new(Code::WiringNotAllowed, wire.text.span, message)
                .with_related(node.id.span, "this node")
        } else {
            let name = wire.output.as_deref().unwrap_or_default();
            let message = format!("`{id}` has no output `{}`", shortened(name));
            Diagnostic::new(Code::UnknownOutput, wire.text.span, message).with_help(format!(
                "its outputs are {}",
                listed(node.outputs.iter().map(|output| output.name))
            ))
        };
        self.diagnostics.push(diagnostic);
        None
    }

    fn merge(
        &mut self,
        entry: &NodeEntry,
        inputs: Vec<(usize, usize, NamedWire)>,
    ) -> Option<(Arc<Schema>, Vec<Wire>)> {
        let schema_of = |(from, output, _): &(usize, usize, NamedWire)| -> Arc<Schema> {
            let output: Option<&Output> = self.nodes.get(*from).and_then(|node| node.outputs.get(*output));
            output
                .map(|output| Arc::clone(&output.schema))
                .unwrap_or_default()
        };
        let schemas: Vec<Arc<Schema>> = inputs.iter().map(schema_of).collect();
        if let [only] = schemas.as_slice() {
            let wires = inputs.iter().map(|(from, output, _)| Wire {
                from: *from,
                output: *output,
                adapter: None,
            });
            return Some((Arc::clone(only), wires.collect()));
        }
        let borrowed: Vec<&Schema> = schemas.iter().map(|schema| &**schema).collect();
        match schema::merge(&borrowed) {
            Ok((merged, adapters)) => {
                let wires = inputs.iter().zip(adapters).zip(&borrowed).map(
                    |(((from, output, _), adapter), input)| Wire {
                        from: *from,
                        output: *output,
                        adapter: (!adapter.is_identity(input)).then_some(adapter),
                    },
                );
                Some((Arc::new(merged), wires.collect()))
            }
            Err(conflicts) => {
                for conflict in conflicts {
                    let span = inputs
                        .get(conflict.input)
                        .map_or(entry.id.span, |(_, _, wire)| wire.text.span);
                    let message = format!(
                        "the inputs of `{}` do not fit: `{}` is {} in the one and {} in the other",
                        entry.id.value, conflict.name, conflict.first, conflict.second
                    );
                    let mut diagnostic = Diagnostic::new(Code::MergeConflict, span, message)
                        .with_label(format!("here `{}` is {}", conflict.name, conflict.second));
                    if let Some((_, _, first)) = inputs.first() {
                        diagnostic = diagnostic
                            .with_related(first.text.span, format!("here it is {}", conflict.first));
                    }
                    self.diagnostics
                        .push(diagnostic.with_help("rename one of the fields"));
                }
                None
            }
        }
    }
}

fn warn_of_unused(nodes: &[Node], diagnostics: &mut Vec<Diagnostic>) {
    let used: HashSet<usize> = nodes.iter().flat_map(|node| &node.inputs).map(|wire| wire.from).collect();
    for (number, node) in nodes.iter().enumerate() {
        if !node.outputs.is_empty() && !used.contains(&number) {
            diagnostics.push(
                Diagnostic::new(Code::UnusedNode, node.id.span, format!("the records of `{}` go nowhere", node.id.value))
                    .with_help("wire it to a sink with `from:`, or remove it"),
            );
        }
    }
}
