//! The compiled forest: one classification in a few microseconds, without allocation.

use crate::packed::{FULL_SHARE, ForestError, LEAF, PackedForest};
use crate::shap_tables::ShapTables;
use crate::walk::{Group, KeyedRow, LANES, Node};

/// The compiled forest.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Forest {
    nodes: Vec<Node>,
    groups: Vec<Group>,
    /// For each leaf `stride` shares, those behind the classes 0.
    shares: Vec<u8>,
    stride: usize,
    covers: Vec<u16>,
    classes: usize,
    trees: usize,
    pub(crate) shap: ShapTables,
}

/// A node as explanations see it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ForestNode {
    /// To `low` where the feature is at most the threshold, else to the node behind it.
    Split { feature: u8, threshold: f32, low: u32 },
    /// The leaf of a number.
    Leaf(usize),
}

impl Forest {
    pub const MAX_TREES: usize = 4096;
    pub const MAX_NODES: usize = 1 << 22;
    pub const MAX_DEPTH: u32 = 64;

    /// Checks and compiles a packed forest for rows of `features` values and `classes` classes.
    pub fn compile(packed: &PackedForest, features: usize, classes: usize) -> Result<Self, ForestError> {
        if !(1..=Self::MAX_TREES).contains(&packed.trees) {
            return Err(ForestError::Trees { found: packed.trees });
        }
        if packed.nodes.len() > Self::MAX_NODES {
            return Err(ForestError::Nodes {
                found: packed.nodes.len(),
            });
        }
        let leaves = packed.nodes.iter().filter(|node| **node == LEAF).count();
        check_length("thresholds", packed.thresholds.len(), packed.nodes.len() - leaves)?;
        check_length("leaf shares", packed.shares.len(), leaves * classes)?;
        check_length("leaf covers", packed.covers.len(), leaves)?;
        if packed.covers.contains(&0) {
            return Err(ForestError::Cover);
        }
        if packed.thresholds.iter().any(|threshold| !threshold.is_finite()) {
            return Err(ForestError::Threshold);
        }
        for shares in packed.shares.chunks_exact(classes) {
            let found = shares.iter().map(|share| u32::from(*share)).sum();
            if found != u32::from(FULL_SHARE) {
                return Err(ForestError::Shares { found });
            }
        }

        let mut nodes = Vec::with_capacity(packed.nodes.len());
        let mut thresholds = packed.thresholds.iter();
        let mut leaf = 0;
        let mut roots = Vec::with_capacity(packed.trees);
        for _ in 0..packed.trees {
            let root = nodes.len();
            let mut depth = 0;
            let mut level_end = root + 1;
            let mut tree_end = root + 1;
            while nodes.len() < tree_end {
                if nodes.len() == level_end {
                    depth += 1;
                    level_end = tree_end;
                }
                let own_index = nodes.len() as u32;
                let feature = *packed
                    .nodes
                    .get(nodes.len())
                    .ok_or(ForestError::Structure { trees: packed.trees })?;
                if feature == LEAF {
                    nodes.push(Node::leaf(own_index, leaf));
                    leaf += 1;
                } else if usize::from(feature) < features {
                    let threshold = *thresholds.next().ok_or(ForestError::Threshold)?;
                    nodes.push(Node::split(feature, threshold, tree_end as u32));
                    tree_end += 2;
                } else {
                    return Err(ForestError::Feature {
                        found: usize::from(feature),
                        features,
                    });
                }
            }
            if depth > Self::MAX_DEPTH {
                return Err(ForestError::Depth);
            }
            roots.push((root as u32, depth));
        }
        if nodes.len() != packed.nodes.len() {
            return Err(ForestError::Structure { trees: packed.trees });
        }
        let stride = classes.next_multiple_of(SUMMED_AT_ONCE);
        Ok(Forest {
            nodes,
            groups: roots.chunks(LANES).map(Group::new).collect(),
            shares: padded(&packed.shares, classes, stride),
            stride,
            covers: packed.covers.clone(),
            classes,
            trees: packed.trees,
            shap: ShapTables::new(classes),
        })
    }

    /// The number of all nodes, of all trees.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The first node of every tree; its nodes go on to the next tree's first.
    pub fn roots(&self) -> impl Iterator<Item = u32> {
        self.groups.iter().flat_map(Group::roots)
    }

    /// The most splits on the way to a leaf.
    pub fn depth(&self) -> u32 {
        self.groups.iter().map(Group::depth).max().unwrap_or(0)
    }

