//! Labelled rows to train and to judge a model with.

use std::collections::HashMap;

use thiserror::Error;

use crate::classes::Classes;
use crate::cleaning::{CleaningReport, Refusal};

/// Name and unit of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureSpec {
    /// Name, as in the record that is classified.
    pub name: String,
    /// Unit, when it has one.
    pub unit: Option<String>,
}

impl FeatureSpec {
    /// A column of a name and, unless it is a bare number, a unit.
    pub fn new(name: &str, unit: Option<&str>) -> Self {
        FeatureSpec {
            name: name.to_owned(),
            unit: unit.map(str::to_owned),
        }
    }
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
    /// Adds a row with the code of its class and the name of its run. A row that cannot be used is left out
    /// and counted; the reason is given back.
    pub fn push(&mut self, values: &[f32], class_code: u32, run: &str) -> Option<Refusal> {
        match self.check(values, class_code) {
            Ok(class) => {
                let run_index = self.run(run);
                self.dataset.values.extend_from_slice(values);
                self.dataset.labels.push(class);
                self.dataset.runs.push(run_index);
                self.report.keep();
                None
            }
            Err(reason) => {
                self.report.refuse(reason.clone());
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
        let bad = |value: &f32| !value.is_finite() || value.abs() > Dataset::MAX_MAGNITUDE;
        match values
            .iter()
            .zip(&self.dataset.features)
            .find(|(value, _)| bad(value))
        {
            Some((_, feature)) => Err(Refusal::NotFinite {
                feature: feature.name.clone(),
            }),
            None => Ok(class),
        }
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

    /// The rows that were kept, and the count of those that were not.
    pub fn finish(self) -> (Dataset, CleaningReport) {
        (self.dataset, self.report)
    }
}
