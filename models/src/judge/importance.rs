//! What each feature is worth, by permutation on rows that the model has not seen.

use crate::dataset::Dataset;
use crate::evaluate::{FeatureImportance, Scores};
use crate::forest::Forest;
use crate::shuffle::SplitMix64;
use crate::split::Fold;

/// Rows of each fold that are asked again for each feature: enough for two digits, and a matter of a second.
const ROWS: usize = 2000;

/// True and predicted classes of the rows asked: as they are, and with each feature's values dealt out anew.
pub(crate) struct Permuted {
    untouched: Vec<(usize, usize)>,
    by_feature: Vec<Vec<(usize, usize)>>,
}

impl Permuted {
    pub fn new(dataset: &Dataset) -> Self {
        Self {
            untouched: Vec::new(),
            by_feature: vec![Vec::new(); dataset.features().len()],
        }
    }

    /// Asks a fold's forest.
    pub fn add(&mut self, dataset: &Dataset, forest: &Forest, fold: &Fold, seed: u64) {
        let mut probabilities = vec![0.0; dataset.classes().count()];
        let step = fold.judged.len().div_ceil(ROWS).max(1);
        let asked: Vec<usize> = fold.judged.iter().step_by(step).copied().collect();
        for row in &asked {
            let class = forest.classify(dataset.row(*row), &mut probabilities);
            self.untouched.push((dataset.label(*row), class));
        }
        for (feature, pairs) in self.by_feature.iter_mut().enumerate() {
            let mut donors = asked.clone();
            SplitMix64::new(seed, 2000 + feature as u64).shuffle(&mut donors);
            for (row, donor) in asked.iter().zip(donors) {
                let mut values = dataset.row(*row).to_vec();
                if let (Some(value), Some(other)) = (values.get_mut(feature), dataset.row(donor).get(feature))
                {
                    *value = *other;
                }
                pairs.push((dataset.label(*row), forest.classify(&values, &mut probabilities)));
            }
        }
    }

    /// The losses, in the order of the features.
    pub fn losses(&self, dataset: &Dataset) -> Vec<FeatureImportance> {
        let macro_f1 =
            |pairs: &[(usize, usize)]| Scores::of(dataset.classes(), pairs.iter().copied()).macro_f1;
        let untouched = macro_f1(&self.untouched);
        dataset
            .features()
            .iter()
            .zip(&self.by_feature)
            .map(|(feature, pairs)| FeatureImportance {
                feature: feature.name.clone(),
                macro_f1_loss: untouched - macro_f1(pairs),
            })
            .collect()
    }
}
