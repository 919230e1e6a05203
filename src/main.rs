//! The `twinflow` command.

mod cli;
mod commands;
mod exit;
mod flow_file;
mod logging;
mod predictor;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::exit::Exit;

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    logging::start(cli.verbose);
    let result = match cli.command.unwrap_or_default() {
        Command::Run(options) => commands::run::run(&options),
        Command::Check(options) => commands::check::check(&options),
        Command::Simulate(options) => commands::simulate::simulate(&options),
        Command::Train(options) => commands::train::train(&options),
        Command::Nodes(options) => commands::nodes::nodes(&options),
        Command::Fmt(options) => commands::fmt::fmt(&options),
        Command::Explain(options) => commands::explain::explain(&options),
    };
    match result {
        Ok(()) => Exit::Success,
        Err(error) => {
            error.print();
            error.exit
        }
    }
    .into()
}
