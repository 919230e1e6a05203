//! `twinflow train`: replays a log through the flow up to its `classify` node and learns from what arrives there.
//!
//! So the features are computed by the very nodes that compute them live.

mod features;
mod report_file;
mod settings;
pub(super) mod truth;

use std::sync::Arc;

use anstream::println;
use twinflow_engine::graph::Graph;
use twinflow_engine::node::Level;
use twinflow_models::{Classes, FeatureSpread, Model, ReportPage};
use twinflow_nodes::{Shared, registry};

use self::features::{Arrived, Learnable};
use self::report_file::ReportFile;
use self::truth::{Label, Truth};
use crate::cli::{DEFAULT_RUN, FlowOptions, TrainOptions};
use crate::exit::Stop;
use crate::log_replay::LogReplay;
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
    let out = options.out.as_deref().unwrap_or(&model_file);
    if let [_, _card] = Model::files(out).as_slice() {
        let message = format!(
            "{} is an ONNX file, which other tools make; `--out FILE.json` writes the trained model elsewhere",
            out.display()
        );
        return Err(Stop::usage(message));
    }
    let truth = Truth::read(&options.from, &options.columns, &Classes::fan(), Label::Needed)?;
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
    let replay = LogReplay::up_to(graph, node)?;
    let node = graph.node(node).map(|(_, node)| node);
    let arriving = node.map(|node| Arc::clone(&node.input)).unwrap_or_default();
    let listed = node.and_then(predictor::listed_features);
    let mut arrived = Arrived::new(&arriving, &replay.schema, listed.as_deref(), &options.columns)?;
    replay.run(&options.from, &options.columns, |batch, keys| {
        arrived.add(batch, keys)
    })?;
    Ok(arrived)
}
