//! The files that a training writes: the model, and the report as JSON and as a page.

use std::path::Path;

use serde::Serialize;
use twinflow_models::{CleaningReport, FeatureSpread, Report};

use crate::exit::Stop;

/// The report with everything around it, for programs.
#[derive(Serialize)]
pub struct ReportFile<'r> {
    pub cleaning: &'r CleaningReport,
    pub features_left_out: &'r [String],
    #[serde(flatten)]
    pub report: &'r Report,
    pub features: &'r [FeatureSpread],
}

/// A half-written file would be worse than none: it is written aside and moved into place.
pub fn write(bytes: &[u8], out: &Path) -> Result<(), Stop> {
    let failed =
        |error: std::io::Error| Stop::failure(format!("{} cannot be written: {error}", out.display()));
    if let Some(folder) = out.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial = out.with_file_name(name);
    std::fs::write(&partial, bytes).map_err(failed)?;
    std::fs::rename(&partial, out).map_err(failed)
}
