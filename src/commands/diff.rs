//! `twinflow diff`.

use std::path::Path;

use anstream::println;
use twinflow_engine::comparison::{Version, compare};
use twinflow_engine::diagnostic::without_secrets;
use twinflow_engine::graph::Graph;
use twinflow_engine::node::Level;
use twinflow_nodes::{Shared, registry};

use crate::cli::{DiffOptions, FlowOptions};
use crate::exit::{Exit, Stop};
use crate::{flow_file, output};

/// Tells what two flows mean differently.
pub fn diff(options: &DiffOptions) -> Result<(), Stop> {
    // Both are checked before either is given up: one run tells the mistakes of both.
    let (old, new) = (checked(&options.old), checked(&options.new));
    let (old, new) = (old?, new?);
    let comparison = compare(
        Version {
            graph: &old,
            path: &options.old,
        },
        Version {
            graph: &new,
            path: &options.new,
        },
    );
    if comparison.is_empty() {
        println!(
            "{} and {} mean the same",
            options.old.display(),
            options.new.display()
        );
        return Ok(());
    }
    let mut secrets = old.secrets;
    secrets.extend(new.secrets);
    output::write(&without_secrets(&comparison.to_string(), &secrets))?;
    Err(Stop::told(Exit::Failure))
}

fn checked(path: &Path) -> Result<Graph, Stop> {
    let flow = FlowOptions {
        flow: path.to_owned(),
        broker: None,
    };
    let graph = flow_file::compile(&flow, &registry(&Shared::default()), Level::Environment);
    // What cannot even be read is told here, since the other file's trouble may hide it.
    graph
        .inspect_err(Stop::print)
        .map_err(|stop| Stop::told(stop.exit))
}
