//! From grown trees to the packed forest: every leaf gets the distribution of the classes that reach it, and their
//! weight.

use std::collections::VecDeque;

use crate::dataset::Dataset;
use crate::grown_tree::{GrownNode, GrownTree};
use crate::packed::{FULL_COVER, FULL_SHARE, LEAF, PackedForest};

/// What a leaf of the packed forest holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LeafContent {
    /// A share for each class.
    pub shares: Vec<u8>,
    /// The weight of all training rows that reach it, each class with the same total.
    pub cover: f64,
}

/// Packs the trees. A leaf's distribution comes from the training rows its tree has not seen, each class with
/// the same total weight; rows a tree was grown on would make it sure of itself. A leaf that no unseen row
/// reaches takes the rows it was grown on. A leaf's cover counts both.
pub(crate) fn pack(trees: &[GrownTree], dataset: &Dataset, training: &[usize]) -> PackedForest {
    let classes = dataset.classes().count();
    let mut class_rows = vec![0_usize; classes];
    for row in training {
        if let Some(rows) = dataset
            .labels()
            .get(*row)
            .and_then(|label| class_rows.get_mut(*label))
        {
            *rows += 1;
        }
    }
    let mut packed = PackedForest {
        trees: trees.len(),
        ..PackedForest::default()
    };
    for tree in trees {
        let mut unseen = vec![vec![0.0_f64; classes]; tree.nodes.len()];
        let mut seen = unseen.clone();
        for row in training {
            let table = if tree.seen.get(*row) == Some(&true) {
                &mut seen
            } else {
                &mut unseen
            };
            let label = dataset.labels().get(*row).copied().unwrap_or(0);
            let weight = 1.0 / class_rows.get(label).copied().unwrap_or(1).max(1) as f64;
            let leaf = table.get_mut(tree.leaf(dataset.row(*row)));
            if let Some(total) = leaf.and_then(|leaf| leaf.get_mut(label)) {
                *total += weight;
            }
        }
        push_tree(&mut packed, tree, |leaf, majority| {
            let tables = [unseen.get(leaf), seen.get(leaf)].into_iter().flatten();
            let weights = tables.map(|weights| (weights, weights.iter().sum::<f64>()));
            let filled = weights.clone().find(|(_, sum)| *sum > 0.0);
            LeafContent {
                shares: filled.map_or_else(|| one_class(majority, classes), |(weights, _)| shares(weights)),
                cover: weights.map(|(_, sum)| sum).sum(),
            }
        });
    }
    packed
}

/// Appends a tree breadth first. A split between leaves of the same shares decides nothing, and becomes a
/// leaf itself.
pub(crate) fn push_tree(
    packed: &mut PackedForest,
    tree: &GrownTree,
    content: impl Fn(usize, usize) -> LeafContent,
) {
    // Children come after their parent, so that from the end on both are known before it.
    let mut leaves: Vec<Option<LeafContent>> = vec![None; tree.nodes.len()];
    for (index, node) in tree.nodes.iter().enumerate().rev() {
        let leaf = match node {
            GrownNode::Leaf { majority } => Some(content(index, *majority)),
            GrownNode::Split { low, high, .. } => match (leaves.get(*low), leaves.get(*high)) {
                (Some(Some(low)), Some(Some(high))) if low.shares == high.shares => Some(LeafContent {
                    shares: low.shares.clone(),
                    cover: low.cover + high.cover,
                }),
                _ => None,
            },
        };
        if let Some(slot) = leaves.get_mut(index) {
            *slot = leaf;
        }
    }
    let mut weights = Vec::new();
    let mut queue = VecDeque::from([0]);
    while let Some(index) = queue.pop_front() {
        match (leaves.get(index), tree.nodes.get(index)) {
            (Some(Some(leaf)), _) => {
                packed.nodes.push(LEAF);
                packed.shares.extend(&leaf.shares);
                weights.push(leaf.cover);
            }
            (
                _,
                Some(GrownNode::Split {
                    feature,
                    threshold,
                    low,
                    high,
                }),
            ) => {
                packed.nodes.push(*feature as u8);
                packed.thresholds.push(*threshold);
                queue.extend([*low, *high]);
            }
            _ => {}
        }
    }
    packed.covers.extend(covers(&weights));
}

/// Weights as whole numbers, the heaviest [`FULL_COVER`], none below 1.
fn covers(weights: &[f64]) -> impl Iterator<Item = u16> {
    let heaviest = weights.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let full = f64::from(FULL_COVER);
    weights
        .iter()
        .map(move |weight| (weight / heaviest * full).round().clamp(1.0, full) as u16)
}

