//! Taking rows, and leaving out those that cannot be used.

use std::collections::HashMap;

use super::{Dataset, FeatureSpec, FeaturesError, check_features};
use crate::classes::Classes;
use crate::cleaning::{CleaningReport, Refusal};
use crate::{repeats, sequence, stuck};

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

/// Takes rows one by one, and leaves out and counts those that cannot be used.
#[derive(Debug, Clone)]
pub struct DatasetBuilder {
    dataset: Dataset,
    run_index: HashMap<String, usize>,
    report: CleaningReport,
}

impl Dataset {
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
