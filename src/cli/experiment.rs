//! The options of `twinflow experiment`.

use clap::{Args, Subcommand};

use super::RunningOptions;

#[derive(Debug, Subcommand)]
pub enum ExperimentOptions {
    /// Start a run
    Start(StartOptions),
    /// Stop the run that is going on: the machine gets the commands of the last phase
    Stop(StopOptions),
    /// List the runs, the newest first
    List(ListOptions),
}

/// Which experiment.
#[derive(Debug, Args)]
pub struct WhichExperiment {
    /// The node, where the flow has several experiments
    #[arg(long, value_name = "NODE")]
    pub node: Option<String>,

    #[command(flatten)]
    pub running: RunningOptions,
}

#[derive(Debug, Args)]
pub struct StartOptions {
    #[command(flatten)]
    pub which: WhichExperiment,

    /// What to choose for a parameter: the label or the value of an option, or a number, such as fault=Imbalance or heat_load=200
    #[arg(long = "parameter", short, value_name = "NAME=VALUE", value_parser = parameter)]
    pub parameters: Vec<(String, String)>,

    /// What to write down with the run
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,

    /// The machine, where the flow has several
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,

    /// Wait until it is over, and tell its phases: exit code 0 when it went through all of them
    #[arg(long)]
    pub wait: bool,
}

#[derive(Debug, Args)]
pub struct StopOptions {
    #[command(flatten)]
    pub which: WhichExperiment,
}

#[derive(Debug, Args)]
pub struct ListOptions {
    #[command(flatten)]
    pub which: WhichExperiment,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("expected a name and a value, such as fault=Imbalance".to_owned()),
    }
}
