//! The compiled forest: one classification in a few microseconds, without allocation.

use crate::packed::{FULL_SHARE, ForestError, LEAF, PackedForest};
use crate::shap_tables::ShapTables;

/// Eight bytes: four to a cache line's half, so that the upper levels of all trees stay in the cache.
///
/// `link` holds the feature in its upper 8 bits and the node of the low side in its lower 24; the high side
/// is the next node. A leaf's threshold is a NaN, which no value is greater than, and its low side is itself:
/// a walk that has arrived stays, and all walks can take equally many steps without asking. The NaN's payload
/// is the leaf's number.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Node {
    threshold_bits: u32,
    link: u32,
}

const INDEX_BITS: u32 = 24;
const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;
const QUIET_NAN: u32 = 0x7fc0_0000;
const PAYLOAD_MASK: u32 = 0x003f_ffff;

impl Node {
    fn split(feature: u8, threshold: f32, low: u32) -> Self {
        Node {
            threshold_bits: threshold.to_bits(),
            link: (u32::from(feature) << INDEX_BITS) | low,
        }
    }

    fn leaf(own_index: u32, leaf: u32) -> Self {
        Node {
            threshold_bits: QUIET_NAN | leaf,
            link: own_index,
        }
    }

    fn is_leaf(self) -> bool {
        f32::from_bits(self.threshold_bits).is_nan()
    }

    fn feature(self) -> u8 {
        (self.link >> INDEX_BITS) as u8
    }

    fn next(self, row: &PaddedRow) -> u32 {
        let value = row.get(usize::from(self.feature())).copied().unwrap_or(0.0);
        (self.link & INDEX_MASK) + u32::from(value > f32::from_bits(self.threshold_bits))
    }

    fn leaf_number(self) -> usize {
        (self.threshold_bits & PAYLOAD_MASK) as usize
    }
}

/// A row padded to every feature number a byte can hold: no bounds to check in the walk.
type PaddedRow = [f32; 256];

/// Trees walked at the same time, so that the memory accesses of their walks overlap.
const LANES: usize = 16;

/// Up to [`LANES`] trees; unused lanes repeat the first tree and are not counted.
#[derive(Debug, Clone, PartialEq)]
struct Group {
    roots: [u32; LANES],
    trees: usize,
    depth: u32,
}

/// The compiled forest.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Forest {
    nodes: Vec<Node>,
    groups: Vec<Group>,
    shares: Vec<u8>,
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
    /// A leaf's number must fit the payload of a NaN.
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
        Ok(Forest {
            nodes,
            groups: roots.chunks(LANES).map(group).collect(),
            shares: packed.shares.clone(),
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
        self.groups
            .iter()
            .flat_map(|group| group.roots.iter().take(group.trees).copied())
    }

    /// The most splits on the way to a leaf.
    pub fn depth(&self) -> u32 {
        self.groups.iter().map(|group| group.depth).max().unwrap_or(0)
    }

    /// The node at an index.
    pub fn node(&self, index: u32) -> ForestNode {
        match self.nodes.get(index as usize) {
            Some(node) if !node.is_leaf() => ForestNode::Split {
                feature: node.feature(),
                threshold: f32::from_bits(node.threshold_bits),
                low: node.link & INDEX_MASK,
            },
            Some(node) => ForestNode::Leaf(node.leaf_number()),
            None => unreachable!("node {index} of {}", self.nodes.len()),
        }
    }

    /// A leaf's share of a class, 0 to 1.
    pub fn share(&self, leaf: usize, class: usize) -> f32 {
        let share = self.shares.get(leaf * self.classes + class).copied();
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
        let splits = self.nodes.iter().filter(|node| !node.is_leaf());
        PackedForest {
            trees: self.trees,
            nodes: self
                .nodes
                .iter()
                .map(|node| if node.is_leaf() { LEAF } else { node.feature() })
                .collect(),
            thresholds: splits.map(|node| f32::from_bits(node.threshold_bits)).collect(),
            shares: self.shares.clone(),
            covers: self.covers.clone(),
        }
    }

    /// Writes each class's mean share over all trees into `probabilities`, which add up to 1, and gives the
    /// class of the highest one (the first of equals). The row must have as many values as there are
    /// features, all of them finite.
    pub fn classify(&self, row: &[f32], probabilities: &mut [f32]) -> usize {
        let mut padded: PaddedRow = [0.0; 256];
        for (slot, value) in padded.iter_mut().zip(row) {
            *slot = *value;
        }
        // Whole numbers: the sum is exact and does not depend on the order of the trees.
        let mut sums = [0_u32; crate::Classes::MAX];
        for group in &self.groups {
            for leaf in self.leaves(group, &padded).iter().take(group.trees) {
                let shares = self.shares.get(leaf * self.classes..).unwrap_or_default();
                for (sum, share) in sums.iter_mut().zip(shares.iter().take(self.classes)) {
                    *sum += u32::from(*share);
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

    /// The number of the leaf that the row reaches in each tree of the group.
    fn leaves(&self, group: &Group, row: &PaddedRow) -> [usize; LANES] {
        let nodes = self.nodes.as_slice();
        let node = |index: u32| {
            nodes.get(index as usize).copied().unwrap_or(Node {
                threshold_bits: 0,
                link: 0,
            })
        };
        let mut at = group.roots;
        for _ in 0..group.depth {
            for lane in &mut at {
                *lane = node(*lane).next(row);
            }
        }
        at.map(|lane| node(lane).leaf_number())
    }
}

fn group(trees: &[(u32, u32)]) -> Group {
    let first = trees.first().map_or(0, |(root, _)| *root);
    let mut roots = [first; LANES];
    for (slot, (root, _)) in roots.iter_mut().zip(trees) {
        *slot = *root;
    }
    Group {
        roots,
        trees: trees.len(),
        depth: trees.iter().map(|(_, depth)| *depth).max().unwrap_or(0),
    }
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
