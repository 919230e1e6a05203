//! Labelled rows to train and to judge a model with.

use std::collections::HashMap;

use thiserror::Error;

use crate::classes::Classes;
use crate::cleaning::{CleaningReport, Refusal};
use crate::{repeats, sequence, stuck};

/// Name and unit of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureSpec {
    /// Name, as in the record that is classified.
    pub name: String,
    /// Unit, when it has one.
    pub unit: Option<String>,
    /// The least and the greatest value that the plant is meant to reach, when that is known.
    pub range: Option<(f32, f32)>,
}

impl FeatureSpec {
    /// A column of a name and, unless it is a bare number, a unit.
    pub fn new(name: &str, unit: Option<&str>) -> Self {
        FeatureSpec {
            name: name.to_owned(),
            unit: unit.map(str::to_owned),
            range: None,
        }
    }

    /// The same column with the range that the plant is meant to keep. A value beyond it by more than the range is
    /// wide is impossible: a broken machine leaves its range, a broken sensor leaves the plant.
    #[must_use]
    pub fn ranged(mut self, least: f32, greatest: f32) -> Self {
        self.range = Some((least, greatest));
        self
    }

    fn is_possible(&self, value: f32) -> bool {
        self.range.is_none_or(|(least, greatest)| {
            let width = greatest - least;
            (least - width..=greatest + width).contains(&value)
        })
    }
}

/// A row as a [`DatasetBuilder`] takes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<'r> {
    /// One value for each feature.
    pub values: &'r [f32],
    /// The code of the class that it is known to be of.
    pub class_code: u32,
    /// The run that it belongs to.
    pub run: &'r str,
    /// When it was taken, in microseconds of any clock that runs through a run.
    pub time_us: Option<i64>,
    /// How strong the fault was, 0 to 1.
    pub severity: Option<f32>,
}

/// Why a list of features was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FeaturesError {
    /// No features, or too many.
    #[error("a model needs 1 to {max} features, found {found}", max = Dataset::MAX_FEATURES)]
    Count {
        /// How many were given.
        found: usize,
    },
    /// Two features share a name.
    #[error("feature `{name}` is given twice; every feature needs a name of its own")]
    NameTwice {
        /// The shared name.
        name: String,
    },
}

pub(crate) fn check_features<'a>(
    names: impl ExactSizeIterator<Item = &'a str> + Clone,
) -> Result<(), FeaturesError> {
    if !(1..=Dataset::MAX_FEATURES).contains(&names.len()) {
        return Err(FeaturesError::Count { found: names.len() });
    }
    for (index, name) in names.clone().enumerate() {
        if names.clone().skip(index + 1).any(|other| other == name) {
            return Err(FeaturesError::NameTwice {
                name: name.to_owned(),
            });
        }
    }
    Ok(())
}

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

    /// A builder for rows of these features and classes.
    ///
    /// # Errors
    /// See [`FeaturesError`].
    pub fn builder(features: Vec<FeatureSpec>, classes: Classes) -> Result<DatasetBuilder, FeaturesError> {
        check_features(features.iter().map(|feature| feature.name.as_str()))?;
        Ok(DatasetBuilder {
            dataset: Dataset {
                features,
                classes,
                values: Vec::new(),
                labels: Vec::new(),
                runs: Vec::new(),
                times_us: Vec::new(),
                severities: Vec::new(),
                run_names: Vec::new(),
            },
            run_index: HashMap::new(),
            report: CleaningReport::default(),
        })
    }

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

/// Takes rows one by one, and leaves out and counts those that cannot be used.
#[derive(Debug, Clone)]
pub struct DatasetBuilder {
    dataset: Dataset,
    run_index: HashMap<String, usize>,
    report: CleaningReport,
}

impl DatasetBuilder {
    /// Adds a row with the code of its class and the name of its run, taken at an unknown time. See [`Self::push_row`].
    pub fn push(&mut self, values: &[f32], class_code: u32, run: &str) -> Option<Refusal> {
        self.push_row(Row {
            values,
            class_code,
            run,
            time_us: None,
            severity: None,
        })
    }

    /// Adds a row. A row that cannot be used is left out and counted; the reason is given back.
    pub fn push_row(&mut self, row: Row<'_>) -> Option<Refusal> {
        match self.check(row.values, row.class_code) {
            Ok(class) => {
                let run_index = self.run(row.run);
                self.dataset.values.extend_from_slice(row.values);
                self.dataset.labels.push(class);
                self.dataset.runs.push(run_index);
                self.dataset.times_us.push(row.time_us);
                self.dataset
                    .severities
                    .push(row.severity.filter(|severity| severity.is_finite()));
                None
            }
            Err(reason) => {
                self.report.refuse(reason.clone(), 1);
                Some(reason)
            }
        }
    }

    /// The class index of a row that can be used.
    fn check(&self, values: &[f32], class_code: u32) -> Result<usize, Refusal> {
        let expected = self.dataset.features.len();
        if values.len() != expected {
            return Err(Refusal::Width {
                found: values.len(),
                expected,
            });
        }
        let class = self.dataset.classes.index_of_code(class_code);
        let class = class.ok_or(Refusal::UnknownClass { code: class_code })?;
        for (value, feature) in values.iter().zip(&self.dataset.features) {
            let feature_name = || feature.name.clone();
            if !value.is_finite() || value.abs() > Dataset::MAX_MAGNITUDE {
                return Err(Refusal::NotFinite {
                    feature: feature_name(),
                });
            }
            if !feature.is_possible(*value) {
                return Err(Refusal::Impossible {
                    feature: feature_name(),
                });
            }
        }
        Ok(class)
    }

    fn run(&mut self, name: &str) -> usize {
        if let Some(index) = self.run_index.get(name) {
            return *index;
        }
        let index = self.dataset.run_names.len();
        self.dataset.run_names.push(name.to_owned());
        self.run_index.insert(name.to_owned(), index);
        index
    }

    /// Counts a row that cannot even be offered, because nobody knows its class.
    pub fn refuse_unlabelled(&mut self) {
        self.report.refuse(Refusal::Unlabelled, 1);
    }

    /// The rows that were kept, and the count of those that were not. Rows that came twice, and rows with a sensor
    /// that was stuck, are left out here: that takes a look at whole runs.
    pub fn finish(self) -> (Dataset, CleaningReport) {
        let (mut dataset, mut report) = (self.dataset, self.report);
        let (is_first, twice) = repeats::firsts(&dataset);
        if twice > 0 {
            report.refuse(Refusal::Twice, twice);
            dataset.retain(&is_first);
        }
        report.note_gaps(sequence::gaps(&dataset));
        let (is_alive, stuck) = stuck::alive(&dataset);
        if !stuck.is_empty() {
            for (feature, rows) in stuck {
                report.refuse(Refusal::Stuck { feature }, rows);
            }
            dataset.retain(&is_alive);
        }
        report.keep(dataset.row_count());
        (dataset, report)
    }
}
