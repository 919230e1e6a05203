//! `twinflow run`.

use twinflow_engine::node::Level;
use twinflow_engine::runtime::Clock;
use twinflow_nodes::{Shared, registry};

use crate::cli::RunOptions;
use crate::exit::Stop;
use crate::flow_file;
use crate::serving::{Serving, serve};

/// Runs a flow until it is told to stop.
pub fn run(options: &RunOptions) -> Result<(), Stop> {
    let shared = Shared::default();
    let graph = flow_file::compile(&options.flow, &registry(&shared), Level::Environment)?;
    serve(&Serving {
        graph: &graph,
        flow: &options.flow.flow,
        shared: &shared,
        listen: options.listen,
        clock: Clock::default(),
    })
}
