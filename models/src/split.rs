//! Which rows a model is judged by, and which it is trained on meanwhile.
//!
//! Rows of one run resemble each other: a model that has seen half of a run knows the other half. So runs are held
//! out whole.

use crate::dataset::Dataset;
use crate::sequence::sequences;
use crate::shuffle::SplitMix64;
use crate::train::TrainError;

/// Share of the rows that [`latest`] judges by.
const LATEST_SHARE: f64 = 0.25;

/// Rows to train on, and rows to judge by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// Rows that the model is trained on.
    pub training: Vec<usize>,
    /// Rows that it is judged by.
    pub judged: Vec<usize>,
}

/// What [`latest`] held out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Latest {
    Runs(usize),
    Rows,
}

/// Deals whole runs out to `folds` folds, so that every row is judged once, by a model that has seen no row of its
/// run. The runs of each class are spread over the folds. There are fewer folds when there are fewer runs.
///
/// A run counts for the class that is seen in the fewest runs of all: faults are rarer than normal operation, which
/// most runs begin and end with.
///
/// # Errors
/// [`TrainError::TooFewRuns`] when what is left of the runs has nothing to tell apart.
pub fn folds_by_run(dataset: &Dataset, folds: usize, seed: u64) -> Result<Vec<Fold>, TrainError> {
    let run_count = dataset.run_names().len();
    let too_few = || TrainError::TooFewRuns { runs: run_count };
    let folds = folds.min(run_count);
    if folds < 2 {
        return Err(too_few());
    }
    let mut rng = SplitMix64::new(seed, 1);
    let mut fold_of = vec![0_usize; run_count];
    // Dealing goes on from group to group, so that no fold gets the odd run of every class.
    let mut next = 0;
    for mut group in groups(dataset) {
        rng.shuffle(&mut group);
        for run in group {
            if let Some(fold) = fold_of.get_mut(run) {
                *fold = next % folds;
                next += 1;
            }
        }
    }
    let fold = |number: usize| {
        let is_judged =
            |row: &usize| dataset.runs().get(*row).and_then(|run| fold_of.get(*run)) == Some(&number);
        let (judged, training) = (0..dataset.row_count()).partition(is_judged);
        Fold { training, judged }
    };
    let folds: Vec<Fold> = (0..folds).map(fold).collect();
    if folds.iter().all(|fold| has_two_classes(dataset, &fold.training)) {
        Ok(folds)
    } else {
        Err(too_few())
    }
}

/// The runs by the rarest class that they hold.
fn groups(dataset: &Dataset) -> Vec<Vec<usize>> {
    let class_count = dataset.classes().count();
    let runs_with = runs_by_class(dataset);
    let mut rarest_first: Vec<usize> = (0..class_count).collect();
    let count = |class: usize| runs_with.get(class).map_or(0, Vec::len);
    rarest_first.sort_by_key(|class| (count(*class), usize::MAX - *class));
    let mut is_dealt = vec![false; dataset.run_names().len()];
    let mut groups = vec![Vec::new(); class_count];
    for class in rarest_first {
        for run in runs_with.get(class).into_iter().flatten() {
            if let (Some(is_dealt), Some(group)) = (is_dealt.get_mut(*run), groups.get_mut(class))
                && !std::mem::replace(is_dealt, true)
            {
                group.push(*run);
            }
        }
    }
    groups
}

/// For each class, the runs with a row of it.
pub(crate) fn runs_by_class(dataset: &Dataset) -> Vec<Vec<usize>> {
    let mut has = vec![vec![false; dataset.run_names().len()]; dataset.classes().count()];
    for (run, label) in dataset.runs().iter().zip(dataset.labels()) {
        if let Some(has) = has.get_mut(*label).and_then(|runs| runs.get_mut(*run)) {
            *has = true;
        }
    }
    let numbers = |has: &Vec<bool>| {
        let runs = has.iter().enumerate().filter(|(_, has)| **has);
        runs.map(|(run, _)| run).collect()
    };
    has.iter().map(numbers).collect()
}

fn has_two_classes(dataset: &Dataset, rows: &[usize]) -> bool {
    let mut labels = rows.iter().map(|row| dataset.label(*row));
    let first = labels.next();
    labels.any(|label| Some(label) != first)
}

