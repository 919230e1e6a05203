//! `twinflow train`: replays a log through the flow up to its `classify` node and learns from what arrives there.
//!
//! So the features are computed by the very nodes that compute them live.

use std::path::Path;
use std::sync::Arc;

use anstream::println;
use indicatif::{ProgressBar, ProgressStyle};
use twinflow_engine::graph::Graph;
use twinflow_engine::node::{Level, Role};
use twinflow_engine::runtime::Offline;
use twinflow_engine::schema::{FieldType, Schema};
use twinflow_models::{Classes, Dataset, DatasetBuilder, FeatureSpec, Model, Report, TrainConfig};
use twinflow_nodes::csv_log::CsvLog;
use twinflow_nodes::{Shared, registry};

use crate::cli::{FlowOptions, TrainOptions};
use crate::exit::Stop;
use crate::{flow_file, predictor};

/// Values that only ever grow tell the time of day, not the fault.
const NEVER_FEATURES: [&str; 2] = ["energy", "co2"];

/// Trains a model and prints how it does on runs that it has not seen.
pub fn train(options: &TrainOptions) -> Result<(), Stop> {
    let flow = FlowOptions {
        flow: options.flow.clone(),
        broker: None,
    };
    // The model that the flow names may not be there yet: making it is the point.
    let graph = flow_file::compile(&flow, &registry(&Shared::default()), Level::Static)?;
    let Some((node, model_file)) = predictor::model_file(&graph) else {
        return Err(Stop::usage(format!(
            "{} has no `classify` node to train for",
            options.flow.display()
        )));
    };
    let mut offline = Offline::up_to(&graph, node).map_err(Stop::failure)?;
    let source = match sources(&graph, node).as_slice() {
        [only] => (*only).to_owned(),
        several => {
            return Err(Stop::usage(format!(
                "`{node}` is fed by {} sources, training needs one",
                several.len()
            )));
        }
    };
    let schema_of = |id: &str| -> Arc<Schema> {
        let output = graph.node(id).and_then(|(_, node)| node.outputs.first());
        output
            .map(|output| Arc::clone(&output.schema))
            .unwrap_or_default()
    };
    let arriving = graph
        .node(node)
        .map(|(_, node)| Arc::clone(&node.input))
        .unwrap_or_default();
    let features = features(&arriving, options)?;
    let source_schema = schema_of(&source);
    let required = [options.label.as_str(), &options.run];
    let log = CsvLog::open(&options.log, &source_schema, &required).map_err(Stop::usage)?;
    let specs = features.iter().map(|(_, spec)| spec.clone()).collect();
    let mut builder = Dataset::builder(specs, Classes::fan()).map_err(Stop::failure)?;
    let slots: Vec<usize> = features.iter().map(|(slot, _)| *slot).collect();
    let label = column(&arriving, &options.label, "--label")?;
    let run = column(&arriving, &options.run, "--run")?;
    for batch in log.batches(offline.keys()) {
        let batch = batch.map_err(Stop::usage)?;
        for arrived in offline.arriving(&source, batch, node) {
            collect(&arrived, &slots, label, run, &mut builder);
        }
    }
    let (dataset, cleaning) = builder.finish();
    println!("{cleaning}");
    let config = TrainConfig {
        trees: options.trees,
        seed: options.seed,
        ..TrainConfig::default()
    };
    let (model, report) = grow(&dataset, &config)?;
    println!("{report}");
    let out = options.out.as_deref().unwrap_or(&model_file);
    write(&model, out)?;
    println!("{} written", out.display());
    Ok(())
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

/// Numbers that arrive at the model, but for the label, what tells the run or severity, and what only grows.
fn features(arriving: &Schema, options: &TrainOptions) -> Result<Vec<(usize, FeatureSpec)>, Stop> {
    let features: Vec<(usize, FeatureSpec)> = arriving
        .fields()
        .iter()
        .enumerate()
        .filter(|(_, field)| matches!(field.field_type, FieldType::Number(_)))
        .filter(|(_, field)| !NEVER_FEATURES.contains(&&*field.name) && !is_truth(&field.name, options))
        .map(|(slot, field)| {
            let unit = field.field_type.unit().map(|unit| unit.symbol().to_owned());
            (slot, FeatureSpec::new(&field.name, unit.as_deref()))
        })
        .collect();
    if features.is_empty() {
        return Err(Stop::usage(
            "no numbers arrive at the `classify` node: there is nothing to learn from",
        ));
    }
    Ok(features)
}

/// What only the simulation or an experiment's protocol knows.
fn is_truth(name: &str, options: &TrainOptions) -> bool {
    name == options.label || name == options.run || name == "fault_severity"
}

fn column(arriving: &Schema, name: &str, option: &str) -> Result<usize, Stop> {
    arriving.slot(name).ok_or_else(|| {
        let known = twinflow_engine::language::listed(arriving.names());
        Stop::usage(format!(
            "the records that arrive at the model have no field `{name}`; name another with {option}: {known}"
        ))
    })
}

fn collect(
    batch: &twinflow_engine::record::Batch,
    slots: &[usize],
    label: usize,
    run: usize,
    builder: &mut DatasetBuilder,
) {
    use twinflow_engine::record::Value;
    for row in 0..batch.len() {
        let number = |slot: usize| match batch.value(row, slot) {
            Value::Number(number) => number as f32,
            Value::Integer(number) => number as f32,
            _ => f32::NAN,
        };
        let values: Vec<f32> = slots.iter().map(|slot| number(*slot)).collect();
        // A row without a label or run is refused and counted by the builder, as any that lacks a feature.
        let code = match batch.value(row, label) {
            Value::Integer(code) => u32::try_from(code).unwrap_or(u32::MAX),
            _ => u32::MAX,
        };
        let run = match batch.value(row, run) {
            Value::Integer(run) => run.to_string(),
            Value::Text(run) => run.to_string(),
            _ => String::new(),
        };
        // Refusals are in the cleaning report.
        let _ = builder.push(&values, code, &run);
    }
}

fn grow(dataset: &Dataset, config: &TrainConfig) -> Result<(Model, Report), Stop> {
    let progress = ProgressBar::new(config.trees.into());
    if let Ok(style) = ProgressStyle::with_template("training {bar:30} {pos}/{len} trees, {eta} left") {
        progress.set_style(style);
    }
    let result = twinflow_models::train(dataset, config, &|done| {
        progress.set_position(done.trees_done as u64)
    });
    progress.finish_and_clear();
    result.map_err(Stop::failure)
}

/// A half-written model would be worse than none: it is written aside and moved into place.
pub(super) fn write(model: &Model, out: &Path) -> Result<(), Stop> {
    let failed =
        |error: std::io::Error| Stop::failure(format!("{} cannot be written: {error}", out.display()));
    let bytes = model.to_json().map_err(Stop::failure)?;
    if let Some(folder) = out.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let partial = out.with_extension("json.partial");
    std::fs::write(&partial, bytes).map_err(failed)?;
    std::fs::rename(&partial, out).map_err(failed)
}