    /// The node at an index.
    pub fn node(&self, index: u32) -> ForestNode {
        let Some(node) = self.nodes.get(index as usize) else {
            unreachable!("node {index} of {}", self.nodes.len())
        };
        match node.leaf_number() {
            Some(leaf) => ForestNode::Leaf(leaf),
            None => ForestNode::Split {
                feature: node.feature(),
                threshold: node.threshold(),
                low: node.low(),
            },
        }
    }

    /// A leaf's share of a class, 0 to 1.
    pub fn share(&self, leaf: usize, class: usize) -> f32 {
        let share = self.shares.get(leaf * self.stride + class).copied();
        f32::from(share.unwrap_or(0)) / f32::from(FULL_SHARE)
    }

    /// A leaf's weight among the leaves of its tree.
    pub fn cover(&self, leaf: usize) -> u16 {
        self.covers.get(leaf).copied().unwrap_or(1)
    }

    pub fn trees(&self) -> usize {
        self.trees
    }

    /// The forest as it lies in a file.
    pub fn packed(&self) -> PackedForest {
        let splits = self.nodes.iter().filter(|node| node.leaf_number().is_none());
        let shares = self.shares.chunks_exact(self.stride);
        PackedForest {
            trees: self.trees,
            nodes: self
                .nodes
                .iter()
                .map(|node| node.leaf_number().map_or(node.feature(), |_| LEAF))
                .collect(),
            thresholds: splits.map(|node| node.threshold()).collect(),
            shares: shares
                .flat_map(|leaf| leaf.iter().take(self.classes))
                .copied()
                .collect(),
            covers: self.covers.clone(),
        }
    }

    /// Writes each class's mean share over all trees into `probabilities`, which add up to 1, and gives the
    /// class of the highest one (the first of equals). The row must have as many values as there are
    /// features, all of them finite.
    pub fn classify(&self, row: &[f32], probabilities: &mut [f32]) -> usize {
        let row = KeyedRow::new(row);
        // Whole numbers: the sum is exact and does not depend on the order of the trees.
        let mut sums = [0_u32; crate::Classes::MAX.next_multiple_of(SUMMED_AT_ONCE)];
        let (sums_at_once, _) = sums.as_chunks_mut::<SUMMED_AT_ONCE>();
        for group in &self.groups {
            for leaf in group.leaves(&self.nodes, &row) {
                let start = leaf.saturating_mul(self.stride);
                let shares = self.shares.get(start..start.saturating_add(self.stride));
                let (shares, _) = shares.unwrap_or_default().as_chunks::<SUMMED_AT_ONCE>();
                for (sums, shares) in sums_at_once.iter_mut().zip(shares) {
                    for (sum, share) in sums.iter_mut().zip(shares) {
                        *sum += u32::from(*share);
                    }
                }
            }
        }
        let full = (self.trees * usize::from(FULL_SHARE)) as f32;
        let (mut best, mut best_sum) = (0, 0);
        for (class, (probability, sum)) in probabilities.iter_mut().zip(sums).take(self.classes).enumerate() {
            *probability = sum as f32 / full;
            if sum > best_sum {
                (best, best_sum) = (class, sum);
            }
        }
        best
    }
}

const _: () = assert!(Forest::MAX_NODES < Node::MAX_LEAVES, "every leaf has a number");

/// Classes whose shares are summed in one step: as many as fit a register of the processor.
const SUMMED_AT_ONCE: usize = 8;

fn padded(shares: &[u8], classes: usize, stride: usize) -> Vec<u8> {
    let zeros = || std::iter::repeat_n(0, stride - classes);
    let leaves = shares.chunks_exact(classes);
    leaves
        .flat_map(|leaf| leaf.iter().copied().chain(zeros()))
        .collect()
}

