//! Whether a confidence means what it says.

use serde::{Deserialize, Serialize};

use super::RowAnswer;
use crate::dataset::Dataset;

const BINS: usize = 10;

/// How far confidences can be trusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Rows by confidence, in ten parts from 0 to 1; parts without rows are left out.
    pub bins: Vec<ReliabilityBin>,
    /// The mean distance between confidence and hit rate, over all rows (expected calibration error).
    pub expected_error: f64,
    /// Mean over the rows of the squared distance between all probabilities and the truth: 0 is perfect, 2 is sure
    /// of something wrong (Brier score of several classes).
    pub brier: f64,
}

/// The rows of similar confidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReliabilityBin {
    /// Rows.
    pub rows: u64,
    /// Their mean confidence.
    pub confidence: f64,
    /// The share of them that was right.
    pub hit_rate: f64,
}

impl Calibration {
    pub(crate) fn of(dataset: &Dataset, answers: &[Option<RowAnswer>]) -> Self {
        let mut sums = [(0_u64, 0.0_f64, 0_u64); BINS];
        let (mut brier, mut rows) = (0.0_f64, 0_u64);
        for (row, answer) in answers.iter().enumerate() {
            let Some(answer) = answer else { continue };
            rows += 1;
            brier += f64::from(answer.brier);
            let bin = ((f64::from(answer.confidence) * BINS as f64) as usize).min(BINS - 1);
            if let Some((count, confidence, hits)) = sums.get_mut(bin) {
                *count += 1;
                *confidence += f64::from(answer.confidence);
                *hits += u64::from(answer.class == dataset.label(row));
            }
        }
        let bin = |(count, confidence, hits): &(u64, f64, u64)| ReliabilityBin {
            rows: *count,
            confidence: confidence / *count as f64,
            hit_rate: *hits as f64 / *count as f64,
        };
        let bins: Vec<ReliabilityBin> = sums.iter().filter(|(count, ..)| *count > 0).map(bin).collect();
        let distance = |bin: &ReliabilityBin| (bin.confidence - bin.hit_rate).abs() * bin.rows as f64;
        Calibration {
            expected_error: bins.iter().map(distance).sum::<f64>() / rows.max(1) as f64,
            brier: brier / rows.max(1) as f64,
            bins,
        }
    }
}
