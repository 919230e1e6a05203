//! `twinflow model show`.

use std::path::Path;

use serde::Serialize;
use twinflow_models::Summary;

use crate::cli::ModelFormat;
use crate::exit::Stop;
use crate::output;

/// The summary, and the size of the file.
#[derive(Serialize)]
struct Shown<'m> {
    #[serde(flatten)]
    summary: Summary<'m>,
    file_bytes: u64,
}

/// Tells what is in a model file.
pub fn show(path: &Path, format: ModelFormat) -> Result<(), Stop> {
    let (model, file_bytes) = super::read(path)?;
    let summary = model.summary();
    let text = match format {
        ModelFormat::Text => format!(
            "{}, {:.2} MB\n{summary}",
            path.display(),
            file_bytes as f64 / 1_000_000.0
        ),
        ModelFormat::Json => {
            let shown = Shown { summary, file_bytes };
            serde_json::to_string_pretty(&shown).map_err(Stop::failure)? + "\n"
        }
    };
    output::write(&text)
}
