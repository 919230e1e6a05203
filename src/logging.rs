//! The log on standard error.

use std::io::IsTerminal;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::LogFormat;

/// The target of what is said when a flow runs.
pub const GREETING: &str = "greeting";

/// Starts the log. Other crates only speak of what is wrong, unless everything is asked for.
pub fn start(verbose: u8, format: LogFormat) {
    let (ours, others) = match verbose {
        0 => (LevelFilter::WARN, LevelFilter::ERROR),
        1 => (LevelFilter::INFO, LevelFilter::WARN),
        _ => (LevelFilter::DEBUG, LevelFilter::INFO),
    };
    let crates = [
        "twinflow",
        "twinflow_engine",
        "twinflow_nodes",
        "twinflow_models",
        "twinflow_ui",
    ];
    let targets = crates
        .into_iter()
        .fold(Targets::new().with_default(others), |targets, name| {
            targets.with_target(name, ours)
        });
    // What a user's script prints is for the user.
    let targets = targets.with_target("script", LevelFilter::INFO);
    // A person is greeted in a few lines, a program by an event.
    let greeting = match format {
        LogFormat::Text => LevelFilter::OFF,
        LogFormat::Json => LevelFilter::INFO,
    };
    let log = tracing_subscriber::registry().with(targets.with_target(GREETING, greeting));
    let layer = fmt::layer().with_writer(std::io::stderr).with_target(false);
    match format {
        LogFormat::Text => log.with(layer.with_ansi(std::io::stderr().is_terminal())).init(),
        LogFormat::Json => log.with(layer.json().flatten_event(true)).init(),
    }
}
