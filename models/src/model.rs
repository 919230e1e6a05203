//! A trained model in memory.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::answer::Answer;
use crate::card::Card;
use crate::classes::{Class, Classes, SeverityRule};
use crate::deciles::Decile;
use crate::evaluate::Report;
use crate::forest::Forest;
use crate::model_file::ModelError;
use crate::onnx::{Network, OnnxError};

/// A column the model reads, with the range it had in training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// Name of the field in the record.
    pub name: String,
    /// Unit of the field, when it has one.
    pub unit: Option<String>,
    /// Smallest value in training, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f32>,
    /// Largest value in training, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f32>,
    /// How its values were spread in normal operation; empty where nobody knows, as in files of before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deciles: Vec<Decile>,
}

impl Feature {
    /// The smallest and the largest value in training, where they are known.
    pub fn range(&self) -> Option<(f32, f32)> {
        self.min.zip(self.max)
    }

    /// Whether its range is in order, or there is none.
    pub(crate) fn has_sound_range(&self) -> bool {
        self.range()
            .map_or(self.min.is_none() && self.max.is_none(), |(min, max)| min <= max)
    }
}

/// Where the model comes from: enough to train it again, and how good it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Seed of the training.
    pub seed: u64,
    /// Most splits on the way to a leaf.
    pub max_depth: u8,
    /// Fewest rows a leaf was grown from.
    pub min_samples_leaf: u16,
    /// Features tried at each split; the square root of their number when it was not set.
    pub features_a_split: Option<u8>,
    /// [`Dataset::fingerprint`](crate::Dataset::fingerprint) of all rows, in hexadecimal.
    pub data_fingerprint: String,
    /// How models did that were grown in the same way, on rows they had not seen.
    pub report: Report,
}

/// A classifier ready to answer, with everything that gives its answers a meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    features: Vec<Feature>,
    classes: Classes,
    severity: SeverityRule,
    inference: Inference,
}

/// What finds the probabilities.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Inference {
    /// Grown here.
    Forest(Forest, Box<Training>),
    /// Made by other tools.
    Network(Network),
}

/// The class found for a row, and how sure the forest is. Only a model makes verdicts.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Verdict {
    /// Class index: position in [`Model::classes`] and among the probabilities.
    pub class: usize,
    /// Probability of that class, 0 to 1.
    pub confidence: f32,
}

/// Why a row could not be classified.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClassifyError {
    /// Too few or too many values.
    #[error("{found} values do not make up rows of {expected} features")]
    Width {
        /// Number of values given.
        found: usize,
        /// Number of features of the model.
        expected: usize,
    },
    /// NaN or infinite.
    #[error("feature `{feature}` is not a finite number")]
    NotFinite {
        /// Name of the first such feature.
        feature: String,
    },
    /// The slice for the probabilities has another length than there are classes.
    #[error("there is room for {found} probabilities, but the model has {expected} classes")]
    Probabilities {
        /// Length of the slice.
        found: usize,
        /// Number of classes.
        expected: usize,
    },
    /// A model of another tool gave no answer.
    #[error(transparent)]
    Network(#[from] OnnxError),
    /// Only forests are explained.
    #[error("an ONNX model cannot be explained: this needs a forest that `twinflow train` has made")]
    Unexplainable,
    /// A class to explain that the model does not have.
    #[error("there is no class {found}, the model has {expected}")]
    Class {
        /// The class index.
        found: usize,
        /// Number of classes.
        expected: usize,
    },
}

impl Model {
    pub(crate) fn new(
        features: Vec<Feature>,
        classes: Classes,
        severity: SeverityRule,
        training: Training,
        forest: Forest,
    ) -> Self {
        Model {
            features,
            classes,
            severity,
            inference: Inference::Forest(forest, Box::new(training)),
        }
    }

    /// A model of another tool: the bytes of an ONNX file, and the text of the YAML card beside it, which names the
    /// features, their units and the classes.
    ///
    /// # Errors
    /// See [`ModelError`].
    pub fn from_onnx(bytes: &[u8], card: &str) -> Result<Model, ModelError> {
        let Card {
            features,
            classes,
            severity,
            output,
        } = Card::parse(card)?;
        let middle = features
            .iter()
            .map(|feature| feature.range().map_or(0.0, |(min, max)| f32::midpoint(min, max)));
        let middle: Vec<f32> = middle.collect();
        let network = Network::load(bytes, &middle, classes.count(), output)?;
        Ok(Model {
            features,
            classes,
            severity,
            inference: Inference::Network(network),
        })
    }

    /// The columns of a row, in order.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// The classes, in the order of the probabilities.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// How confidence becomes severity.
    pub fn severity_rule(&self) -> SeverityRule {
        self.severity
    }

    /// Where the model comes from; nothing of an ONNX model, which does not tell.
    pub fn training(&self) -> Option<&Training> {
        self.forest().map(|(_, training)| training)
    }

