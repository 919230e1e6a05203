//! `twinflow fit`: fits the parameters of a flow's twin to a log.

mod report;

use anstream::println;
use twinflow_engine::graph::Graph;
use twinflow_engine::language::listed;
use twinflow_engine::node::Level;
use twinflow_models::Classes;
use twinflow_nodes::twin_fit::{Observer, Seen, fit as fitted, misses};
use twinflow_nodes::{Shared, registry};
use twinflow_plant::Parameters;

use super::train::truth::{Label, Truth};
use crate::cli::{FitOptions, FlowOptions};
use crate::exit::Stop;
use crate::flow_file;
use crate::log_replay::LogReplay;
use report::FitReport;

/// Every so-manieth run is not fitted to, but judged by.
const JUDGED_EVERY: usize = 5;

/// Fits, and prints what to write into the flow.
pub fn fit(options: &FitOptions) -> Result<(), Stop> {
    let flow = FlowOptions {
        flow: options.flow.clone(),
        broker: None,
    };
    let graph = flow_file::compile(&flow, &registry(&Shared::default()), Level::Static)?;
    let node = twin_node(&graph, options)?;
    let observer = graph.node(node).and_then(|(_, node)| Observer::of(node));
    let Some(mut observer) = observer else {
        return Err(Stop::failure(format!("`{node}` cannot be read as a twin")));
    };
    let truth = Truth::read(&options.from, &options.columns, &Classes::fan(), Label::Welcome)?;
    let mut faulty = 0_usize;
    LogReplay::up_to(&graph, node)?.run(&options.from, &options.columns, |batch, keys| {
        observer.add(batch, keys, |machine, time| {
            let known = truth.at(machine, time)?;
            if known.code.is_some_and(|code| code != 0) {
                faulty += 1;
                return None;
            }
            Some(truth.run(known).to_owned())
        });
    })?;
    let (lacking, late) = observer.left_out();
    let runs = observer.runs();
    let (fitting, judging) = parted(runs);
    let readings = |runs: &[Vec<Seen>]| runs.iter().map(Vec::len).sum::<usize>();
    let Some(fitted) = fitted(&fitting) else {
        return Err(Stop::usage(format!(
            "{} has {} readings of a sound fan in a row at most: too few to fit anything to",
            options.from.display(),
            fitting.iter().map(Vec::len).max().unwrap_or(0)
        )));
    };
    let report = FitReport {
        node,
        fitted: &fitted,
        readings: readings(&fitting),
        faulty,
        lacking,
        late,
        is_labelled: truth.is_labelled,
        before: misses(&judging, &Parameters::default()),
        after: misses(&judging, &fitted.parameters),
    };
    println!("{report}");
    Ok(())
}

/// The twin to fit: the one that is named, or the only one.
fn twin_node<'g>(graph: &'g Graph, options: &'g FitOptions) -> Result<&'g str, Stop> {
    let twins = graph.nodes.iter().filter(|node| node.node_type == "twin");
    let twins: Vec<&str> = twins.map(|node| node.id.as_str()).collect();
    let flow = options.flow.display();
    match (&options.node, twins.as_slice()) {
        (_, []) => Err(Stop::usage(format!("{flow} has no `twin` node to fit"))),
        (Some(name), known) => known
            .iter()
            .find(|twin| **twin == name.as_str())
            .copied()
            .ok_or_else(|| {
                let known = listed(known.iter().copied());
                Stop::usage(format!("{flow} has no `twin` node `{name}`; there is {known}"))
            }),
        (None, [only]) => Ok(only),
        (None, several) => Err(Stop::usage(format!(
            "{flow} has several twins, {}: name one with --node",
            listed(several.iter().copied())
        ))),
    }
}

/// Runs to fit to, and runs to judge by: every fifth one, or the last fifth of an only one.
fn parted(runs: Vec<Vec<Seen>>) -> (Vec<Vec<Seen>>, Vec<Vec<Seen>>) {
    if let [only] = runs.as_slice() {
        let (fitting, judging) = only.split_at(only.len() - only.len() / JUDGED_EVERY);
        return (vec![fitting.to_vec()], vec![judging.to_vec()]);
    }
    let count = runs.len();
    let is_judge = |number: usize| {
        let is_last = count < JUDGED_EVERY && number + 1 == count;
        is_last || number % JUDGED_EVERY == JUDGED_EVERY - 1
    };
    let (judging, fitting): (Vec<_>, Vec<_>) = runs
        .into_iter()
        .enumerate()
        .partition(|(number, _)| is_judge(*number));
    let only = |numbered: Vec<(usize, Vec<Seen>)>| numbered.into_iter().map(|(_, run)| run).collect();
    (only(fitting), only(judging))
}
