//! `twinflow check`.

use anstream::println;
use twinflow_engine::node::Level;
use twinflow_nodes::{Shared, registry};

use crate::cli::CheckOptions;
use crate::exit::Stop;
use crate::flow_file;

/// Checks a flow and tells that it is good, or everything that is wrong with it.
pub fn check(options: &CheckOptions) -> Result<(), Stop> {
    let level = if options.is_static {
        Level::Static
    } else {
        Level::Environment
    };
    let graph = flow_file::compile(&options.flow, &registry(&Shared::default()), level)?;
    let wires: usize = graph.nodes.iter().map(|node| node.inputs.len()).sum();
    println!(
        "{} is good: {} nodes, {wires} wires",
        options.flow.flow.display(),
        graph.nodes.len()
    );
    Ok(())
}