    /// Whether [`Model::explain`] can tell why.
    pub fn is_explainable(&self) -> bool {
        self.forest().is_some()
    }

    pub(crate) fn forest(&self) -> Option<(&Forest, &Training)> {
        match &self.inference {
            Inference::Forest(forest, training) => Some((forest, training)),
            Inference::Network(_) => None,
        }
    }

    pub(crate) fn inference(&self) -> &Inference {
        &self.inference
    }

    /// The same model that answers by another forest.
    pub(crate) fn with_forest(&self, forest: Forest, training: Training) -> Model {
        Model {
            features: self.features.clone(),
            classes: self.classes.clone(),
            severity: self.severity,
            inference: Inference::Forest(forest, Box::new(training)),
        }
    }

    /// Classifies a row of one value per feature, and writes the probability of each class; they add up to 1.
    ///
    /// The class is the one of the highest mean probability over all trees, the first of equals, as in
    /// scikit-learn; not the majority vote, which throws away how sure each leaf is. Allocates nothing unless
    /// it fails.
    ///
    /// # Errors
    /// See [`ClassifyError`].
    pub fn classify(&self, row: &[f32], probabilities: &mut [f32]) -> Result<Verdict, ClassifyError> {
        self.check_row(row)?;
        let expected = self.classes.count();
        if probabilities.len() != expected {
            return Err(ClassifyError::Probabilities {
                found: probabilities.len(),
                expected,
            });
        }
        self.verdict_on(row, probabilities)
    }

    /// Classifies rows that lie one after another in `rows`, and appends a verdict for each.
    ///
    /// # Errors
    /// See [`ClassifyError`]. When one row cannot be classified, none is.
    pub fn classify_batch(&self, rows: &[f32], verdicts: &mut Vec<Verdict>) -> Result<(), ClassifyError> {
        let expected = self.features.len();
        if !rows.len().is_multiple_of(expected) {
            return Err(ClassifyError::Width {
                found: rows.len(),
                expected,
            });
        }
        rows.chunks_exact(expected)
            .try_for_each(|row| self.check_row(row))?;
        let mut probabilities = [0.0; Classes::MAX];
        let mut new = Vec::with_capacity(rows.len() / expected);
        for row in rows.chunks_exact(expected) {
            let probabilities = probabilities.get_mut(..self.classes.count()).unwrap_or_default();
            new.push(self.verdict_on(row, probabilities)?);
        }
        verdicts.append(&mut new);
        Ok(())
    }

    /// What a verdict of this very model means.
    pub fn answer(&self, verdict: &Verdict) -> Answer<'_> {
        let class = self.classes.at(verdict.class);
        Answer {
            fault_code: class.code,
            fault_label: &class.label,
            confidence: verdict.confidence,
            severity: self.severity.severity(class.normal, verdict.confidence),
            advice: &class.advice,
        }
    }

    /// The same model with the labels and advice that `texts` has for its classes' codes, and other limits of severity.
    /// What its training's report says stays as it was.
    pub fn with_texts(&self, texts: &[Class], severity: SeverityRule) -> Model {
        Model {
            classes: self.classes.with_texts(texts),
            severity,
            ..self.clone()
        }
    }

    /// The verdict on probabilities that were computed elsewhere, such as a mean of several rows': the class of the highest,
    /// the first of equals. Nothing when there is not one for each class.
    pub fn verdict(&self, probabilities: &[f32]) -> Option<Verdict> {
        let (mut best, mut highest) = (0, f32::NEG_INFINITY);
        for (class, probability) in probabilities.iter().enumerate() {
            if *probability > highest {
                (best, highest) = (class, *probability);
            }
        }
        self.verdict_of(best, probabilities)
    }

    /// The verdict for a class that need not be the most probable one. Nothing when there is no such class, or not one
    /// probability for each.
    pub fn verdict_of(&self, class: usize, probabilities: &[f32]) -> Option<Verdict> {
        let confidence = probabilities.get(class).copied()?;
        (probabilities.len() == self.classes.count()).then_some(Verdict { class, confidence })
    }

    pub(crate) fn check_row(&self, row: &[f32]) -> Result<(), ClassifyError> {
        let expected = self.features.len();
        if row.len() != expected {
            return Err(ClassifyError::Width {
                found: row.len(),
                expected,
            });
        }
        match row
            .iter()
            .zip(&self.features)
            .find(|(value, _)| !value.is_finite())
        {
            Some((_, feature)) => Err(ClassifyError::NotFinite {
                feature: feature.name.clone(),
            }),
            None => Ok(()),
        }
    }

    fn verdict_on(&self, row: &[f32], probabilities: &mut [f32]) -> Result<Verdict, ClassifyError> {
        let class = match &self.inference {
            Inference::Forest(forest, _) => forest.classify(row, probabilities),
            Inference::Network(network) => network.classify(row, probabilities)?,
        };
        Ok(Verdict {
            class,
            confidence: probabilities.get(class).copied().unwrap_or(0.0),
        })
    }
}
