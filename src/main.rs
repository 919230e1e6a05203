//! The `twinflow` command.

mod access;
mod cli;
mod client;
mod commands;
mod exit;
mod flow_file;
mod flow_texts;
mod log_replay;
mod logging;
mod output;
mod predictor;
mod reloading;
mod serving;
mod stop_signals;
mod whole_file;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::exit::Exit;

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    logging::start(cli.verbose, cli.log_format);
    let result = match cli.command.unwrap_or_default() {
        Command::Run(options) => commands::run::run(&options),
        Command::Check(options) => commands::check::check(&options),
        Command::Test(options) => commands::test::test(&options),
        Command::Replay(options) => commands::replay::replay(&options),
        Command::Top(options) => commands::top::top(&options),
        Command::Tap(options) => commands::tap::tap(&options),
        Command::Reload(options) => commands::reload::reload(&options),
        Command::Experiment(options) => commands::experiment::experiment(&options),
        Command::User(options) => commands::user::user(&options),
        Command::State(options) => commands::state::state(&options),
        Command::New(options) => commands::new::new(&options),
        Command::Simulate(options) => commands::simulate::simulate(&options),
        Command::Train(options) => commands::train::train(&options),
        Command::Fit(options) => commands::fit::fit(&options),
        Command::Model(options) => commands::model::model(&options),
        Command::Export(options) => commands::export::export(&options),
        Command::Nodes(options) => commands::nodes::nodes(&options),
        Command::Schema => commands::schema::schema(),
        Command::Graph(options) => commands::graph::graph(&options),
        Command::Diff(options) => commands::diff::diff(&options),
        Command::Lsp => commands::lsp::lsp(),
        Command::Fmt(options) => commands::fmt::fmt(&options),
        Command::Migrate(options) => commands::migrate::migrate(&options),
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
