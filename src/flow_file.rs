//! From a path to a checked flow, with everything told that is wrong on the way.

use std::io::IsTerminal;
use std::path::Path;

use anstream::{eprint, eprintln};
use twinflow_engine::diagnostic::{Colour, Diagnostic, Warnings, pointer, render, verdict};
use twinflow_engine::graph::{Compiled, Graph, compile_text};
use twinflow_engine::language::{Environment, ProcessEnvironment, Sources, read_text};
use twinflow_engine::node::{Level, Registry};

use crate::cli::FlowOptions;
use crate::exit::{Exit, Stop};

/// The process's environment, with the broker that the command line names in it.
pub struct WithBroker<'o>(pub Option<&'o str>);

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
    let mut compiled = check(options, registry, level)?;
    print_diagnostics(&compiled, Warnings::Allowed);
    match compiled.graph.take() {
        Some(graph) => Ok((graph, compiled)),
        None => Err(Stop::told(Exit::Usage)),
    }
}

/// Reads and checks a flow; prints nothing.
pub fn check(options: &FlowOptions, registry: &Registry, level: Level) -> Result<Compiled, Stop> {
    let text = read(&options.flow)?;
    let environment = WithBroker(options.broker.as_deref());
    Ok(compile_text(&options.flow, &text, registry, &environment, level))
}

/// The text of a flow file.
pub fn read(path: &Path) -> Result<String, Stop> {
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

/// Tells on standard error what was found, and where to read more about it.
pub fn print_diagnostics(compiled: &Compiled, warnings: Warnings) {
    let Compiled {
        diagnostics, sources, ..
    } = compiled;
    print_rendered(diagnostics, sources);
    if let Some(verdict) = verdict(diagnostics, warnings) {
        eprintln!("{verdict}");
    }
    if let Some(pointer) = pointer(diagnostics) {
        eprintln!("{pointer}");
    }
}

/// The diagnostics alone, each with its source line.
pub fn print_rendered(diagnostics: &[Diagnostic], sources: &Sources) {
    let colour = if std::io::stderr().is_terminal() {
        Colour::Styled
    } else {
        Colour::Plain
    };
    eprint!("{}", render(diagnostics, sources, colour));
}
