//! `twinflow replay`: a log through the flow's own graph, on the clock of the log.

mod live;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anstream::{eprintln, println};
use indicatif::{ProgressBar, ProgressStyle};
use twinflow_engine::graph::Graph;
use twinflow_engine::node::{Level, NodeContext, Part, Sink, SinkError};
use twinflow_engine::record::{Batch, EventTime};
use twinflow_engine::runtime::{Clock, Offline, Passing, Problems, Readiness};
use twinflow_engine::schema::Schema;
use twinflow_nodes::csv_log::CsvLog;
use twinflow_nodes::log_columns::LogColumns;
use twinflow_nodes::{Shared, registry};

use crate::cli::{DEFAULT_RUN, ReplayOptions};
use crate::exit::Stop;
use crate::flow_file;

/// Replays a log. Nothing but the files of `--out` leaves the process: no broker is reached, no log of the plant written.
pub fn replay(options: &ReplayOptions) -> Result<(), Stop> {
    if let Some(folder) = &options.out {
        refuse_full(folder)?;
    }
    let shared = Shared {
        log_folder: options.out.clone(),
        ..Shared::default()
    };
    let graph = flow_file::compile(&options.flow, &registry(&shared), Level::Environment)?;
    let source = source(&graph, options.source.as_deref())?;
    let columns = LogColumns {
        // The log of an experiment has its run's name there.
        lenient: [DEFAULT_RUN.to_owned()].into(),
        ..LogColumns::default()
    };
    let log = CsvLog::open_with(&options.from, &source.1, &[], columns).map_err(Stop::usage)?;
    match options.speed {
        Some(rate) => live::show(options, graph, source.0, log, rate, &shared),
        None => compute(options, &graph, source.0, log),
    }
}

/// A sink goes on in a file that is there: a second replay would follow the first one.
fn refuse_full(folder: &Path) -> Result<(), Stop> {
    let is_full = std::fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some());
    if is_full {
        return Err(Stop::usage(format!(
            "{} is not empty; name a new folder for the files of this replay",
            folder.display()
        )));
    }
    Ok(())
}

/// The node that the log stands for, by its number, and what its records look like.
fn source(graph: &Graph, chosen: Option<&str>) -> Result<(usize, Arc<Schema>), Stop> {
    let giving = || {
        let nodes = graph.nodes.iter().enumerate();
        nodes.filter(|(_, node)| node.inputs.is_empty() && !node.outputs.is_empty())
    };
    let names = || twinflow_engine::language::listed(giving().map(|(_, node)| node.id.value.as_str()));
    let found = match chosen {
        Some(id) => {
            let nodes = graph.nodes.iter().enumerate();
            let mut nodes = nodes.filter(|(_, node)| node.id.value == id && !node.outputs.is_empty());
            let found = nodes.next();
            found
                .ok_or_else(|| Stop::usage(format!("the flow has no source `{id}`; there is {}", names())))?
        }
        None => match giving().collect::<Vec<_>>().as_slice() {
            [only] => *only,
            [] => return Err(Stop::usage("the flow has no source that records come out of")),
            _ => {
                return Err(Stop::usage(format!(
                    "the flow has several sources; say with --source which of them the log is of: {}",
                    names()
                )));
            }
        },
    };
    let schema = found.1.outputs.first().map(|output| Arc::clone(&output.schema));
    Ok((found.0, schema.unwrap_or_default()))
}

/// A `csv-sink` that writes.
struct Writing {
    node: usize,
    sink: Box<dyn Sink>,
}

/// Runs the log through as fast as it goes, and tells what came of it.
fn compute(options: &ReplayOptions, graph: &Graph, source: usize, log: CsvLog) -> Result<(), Stop> {
    let mut offline = Offline::new(graph).map_err(Stop::failure)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Stop::failure)?;
    let mut sinks = match &options.out {
        Some(_) => writing(graph, &offline)?,
        None => Vec::new(),
    };
    let id = graph
        .nodes
        .get(source)
        .map(|node| node.id.value.as_str())
        .unwrap_or_default();
    let mut counts = vec![0_u64; graph.nodes.len()];
    let mut span: Option<(EventTime, EventTime)> = None;
    let mut records = 0;
    let progress = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} records, {per_sec}") {
        progress.set_style(style);
    }
    let begin = Instant::now();
    for batch in log.batches(offline.keys()) {
        let batch = batch.map_err(Stop::usage)?;
        if let (Some(first), Some(last)) = (batch.times().iter().min(), batch.times().iter().max()) {
            let (from, to) = span.unwrap_or((*first, *last));
            span = Some((from.min(*first), to.max(*last)));
        }
        records += batch.len() as u64;
        progress.set_position(records);
        let mut arrived: Vec<(usize, Batch)> = Vec::new();
        offline.push(id, batch, &mut |node, passing| {
            if let Passing::Arriving(batch) = passing {
                if let Some(count) = counts.get_mut(node) {
                    *count += batch.len() as u64;
                }
                if sinks.iter().any(|sink| sink.node == node) {
                    arrived.push((node, batch.clone()));
                }
            }
        });
        runtime
            .block_on(write(&mut sinks, &arrived))
            .map_err(Stop::failure)?;
    }
    let took = begin.elapsed().as_secs_f64();
    progress.finish_and_clear();
    for (node, count) in graph.nodes.iter().zip(&counts) {
        if *count > 0 {
            println!("{:20} {:16} {count} records", node.id.value, node.node_type);
        }
    }
    let mut problems = offline.problems().all();
    problems.reverse();
    for problem in &problems {
        eprintln!(
            "{}: {}, {} times, lastly {}",
            problem.node, problem.kind, problem.count, problem.message
        );
    }
    let (from, to) = span.unwrap_or_default();
    println!(
        "\n{records} records from {} to {} in {took:.3} s: {:.0} records/s, {:.0} times as fast as it was",
        from.to_iso(),
        to.to_iso(),
        records as f64 / took.max(1e-9),
        to.seconds_since(from) / took.max(1e-9)
    );
    if let Some(folder) = &options.out {
        println!(
            "the files of {} `csv-sink` nodes are in {}",
            sinks.len(),
            folder.display()
        );
    }
    Ok(())
}

fn writing(graph: &Graph, offline: &Offline) -> Result<Vec<Writing>, Stop> {
    let mut sinks = Vec::new();
    for (number, node) in graph.nodes.iter().enumerate() {
        let (Part::Sink(make), "csv-sink") = (&node.part, node.node_type.as_str()) else {
            continue;
        };
        let id: Arc<str> = node.id.value.as_str().into();
        let context = NodeContext {
            flow: graph.name.as_str().into(),
            keys: offline.keys(),
            is_live: true,
            clock: Clock::default(),
            problems: Problems::new(Arc::clone(&id), Arc::default()),
            feed: None,
            readiness: Readiness::default(),
            id,
        };
        let sink = make(&context).map_err(Stop::failure)?;
        sinks.push(Writing { node: number, sink });
    }
    Ok(sinks)
}

/// Writes what arrived, and makes it safe.
async fn write(sinks: &mut [Writing], arrived: &[(usize, Batch)]) -> Result<(), SinkError> {
    for (node, batch) in arrived {
        for sink in sinks.iter_mut().filter(|sink| sink.node == *node) {
            sink.sink.write(batch).await?;
        }
    }
    for sink in sinks {
        sink.sink.flush().await?;
    }
    Ok(())
}
