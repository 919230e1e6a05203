//! Growing trees with smartcore: on all cores, on class-balanced resamples, with every panic of the library
//! kept off.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use smartcore::ensemble::random_forest_classifier::RandomForestClassifierParameters;
use smartcore::linalg::basic::matrix::DenseMatrix;

use crate::dataset::Dataset;
use crate::grown_tree::{GrownTree, Library, read_trees};
use crate::shuffle::SplitMix64;
use crate::train::{Progress, TrainConfig, TrainError};

/// Trees of one sub-forest. Fixed, so that the model does not depend on the number of cores.
const TREES_A_CHUNK: usize = 10;
/// Most rows a sub-forest is grown on. smartcore scans all its rows at every node and keeps a copy of their
/// counts for every open node: 12,000 rows bound time and memory, and the sub-forests differ the more on
/// large data sets.
const MAX_RESAMPLE_ROWS: usize = 12_000;

/// Grows the whole forest from the given rows.
pub(crate) fn grow_forest(
    dataset: &Dataset,
    rows: &[usize],
    config: &TrainConfig,
    progress: &dyn Fn(Progress),
) -> Result<Vec<GrownTree>, TrainError> {
    let by_class = rows_by_class(dataset, rows);
    let chunk_count = usize::from(config.trees).div_ceil(TREES_A_CHUNK);
    let workers = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(chunk_count);
    let next_chunk = AtomicUsize::new(0);
    let (report, reports) = mpsc::channel();

    let mut chunks: Vec<Option<Vec<GrownTree>>> = vec![None; chunk_count];
    thread::scope(|scope| {
        let mut handles = Vec::with_capacity(workers);
        for _ in 0..workers {
            let report = report.clone();
            let (by_class, next_chunk) = (&by_class, &next_chunk);
            handles.push(scope.spawn(move || {
                loop {
                    let chunk = next_chunk.fetch_add(1, Ordering::Relaxed);
                    if chunk >= chunk_count {
                        break;
                    }
                    let trees = TREES_A_CHUNK.min(usize::from(config.trees) - chunk * TREES_A_CHUNK);
                    let grown = grow_chunk(dataset, by_class, config, chunk, trees);
                    if report.send((chunk, grown)).is_err() {
                        break;
                    }
                }
            }));
        }
        drop(report);
        let mut trees_done = 0;
        let mut failed = None;
        for (chunk, grown) in reports {
            match grown {
                Ok(trees) => {
                    trees_done += trees.len();
                    progress(Progress {
                        trees_done,
                        trees: usize::from(config.trees),
                    });
                    if let Some(slot) = chunks.get_mut(chunk) {
                        *slot = Some(trees);
                    }
                }
                Err(error) => {
                    next_chunk.store(chunk_count, Ordering::Relaxed);
                    failed = Some(error);
                }
            }
        }
        // The checks before growing rule the library's known panics out; an unknown one must not take the
        // caller along.
        for handle in handles {
            if handle.join().is_err() {
                failed = Some(TrainError::Library("a panic while growing trees".to_owned()));
            }
        }
        failed.map_or(Ok(()), Err)
    })?;
    Ok(chunks.into_iter().flatten().flatten().collect())
}

fn rows_by_class(dataset: &Dataset, rows: &[usize]) -> Vec<Vec<usize>> {
    let mut by_class = vec![Vec::new(); dataset.classes().count()];
    for row in rows {
        let label = dataset.labels().get(*row).copied();
        if let Some(class) = label.and_then(|label| by_class.get_mut(label)) {
            class.push(*row);
        }
    }
    by_class.retain(|class| !class.is_empty());
    by_class
}

/// As many rows of every class: a random part of the classes that have enough, all rows and random repeats of
/// the others.
fn balanced_resample(by_class: &[Vec<usize>], rng: &mut SplitMix64) -> Vec<usize> {
    let total: usize = by_class.iter().map(Vec::len).sum();
    let each = (total.min(MAX_RESAMPLE_ROWS) / by_class.len().max(1)).max(1);
    let mut resample = Vec::with_capacity(each * by_class.len());
    for class in by_class {
        let mut shuffled = class.clone();
        rng.shuffle(&mut shuffled);
        resample.extend(shuffled.iter().take(each));
        for _ in class.len()..each {
            resample.extend(class.get(rng.below(class.len())));
        }
    }
    resample
}

