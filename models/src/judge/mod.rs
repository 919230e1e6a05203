//! Judging: what models answer to rows that they have not seen, and what that is worth.
//!
//! ```text
//! folds ──judge_fold──▶ Judged: an answer a row ──report──▶ Report
//! ```

mod alarms;
mod baseline;
mod calibration;
mod detection;
mod importance;

pub use alarms::FalseAlarms;
pub use calibration::{Calibration, ReliabilityBin};
pub use detection::Detection;

use crate::dataset::Dataset;
use crate::evaluate::{JudgedBy, Report, Scores};
use crate::forest::Forest;
use crate::sequence::{Pace, Sequence, sequences};
use crate::split::{Fold, runs_by_class};

/// So many readings in a row must say the same before it counts as an alarm.
pub(crate) const PERSISTENCE: usize = 3;

/// The answer to a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RowAnswer {
    pub class: usize,
    pub confidence: f32,
    /// The sum over all classes of the squared distance between probability and truth.
    pub brier: f32,
}

/// The answers to all rows; nothing where a row was not judged.
pub(crate) struct Judged {
    pub answers: Vec<Option<RowAnswer>>,
    pub importance: importance::Permuted,
}

impl Judged {
    pub fn new(dataset: &Dataset) -> Self {
        Self {
            answers: vec![None; dataset.row_count()],
            importance: importance::Permuted::new(dataset),
        }
    }

    /// The scores so far.
    pub fn scores(&self, dataset: &Dataset) -> Scores {
        let judged = self.answers.iter().enumerate();
        let pairs = judged.filter_map(|(row, answer)| Some((dataset.label(row), answer.as_ref()?.class)));
        Scores::of(dataset.classes(), pairs)
    }
}

/// Lets a forest answer the rows that a fold held out.
pub(crate) fn judge_fold(judged: &mut Judged, dataset: &Dataset, forest: &Forest, fold: &Fold, seed: u64) {
    let mut probabilities = vec![0.0_f32; dataset.classes().count()];
    for row in &fold.judged {
        let class = forest.classify(dataset.row(*row), &mut probabilities);
        let truth = dataset.label(*row);
        let error = |(index, probability): (usize, &f32)| {
            let distance = probability - if index == truth { 1.0 } else { 0.0 };
            distance * distance
        };
        if let Some(answer) = judged.answers.get_mut(*row) {
            *answer = Some(RowAnswer {
                class,
                confidence: probabilities.get(class).copied().unwrap_or_default(),
                brier: probabilities.iter().enumerate().map(error).sum(),
            });
        }
    }
    judged.importance.add(dataset, forest, fold, seed);
}

/// Puts together what the answers are worth.
pub(crate) fn report(dataset: &Dataset, folds: &[Fold], judged: &Judged, judged_by: JudgedBy) -> Report {
    let scores = judged.scores(dataset);
    let course = Course::of(dataset);
    let named: Vec<Option<usize>> = judged
        .answers
        .iter()
        .map(|answer| answer.as_ref().map(|answer| answer.class))
        .collect();
    let unjudged_classes = runs_by_class(dataset)
        .iter()
        .zip(dataset.classes().iter())
        .filter(|(runs, _)| runs.len() == 1 && matches!(judged_by, JudgedBy::Folds { .. }))
        .map(|(_, class)| class.label.clone())
        .collect();
    Report {
        judged_by,
        judged_rows: named.iter().flatten().count(),
        classes: scores.classes,
        confusion: scores.confusion,
        accuracy: scores.accuracy,
        macro_f1: scores.macro_f1,
        fault: scores.fault,
        calibration: Calibration::of(dataset, &judged.answers),
        detections: course
            .as_ref()
            .map(|course| detection::detections(dataset, course, &named))
            .unwrap_or_default(),
        false_alarms: course
            .as_ref()
            .and_then(|course| FalseAlarms::count(dataset, course, &named)),
        importance: judged.importance.losses(dataset),
        baselines: baseline::baselines(dataset, folds, course.as_ref()),
        unjudged_classes,
    }
}

/// The runs in time, for what depends on it.
pub(crate) struct Course {
    /// The runs whose rows all have a time.
    pub sequences: Vec<Sequence>,
    pub pace: Pace,
}

impl Course {
    /// Nothing when no run has times.
    fn of(dataset: &Dataset) -> Option<Self> {
        let sequences = sequences(dataset);
        let pace = Pace::of(dataset, &sequences)?;
        let sequences = sequences
            .into_iter()
            .filter(|sequence| sequence.is_timed)
            .collect();
        Some(Self { sequences, pace })
    }

    /// The parts of runs in which all rows are of one class and were judged; parts that began before the judged rows
    /// are left out.
    fn stretches<'c>(
        &'c self,
        dataset: &'c Dataset,
        named: &'c [Option<usize>],
    ) -> impl Iterator<Item = &'c [usize]> {
        let whole = |stretch: &&[usize]| {
            stretch
                .iter()
                .all(|row| named.get(*row).copied().flatten().is_some())
        };
        self.sequences
            .iter()
            .flat_map(move |sequence| {
                sequence
                    .rows
                    .chunk_by(move |row, next| dataset.label(*row) == dataset.label(*next))
            })
            .filter(whole)
    }
}
