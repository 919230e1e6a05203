//! From a document to a graph: every check, in the order of the wires, so that each edge has its schema.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::findings::{conceal, forget_consequences, tell_once};
use super::node_files::FileTypes;
use super::order::{draw, order, rewire};
use super::warnings::{warn_of_unused, warn_of_unused_outputs};
use super::wiring::{self, NamedWire};
use super::{Graph, Node, Wire, cycles};
use crate::diagnostic::{Code, Diagnostic, shortened};
use crate::language::{
    self, Discreet, Document, Environment, FileState, NodeEntry, Overflow, Sources, Span, listed, nearest,
};
use crate::node::{Check, ERROR_OUTPUT, Known, Level, Output, Part, Registry, Role, error_schema};
use crate::schema::{self, Schema};
use crate::testing::{self, FlowTest};

/// A flow after all checks.
pub struct Compiled {
    /// The texts that spans point into.
    pub sources: Sources,
    /// The graph; nothing when there are errors.
    pub graph: Option<Graph>,
    /// The flow's tests; none when there are errors.
    pub tests: Vec<FlowTest>,
    /// The files that nodes are made with beside the texts, as they were before they were read, also those with errors.
    pub files: Vec<FileState>,
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
    let mut sources = Sources::single(path, text);
    let mut diagnostics = Vec::new();
    let environment = Discreet::new(environment);
    let document = language::read(&mut sources, &environment, &mut diagnostics);
    let mut tests = Vec::new();
    let mut files = Vec::new();
    let graph = document.map(|document| {
        let types = FileTypes::read(&document, &mut sources, registry, &environment, &mut diagnostics);
        let surroundings = Surroundings {
            registry,
            types: &types,
            environment: &environment,
            level,
        };
        let (graph, used) = compile(&document, &mut sources, &surroundings, &mut diagnostics);
        files = used;
        tell_once(&document.instances, &mut diagnostics);
        if !diagnostics.iter().any(Diagnostic::is_error) {
            tests = testing::read(&document.tests, &graph, &sources, &mut diagnostics);
        }
        graph
    });
    forget_consequences(&mut diagnostics);
    let secrets = environment.into_secrets();
    conceal(&secrets, &mut diagnostics);
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    Compiled {
        sources,
        graph: graph.filter(|_| !failed).map(|graph| Graph { secrets, ..graph }),
        tests,
        files,
        diagnostics,
    }
}

/// What a document is checked against.
struct Surroundings<'a> {
    registry: &'a Registry,
    types: &'a FileTypes,
    environment: &'a dyn Environment,
    level: Level,
}

/// Checks a document: its graph, which lacks the nodes that were reported, and the files that nodes use.
fn compile(
    document: &Document,
    sources: &mut Sources,
    surroundings: &Surroundings<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Graph, Vec<FileState>) {
    check_brokers(document, surroundings.registry, surroundings.level, diagnostics);
    let named = wiring::resolve(document, diagnostics);
    let by_number = draw(document, &named);
    let caught = cycles::report(&by_number, document, diagnostics);
    let mut compiler = Compiler {
        document,
        sources,
        surroundings,
        claims: HashMap::new(),
        done: vec![None; document.nodes.len()],
        nodes: Vec::new(),
        files: Vec::new(),
        diagnostics,
    };
    for number in order(&named) {
        if let (Some(entry), Some(wires)) = (document.nodes.get(number), named.get(number)) {
            let is_partial = wires.is_partial || caught.contains(&number);
            compiler.node(number, entry, &wires.wires, is_partial);
        }
    }
    let (nodes, files) = (compiler.nodes, compiler.files);
    // With errors, what reads a node may be missing here although the file has it.
    if !diagnostics.iter().any(Diagnostic::is_error) {
        warn_of_unused(&nodes, diagnostics);
        warn_of_unused_outputs(&nodes, diagnostics);
    }
    let graph = Graph {
        name: document.name.clone(),
        description: document.description.clone(),
        retention: document.retention,
        folders: sources.folders(),
        secrets: Vec::new(),
        brokers: document
            .brokers
            .iter()
            .map(|(name, address)| (name.value.clone(), address.value.clone()))
            .collect(),
        wiring: rewire(&nodes),
        nodes,
    };
    (graph, files)
}

