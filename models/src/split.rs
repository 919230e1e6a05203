//! Which runs are held out of training, to judge the model by.

use crate::dataset::Dataset;
use crate::shuffle::SplitMix64;

/// Row indices on both sides of the split, and the indices of the runs held out.
pub(crate) struct Split {
    pub training: Vec<usize>,
    pub held_out: Vec<usize>,
    pub held_out_runs: Vec<usize>,
}

/// Holds out about `fraction` of the runs, whole runs only, and from each class's runs where a class has more
/// than one.
///
/// A run counts for the class that is seen in the fewest runs of all: faults are rarer than normal operation,
/// which most runs begin and end with.
pub(crate) fn by_runs(dataset: &Dataset, fraction: f64, seed: u64) -> Split {
    let class_count = dataset.classes().count();
    let run_count = dataset.run_names().len();
    let mut present = vec![vec![false; class_count]; run_count];
    for (run, label) in dataset.runs().iter().zip(dataset.labels()) {
        if let Some(seen) = present.get_mut(*run).and_then(|classes| classes.get_mut(*label)) {
            *seen = true;
        }
    }
    let runs_with = |class: usize| {
        present
            .iter()
            .filter(|seen| seen.get(class) == Some(&true))
            .count()
    };
    let mut rarest_first: Vec<usize> = (0..class_count).collect();
    rarest_first.sort_by_key(|class| (runs_with(*class), usize::MAX - *class));

    let mut groups = vec![Vec::new(); class_count];
    for (run, seen) in present.iter().enumerate() {
        let key = rarest_first.iter().find(|class| seen.get(**class) == Some(&true));
        if let Some(group) = key.and_then(|class| groups.get_mut(*class)) {
            group.push(run);
        }
    }

    let mut rng = SplitMix64::new(seed, 1);
    let mut held = vec![false; run_count];
    for group in &mut groups {
        rng.shuffle(group);
        let most = group.len().saturating_sub(1);
        let wanted = (group.len() as f64 * fraction).round() as usize;
        for run in group.iter().take(wanted.clamp(1.min(most), most)) {
            if let Some(held) = held.get_mut(*run) {
                *held = true;
            }
        }
    }
    let is_held = |row: &usize| dataset.runs().get(*row).and_then(|run| held.get(*run)) == Some(&true);
    let (held_out, training) = (0..dataset.row_count()).partition(is_held);
    let held_out_runs = (0..run_count)
        .filter(|run| held.get(*run) == Some(&true))
        .collect();
    Split {
        training,
        held_out,
        held_out_runs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classes::Classes;
    use crate::dataset::FeatureSpec;

    /// Each run begins normal; the runs of overcurrent, imbalance and overload are 4, 2 and 1.
    fn dataset() -> Dataset {
        let mut builder = Dataset::builder(vec![FeatureSpec::new("x", None)], Classes::fan()).unwrap();
        for (run, code) in [1, 1, 1, 1, 3, 3, 4].into_iter().enumerate() {
            for label in [0, 0, code, code, code] {
                builder.push(&[1.0], label, &format!("run {run}"));
            }
        }
        builder.finish().0
    }

    #[test]
    fn whole_runs_of_each_class_are_held_out() {
        for seed in 0..20 {
            let dataset = dataset();
            let split = by_runs(&dataset, 0.25, seed);
            let of_class = |runs: std::ops::Range<usize>| {
                split
                    .held_out_runs
                    .iter()
                    .filter(|run| runs.contains(run))
                    .count()
            };
            assert_eq!([of_class(0..4), of_class(4..6), of_class(6..7)], [1, 1, 0]);
            assert_eq!(split.held_out.len(), 10);
            assert_eq!(split.training.len(), 25);
            for row in &split.held_out {
                assert!(split.held_out_runs.contains(&dataset.runs()[*row]));
            }
            for row in &split.training {
                assert!(!split.held_out_runs.contains(&dataset.runs()[*row]));
            }
        }
    }

    #[test]
    fn other_seeds_hold_out_other_runs() {
        let runs = |seed| by_runs(&dataset(), 0.25, seed).held_out_runs;
        assert_eq!(runs(1), runs(1));
        assert!((2..30).any(|seed| runs(seed) != runs(1)));
    }
}
