//! A log that runs through a flow up to one of its nodes, as records of the flow's source.

use std::path::Path;
use std::sync::Arc;

use twinflow_engine::graph::Graph;
use twinflow_engine::language::listed;
use twinflow_engine::node::Role;
use twinflow_engine::record::{Batch, Keys};
use twinflow_engine::runtime::Offline;
use twinflow_engine::schema::Schema;
use twinflow_nodes::csv_log::CsvLog;
use twinflow_nodes::log_columns::LogColumns;

use crate::cli::ColumnOptions;
use crate::exit::Stop;

/// A flow up to one of its nodes, which a single source feeds.
pub struct LogReplay<'g> {
    graph: &'g Graph,
    node: &'g str,
    source: &'g str,
    /// What the source gives.
    pub schema: Arc<Schema>,
}

impl<'g> LogReplay<'g> {
    /// One up to `node`.
    pub fn up_to(graph: &'g Graph, node: &'g str) -> Result<Self, Stop> {
        let source = match sources(graph, node).as_slice() {
            [only] => *only,
            several => {
                return Err(Stop::usage(format!(
                    "`{node}` is fed by {} sources, a log stands for one",
                    several.len()
                )));
            }
        };
        let output = graph.node(source).and_then(|(_, node)| node.outputs.first());
        Ok(Self {
            graph,
            node,
            source,
            schema: output
                .map(|output| Arc::clone(&output.schema))
                .unwrap_or_default(),
        })
    }

    /// Lets a log run through, and gives what arrives at the node.
    pub fn run(
        &self,
        log: &Path,
        columns: &ColumnOptions,
        mut arrive: impl FnMut(&Batch, &Keys),
    ) -> Result<(), Stop> {
        let names = self.columns(columns)?;
        let log = CsvLog::open_with(log, &self.schema, &[], names).map_err(|error| {
            Stop::usage(format!(
                "{error} (--map COLUMN=FIELD names a field's column, --unit FIELD=UNIT its unit)"
            ))
        })?;
        let mut offline = Offline::up_to(self.graph, self.node).map_err(Stop::failure)?;
        let keys = offline.keys();
        for batch in log.batches(Arc::clone(&keys)) {
            let batch = batch.map_err(Stop::usage)?;
            for batch in offline.arriving(self.source, batch, self.node) {
                arrive(&batch, &keys);
            }
        }
        Ok(())
    }

    /// What the command line says about the log's columns.
    fn columns(&self, options: &ColumnOptions) -> Result<LogColumns, Stop> {
        let mapped = options.maps.iter().map(|(_, field)| ("--map", field));
        let units = options.units.iter().map(|(field, _)| ("--unit", field));
        for (option, field) in mapped.chain(units) {
            if self.schema.slot(field).is_none() {
                let known = listed(self.schema.names());
                return Err(Stop::usage(format!(
                    "{option}: the flow's source has no field `{field}`; there are {known}"
                )));
            }
        }
        let fields = options
            .maps
            .iter()
            .map(|(column, field)| (field.clone(), column.clone()));
        Ok(LogColumns {
            time: Some(options.time.clone()),
            fields: fields.collect(),
            units: options.units.iter().cloned().collect(),
            lenient: options.truth().map(str::to_owned).collect(),
        })
    }
}

/// The sources whose records reach `target`.
fn sources<'g>(graph: &'g Graph, target: &str) -> Vec<&'g str> {
    let mut reached: Vec<usize> = graph.node(target).map(|(number, _)| number).into_iter().collect();
    let mut sources = Vec::new();
    let mut next = 0;
    while let Some(node) = reached.get(next).and_then(|number| graph.nodes.get(*number)) {
        next += 1;
        if node.role == Role::Source {
            sources.push(node.id.value.as_str());
        }
        for wire in &node.inputs {
            if !reached.contains(&wire.from) {
                reached.push(wire.from);
            }
        }
    }
    sources
}
