//! Grown trees, as read out of smartcore's forest.

use std::collections::HashMap;

use serde::Deserialize;
use smartcore::ensemble::random_forest_classifier::RandomForestClassifier;
use smartcore::linalg::basic::matrix::DenseMatrix;

use crate::train::TrainError;

/// smartcore's forest over rows of `f32`: thresholds are exact in `f32` then.
pub(crate) type Library = RandomForestClassifier<f32, u32, DenseMatrix<f32>, Vec<u32>>;

/// A node of a grown tree; the root comes first, children come after their parent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum GrownNode {
    /// To `low` where the feature is at most the threshold, else to `high`.
    Split {
        feature: usize,
        threshold: f32,
        low: usize,
        high: usize,
    },
    /// The class most of the rows grown into this leaf have.
    Leaf { majority: usize },
}

/// A grown tree, and which rows of the data set it has seen.
#[derive(Debug, Clone)]
pub(crate) struct GrownTree {
    pub nodes: Vec<GrownNode>,
    /// In the order of the data set's rows.
    pub seen: Vec<bool>,
}

impl GrownTree {
    /// The leaf that a row falls into.
    pub fn leaf(&self, row: &[f32]) -> usize {
        let mut at = 0;
        while let Some(GrownNode::Split {
            feature,
            threshold,
            low,
            high,
        }) = self.nodes.get(at)
        {
            let goes_low = row.get(*feature).is_some_and(|value| value <= threshold);
            at = if goes_low { *low } else { *high };
        }
        at
    }
}

/// The part of smartcore's serialised forest that we read: it has no public access to its trees.
#[derive(Deserialize)]
struct LibraryForest {
    trees: Vec<LibraryTree>,
    classes: Vec<usize>,
    samples: Vec<Vec<bool>>,
}

#[derive(Deserialize)]
struct LibraryTree {
    nodes: Vec<LibraryNode>,
}

#[derive(Deserialize)]
struct LibraryNode {
    output: usize,
    split_feature: usize,
    split_value: Option<f64>,
    true_child: Option<usize>,
    false_child: Option<usize>,
}

/// Takes the trees out of smartcore's forest. `resample` tells which row of the data set each row it was
/// grown on is.
pub(crate) fn read_trees(
    forest: &Library,
    row_count: usize,
    resample: &[usize],
) -> Result<Vec<GrownTree>, TrainError> {
    let unreadable = |error: serde_json::Error| TrainError::Library(error.to_string());
    let value = serde_json::to_value(forest).map_err(unreadable)?;
    let forest: LibraryForest = serde_json::from_value(value).map_err(unreadable)?;
    let class_of: HashMap<usize, usize> = forest.classes.iter().copied().enumerate().collect();
    let mut trees = Vec::with_capacity(forest.trees.len());
    for (tree, in_bag) in forest.trees.iter().zip(&forest.samples) {
        let mut seen = vec![false; row_count];
        for (row, _) in resample.iter().zip(in_bag).filter(|(_, in_bag)| **in_bag) {
            if let Some(seen) = seen.get_mut(*row) {
                *seen = true;
            }
        }
        let node = |node: &LibraryNode| match (node.split_value, node.true_child, node.false_child) {
            (Some(threshold), Some(low), Some(high)) => GrownNode::Split {
                feature: node.split_feature,
                // Half the sum of two `f32`, computed in `f32`: the conversion is exact.
                threshold: threshold as f32,
                low,
                high,
            },
            _ => GrownNode::Leaf {
                majority: class_of.get(&node.output).copied().unwrap_or(node.output),
            },
        };
        trees.push(GrownTree {
            nodes: tree.nodes.iter().map(node).collect(),
            seen,
        });
    }
    Ok(trees)
}
