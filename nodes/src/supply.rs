//! Where tests and replays of a flow get their records.

use std::path::Path;
use std::sync::Arc;

use twinflow_engine::diagnostic::Diagnostic;
use twinflow_engine::language::Yaml;
use twinflow_engine::record::{Batch, EventTime, Keys};
use twinflow_engine::schema::Schema;
use twinflow_engine::testing::{SimulatedPayload, Supply};

use crate::csv_log::CsvLog;
use crate::fan_simulation;

/// CSV logs from the disk, and a simulated fan.
pub struct LogsAndSimulation;

impl Supply for LogsAndSimulation {
    fn log(&self, path: &Path, schema: &Arc<Schema>, keys: &Arc<Keys>) -> Result<Vec<Batch>, String> {
        CsvLog::open(path, schema, &[])
            .and_then(|log| log.batches(Arc::clone(keys)).collect())
            .map_err(|error| error.to_string())
    }

    fn simulate(&self, settings: &Yaml, start: EventTime) -> Result<Vec<SimulatedPayload>, Vec<Diagnostic>> {
        fan_simulation::simulate(settings, start)
    }
}
