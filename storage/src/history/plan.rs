//! Which values are kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use twinflow_engine::graph::{Graph, Node};
use twinflow_engine::language::Retention;
use twinflow_engine::node::{ERROR_OUTPUT, Shown};
use twinflow_engine::schema::{Field, FieldType};

/// A value that is kept, of all machines. It goes on when widgets come, go or change their names: it is known by where it
/// comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Series {
    /// The outputs that the widget's records come from: `faults`, `switch.hot`; joined by `+` where they are several.
    pub origin: String,
    /// The field.
    pub field: String,
    /// The unit in which it is shown and kept; empty for plain numbers and states.
    pub unit: String,
    /// How it is kept.
    pub kind: SeriesKind,
}

/// How a value is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SeriesKind {
    /// A measured number: all readings, then sums.
    Measured,
    /// A code, a text or yes/no: only its changes.
    State,
}

/// Where a value is read while the flow runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The stream, that is the node, whose feed has it.
    pub stream: Arc<str>,
    /// The feed's column.
    pub column: usize,
    /// What it is.
    pub series: Series,
}

/// What is kept of a flow, and which widget's fields that is.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    retention: Retention,
    recorded: Vec<Recorded>,
    by_stream: BTreeMap<Arc<str>, Vec<(String, Series)>>,
    alarms: Vec<AlarmStream>,
}

/// A stream of changes of alarms, and in which columns they are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmStream {
    /// The stream, that is the node.
    pub stream: Arc<str>,
    /// The names of its columns.
    pub columns: Vec<Arc<str>>,
}

impl Plan {
    /// All that the dashboard of `graph` shows.
    #[must_use]
    pub fn of(graph: &Graph) -> Self {
        let mut plan = Self {
            retention: graph.retention,
            ..Self::default()
        };
        for node in &graph.nodes {
            let Some(view) = &node.view else { continue };
            if let Shown::Alarms(_) = view.shown {
                plan.alarms.push(AlarmStream {
                    stream: node.id.value.as_str().into(),
                    columns: view
                        .columns
                        .iter()
                        .map(|column| Arc::clone(&column.field.name))
                        .collect(),
                });
                continue;
            }
            // What a loop wishes and puts out is known by itself alone.
            let is_loop = matches!(view.shown, Shown::Loop(_));
            let origin = if is_loop {
                node.id.value.clone()
            } else {
                origin(graph, node)
            };
            let stream: Arc<str> = node.id.value.as_str().into();
            for (column, shown) in view.columns.iter().enumerate() {
                // What a node computes itself, such as whether its alert holds, comes again from the rest.
                if shown.slot.is_none() && !is_loop {
                    continue;
                }
                let series = series(&origin, &shown.field);
                plan.by_stream
                    .entry(Arc::clone(&stream))
                    .or_default()
                    .push((shown.field.name.to_string(), series.clone()));
                if !plan.recorded.iter().any(|known| known.series == series) {
                    plan.recorded.push(Recorded {
                        stream: Arc::clone(&stream),
                        column,
                        series,
                    });
                }
            }
        }
        plan
    }

    /// How long it is kept.
    #[must_use]
    pub fn retention(&self) -> Retention {
        self.retention
    }

    /// What is read where.
    #[must_use]
    pub fn recorded(&self) -> &[Recorded] {
        &self.recorded
    }

    /// The streams whose rows go into the journal.
    #[must_use]
    pub fn alarms(&self) -> &[AlarmStream] {
        &self.alarms
    }

    /// The fields of a stream that are kept, each with its series.
    #[must_use]
    pub fn stream(&self, stream: &str) -> Option<&[(String, Series)]> {
        self.by_stream.get(stream).map(Vec::as_slice)
    }
}

fn series(origin: &str, field: &Field) -> Series {
    let kind = match &field.field_type {
        FieldType::Number(_) => SeriesKind::Measured,
        FieldType::Integer if field.labels.is_empty() => SeriesKind::Measured,
        _ => SeriesKind::State,
    };
    Series {
        origin: origin.to_owned(),
        field: field.name.to_string(),
        unit: field
            .field_type
            .unit()
            .map_or_else(String::new, |unit| unit.symbol().to_owned()),
        kind,
    }
}

/// The outputs behind a node's wires.
fn origin(graph: &Graph, node: &Node) -> String {
    let wires = node.inputs.iter().filter_map(|wire| {
        let from = graph.nodes.get(wire.from)?;
        Some(match from.outputs.get(wire.output) {
            _ if wire.output == 0 => from.id.value.clone(),
            Some(output) => format!("{}.{}", from.id.value, output.name),
            None => format!("{}.{ERROR_OUTPUT}", from.id.value),
        })
    });
    wires.collect::<Vec<_>>().join("+")
}