fn grow_chunk(
    dataset: &Dataset,
    by_class: &[Vec<usize>],
    config: &TrainConfig,
    chunk: usize,
    trees: usize,
) -> Result<Vec<GrownTree>, TrainError> {
    let mut rng = SplitMix64::new(config.seed, 1000 + chunk as u64);
    let resample = balanced_resample(by_class, &mut rng);
    let (x, y) = matrices(dataset, &resample)?;
    let mut parameters = RandomForestClassifierParameters::default()
        .with_n_trees(trees as u16)
        // smartcore counts the levels of nodes, the usual measure counts the splits on the way to a leaf.
        .with_max_depth(u16::from(config.max_depth) + 1)
        .with_min_samples_leaf(usize::from(config.min_samples_leaf))
        .with_keep_samples(true)
        .with_seed(rng.next_u64());
    // More than there are would be a panic of the library.
    parameters.m = config
        .features_a_split
        .map(|features| usize::from(features).clamp(1, dataset.features().len()));
    let forest = Library::fit(&x, &y, parameters).map_err(|error| TrainError::Library(error.to_string()))?;
    read_trees(&forest, dataset.row_count(), &resample)
}

/// The rows as smartcore wants them. The data set has checked them: finite, of one width.
pub(crate) fn matrices(
    dataset: &Dataset,
    rows: &[usize],
) -> Result<(DenseMatrix<f32>, Vec<u32>), TrainError> {
    let values = rows.iter().flat_map(|row| dataset.row(*row)).copied().collect();
    let x = DenseMatrix::new(rows.len(), dataset.features().len(), values, false)
        .map_err(|error| TrainError::Library(error.to_string()))?;
    let y = rows
        .iter()
        .filter_map(|row| dataset.labels().get(*row))
        .map(|label| *label as u32)
        .collect();
    Ok((x, y))
}

#[cfg(test)]
mod tests {
    use smartcore::ensemble::random_forest_classifier::RandomForestClassifierParameters;

    use super::*;
    use crate::classes::Classes;
    use crate::dataset::FeatureSpec;
    use crate::flatten::{LeafContent, one_class, push_tree};
    use crate::forest::Forest;
    use crate::packed::PackedForest;

    fn noisy_dataset(rows: u32) -> Dataset {
        let features = ["a", "b", "c", "d"].map(|name| FeatureSpec::new(name, None));
        let mut builder = Dataset::builder(features.into(), Classes::fan()).unwrap();
        let mut rng = SplitMix64::new(3, 0);
        for row in 0..rows {
            let code = row % 5;
            let mut value = |weight: f32| rng.below(1000) as f32 / 1000.0 + weight * code as f32;
            builder.push(&[value(0.2), value(-0.1), value(0.0), value(0.4)], code, "run");
        }
        builder.finish().0
    }

    #[test]
    fn the_compiled_forest_votes_as_smartcore_predicts() {
        let dataset = noisy_dataset(600);
        let rows: Vec<usize> = (0..600).collect();
        let (x, y) = matrices(&dataset, &rows).unwrap();
        let parameters = RandomForestClassifierParameters::default()
            .with_n_trees(37)
            .with_max_depth(9)
            .with_keep_samples(true)
            .with_seed(5);
        let library = Library::fit(&x, &y, parameters).unwrap();
        let mut packed = PackedForest {
            trees: 37,
            ..PackedForest::default()
        };
        for tree in read_trees(&library, 600, &rows).unwrap() {
            // Leaves that give all to their majority make the mean share the share of votes.
            push_tree(&mut packed, &tree, |_, majority| LeafContent {
                shares: one_class(majority, 5),
                cover: 1.0,
            });
        }
        let forest = Forest::compile(&packed, 4, 5).unwrap();

        let mut probabilities = [0.0; 5];
        let votes: Vec<u32> = dataset
            .rows()
            .map(|row| forest.classify(row, &mut probabilities) as u32)
            .collect();
        assert_eq!(votes, library.predict(&x).unwrap());
    }

    #[test]
    fn resamples_hold_as_many_rows_of_each_class() {
        let by_class = [
            (0..900).collect::<Vec<_>>(),
            (900..990).collect(),
            (990..1000).collect(),
        ];
        let resample = balanced_resample(&by_class, &mut SplitMix64::new(1, 1));
        let count = |range: std::ops::Range<usize>| resample.iter().filter(|row| range.contains(row)).count();
        assert_eq!(
            [count(0..900), count(900..990), count(990..1000)],
            [333, 333, 333]
        );
        let rare = (990..1000).filter(|row| resample.contains(row)).count();
        assert_eq!(rare, 10, "every row of a rare class is there at least once");
    }

    #[test]
    fn trees_know_which_rows_they_have_seen() {
        let dataset = noisy_dataset(500);
        let rows: Vec<usize> = (0..250).collect();
        let config = TrainConfig {
            trees: 12,
            ..TrainConfig::default()
        };
        let trees = grow_forest(&dataset, &rows, &config, &|_| {}).unwrap();
        assert_eq!(trees.len(), 12);
        for tree in trees {
            let seen = tree.seen.iter().filter(|seen| **seen).count();
            // A bootstrap sample holds about 63 % of the rows.
            assert!((120..200).contains(&seen), "{seen} of 250 rows");
            assert!(
                !tree.seen[250..].contains(&true),
                "rows outside the training set were used"
            );
        }
    }
}