fn check_brokers(document: &Document, registry: &Registry, level: Level, diagnostics: &mut Vec<Diagnostic>) {
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
        } else if level == Level::Network
            && let Err(reason) = registry.probe_broker(address)
        {
            let message = format!("the broker `{}` does not answer: {reason}", name.value);
            diagnostics.push(
                Diagnostic::new(Code::BrokerUnreachable, address.span, message)
                    .with_help("the flow starts without it, and connects when it is there"),
            );
        }
    }
}

struct Compiler<'a> {
    document: &'a Document,
    sources: &'a mut Sources,
    surroundings: &'a Surroundings<'a>,
    claims: HashMap<String, Span>,
    /// By number in the document: nothing until a node was checked, and for those that did not pass.
    done: Vec<Option<Done>>,
    nodes: Vec<Node>,
    files: Vec<FileState>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// What the nodes behind a checked node need of it.
#[derive(Clone)]
struct Done {
    /// Where in [`Compiler::nodes`] it went; nothing when what leads into it is not known to the last field.
    node: Option<usize>,
    outputs: Vec<Output>,
}

/// A resolved input: the node in the document, its output by number, and the wire.
struct Input<'w> {
    from: usize,
    output: usize,
    schema: Arc<Schema>,
    wire: &'w NamedWire,
}