/// Holds out the latest quarter: the latest runs, or the latest rows when one run holds most of them.
///
/// # Errors
/// [`TrainError::NoTimes`] when rows have no time, [`TrainError::OneClassBefore`] when what came before has nothing
/// to tell apart.
pub(crate) fn latest(dataset: &Dataset) -> Result<(Fold, Latest), TrainError> {
    let sequences = sequences(dataset);
    if sequences.iter().any(|sequence| !sequence.is_timed) {
        return Err(TrainError::NoTimes);
    }
    let wanted = (dataset.row_count() as f64 * LATEST_SHARE).ceil() as usize;
    let mut by_begin: Vec<_> = sequences
        .iter()
        .map(|sequence| sequence.rows.as_slice())
        .collect();
    by_begin.sort_by_key(|rows| rows.first().and_then(|row| dataset.time_us(*row)));
    let (mut judged_rows, mut runs) = (0, 0);
    for rows in by_begin.iter().rev() {
        if judged_rows >= wanted {
            break;
        }
        judged_rows += rows.len();
        runs += 1;
    }
    let (mut training, mut judged, what) = if judged_rows <= 2 * wanted && runs < by_begin.len() {
        let (before, after) = by_begin.split_at(by_begin.len() - runs);
        (before.concat(), after.concat(), Latest::Runs(runs))
    } else {
        let mut before: Vec<usize> = (0..dataset.row_count()).collect();
        before.sort_by_key(|row| dataset.time_us(*row));
        let after = before.split_off(before.len() - wanted);
        (before, after, Latest::Rows)
    };
    judged.sort_unstable();
    training.sort_unstable();
    if has_two_classes(dataset, &training) {
        Ok((Fold { training, judged }, what))
    } else {
        Err(TrainError::OneClassBefore)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classes::Classes;
    use crate::dataset::{FeatureSpec, Row};

    /// Each run begins normal; the runs of overcurrent, imbalance and overload are 4, 2 and 1.
    fn dataset() -> Dataset {
        let mut builder = Dataset::builder(vec![FeatureSpec::new("x", None)], Classes::fan()).unwrap();
        for (run, code) in [1, 1, 1, 1, 3, 3, 4].into_iter().enumerate() {
            for (at, label) in [0, 0, code, code, code].into_iter().enumerate() {
                builder.push_row(Row {
                    values: &[1.0],
                    class_code: label,
                    run: &format!("run {run}"),
                    time_us: Some((run * 10 + at) as i64),
                    severity: None,
                });
            }
        }
        builder.finish().0
    }

    #[test]
    fn every_row_is_judged_once_and_never_with_its_run_in_training() {
        let dataset = dataset();
        for seed in 0..20 {
            let folds = folds_by_run(&dataset, 4, seed).unwrap();
            let mut judged: Vec<usize> = folds.iter().flat_map(|fold| &fold.judged).copied().collect();
            judged.sort_unstable();
            assert_eq!(judged, (0..35).collect::<Vec<_>>());
            for fold in &folds {
                let runs = |rows: &[usize]| rows.iter().map(|row| dataset.runs()[*row]).collect::<Vec<_>>();
                let training = runs(&fold.training);
                assert!(runs(&fold.judged).iter().all(|run| !training.contains(run)));
                assert_eq!(fold.training.len() + fold.judged.len(), 35);
            }
            // One of the four overcurrent runs in each fold, the two imbalance runs in different ones.
            let folds_with = |runs: std::ops::Range<usize>| {
                let has = |fold: &&Fold| fold.judged.iter().any(|row| runs.contains(&dataset.runs()[*row]));
                folds.iter().filter(has).count()
            };
            assert_eq!([folds_with(0..4), folds_with(4..6), folds_with(6..7)], [4, 2, 1]);
        }
    }

    #[test]
    fn folds_follow_from_the_seed() {
        let folds = |seed| folds_by_run(&dataset(), 3, seed).unwrap();
        assert_eq!(folds(1), folds(1));
        assert!((2..30).any(|seed| folds(seed) != folds(1)));
        assert_eq!(folds_by_run(&dataset(), 50, 1).unwrap().len(), 7);
    }

    #[test]
    fn the_latest_runs_are_those_that_begin_last() {
        let dataset = dataset();
        let (fold, what) = latest(&dataset).unwrap();
        assert_eq!(what, Latest::Runs(2));
        assert_eq!(fold.judged, (25..35).collect::<Vec<_>>());
    }
}