fn check_length(what: &'static str, found: usize, expected: usize) -> Result<(), ForestError> {
    if found == expected {
        Ok(())
    } else {
        Err(ForestError::Length {
            what,
            found,
            expected,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Two trees over two features and two classes: a split by feature 1 at 0.5, and a lone leaf.
    fn small() -> PackedForest {
        PackedForest {
            trees: 2,
            nodes: vec![1, LEAF, LEAF, LEAF],
            thresholds: vec![0.5],
            shares: vec![255, 0, 55, 200, 155, 100],
            covers: vec![65535, 2, 65535],
        }
    }

    #[test]
    fn a_value_on_the_threshold_goes_to_the_low_side() {
        let forest = Forest::compile(&small(), 2, 2).unwrap();
        let mut probabilities = [0.0; 2];
        assert_eq!(forest.classify(&[9.0, 0.5], &mut probabilities), 0);
        assert_eq!(probabilities, [410.0 / 510.0, 100.0 / 510.0]);
        assert_eq!(forest.classify(&[-9.0, 0.500_001], &mut probabilities), 1);
        assert_eq!(probabilities, [210.0 / 510.0, 300.0 / 510.0]);
    }

    #[test]
    fn equal_probabilities_give_the_first_class() {
        let packed = PackedForest {
            shares: vec![255, 0, 0, 255, 255, 0],
            ..small()
        };
        let forest = Forest::compile(&packed, 2, 2).unwrap();
        assert_eq!(forest.classify(&[0.0, 1.0], &mut [0.0; 2]), 0);
    }

    #[test]
    fn packing_gives_back_what_was_compiled() {
        assert_eq!(Forest::compile(&small(), 2, 2).unwrap().packed(), small());
    }

    #[test]
    fn damage_is_named() {
        let refused = |packed: PackedForest| Forest::compile(&packed, 2, 2).unwrap_err();
        assert_eq!(
            refused(PackedForest { trees: 0, ..small() }),
            ForestError::Trees { found: 0 }
        );
        assert_eq!(
            refused(PackedForest { trees: 3, ..small() }),
            ForestError::Structure { trees: 3 }
        );
        assert_eq!(
            refused(PackedForest { trees: 1, ..small() }),
            ForestError::Structure { trees: 1 }
        );
        assert_eq!(
            refused(PackedForest {
                nodes: vec![2, LEAF, LEAF, LEAF],
                ..small()
            }),
            ForestError::Feature {
                found: 2,
                features: 2
            }
        );
        assert_eq!(
            refused(PackedForest {
                thresholds: vec![f32::NAN],
                ..small()
            }),
            ForestError::Threshold
        );
        assert_eq!(
            refused(PackedForest {
                thresholds: vec![],
                ..small()
            }),
            ForestError::Length {
                what: "thresholds",
                found: 0,
                expected: 1
            }
        );
        assert_eq!(
            refused(PackedForest {
                shares: vec![255, 0, 55, 200, 155, 101],
                ..small()
            }),
            ForestError::Shares { found: 256 }
        );
        assert_eq!(
            refused(PackedForest {
                covers: vec![1, 0, 1],
                ..small()
            }),
            ForestError::Cover
        );
        assert_eq!(
            refused(PackedForest {
                nodes: vec![LEAF; Forest::MAX_NODES + 1],
                ..small()
            }),
            ForestError::Nodes {
                found: Forest::MAX_NODES + 1
            }
        );
    }

    #[test]
    fn a_tree_as_deep_as_a_chain_is_refused() {
        let splits = Forest::MAX_DEPTH as usize + 1;
        // Each split's low side is a leaf, its high side the next split.
        let mut nodes: Vec<u8> = [0].into_iter().chain([LEAF, 0].repeat(splits - 1)).collect();
        nodes.extend([LEAF, LEAF]);
        let packed = PackedForest {
            trees: 1,
            nodes,
            thresholds: vec![0.0; splits],
            shares: [255, 0].repeat(splits + 1),
            covers: vec![1; splits + 1],
        };
        assert_eq!(Forest::compile(&packed, 1, 2), Err(ForestError::Depth));
    }

    proptest! {
        #[test]
        fn any_nodes_compile_to_a_forest_that_ends_or_are_refused(
            trees in 0_usize..20,
            nodes in prop::collection::vec(prop_oneof![Just(LEAF), 0_u8..4], 0..60),
            row in prop::array::uniform3(-1.0_f32..1.0),
        ) {
            let leaves = nodes.iter().filter(|node| **node == LEAF).count();
            let packed = PackedForest {
                trees,
                thresholds: vec![0.0; nodes.len() - leaves],
                shares: [200, 55].repeat(leaves),
                covers: vec![1; leaves],
                nodes,
            };
            if let Ok(forest) = Forest::compile(&packed, 3, 2) {
                let mut probabilities = [0.0; 2];
                forest.classify(&row, &mut probabilities);
                prop_assert_eq!(probabilities, [200.0 / 255.0, 55.0 / 255.0]);
                prop_assert_eq!(forest.packed(), packed);
            }
        }
    }
}
