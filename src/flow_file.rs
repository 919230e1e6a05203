//! From a path to a checked flow, with everything told that is wrong on the way.

use std::io::IsTerminal;
use std::path::Path;

use anstream::{eprint, eprintln};
use twinflow_engine::diagnostic::{Colour, Diagnostic, Warnings, pointer, render, verdict};
use twinflow_engine::graph::{Compiled, Graph, compile_text};
use twinflow_engine::language::{Environment, ProcessEnvironment, Sources};
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

/// Larger files are not flows.
pub const MAX_FLOW_BYTES: u64 = 16 * 1024 * 1024;

/// Reads and checks a flow; prints its diagnostics.
pub fn compile(options: &FlowOptions, registry: &Registry, level: Level) -> Result<Graph, Stop> {
    let compiled = check(options, registry, level)?;
    print_diagnostics(&compiled, Warnings::Allowed);
    compiled.graph.ok_or(Stop::told(Exit::Usage))
}

/// Reads and checks a flow; prints nothing.
pub fn check(options: &FlowOptions, registry: &Registry, level: Level) -> Result<Compiled, Stop> {
    let text = read(&options.flow)?;
    let environment = WithBroker(options.broker.as_deref());
    Ok(compile_text(&options.flow, &text, registry, &environment, level))
}

/// The text of a flow file.
pub fn read(path: &Path) -> Result<String, Stop> {
    let size = std::fs::metadata(path).map(|file| file.len());
    if size.as_ref().is_ok_and(|size| *size > MAX_FLOW_BYTES) {
        return Err(Stop::usage(format!(
            "{} is larger than 16 MiB: this is no flow file",
            path.display()
        )));
    }
    let bytes = std::fs::read(path).map_err(|error| {
        let hint = if error.kind() == std::io::ErrorKind::NotFound {
            "; give the path of a flow file, such as `twinflow run my-flow.yaml`"
        } else {
            ""
        };
        Stop::usage(format!(
            "the flow file {} cannot be read: {error}{hint}",
            path.display()
        ))
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error
            .as_bytes()
            .iter()
            .take(valid)
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        Stop::usage(format!(
            "{}:{line}: the file is not UTF-8 text; save it as UTF-8",
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
