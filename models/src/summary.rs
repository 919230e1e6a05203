//! What a model is, for people and for programs.

use std::fmt;

use serde::Serialize;

use crate::classes::{Classes, SeverityRule};
use crate::model::{Feature, Inference, Model, Training};

/// All of a model but its trees.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary<'m> {
    /// The columns of a row, in order.
    pub features: &'m [Feature],
    /// The classes, in the order of the probabilities.
    pub classes: &'m Classes,
    /// When a fault is of which severity.
    pub severity: SeverityRule,
    /// What finds the probabilities.
    #[serde(flatten)]
    pub inference: InferenceSummary<'m>,
}

/// What finds the probabilities.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum InferenceSummary<'m> {
    /// A Random Forest that was grown here.
    Forest {
        /// Where the model comes from, and how good it was.
        training: &'m Training,
        /// Number of trees.
        trees: usize,
        /// Number of nodes of all trees, leaves among them.
        nodes: usize,
    },
    /// A model of another tool.
    Onnx {
        /// Number of its operators after optimisation.
        operators: usize,
        /// A number that tells files apart, in hexadecimal.
        fingerprint: String,
    },
}

impl Model {
    /// What the model is.
    pub fn summary(&self) -> Summary<'_> {
        Summary {
            features: self.features(),
            classes: self.classes(),
            severity: self.severity_rule(),
            inference: self.inference_summary(),
        }
    }

    fn inference_summary(&self) -> InferenceSummary<'_> {
        match self.inference() {
            Inference::Forest(forest, training) => InferenceSummary::Forest {
                training,
                trees: forest.trees(),
                nodes: forest.node_count(),
            },
            Inference::Network(network) => InferenceSummary::Onnx {
                operators: network.operators(),
                fingerprint: format!("{:016x}", network.fingerprint()),
            },
        }
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.inference {
            InferenceSummary::Forest { trees, nodes, .. } => {
                writeln!(f, "Random Forest of {trees} trees with {nodes} nodes\n")?;
            }
            InferenceSummary::Onnx { operators, .. } => writeln!(f, "ONNX model of {operators} operators\n")?,
        }
        let names = self.features.iter().map(|feature| feature.name.chars().count());
        let width = names.max().unwrap_or(0).max("feature".len());
        writeln!(
            f,
            "{:width$}  {:>8}  {:>10}  {:>10}",
            "feature", "unit", "trained on", "to"
        )?;
        for feature in self.features {
            writeln!(
                f,
                "{:width$}  {:>8}  {:>10}  {:>10}",
                feature.name,
                feature.unit.as_deref().unwrap_or(""),
                shown(feature.min),
                shown(feature.max)
            )?;
        }
        writeln!(f)?;
        for class in self.classes.iter() {
            let normal = if class.normal { " (no fault)" } else { "" };
            writeln!(f, "class {}: {}{normal}", class.code, class.label)?;
            if !class.advice.is_empty() {
                writeln!(f, "  {}", class.advice)?;
            }
        }
        let SeverityRule {
            medium_from,
            high_from,
        } = self.severity;
        writeln!(
            f,
            "\nSeverity of a fault: High from a confidence of {high_from}, Medium from {medium_from}, else Low."
        )?;
        match &self.inference {
            InferenceSummary::Forest { training, .. } => {
                let Training {
                    seed,
                    max_depth,
                    min_samples_leaf,
                    data_fingerprint,
                    report,
                    ..
                } = training;
                writeln!(
                    f,
                    "Seed {seed}, depth {max_depth}, at least {min_samples_leaf} rows a leaf; fingerprint of the data {data_fingerprint}.\n\n{report}"
                )
            }
            InferenceSummary::Onnx { fingerprint, .. } => {
                writeln!(f, "Fingerprint of the file {fingerprint}.")
            }
        }
    }
}

fn shown(value: Option<f32>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
