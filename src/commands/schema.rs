//! `twinflow schema`.

use twinflow_engine::reference::json_schema;
use twinflow_nodes::{Shared, registry};

use crate::exit::Stop;
use crate::output;

/// Prints the JSON Schema of flow files.
pub fn schema() -> Result<(), Stop> {
    output::write(&format!("{:#}\n", json_schema(&registry(&Shared::default()))))
}
