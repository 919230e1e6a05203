//! What a training writes for programs to read.

use serde::Serialize;
use twinflow_models::{CleaningReport, FeatureSpread, Report};

/// The report with everything around it, for programs.
#[derive(Serialize)]
pub struct ReportFile<'r> {
    pub cleaning: &'r CleaningReport,
    pub features_left_out: &'r [String],
    #[serde(flatten)]
    pub report: &'r Report,
    pub features: &'r [FeatureSpread],
}
