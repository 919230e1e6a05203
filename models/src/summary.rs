//! What a model is, for people and for programs.

use std::fmt;

use serde::Serialize;

use crate::classes::{Classes, SeverityRule};
use crate::model::{Feature, Model, Training};

/// All of a model but its trees.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary<'m> {
    /// The columns of a row, in order.
    pub features: &'m [Feature],
    /// The classes, in the order of the probabilities.
    pub classes: &'m Classes,
    /// When a fault is of which severity.
    pub severity: SeverityRule,
    /// Where the model comes from, and how good it was.
    pub training: &'m Training,
    /// Number of trees.
    pub trees: usize,
    /// Number of nodes of all trees, leaves among them.
    pub nodes: usize,
}

impl Model {
    /// What the model is.
    pub fn summary(&self) -> Summary<'_> {
        Summary {
            features: self.features(),
            classes: self.classes(),
            severity: self.severity_rule(),
            training: self.training(),
            trees: self.tree_count(),
            nodes: self.forest().node_count(),
        }
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Random Forest of {} trees with {} nodes\n",
            self.trees, self.nodes
        )?;
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
                feature.min,
                feature.max
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
        let Training {
            seed,
            max_depth,
            min_samples_leaf,
            data_fingerprint,
            report,
            ..
        } = self.training;
        writeln!(
            f,
            "Seed {seed}, depth {max_depth}, at least {min_samples_leaf} rows a leaf; fingerprint of the data {data_fingerprint}.\n\n{report}"
        )
    }
}
