//! From a path to a checked flow, with everything told that is wrong on the way.

use std::io::IsTerminal;
use std::path::Path;

use anstream::{eprint, eprintln};
use twinflow_engine::diagnostic::{Colour, render, summary};
use twinflow_engine::graph::{Compiled, Graph, compile_text};
use twinflow_engine::language::{Environment, ProcessEnvironment, read_text};
use twinflow_engine::node::{Level, Registry};

use crate::cli::FlowOptions;
use crate::exit::{Exit, Stop};

/// The process's environment, with the broker that the command line names in it.
struct WithBroker<'o>(Option<&'o str>);

impl Environment for WithBroker<'_> {
    fn get(&self, name: &str) -> Option<String> {
        match (name, self.0) {
            ("TWINFLOW_BROKER", Some(broker)) => Some(broker.to_owned()),
            _ => ProcessEnvironment.get(name),
        }
    }
}

/// Reads and checks a flow; prints its diagnostics.
pub fn compile(options: &FlowOptions, registry: &Registry, level: Level) -> Result<Graph, Stop> {
    compile_with_tests(options, registry, level).map(|(graph, _)| graph)
}

/// Reads and checks a flow likewise, and gives its tests beside the graph.
pub fn compile_with_tests(
    options: &FlowOptions,
    registry: &Registry,
    level: Level,
) -> Result<(Graph, Compiled), Stop> {
    let text = read(&options.flow)?;
    let environment = WithBroker(options.broker.as_deref());
    let mut compiled = compile_text(&options.flow, &text, registry, &environment, level);
    print_diagnostics(&compiled);
    match compiled.graph.take() {
        Some(graph) => Ok((graph, compiled)),
        None => Err(Stop::told(Exit::Usage)),
    }
}

fn read(path: &Path) -> Result<String, Stop> {
    read_text(path).map_err(|reason| {
        let hint = if path.exists() {
            ""
        } else {
            "; give the path of a flow file, such as `twinflow run my-flow.yaml`"
        };
        Stop::usage(format!(
            "the flow file {} cannot be read: {reason}{hint}",
            path.display()
        ))
    })
}

fn print_diagnostics(compiled: &Compiled) {
    let colour = if std::io::stderr().is_terminal() {
        Colour::Styled
    } else {
        Colour::Plain
    };
    eprint!("{}", render(&compiled.diagnostics, &compiled.sources, colour));
    if let Some(summary) = summary(&compiled.diagnostics) {
        eprintln!("{summary}");
    }
}
