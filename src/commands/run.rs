//! `twinflow run`.

use twinflow_engine::node::Level;
use twinflow_engine::runtime::Clock;
use twinflow_nodes::{Shared, registry};

use crate::access;
use crate::cli::RunOptions;
use crate::exit::Stop;
use crate::flow_file;
use crate::reloading::{FlowFiles, MadeOf};
use crate::serving::{Serving, serve};

/// Runs a flow until it is told to stop.
pub fn run(options: &RunOptions) -> Result<(), Stop> {
    let shared = Shared::default();
    let (graph, compiled) =
        flow_file::compile_with_tests(&options.flow, &registry(&shared), Level::Environment)?;
    serve(&Serving {
        graph: &graph,
        flow: &options.flow.flow,
        shared: &shared,
        listen: options.listen,
        access: access::setup(&options.access, options.listen, &options.flow.flow)?,
        clock: Clock::default(),
        files: Some((FlowFiles::new(&options.flow, &shared), MadeOf::new(&compiled))),
    })
}
