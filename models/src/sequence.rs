//! The rows of a run in the order in which they were taken.

use crate::cleaning::Gaps;
use crate::dataset::Dataset;

/// A step between two rows of a run that is so many times longer than usual is a gap.
const GAP_STEPS: i64 = 5;

/// The rows of one run in the order of their times; in the order of the data set when not all have a time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sequence {
    pub rows: Vec<usize>,
    pub is_timed: bool,
}

/// The sequence of every run, by the run's index.
pub(crate) fn sequences(dataset: &Dataset) -> Vec<Sequence> {
    let mut sequences = vec![
        Sequence {
            rows: Vec::new(),
            is_timed: true,
        };
        dataset.run_names().len()
    ];
    for (row, (run, time)) in dataset.runs().iter().zip(dataset.times_us()).enumerate() {
        if let Some(sequence) = sequences.get_mut(*run) {
            sequence.rows.push(row);
            sequence.is_timed &= time.is_some();
        }
    }
    for sequence in sequences.iter_mut().filter(|sequence| sequence.is_timed) {
        sequence.rows.sort_by_key(|row| dataset.time_us(*row));
    }
    sequences
}

/// How far apart rows usually are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    /// The median time between a row and the next of its run, in microseconds.
    pub step_us: i64,
}

impl Pace {
    /// The pace of the timed runs; nothing when no two rows of a run differ in time.
    pub fn of(dataset: &Dataset, sequences: &[Sequence]) -> Option<Self> {
        let mut steps: Vec<i64> = steps_us(dataset, sequences).filter(|step| *step > 0).collect();
        let middle = steps.len() / 2;
        if steps.is_empty() {
            return None;
        }
        let (_, median, _) = steps.select_nth_unstable(middle);
        Some(Self { step_us: *median })
    }

    /// Whether a step is a hole in the log.
    pub fn is_gap(self, step_us: i64) -> bool {
        step_us > self.step_us.saturating_mul(GAP_STEPS)
    }
}

fn steps_us<'d>(dataset: &'d Dataset, sequences: &'d [Sequence]) -> impl Iterator<Item = i64> + 'd {
    let timed = sequences.iter().filter(|sequence| sequence.is_timed);
    timed.flat_map(|sequence| {
        let later = sequence.rows.iter().skip(1);
        sequence
            .rows
            .iter()
            .zip(later)
            .filter_map(|(row, next)| Some(dataset.time_us(*next)?.saturating_sub(dataset.time_us(*row)?)))
    })
}

/// The holes in the runs.
pub(crate) fn gaps(dataset: &Dataset) -> Gaps {
    let sequences = sequences(dataset);
    let Some(pace) = Pace::of(dataset, &sequences) else {
        return Gaps::default();
    };
    let mut gaps = Gaps::default();
    for step in steps_us(dataset, &sequences).filter(|step| pace.is_gap(*step)) {
        gaps.count += 1;
        gaps.longest_s = gaps.longest_s.max(step as f64 / 1e6);
    }
    gaps
}
