//! The forest as it lies in a model file, and what can be wrong with it.

use thiserror::Error;

use crate::forest::Forest;

/// The parts' full weight in a leaf's distribution: a share of 1.
pub(crate) const FULL_SHARE: u8 = 255;
/// The cover of a tree's heaviest leaf.
pub(crate) const FULL_COVER: u16 = u16::MAX;
/// Marks a leaf in [`PackedForest::nodes`].
pub(crate) const LEAF: u8 = 255;

/// The forest as it lies in a model file. Nodes stand tree by tree and breadth first, so that no links are
/// needed: the children of a tree's n-th split are its nodes 2n + 1 and 2n + 2 (counted from 0), low side
/// first. That makes loops and dangling links impossible.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct PackedForest {
    pub trees: usize,
    /// The feature a node splits by, or [`LEAF`].
    pub nodes: Vec<u8>,
    /// One for each split, in the order of the splits. A value up to it goes to the low side.
    pub thresholds: Vec<f32>,
    /// For each leaf in order, a share for each class; they add up to [`FULL_SHARE`].
    pub shares: Vec<u8>,
    /// For each leaf in order, the weight of the training rows that reach it, 1 to [`FULL_COVER`]. The heaviest leaf of
    /// each tree has the full one: only the ratios within a tree count, so that all 16 bits serve them. A leaf of a
    /// hundred-thousandth of the rows is still told from one of twice as many.
    pub covers: Vec<u16>,
}

/// What is wrong with a packed forest.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ForestError {
    /// No trees, or too many.
    #[error("the forest has {found} trees, allowed are 1 to {max}", max = Forest::MAX_TREES)]
    Trees {
        /// Number of trees.
        found: usize,
    },
    /// Too many nodes.
    #[error("the forest has {found} nodes, allowed are {max}", max = Forest::MAX_NODES)]
    Nodes {
        /// Number of nodes.
        found: usize,
    },
    /// The nodes end before the trees do, or go on after them.
    #[error("the nodes do not make up {trees} whole trees")]
    Structure {
        /// Number of trees the file promises.
        trees: usize,
    },
    /// A tree is too deep.
    #[error("a tree is deeper than {max} splits", max = Forest::MAX_DEPTH)]
    Depth,
    /// A split by a feature that does not exist.
    #[error("a split uses feature {found}, but there are only {features}")]
    Feature {
        /// Index of the feature.
        found: usize,
        /// Number of features.
        features: usize,
    },
    /// Thresholds and splits, or shares and leaves, differ in number.
    #[error("the forest has {found} {what}, expected {expected}")]
    Length {
        /// What there are too many or too few of.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// A threshold that is NaN or infinite.
    #[error("a threshold is not a finite number")]
    Threshold,
    /// A leaf that no row is said to reach: an explanation would divide by it.
    #[error("a leaf has a cover of 0, the least is 1")]
    Cover,
    /// A leaf whose shares do not add up.
    #[error("the class shares of a leaf add up to {found}, not {full}", full = FULL_SHARE)]
    Shares {
        /// What they add up to.
        found: u32,
    },
}