/// The whole share for one class.
pub(crate) fn one_class(class: usize, classes: usize) -> Vec<u8> {
    (0..classes)
        .map(|index| if index == class { FULL_SHARE } else { 0 })
        .collect()
}

/// Weights as whole shares that add up to [`FULL_SHARE`]: rounded down, and what is left goes to the largest
/// remainders.
pub(crate) fn shares(weights: &[f64]) -> Vec<u8> {
    let total: f64 = weights.iter().sum();
    let exact: Vec<f64> = weights
        .iter()
        .map(|weight| weight / total * f64::from(FULL_SHARE))
        .collect();
    let mut shares: Vec<u8> = exact.iter().map(|share| share.floor() as u8).collect();
    let given: u32 = shares.iter().map(|share| u32::from(*share)).sum();
    let left = u32::from(FULL_SHARE).saturating_sub(given) as usize;
    let mut by_remainder: Vec<(usize, f64)> = exact.iter().map(|share| share.fract()).enumerate().collect();
    by_remainder.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (class, _) in by_remainder.iter().take(left) {
        if let Some(share) = shares.get_mut(*class) {
            *share = share.saturating_add(1);
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::classes::Classes;
    use crate::dataset::FeatureSpec;

    #[test]
    fn leaves_hold_the_unseen_rows_with_classes_of_equal_weight() {
        let mut builder = Dataset::builder(vec![FeatureSpec::new("x", None)], Classes::fan()).unwrap();
        // Below 0.5: 3 of 6 normal rows and 1 of 2 imbalance rows. Row 8 was seen by the tree.
        for (value, code) in [
            (0.1, 0),
            (0.2, 0),
            (0.3, 0),
            (0.4, 3),
            (0.6, 0),
            (0.7, 0),
            (0.8, 0),
            (0.9, 3),
            (0.0, 1),
        ] {
            builder.push(&[value], code, "run");
        }
        let dataset = builder.finish().0;
        let tree = GrownTree {
            nodes: vec![
                GrownNode::Split {
                    feature: 0,
                    threshold: 0.5,
                    low: 1,
                    high: 2,
                },
                GrownNode::Leaf { majority: 0 },
                GrownNode::Split {
                    feature: 0,
                    threshold: 5.0,
                    low: 3,
                    high: 4,
                },
                GrownNode::Leaf { majority: 0 },
                GrownNode::Leaf { majority: 4 },
            ],
            seen: [vec![false; 8], vec![true]].concat(),
        };
        let packed = pack(&[tree], &dataset, &(0..9).collect::<Vec<_>>());
        assert_eq!(packed.nodes, [0, LEAF, 0, LEAF, LEAF]);
        // Half of each class is on either side; no row at all reaches the last leaf.
        assert_eq!(packed.shares[..5], [128, 0, 0, 127, 0]);
        assert_eq!(packed.shares[5..10], [128, 0, 0, 127, 0]);
        assert_eq!(packed.shares[10..], [0, 0, 0, 0, 255]);
        // Of the three classes, half of two and the whole of the third lie below 0.5: 2 of 3, and 1 of 3 above.
        assert_eq!(packed.covers, [FULL_COVER, FULL_COVER / 2 + 1, 1]);
    }

    #[test]
    fn a_split_between_equal_leaves_is_dropped() {
        let tree = GrownTree {
            nodes: vec![
                GrownNode::Split {
                    feature: 0,
                    threshold: 1.0,
                    low: 1,
                    high: 2,
                },
                GrownNode::Split {
                    feature: 0,
                    threshold: 0.5,
                    low: 3,
                    high: 4,
                },
                GrownNode::Leaf { majority: 1 },
                GrownNode::Leaf { majority: 0 },
                GrownNode::Leaf { majority: 0 },
            ],
            seen: Vec::new(),
        };
        let mut packed = PackedForest {
            trees: 1,
            ..PackedForest::default()
        };
        push_tree(&mut packed, &tree, |leaf, majority| LeafContent {
            shares: one_class(majority, 2),
            cover: if leaf == 3 { 1.0 } else { 2.0 },
        });
        assert_eq!(packed.nodes, [0, LEAF, LEAF]);
        assert_eq!(packed.thresholds, [1.0]);
        assert_eq!(packed.shares, [255, 0, 0, 255]);
        assert_eq!(packed.covers, [FULL_COVER, 43690], "3 and 2 rows");
    }

    proptest! {
        #[test]
        fn shares_always_add_up(weights in prop::collection::vec(0.0_f64..1.0, 2..64)) {
            prop_assume!(weights.iter().sum::<f64>() > 0.0);
            let total: u32 = shares(&weights).iter().map(|share| u32::from(*share)).sum();
            prop_assert_eq!(total, u32::from(FULL_SHARE));
        }
    }
}
