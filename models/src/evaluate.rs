//! How good a model is on rows it has not seen.

use serde::{Deserialize, Serialize};

use crate::classes::Classes;
use crate::judge::{Calibration, Detection, FalseAlarms};

/// How a model does on rows that it has not seen, small enough to lie in the model's file.
///
/// Precision, recall and F1 are 0 where they have nothing to count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// What it was judged by.
    pub judged_by: JudgedBy,
    /// Rows that it was judged by.
    pub judged_rows: usize,
    /// Scores of each class, in the order of the class indices.
    pub classes: Vec<ClassScore>,
    /// Rows by true class (outer) and predicted class (inner).
    pub confusion: Vec<Vec<u64>>,
    /// Share of the rows whose class was found.
    pub accuracy: f64,
    /// Mean F1 of the classes that the judged rows have.
    pub macro_f1: f64,
    /// The question "fault or not", whatever the class.
    pub fault: FaultScore,
    /// Whether a confidence of 0.9 is right nine times in ten.
    pub calibration: Calibration,
    /// How long after its begin a fault is named, by class and severity; empty for rows without times.
    pub detections: Vec<Detection>,
    /// Faults named in normal operation; nothing for rows without times.
    pub false_alarms: Option<FalseAlarms>,
    /// What each feature is worth.
    pub importance: Vec<FeatureImportance>,
    /// What very simple rules reach on the same rows.
    pub baselines: Vec<Baseline>,
    /// Labels of classes that are in one run only: no model that was judged by them has seen them.
    pub unjudged_classes: Vec<String>,
}

/// What a model was judged by. The model itself is trained on all rows afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JudgedBy {
    /// Every run was held out once, whole.
    Folds {
        /// In so many parts.
        folds: usize,
        /// So many runs.
        runs: usize,
    },
    /// The latest runs were held out.
    LatestRuns {
        /// How many.
        runs: usize,
        /// Rows before them.
        training_rows: usize,
    },
    /// The latest rows were held out.
    LatestRows {
        /// Rows before them.
        training_rows: usize,
    },
}

/// What a feature is worth: how much macro-F1 falls when its values are dealt out anew among rows not seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureImportance {
    /// The feature.
    pub feature: String,
    /// The loss of macro-F1.
    pub macro_f1_loss: f64,
}

/// How well one class is found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassScore {
    /// The class's code.
    pub code: u32,
    /// The class's label.
    pub label: String,
    /// Share of the rows said to be of the class that are.
    pub precision: f64,
    /// Share of the class's rows that are found.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
    /// Rows of the class.
    pub support: u64,
}

/// How well faults are told from normal operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultScore {
    /// Share of the alarms that are right.
    pub precision: f64,
    /// Share of the faulty rows that raise an alarm.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
}

/// The scores of a very simple rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The rule.
    pub rule: String,
    /// Its accuracy.
    pub accuracy: f64,
    /// Its macro-F1.
    pub macro_f1: f64,
    /// How well it tells faults from normal operation.
    pub fault: FaultScore,
    /// Share of the faults that it names; nothing for rows without times.
    pub detected: Option<f64>,
    /// Faults that it names in normal operation; nothing for rows without times.
    pub false_alarms: Option<FalseAlarms>,
}

/// Counts of one yes-or-no question.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    hits: u64,
    false_alarms: u64,
    misses: u64,
}

impl Counts {
    /// Precision, recall, F1.
    fn scores(self) -> (f64, f64, f64) {
        let share = |part: u64, whole: u64| {
            if whole == 0 {
                0.0
            } else {
                part as f64 / whole as f64
            }
        };
        let f1 = share(2 * self.hits, 2 * self.hits + self.false_alarms + self.misses);
        (
            share(self.hits, self.hits + self.false_alarms),
            share(self.hits, self.hits + self.misses),
            f1,
        )
    }
}

/// What is counted from true and predicted classes alone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scores {
    pub confusion: Vec<Vec<u64>>,
    pub classes: Vec<ClassScore>,
    pub accuracy: f64,
    pub macro_f1: f64,
    pub fault: FaultScore,
}

impl Scores {
    /// Scores pairs of true and predicted class indices.
    pub fn of(classes: &Classes, pairs: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let normal = classes.normal_index();
        let mut confusion = vec![vec![0_u64; classes.count()]; classes.count()];
        let mut fault = Counts::default();
        let (mut rows, mut hits) = (0_u64, 0_u64);
        for (truth, predicted) in pairs {
            rows += 1;
            hits += u64::from(truth == predicted);
            if let Some(cell) = confusion.get_mut(truth).and_then(|row| row.get_mut(predicted)) {
                *cell += 1;
            }
            match (truth != normal, predicted != normal) {
                (true, true) => fault.hits += 1,
                (false, true) => fault.false_alarms += 1,
                (true, false) => fault.misses += 1,
                (false, false) => {}
            }
        }
        let scores: Vec<ClassScore> = classes
            .iter()
            .enumerate()
            .map(|(index, class)| {
                let counts = class_counts(&confusion, index);
                let (precision, recall, f1) = counts.scores();
                ClassScore {
                    code: class.code,
                    label: class.label.clone(),
                    precision,
                    recall,
                    f1,
                    support: counts.hits + counts.misses,
                }
            })
            .collect();
        let (precision, recall, f1) = fault.scores();
        Scores {
            confusion,
            accuracy: hits as f64 / rows.max(1) as f64,
            macro_f1: macro_f1(&scores),
            classes: scores,
            fault: FaultScore {
                precision,
                recall,
                f1,
            },
        }
    }
}

fn class_counts(confusion: &[Vec<u64>], class: usize) -> Counts {
    let mut counts = Counts::default();
    for (truth, row) in confusion.iter().enumerate() {
        for (predicted, rows) in row.iter().enumerate() {
            match (truth == class, predicted == class) {
                (true, true) => counts.hits += rows,
                (false, true) => counts.false_alarms += rows,
                (true, false) => counts.misses += rows,
                (false, false) => {}
            }
        }
    }
    counts
}

fn macro_f1(scores: &[ClassScore]) -> f64 {
    let judged: Vec<f64> = scores
        .iter()
        .filter(|score| score.support > 0)
        .map(|score| score.f1)
        .collect();
    judged.iter().sum::<f64>() / judged.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_those_counted_by_hand() {
        // 10 normal rows, 2 of them called overcurrent; 4 overcurrent rows, 1 of them called imbalance, 1
        // normal; 2 imbalance rows, both found.
        let truth = [[0; 10].as_slice(), &[1; 4], &[3; 2]].concat();
        let predicted = [[0; 8].as_slice(), &[1, 1], &[1, 1, 3, 0], &[3, 3]].concat();
        let scores = Scores::of(&Classes::fan(), truth.into_iter().zip(predicted));
        assert_eq!(scores.confusion[1], [1, 2, 0, 1, 0]);
        assert_eq!(scores.accuracy, 12.0 / 16.0);
        let overcurrent = &scores.classes[1];
        assert_eq!(
            (overcurrent.precision, overcurrent.recall, overcurrent.f1),
            (0.5, 0.5, 0.5)
        );
        // Faults: 5 of 6 raise an alarm, 2 alarms are false.
        assert_eq!(
            (scores.fault.precision, scores.fault.recall),
            (5.0 / 7.0, 5.0 / 6.0)
        );
        // Classes without rows do not count: 16/19, 1/2 and 4/5.
        assert!((scores.macro_f1 - (16.0 / 19.0 + 0.5 + 0.8) / 3.0).abs() < 1e-12);
    }
}
