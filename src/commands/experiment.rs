//! `twinflow experiment`: the runs of an experiment of a running flow.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value as Json, json};
use twinflow_engine::language::listed;

use crate::cli::{ExperimentOptions, StartOptions, WhichExperiment};
use crate::client::Client;
use crate::exit::Stop;
use crate::output;

/// How often a run that is waited for is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// What `GET /api/dashboard` tells, as far as it is needed to find an experiment.
#[derive(Deserialize)]
struct Dashboard {
    pages: Vec<Page>,
}

#[derive(Deserialize)]
struct Page {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    widgets: Vec<Widget>,
}

#[derive(Deserialize)]
struct Widget {
    node: String,
    kind: String,
}

/// The answer of `start` and `stop`.
#[derive(Deserialize)]
struct Named {
    run: String,
}

/// A run, as `list` tells it.
#[derive(Deserialize)]
struct Run {
    run: String,
    outcome: String,
    reason: Option<String>,
    by: String,
    note: String,
    parameters: BTreeMap<String, Json>,
    rows: u64,
    file: String,
    phase: Option<String>,
    elapsed: Option<f64>,
}

/// Starts, stops or lists runs.
pub fn experiment(options: &ExperimentOptions) -> Result<(), Stop> {
    match options {
        ExperimentOptions::Start(options) => start(options),
        ExperimentOptions::Stop(options) => {
            let (client, node) = found(&options.which)?;
            let Named { run } = client.operate(&node, "stop", &json!({})).map_err(Stop::failure)?;
            output::write(&format!("stopped {run}\n"))
        }
        ExperimentOptions::List(options) => {
            let (client, node) = found(&options.which)?;
            output::write(&table(&runs(&client, &node)?))
        }
    }
}

/// The experiment that is meant, which need not be named where there is only one.
fn found(which: &WhichExperiment) -> Result<(Client, String), Stop> {
    let client = Client::new(&which.running.url);
    if let Some(node) = &which.node {
        return Ok((client, node.clone()));
    }
    let dashboard: Dashboard = client.json("/api/dashboard").map_err(Stop::failure)?;
    let groups = dashboard.pages.into_iter().flat_map(|page| page.groups);
    let experiments: Vec<String> = groups
        .flat_map(|group| group.widgets)
        .filter(|widget| widget.kind == "experiment")
        .map(|widget| widget.node)
        .collect();
    match experiments.as_slice() {
        [only] => Ok((client, only.clone())),
        [] => Err(Stop::failure(format!(
            "the flow at {} has no experiment",
            client.url()
        ))),
        several => Err(Stop::usage(format!(
            "the flow has several experiments; say with --node which is meant: {}",
            listed(several.iter().map(String::as_str))
        ))),
    }
}

fn runs(client: &Client, node: &str) -> Result<Vec<Run>, Stop> {
    client
        .json(&format!("/api/nodes/{node}/list"))
        .map_err(Stop::failure)
}

fn start(options: &StartOptions) -> Result<(), Stop> {
    let (client, node) = found(&options.which)?;
    // Numbers and objects as JSON, everything else as it stands.
    let value = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Json::from(text));
    let parameters: BTreeMap<&str, Json> = options
        .parameters
        .iter()
        .map(|(name, text)| (name.as_str(), value(text)))
        .collect();
    let arguments = json!({ "parameters": parameters, "note": options.note, "key": options.key });
    let Named { run } = client
        .operate(&node, "start", &arguments)
        .map_err(Stop::failure)?;
    output::write(&format!("started {run}\n"))?;
    match options.wait {
        true => wait(&client, &node, &run),
        false => Ok(()),
    }
}

/// Tells the phases of a run until it is over.
fn wait(client: &Client, node: &str, id: &str) -> Result<(), Stop> {
    let mut told = None;
    loop {
        let run = runs(client, node)?.into_iter().find(|run| run.run == id);
        let run = run.ok_or_else(|| Stop::failure(format!("the run {id} is gone")))?;
        match run.outcome.as_str() {
            "running" => {}
            "complete" => return output::write(&format!("complete: {} rows in {}\n", run.rows, run.file)),
            outcome => {
                let reason = run
                    .reason
                    .map(|reason| format!(" ({reason})"))
                    .unwrap_or_default();
                let (rows, file) = (run.rows, run.file);
                return Err(Stop::failure(format!(
                    "the run {id} was {outcome}{reason}; {rows} rows in {file}"
                )));
            }
        }
        if let (Some(phase), Some(elapsed)) = (run.phase, run.elapsed)
            && told.as_ref() != Some(&phase)
        {
            output::write(&format!("{elapsed:6.0} s  {phase}\n"))?;
            told = Some(phase);
        }
        std::thread::sleep(LOOK);
    }
}

/// The runs, one a line.
fn table(runs: &[Run]) -> String {
    let mut lines = vec![["run", "outcome", "rows", "by", "parameters", "note"].map(str::to_owned)];
    lines.extend(runs.iter().map(|run| {
        let parameters: Vec<String> = run
            .parameters
            .iter()
            .map(|(name, value)| {
                format!(
                    "{name}={}",
                    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
                )
            })
            .collect();
        [
            run.run.clone(),
            run.outcome.clone(),
            run.rows.to_string(),
            run.by.clone(),
            parameters.join(" "),
            run.note.replace(['\n', '\r'], " "),
        ]
    }));
    let mut widths = [0; 6];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for line in &lines {
        let cells: Vec<String> = line
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}
