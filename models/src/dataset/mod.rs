//! Labelled rows to train and to judge a model with.

mod builder;
mod feature;

use std::collections::HashMap;

pub use builder::{DatasetBuilder, Row};
pub(crate) use feature::check_features;
pub use feature::{FeatureSpec, FeaturesError};

use crate::classes::Classes;

/// Labelled rows, each belonging to a run: one experiment, or one stretch of a log.
///
/// Rows of one run resemble each other, so a model is only judged by runs it was not trained on.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    features: Vec<FeatureSpec>,
    classes: Classes,
    /// Row by row, `features.len()` values each, all finite and below [`Dataset::MAX_MAGNITUDE`].
    values: Vec<f32>,
    labels: Vec<usize>,
    runs: Vec<usize>,
    times_us: Vec<Option<i64>>,
    severities: Vec<Option<f32>>,
    run_names: Vec<String>,
}

impl Dataset {
    /// Most features a data set may have.
    pub const MAX_FEATURES: usize = 64;
    /// Largest magnitude of a value: the sum of two values, from which a threshold is made, stays finite.
    pub const MAX_MAGNITUDE: f32 = 1e30;

    /// The columns.
    pub fn features(&self) -> &[FeatureSpec] {
        &self.features
    }

    /// The classes the labels point into.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// How many rows there are.
    pub fn row_count(&self) -> usize {
        self.labels.len()
    }

    /// The names of the runs; a run's position is its index.
    pub fn run_names(&self) -> &[String] {
        &self.run_names
    }

    /// The values of all rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> + Clone {
        self.values.chunks_exact(self.features.len())
    }

    /// The values of one row; empty past the end.
    pub(crate) fn row(&self, index: usize) -> &[f32] {
        let width = self.features.len();
        self.values
            .get(index * width..(index + 1) * width)
            .unwrap_or_default()
    }

    /// The class index of every row.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// The run index of every row.
    pub fn runs(&self) -> &[usize] {
        &self.runs
    }

    /// When each row was taken, in microseconds, where that is known.
    pub fn times_us(&self) -> &[Option<i64>] {
        &self.times_us
    }

    /// How strong the fault of each row was, 0 to 1, where that is known.
    pub fn severities(&self) -> &[Option<f32>] {
        &self.severities
    }

    pub(crate) fn label(&self, row: usize) -> usize {
        self.labels.get(row).copied().unwrap_or_default()
    }

    pub(crate) fn time_us(&self, row: usize) -> Option<i64> {
        self.times_us.get(row).copied().flatten()
    }

    /// The same rows without the features of these names.
    ///
    /// # Errors
    /// [`FeaturesError::Count`] when none is left.
    pub fn without(&self, names: &[&str]) -> Result<Dataset, FeaturesError> {
        let kept: Vec<usize> = (0..self.features.len())
            .filter(|index| {
                self.features
                    .get(*index)
                    .is_some_and(|feature| !names.contains(&feature.name.as_str()))
            })
            .collect();
        let features: Vec<FeatureSpec> = kept
            .iter()
            .filter_map(|index| self.features.get(*index))
            .cloned()
            .collect();
        check_features(features.iter().map(|feature| feature.name.as_str()))?;
        let values = self
            .rows()
            .flat_map(|row| kept.iter().filter_map(|index| row.get(*index)).copied())
            .collect();
        Ok(Dataset {
            features,
            values,
            ..self.clone()
        })
    }

    /// Keeps the rows that are marked, and forgets runs that have none left.
    fn retain(&mut self, keep: &[bool]) {
        let kept = |index: usize| keep.get(index) == Some(&true);
        let width = self.features.len();
        let rows: Vec<usize> = (0..self.row_count()).filter(|row| kept(*row)).collect();
        self.values = rows.iter().flat_map(|row| self.row(*row)).copied().collect();
        debug_assert_eq!(self.values.len(), rows.len() * width);
        fn only<T: Copy>(rows: &[usize], all: &[T]) -> Vec<T> {
            rows.iter().filter_map(|row| all.get(*row)).copied().collect()
        }
        self.labels = only(&rows, &self.labels);
        self.times_us = only(&rows, &self.times_us);
        self.severities = only(&rows, &self.severities);
        let runs = only(&rows, &self.runs);
        let mut names = Vec::new();
        let mut renumbered: HashMap<usize, usize> = HashMap::new();
        self.runs = runs
            .into_iter()
            .map(|run| {
                *renumbered.entry(run).or_insert_with(|| {
                    names.push(self.run_names.get(run).cloned().unwrap_or_default());
                    names.len() - 1
                })
            })
            .collect();
        self.run_names = names;
    }

    /// A number that changes with any value, label or run: FNV-1a, 64 bits, over them all. It tells data sets
    /// apart; it does not protect against forgery.
    pub fn fingerprint(&self) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut eat = |bytes: &[u8]| {
            for byte in bytes {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        for feature in &self.features {
            eat(feature.name.as_bytes());
            eat(&[0]);
        }
        for name in &self.run_names {
            eat(name.as_bytes());
            eat(&[0]);
        }
        for ((row, label), run) in self.rows().zip(&self.labels).zip(&self.runs) {
            for value in row {
                eat(&value.to_le_bytes());
            }
            eat(&(*label as u64).to_le_bytes());
            eat(&(*run as u64).to_le_bytes());
        }
        hash
    }
}
