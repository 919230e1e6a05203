//! Fault classifiers: data sets, Random Forest training and evaluation, and inference in microseconds.
//!
//! ```text
//! rows ──DatasetBuilder──▶ Dataset ──train──▶ (Model, Report ──ReportPage──▶ a page with plots)
//!        bad rows counted                        │ to_json / from_json: one portable file
//!                                                ▼
//!                              Model::classify ──▶ Verdict ──Model::answer──▶ Answer
//!                              Model::explain ──▶ Explanation: which feature moved the verdict by how much
//!                              Model::pruned, CSource ──▶ C for a microcontroller
//! ```
//! smartcore grows the trees. Prediction is our own: trees flattened into eight-byte nodes, every leaf with
//! the distribution of the classes among training rows its tree has not seen.
//!
//! ```
//! use twinflow_models::{Classes, Dataset, FeatureSpec, TrainConfig, train};
//!
//! let mut builder = Dataset::builder(vec![FeatureSpec::new("vibration", Some("g"))], Classes::fan())?;
//! for run in ["monday", "tuesday", "wednesday", "thursday"] {
//!     for step in 0..50 {
//!         let wobble = step as f32 * 1e-4;
//!         builder.push(&[0.02 + wobble], 0, run);
//!         builder.push(&[0.09 + wobble], 3, run);
//!     }
//! }
//! let (dataset, cleaning) = builder.finish();
//! assert_eq!(cleaning.refused(), 0);
//!
//! let config = TrainConfig { trees: 10, ..TrainConfig::default() };
//! let (model, report) = train(&dataset, &config, &|_| {})?;
//! assert!(report.accuracy > 0.99);
//!
//! let mut probabilities = [0.0; 5];
//! let verdict = model.classify(&[0.095], &mut probabilities)?;
//! assert_eq!(model.answer(&verdict).fault_label, "Mechanical Imbalance");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod c_source;
mod card;
mod classes;
mod cleaning;
mod dataset;
mod deciles;
mod evaluate;
mod explanation;
mod fan_classes;
mod feature_check;
mod flatten;
mod forest;
mod grow;
mod grown_tree;
mod judge;
mod location;
mod model;
mod model_file;
mod onnx;
mod packed;
mod packed_tree;
mod page;
mod prune;
mod quadrature;
mod repeats;
mod report_text;
mod search;
mod sequence;
mod shap;
mod shap_tables;
mod shuffle;
mod split;
mod spread;
mod store;
mod stuck;
mod summary;
mod train;
mod walk;

pub use answer::Answer;
pub use c_source::{CSource, ExportError};
pub use card::{CardError, CardTemplate};
pub use classes::{Class, Classes, ClassesError, Severity, SeverityRule};
pub use cleaning::{CleaningReport, Gaps, Refusal};
pub use dataset::{Dataset, DatasetBuilder, FeatureSpec, FeaturesError, Row};
pub use deciles::Decile;
pub use evaluate::{Baseline, ClassScore, FaultScore, FeatureImportance, JudgedBy, Report};
pub use explanation::Explanation;
pub use feature_check::{Flaw, FlawedFeature};
pub use judge::{Calibration, Detection, FalseAlarms, ReliabilityBin};
pub use model::{ClassifyError, Feature, Model, Training, Verdict};
pub use model_file::ModelError;
pub use onnx::OnnxError;
pub use packed::ForestError;
pub use page::ReportPage;
pub use prune::ForestSize;
pub use search::{SearchProgress, Trial, TrialScores, search};
pub use split::{Fold, folds_by_run};
pub use spread::{ClassSpread, FeatureSpread};
pub use store::ModelStore;
pub use summary::{InferenceSummary, Summary};
pub use train::{Judgement, Progress, TrainConfig, TrainError, train};
