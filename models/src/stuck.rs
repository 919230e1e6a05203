//! Sensors that stand still.
//!
//! A quantised sensor repeats a value now and then, a set point for hours, and a machine that stands still gives
//! zeros. So a feature is stuck only where it says exactly the same, other than 0, for at least [`STUCK_S`] seconds
//! and [`STUCK_ROWS`] rows of a run, although it usually changes from each row to the next, and while another
//! feature of the row did change. What is computed from others has no sensor that could be stuck.

use crate::dataset::Dataset;
use crate::sequence::{Sequence, sequences};

/// How long a sensor must have said the same, in seconds.
pub(crate) const STUCK_S: f64 = 30.0;
/// In how many rows it must have done so.
const STUCK_ROWS: usize = 10;

/// Marks the rows without a stuck sensor, and counts the others by feature. Of a stretch in which a sensor is stuck,
/// the first row is kept: it was true then.
pub(crate) fn alive(dataset: &Dataset) -> (Vec<bool>, Vec<(String, usize)>) {
    let sequences = sequences(dataset);
    let mut is_alive = vec![true; dataset.row_count()];
    let mut counts = Vec::new();
    for (index, feature) in dataset.features().iter().enumerate() {
        if feature.is_computed || !usually_changes(dataset, &sequences, index) {
            continue;
        }
        let mut rows = 0;
        for stretch in sequences
            .iter()
            .filter(|sequence| sequence.is_timed)
            .flat_map(|sequence| stretches(dataset, &sequence.rows, index))
            .filter(|stretch| is_stuck(dataset, stretch, index))
        {
            for row in stretch.iter().skip(1) {
                if let Some(alive) = is_alive.get_mut(*row)
                    && std::mem::replace(alive, false)
                {
                    rows += 1;
                }
            }
        }
        if rows > 0 {
            counts.push((feature.name.clone(), rows));
        }
    }
    (is_alive, counts)
}

fn value(dataset: &Dataset, row: usize, feature: usize) -> f32 {
    dataset.row(row).get(feature).copied().unwrap_or_default()
}

/// Whether at least half of the steps from a row to the next change the feature.
fn usually_changes(dataset: &Dataset, sequences: &[Sequence], feature: usize) -> bool {
    let (mut steps, mut changes) = (0_usize, 0_usize);
    for sequence in sequences {
        for (row, next) in sequence.rows.iter().zip(sequence.rows.iter().skip(1)) {
            steps += 1;
            changes += usize::from(value(dataset, *row, feature) != value(dataset, *next, feature));
        }
    }
    changes * 2 >= steps.max(1)
}

/// The parts of a run in which a feature has one value.
fn stretches<'r>(
    dataset: &'r Dataset,
    rows: &'r [usize],
    feature: usize,
) -> impl Iterator<Item = &'r [usize]> {
    rows.chunk_by(move |row, next| value(dataset, *row, feature) == value(dataset, *next, feature))
}

fn is_stuck(dataset: &Dataset, stretch: &[usize], feature: usize) -> bool {
    let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else {
        return false;
    };
    let times = dataset.time_us(*first).zip(dataset.time_us(*last));
    let is_long = times.is_some_and(|(first, last)| last.saturating_sub(first) as f64 >= STUCK_S * 1e6);
    let others_move = || {
        let is_other = |index: &usize| *index != feature;
        (0..dataset.features().len()).filter(is_other).any(|other| {
            stretch
                .iter()
                .any(|row| value(dataset, *row, other) != value(dataset, *first, other))
        })
    };
    stretch.len() >= STUCK_ROWS && is_long && value(dataset, *first, feature) != 0.0 && others_move()
}