impl Compiler<'_> {
    /// Checks one node. Where something before it was reported, or with `is_partial` a wire itself, it is checked
    /// against what is known of its records: so one run tells all mistakes, and one mistake brings no others.
    fn node(&mut self, number: usize, entry: &NodeEntry, wires: &[NamedWire], is_partial: bool) {
        let registered = match self.surroundings.registry.known(&entry.node_type) {
            Known::Type(registered) => registered,
            Known::File(_) => match self.surroundings.types.get(&entry.node_type, self.sources) {
                Some(registered) => registered,
                None => return,
            },
            Known::Nothing => return self.unknown_type(entry),
        };
        let node_type = &*registered.node_type;
        let before = self.diagnostics.len();
        registered.check_shape(&entry.config, self.diagnostics);
        let is_misshapen = self.failed_since(before);
        let mut reported = self.diagnostics.get(before..).unwrap_or_default().iter();
        let has_from_misspelt = reported.any(|d| d.fix.as_ref().is_some_and(|fix| fix.replacement == "from"));
        let role = node_type.role();
        wiring::check_role(
            &entry.id,
            &entry.node_type,
            role,
            &entry.from,
            is_partial || has_from_misspelt,
            self.diagnostics,
        );
        if let (Role::Source, Some(overflow)) = (role, &entry.overflow) {
            let message = format!("`{}` is a source: nothing waits before it", entry.node_type.value);
            self.diagnostics.push(
                Diagnostic::new(Code::WiringNotAllowed, overflow.span, message)
                    .with_help("remove it, or write it at the node that the records go to"),
            );
        }
        if let Some(buffer) = entry.buffer.as_ref().filter(|_| role != Role::Sink) {
            let message = format!(
                "`{}` is a {}: only sinks have a buffer on disk",
                entry.node_type.value,
                role.name()
            );
            self.diagnostics.push(
                Diagnostic::new(Code::WiringNotAllowed, buffer.span, message)
                    .with_help("remove it, or write it at the sink that the records go to"),
            );
        }
        let is_unwired = role != Role::Source && entry.from.is_empty();
        let is_partial = is_partial || is_unwired;
        let (mut input, wires) = match self.inputs(wires).and_then(|inputs| self.merge(entry, &inputs)) {
            Some((input, wires)) if !is_partial => (input, wires),
            Some((input, _)) => (Arc::new((*input).clone().partial()), None),
            None => (Arc::new(Schema::default().partial()), None),
        };
        if role == Role::Source {
            input = Arc::default();
        }
        if is_misshapen {
            return;
        }
        let is_whole = wires.is_some() && !self.failed_since(before);
        let uses = self.surroundings.types.text(&entry.node_type, self.sources);
        let uses = uses.into_iter().collect();
        let mut check = Check {
            id: &entry.id,
            node_type: &entry.node_type,
            input: (role != Role::Source).then(|| Arc::clone(&input)),
            document: self.document,
            sources: self.sources,
            environment: self.surroundings.environment,
            level: self.surroundings.level,
            claims: &mut self.claims,
            uses,
            files: &mut self.files,
            diagnostics: self.diagnostics,
        };
        let checked = node_type.check_any(&entry.config, &mut check);
        let uses = check.uses;
        self.point_out_instance(entry, before);
        let Some(checked) = checked else {
            return;
        };
        if let (Part::Transform(_), Role::Sink, Some(buffer)) = (&checked.part, role, &entry.buffer) {
            let message = format!(
                "`{}` shows the present and keeps nothing waiting: a buffer on disk has no use before it",
                entry.node_type.value
            );
            self.diagnostics
                .push(Diagnostic::new(Code::WiringNotAllowed, buffer.span, message).with_help("remove it"));
        }
        let done = Done {
            node: is_whole.then_some(self.nodes.len()),
            outputs: checked.outputs.clone(),
        };
        if let Some(place) = self.done.get_mut(number) {
            *place = Some(done);
        }
        if let Some(inputs) = wires.filter(|_| is_whole) {
            self.nodes.push(Node {
                id: entry.id.clone(),
                node_type: node_type.name().to_owned(),
                role,
                inputs,
                overflow: entry
                    .overflow
                    .as_ref()
                    .map_or(Overflow::Block, |overflow| overflow.value),
                buffer: entry.buffer.as_ref().map(|buffer| buffer.value),
                input,
                outputs: checked.outputs,
                part: checked.part,
                view: checked.view,
                decode: checked.decode,
                config: entry.config.clone(),
                uses,
            });
        }
    }

    /// Where a node of a template is not good, for which of those that it is made for may be the point.
    fn point_out_instance(&mut self, entry: &NodeEntry, before: usize) {
        let prefix = entry.id.rfind('.').and_then(|dot| entry.id.get(..=dot));
        let Some(instance) = prefix.and_then(|prefix| self.document.instances.get(prefix)) else {
            return;
        };
        for diagnostic in self.diagnostics.get_mut(before..).into_iter().flatten() {
            instance.point_out(diagnostic);
        }
    }

    fn failed_since(&self, before: usize) -> bool {
        let new = self.diagnostics.get(before..).unwrap_or_default();
        new.iter().any(Diagnostic::is_error)
    }

    fn unknown_type(&mut self, entry: &NodeEntry) {
        let names = || self.surroundings.registry.all().map(|known| known.name());
        let message = format!("there is no node type `{}`", shortened(&entry.node_type));
        let mut diagnostic = Diagnostic::new(Code::UnknownNodeType, entry.node_type.span, message);
        if let Some(meant) = nearest(&entry.node_type, names()) {
            diagnostic = diagnostic
                .with_label(format!("did you mean `{meant}`?"))
                .with_fix(entry.node_type.span, meant);
        }
        let diagnostic = diagnostic.with_help(format!(
            "the types are {}; a script of your own is one as well: `type: ./name.rhai`",
            listed(names())
        ));
        self.diagnostics.push(diagnostic);
    }

    /// The inputs with what they bring; nothing when one of them is not known.
    fn inputs<'w>(&mut self, wires: &'w [NamedWire]) -> Option<Vec<Input<'w>>> {
        let mut inputs = Vec::with_capacity(wires.len());
        for wire in wires {
            inputs.push(self.input(wire));
        }
        inputs.into_iter().collect()
    }

    fn input<'w>(&mut self, wire: &'w NamedWire) -> Option<Input<'w>> {
        let outputs = &self.done.get(wire.from)?.as_ref()?.outputs;
        let found = match &wire.output {
            None => outputs.iter().enumerate().next(),
            Some(name) => outputs
                .iter()
                .enumerate()
                .find(|(_, output)| *output.name == **name),
        };
        if let Some((output, Output { schema, .. })) = found {
            let schema = Arc::clone(schema);
            return Some(Input {
                from: wire.from,
                output,
                schema,
                wire,
            });
        }
        if wire.output.as_deref() == Some(ERROR_OUTPUT) {
            return Some(Input {
                from: wire.from,
                output: outputs.len(),
                schema: error_schema(),
                wire,
            });
        }
        let from = self.document.nodes.get(wire.from)?;
        let id = &from.id.value;
        let diagnostic = if outputs.is_empty() {
            let message = format!("`{id}` is a `{}`: nothing comes out of it", from.node_type.value);
            Diagnostic::new(Code::WiringNotAllowed, wire.text.span, message)
                .with_related(from.id.span, "this node")
                .with_help("wire from the node that leads into it")
        } else {
            let name = wire.output.as_deref().unwrap_or_default();
            let message = format!("`{id}` has no output `{}`", shortened(name));
            let names = listed(outputs.iter().map(|output| &*output.name));
            let help = match outputs.as_slice() {
                [_] => format!("it has one, {names}: write `from: {id}`"),
                _ => format!("its outputs are {names}"),
            };
            Diagnostic::new(Code::UnknownOutput, wire.text.span, message).with_help(help)
        };
        self.diagnostics.push(diagnostic);
        None
    }

    /// What arrives at a node, and its wires; these only when all that leads here passed.
    fn merge(&mut self, entry: &NodeEntry, inputs: &[Input<'_>]) -> Option<(Arc<Schema>, Option<Vec<Wire>>)> {
        let (merged, adapters) = if let [only] = inputs {
            (Arc::clone(&only.schema), vec![None])
        } else {
            let schemas: Vec<&Schema> = inputs.iter().map(|input| &*input.schema).collect();
            match schema::merge(&schemas) {
                Ok((merged, adapters)) => {
                    let adapters = adapters.into_iter().zip(&schemas);
                    let changing =
                        adapters.map(|(adapter, input)| Some(adapter).filter(|a| !a.is_identity(input)));
                    (Arc::new(merged), changing.collect())
                }
                Err(conflicts) => {
                    self.conflicts(entry, inputs, conflicts);
                    return None;
                }
            }
        };
        let wires = inputs.iter().zip(adapters).map(|(input, adapter)| {
            Some(Wire {
                from: self.done.get(input.from)?.as_ref()?.node?,
                output: input.output,
                adapter,
            })
        });
        let wires = wires.collect();
        Some((merged, wires))
    }

    fn conflicts(&mut self, entry: &NodeEntry, inputs: &[Input<'_>], conflicts: Vec<schema::Conflict>) {
        for conflict in conflicts {
            let place = |input: usize| {
                inputs
                    .get(input)
                    .map_or(entry.id.span, |input| input.wire.text.span)
            };
            let message = format!(
                "the inputs of `{}` do not fit: `{}` is {} in the one and {} in the other",
                entry.id.value, conflict.name, conflict.first, conflict.second
            );
            self.diagnostics.push(
                Diagnostic::new(Code::MergeConflict, place(conflict.second_input), message)
                    .with_label(format!("here `{}` is {}", conflict.name, conflict.second))
                    .with_related(
                        place(conflict.first_input),
                        format!("here it is {}", conflict.first),
                    )
                    .with_help("rename one of the fields"),
            );
        }
    }
}
