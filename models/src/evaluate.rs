//! How good a model is on rows it has not seen.

use serde::{Deserialize, Serialize};

use crate::classes::Classes;

/// The classification report over the runs held out.
///
/// Precision, recall and F1 are 0 where they have nothing to count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Scores of each class, in the order of the class indices.
    pub classes: Vec<ClassScore>,
    /// Rows by true class (outer) and predicted class (inner).
    pub confusion: Vec<Vec<u64>>,
    /// Share of the rows whose class was found.
    pub accuracy: f64,
    /// Mean F1 of the classes that the held-out rows have.
    pub macro_f1: f64,
    /// The question "fault or not", whatever the class.
    pub fault: FaultScore,
    /// What always answering the commonest class would reach.
    pub baseline: Baseline,
    /// Rows the model was trained on.
    pub training_rows: usize,
    /// Runs the model was trained on.
    pub training_runs: usize,
    /// Names of the runs it was judged by.
    pub held_out_runs: Vec<String>,
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

/// The score of always answering the class that is commonest in training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Label of the class.
    pub label: String,
    /// Its accuracy on the held-out rows.
    pub accuracy: f64,
    /// Its macro-F1 on the held-out rows.
    pub macro_f1: f64,
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

impl Report {
    /// Scores predictions against the truth; both are class indices, row by row. `training` are the true
    /// classes of the rows trained on.
    pub(crate) fn new(classes: &Classes, training: &[usize], truth: &[usize], predicted: &[usize]) -> Self {
        let normal = classes.normal_index();
        let mut confusion = vec![vec![0_u64; classes.count()]; classes.count()];
        let mut fault = Counts::default();
        for (truth, predicted) in truth.iter().zip(predicted) {
            if let Some(cell) = confusion.get_mut(*truth).and_then(|row| row.get_mut(*predicted)) {
                *cell += 1;
            }
            match (*truth != normal, *predicted != normal) {
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
                let support = counts.hits + counts.misses;
                ClassScore {
                    code: class.code,
                    label: class.label.clone(),
                    precision,
                    recall,
                    f1,
                    support,
                }
            })
            .collect();
        let (precision, recall, f1) = fault.scores();
        Report {
            accuracy: share_equal(truth, predicted.iter().copied()),
            macro_f1: macro_f1(&scores),
            classes: scores,
            confusion,
            fault: FaultScore {
                precision,
                recall,
                f1,
            },
            baseline: baseline(classes, training, truth),
            training_rows: training.len(),
            training_runs: 0,
            held_out_runs: Vec::new(),
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

fn share_equal(truth: &[usize], predicted: impl Iterator<Item = usize>) -> f64 {
    let equal = truth
        .iter()
        .zip(predicted)
        .filter(|(truth, predicted)| *truth == predicted)
        .count();
    equal as f64 / truth.len().max(1) as f64
}

fn macro_f1(scores: &[ClassScore]) -> f64 {
    let judged: Vec<f64> = scores
        .iter()
        .filter(|score| score.support > 0)
        .map(|score| score.f1)
        .collect();
    judged.iter().sum::<f64>() / judged.len().max(1) as f64
}

fn baseline(classes: &Classes, training: &[usize], truth: &[usize]) -> Baseline {
    let rows_of = |class: usize| training.iter().filter(|label| **label == class).count();
    let commonest = (0..classes.count())
        .rev()
        .max_by_key(|class| rows_of(*class))
        .unwrap_or(0);
    let accuracy = share_equal(truth, std::iter::repeat(commonest));
    let judged = (0..classes.count()).filter(|class| truth.contains(class)).count();
    // Of the one class that is ever answered: precision is the accuracy, recall 1.
    let f1 = 2.0 * accuracy / (accuracy + 1.0);
    let label = classes
        .get(commonest)
        .map(|class| class.label.clone())
        .unwrap_or_default();
    Baseline {
        label,
        accuracy,
        macro_f1: f1 / judged.max(1) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        // 10 normal rows, 2 of them called overcurrent; 4 overcurrent rows, 1 of them called imbalance, 1
        // normal; 2 imbalance rows, both found.
        let truth = [[0; 10].as_slice(), &[1; 4], &[3; 2]].concat();
        let predicted = [[0; 8].as_slice(), &[1, 1], &[1, 1, 3, 0], &[3, 3]].concat();
        let mut report = Report::new(&Classes::fan(), &[0, 0, 1, 3], &truth, &predicted);
        report.training_runs = 3;
        report.held_out_runs = vec!["tuesday".to_owned()];
        report
    }

    #[test]
    fn scores_are_those_counted_by_hand() {
        let report = report();
        assert_eq!(report.confusion[1], [1, 2, 0, 1, 0]);
        assert_eq!(report.accuracy, 12.0 / 16.0);
        let overcurrent = &report.classes[1];
        assert_eq!(
            (overcurrent.precision, overcurrent.recall, overcurrent.f1),
            (0.5, 0.5, 0.5)
        );
        // Faults: 5 of 6 raise an alarm, 2 alarms are false.
        assert_eq!(
            (report.fault.precision, report.fault.recall),
            (5.0 / 7.0, 5.0 / 6.0)
        );
        // Classes without rows do not count: 16/19, 1/2 and 4/5.
        assert!((report.macro_f1 - (16.0 / 19.0 + 0.5 + 0.8) / 3.0).abs() < 1e-12);
        assert_eq!(report.baseline.accuracy, 10.0 / 16.0);
        assert!((report.baseline.macro_f1 - 20.0 / 26.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn the_report_reads_as_a_table() {
        insta::assert_snapshot!(report().to_string());
    }
}
