//! What an ONNX file does not say about itself: a small YAML file beside it.

use std::fmt;
use std::path::Path;

use serde::Deserialize;
use thiserror::Error;

use crate::classes::{Class, Classes, ClassesError, SeverityRule};
use crate::dataset::{FeaturesError, check_features};
use crate::model::Feature;
use crate::model_file::ModelError;
use crate::{location, onnx};

/// The card of an ONNX model: which columns go in, and what the numbers that come out mean.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Card {
    pub features: Vec<Feature>,
    pub classes: Classes,
    pub severity: SeverityRule,
    pub output: OutputKind,
}

/// What a network gives for each class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OutputKind {
    /// Probabilities, which add up to 1.
    #[default]
    Probabilities,
    /// The numbers before a softmax (or, of a single one, before a sigmoid), as PyTorch models give them.
    Logits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CardFile {
    features: Vec<CardFeature>,
    classes: Vec<CardClass>,
    #[serde(default)]
    severity: SeverityRule,
    #[serde(default)]
    output: OutputKind,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CardFeature {
    name: String,
    unit: Option<String>,
    min: Option<f32>,
    max: Option<f32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CardClass {
    code: u32,
    label: String,
    #[serde(default)]
    advice: String,
    #[serde(default)]
    normal: bool,
}

/// Why a card cannot be used.
#[derive(Debug, Error)]
pub enum CardError {
    /// Not YAML, or not of the shape of a card.
    #[error("{0}")]
    Yaml(String),
    /// The features make no sense.
    #[error("`features`: {0}")]
    Features(#[from] FeaturesError),
    /// A feature's range is upside down, or half given.
    #[error("feature `{feature}` needs `min` and `max`, the smaller first, or neither")]
    Range {
        /// Name of the feature.
        feature: String,
    },
    /// The classes make no sense.
    #[error("`classes`: {0}")]
    Classes(#[from] ClassesError),
    /// The limits of severity are not in order.
    #[error("`severity` must have 0 ≤ medium_from ≤ high_from ≤ 1")]
    Severity,
}

impl Card {
    /// Reads a card.
    pub fn parse(text: &str) -> Result<Self, CardError> {
        let file: CardFile =
            serde_saphyr::from_str(text).map_err(|error| CardError::Yaml(error.to_string()))?;
        check_features(file.features.iter().map(|feature| feature.name.as_str()))?;
        let features = file.features.into_iter().map(|feature| Feature {
            name: feature.name,
            unit: feature.unit,
            min: feature.min,
            max: feature.max,
            deciles: Vec::new(),
        });
        let features: Vec<Feature> = features.collect();
        if let Some(feature) = features.iter().find(|feature| !feature.has_sound_range()) {
            return Err(CardError::Range {
                feature: feature.name.clone(),
            });
        }
        let classes = file.classes.into_iter().map(|class| Class {
            code: class.code,
            label: class.label,
            advice: class.advice,
            normal: class.normal,
        });
        let classes = Classes::new(classes.collect())?;
        if !file.severity.is_in_order() {
            return Err(CardError::Severity);
        }
        Ok(Card {
            features,
            classes,
            severity: file.severity,
            output: file.output,
        })
    }
}

/// A card to fill in for a network of so many inputs and classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardTemplate {
    /// The width of a row; one stands in the template where the file does not say it.
    pub features: Option<usize>,
    /// How many classes there are; two stand in the template where the file does not say it.
    pub classes: Option<usize>,
}

impl CardTemplate {
    /// One for the ONNX file at a path.
    ///
    /// # Errors
    /// [`ModelError::Read`], [`ModelError::TooLarge`] and [`ModelError::Onnx`].
    pub fn of(path: &Path) -> Result<Self, ModelError> {
        let (features, classes) = onnx::width_and_classes(&location::read(path)?)?;
        Ok(CardTemplate { features, classes })
    }
}

impl fmt::Display for CardTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "# What the ONNX file does not say. It stands beside it, with `.yaml` behind its name.

# The columns of a row in the order of training, by the names that the fields have in the flow. `unit` is that of
# training (the flow's values are converted into it); leave it out for plain numbers. `min` and `max`, what training has
# seen, are optional.
features:
",
        )?;
        for number in 1..=self.features.unwrap_or(1) {
            writeln!(f, "  - {{ name: feature_{number}, unit: °C, min: 0, max: 100 }}")?;
        }
        f.write_str(
            "
# The classes in the order of the model's output. Exactly one is `normal: true`; all others are faults.
classes:
  - { code: 0, label: Normal, normal: true, advice: No action needed. }
",
        )?;
        for number in 1..self.classes.unwrap_or(2) {
            writeln!(
                f,
                "  - {{ code: {number}, label: Fault {number}, advice: What a technician should do. }}"
            )?;
        }
        f.write_str(
            "
# A fault's severity by the model's confidence, 0 to 1. What is below both is Low.
severity: { medium_from: 0.7, high_from: 0.9 }

# `probabilities` add up to 1; `logits` are what PyTorch models give before a softmax.
output: probabilities
",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_a_card() {
        let template = CardTemplate {
            features: Some(3),
            classes: Some(4),
        };
        let card = Card::parse(&template.to_string()).unwrap();
        assert_eq!((card.features.len(), card.classes.count()), (3, 4));
        assert_eq!(card.severity, SeverityRule::default());
    }

    #[test]
    fn a_card_that_cannot_be_meant_is_refused() {
        let refused = |text: &str| Card::parse(text).unwrap_err().to_string();
        let classes = "classes: [{ code: 0, label: a, normal: true }, { code: 1, label: b }]";
        let upside_down = refused(&format!("features: [{{ name: t, min: 2, max: 1 }}]\n{classes}"));
        assert_eq!(
            upside_down,
            "feature `t` needs `min` and `max`, the smaller first, or neither"
        );
        let half = refused(&format!("features: [{{ name: t, min: 2 }}]\n{classes}"));
        assert_eq!(half, upside_down);
        let twice = refused(&format!("features: [{{ name: t }}, {{ name: t }}]\n{classes}"));
        assert!(twice.starts_with("`features`: "), "{twice}");
        let no_normal =
            refused("features: [{ name: t }]\nclasses: [{ code: 0, label: a }, { code: 1, label: b }]");
        assert_eq!(
            no_normal,
            "`classes`: exactly one class must be `normal`, found 0"
        );
        let severity = refused(&format!(
            "features: [{{ name: t }}]\n{classes}\nseverity: {{ medium_from: 0.9, high_from: 0.7 }}"
        ));
        assert!(severity.starts_with("`severity` must have"), "{severity}");
        let misspelt = refused(&format!("feature: [{{ name: t }}]\n{classes}"));
        assert!(
            misspelt.contains("feature") && misspelt.contains("line 1"),
            "{misspelt}"
        );
    }
}
