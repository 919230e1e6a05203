//! `twinflow train`: replays a log through the flow up to its `classify` node and learns from what arrives there.
//!
//! So the features are computed by the very nodes that compute them live.

mod features;
mod report_file;
mod settings;
mod truth;

use std::sync::Arc;

use anstream::println;
use twinflow_engine::graph::Graph;
use twinflow_engine::node::{Level, Role};
use twinflow_engine::runtime::Offline;
use twinflow_engine::schema::Schema;
use twinflow_models::{Classes, FeatureSpread, ReportPage};
use twinflow_nodes::csv_log::CsvLog;
use twinflow_nodes::log_columns::LogColumns;
use twinflow_nodes::{Shared, registry};

use self::features::{Arrived, Learnable};
use self::report_file::ReportFile;
use self::truth::Truth;
use crate::cli::{ColumnOptions, DEFAULT_RUN, FlowOptions, TrainOptions};
use crate::exit::Stop;
use crate::{flow_file, predictor, whole_file};

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
    let truth = Truth::read(&options.from, &options.columns, &Classes::fan())?;
    if truth.is_by_gaps {
        println!(
            "The log has no column `{}`: a run ends where nothing was logged for a minute and ten usual steps; {} runs.",
            DEFAULT_RUN,
            truth.run_count()
        );
    }
    let arrived = arrived(&graph, node, options)?;
    let Learnable {
        dataset,
        cleaning,
        left_out,
    } = arrived.learnable(&truth, &options.learning.allowed)?;
    println!("{cleaning}");
    for reason in &left_out {
        println!("  {reason}");
    }
    println!();
    let config = settings::chosen(&dataset, &options.learning)?;
    let (model, report) = settings::grow(&dataset, &config)?;
    println!("{report}\n");

    let out = options.out.as_deref().unwrap_or(&model_file);
    whole_file::write(&model.to_json().map_err(Stop::failure)?, out)?;
    println!("{} written", out.display());
    let features = FeatureSpread::of(&dataset);
    if let Some(file) = &options.report {
        let contents = ReportFile {
            cleaning: &cleaning,
            features_left_out: &left_out,
            report: &report,
            features: &features,
        };
        let mut json = serde_json::to_vec_pretty(&contents).map_err(Stop::failure)?;
        json.push(b'\n');
        whole_file::write(&json, file)?;
        println!("{} written", file.display());
    }
    if let Some(file) = &options.html {
        let page = ReportPage {
            title: &graph.name,
            log: &options.from.file_name().unwrap_or_default().to_string_lossy(),
            config: &config,
            cleaning: &cleaning,
            left_out: &left_out,
            report: &report,
            features: &features,
        };
        whole_file::write(page.html().as_bytes(), file)?;
        println!("{} written", file.display());
    }
    Ok(())
}

/// Lets the log run through the flow up to the model.
fn arrived(graph: &Graph, node: &str, options: &TrainOptions) -> Result<Arrived, Stop> {
    let source = match sources(graph, node).as_slice() {
        [only] => (*only).to_owned(),
        several => {
            return Err(Stop::usage(format!(
                "`{node}` is fed by {} sources, training needs one",
                several.len()
            )));
        }
    };
    let arriving = graph.node(node).map(|(_, node)| Arc::clone(&node.input));
    let output = graph.node(&source).and_then(|(_, node)| node.outputs.first());
    let schema: Arc<Schema> = output
        .map(|output| Arc::clone(&output.schema))
        .unwrap_or_default();
    let listed = graph
        .node(node)
        .and_then(|(_, node)| predictor::listed_features(node));
    let mut arrived = Arrived::new(
        &arriving.unwrap_or_default(),
        &schema,
        listed.as_deref(),
        &options.columns,
    )?;
    let names = names(&options.columns, &schema)?;
    let log = CsvLog::open_with(&options.from, &schema, &[], names).map_err(|error| {
        Stop::usage(format!(
            "{error} (--map COLUMN=FIELD names a field's column, --unit FIELD=UNIT its unit)"
        ))
    })?;
    let mut offline = Offline::up_to(graph, node).map_err(Stop::failure)?;
    let keys = offline.keys();
    for batch in log.batches(Arc::clone(&keys)) {
        let batch = batch.map_err(Stop::usage)?;
        for batch in offline.arriving(&source, batch, node) {
            arrived.add(&batch, &keys);
        }
    }
    Ok(arrived)
}

/// What the command line says about the log's columns.
fn names(options: &ColumnOptions, schema: &Schema) -> Result<LogColumns, Stop> {
    for (option, field) in options
        .maps
        .iter()
        .map(|(_, field)| ("--map", field))
        .chain(options.units.iter().map(|(field, _)| ("--unit", field)))
    {
        if schema.slot(field).is_none() {
            let known = twinflow_engine::language::listed(schema.names());
            return Err(Stop::usage(format!(
                "{option}: the flow's source has no field `{field}`; there are {known}"
            )));
        }
    }
    Ok(LogColumns {
        time: Some(options.time.clone()),
        fields: options
            .maps
            .iter()
            .map(|(column, field)| (field.clone(), column.clone()))
            .collect(),
        units: options.units.iter().cloned().collect(),
        lenient: options.truth().map(str::to_owned).collect(),
    })
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
