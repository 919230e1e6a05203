//! `twinflow check`.

use anstream::{print, println};
use twinflow_engine::diagnostic::{Warnings, github, json, passes};
use twinflow_engine::node::Level;
use twinflow_nodes::{Shared, registry};

use crate::cli::{CheckFormat, CheckOptions};
use crate::exit::{Exit, Stop};
use crate::flow_file;

/// Checks a flow and tells that it is good, or everything that is wrong with it.
pub fn check(options: &CheckOptions) -> Result<(), Stop> {
    let level = if options.is_static {
        Level::Static
    } else {
        Level::Network
    };
    let warnings = if options.deny_warnings {
        Warnings::Denied
    } else {
        Warnings::Allowed
    };
    let flow = &options.flow.flow;
    let compiled = flow_file::check(&options.flow, &registry(&Shared::default()), level)?;
    match options.format {
        CheckFormat::Text => flow_file::print_diagnostics(&compiled, warnings),
        CheckFormat::Json => println!(
            "{}",
            json(flow, &compiled.diagnostics, &compiled.sources, warnings)
        ),
        CheckFormat::Github => print!("{}", github(flow, &compiled.diagnostics, &compiled.sources)),
    }
    let graph = compiled
        .graph
        .filter(|_| passes(&compiled.diagnostics, warnings))
        .ok_or(Stop::told(Exit::Usage))?;
    if options.format == CheckFormat::Text {
        let wires: usize = graph.nodes.iter().map(|node| node.inputs.len()).sum();
        println!(
            "{} is good: {}, {}",
            flow.display(),
            counted(graph.nodes.len(), "node"),
            counted(wires, "wire")
        );
    }
    Ok(())
}

/// `1 wire`, `2 wires`.
fn counted(number: usize, name: &str) -> String {
    match number {
        1 => format!("1 {name}"),
        _ => format!("{number} {name}s"),
    }
}
