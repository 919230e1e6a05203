//! The graph of a flow, for drawing.

use serde::Serialize;
use twinflow_engine::graph::{Graph, Node};
use twinflow_engine::language::{SourceId, Sources, Span, Yaml, YamlValue};
use twinflow_engine::node::{ERROR_OUTPUT, Registry};
use twinflow_engine::schema::Schema;

/// A flow's graph.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FlowGraph {
    /// The flow's name.
    pub name: String,
    /// Its nodes, in an order in which every wire leads forward.
    pub nodes: Vec<FlowNode>,
}

/// A node of it.
#[derive(Clone, Debug, Serialize)]
pub struct FlowNode {
    /// Its name.
    pub id: String,
    /// Its type's name.
    #[serde(rename = "type")]
    pub node_type: String,
    /// `source`, `transform` or `sink`.
    pub role: &'static str,
    /// The file that it stands in.
    pub file: String,
    /// Its first and its last line there, from 1.
    pub lines: [usize; 2],
    /// Where its records come from.
    pub inputs: Vec<NodeInput>,
    /// What comes out of it, without `error`.
    pub outputs: Vec<NodeOutput>,
    /// The page of its type, as Markdown.
    pub doc: String,
}

/// A wire into a node.
#[derive(Clone, Debug, Serialize)]
pub struct NodeInput {
    /// The node that it comes from.
    pub from: String,
    /// Which of its outputs.
    pub output: String,
}

/// An output of a node.
#[derive(Clone, Debug, Serialize)]
pub struct NodeOutput {
    /// Its name.
    pub name: String,
    /// What its records hold.
    pub fields: Vec<OutputField>,
}

/// A field of an output.
#[derive(Clone, Debug, Serialize)]
pub struct OutputField {
    name: String,
    title: String,
    unit: Option<String>,
    #[serde(rename = "type")]
    type_name: &'static str,
    range: Option<(f64, f64)>,
}

impl FlowGraph {
    /// That of a graph which was made of these sources.
    #[must_use]
    pub fn of(graph: &Graph, sources: &Sources, registry: &Registry) -> Self {
        let node = |node: &Node| FlowNode {
            id: node.id.value.clone(),
            node_type: node.node_type.clone(),
            role: node.role.name(),
            file: sources
                .path(node.id.span)
                .map(|path| path.display().to_string())
                .unwrap_or_default(),
            lines: lines(sources, node),
            inputs: inputs(graph, node),
            outputs: node
                .outputs
                .iter()
                .map(|output| NodeOutput {
                    name: output.name.to_string(),
                    fields: fields(&output.schema),
                })
                .collect(),
            doc: registry
                .get(&node.node_type)
                .map(|found| found.doc().to_owned())
                .unwrap_or_default(),
        };
        Self {
            name: graph.name.clone(),
            nodes: graph.nodes.iter().map(node).collect(),
        }
    }
}

fn lines(sources: &Sources, node: &Node) -> [usize; 2] {
    let first = sources.line_column(node.id.span).line;
    let place = node.id.span.source;
    let last = lines_of(&node.config, place, sources).max();
    [first, last.unwrap_or(first).max(first)]
}

/// The last lines of all that is in a value. What a template has put there stands elsewhere, and does not count.
fn lines_of<'y>(
    yaml: &'y Yaml,
    place: SourceId,
    sources: &'y Sources,
) -> Box<dyn Iterator<Item = usize> + 'y> {
    let inside: Box<dyn Iterator<Item = usize>> = match &yaml.value {
        YamlValue::Sequence(items) => {
            Box::new(items.iter().flat_map(move |item| lines_of(item, place, sources)))
        }
        YamlValue::Mapping(entries) => Box::new(
            entries
                .iter()
                .flat_map(move |entry| lines_of(&entry.value, place, sources)),
        ),
        _ => Box::new(std::iter::empty()),
    };
    let own = (yaml.span.source == place).then(|| {
        // A text in several lines ends with the line break behind it.
        let text = sources.slice(yaml.span).trim_end();
        let start = yaml.span.range().start;
        let end = start + text.len();
        sources
            .line_column(Span::new(place, end.saturating_sub(1).max(start), end))
            .line
    });
    Box::new(own.into_iter().chain(inside))
}

fn inputs(graph: &Graph, node: &Node) -> Vec<NodeInput> {
    let wires = node.inputs.iter().filter_map(|wire| {
        let from = graph.nodes.get(wire.from)?;
        let output = from.outputs.get(wire.output);
        Some(NodeInput {
            from: from.id.value.clone(),
            output: output.map_or_else(|| ERROR_OUTPUT.to_owned(), |output| output.name.to_string()),
        })
    });
    wires.collect()
}

fn fields(schema: &Schema) -> Vec<OutputField> {
    let fields = schema.fields().iter().map(|field| OutputField {
        name: field.name.to_string(),
        title: field.display_title(),
        unit: field.field_type.unit().map(|unit| unit.symbol().to_owned()),
        type_name: field.field_type.name(),
        range: field.range,
    });
    fields.collect()
}
