//! `twinflow model card`.

use std::path::Path;

use twinflow_models::CardTemplate;

use crate::exit::Stop;
use crate::output;

/// Prints a card for an ONNX file, to be filled in.
pub fn card(path: &Path) -> Result<(), Stop> {
    let template =
        CardTemplate::of(path).map_err(|error| Stop::usage(format!("{}: {error}", path.display())))?;
    output::write(&template.to_string())
}
