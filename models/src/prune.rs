//! A smaller forest out of a grown one: fewer trees, or trees that are cut off.

use crate::flatten::{LeafContent, push_tree, shares};
use crate::forest::Forest;
use crate::grown_tree::{GrownNode, GrownTree};
use crate::model::Model;
use crate::packed::{LEAF, PackedForest};
use crate::packed_tree::PackedTree;

/// How large a forest may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForestSize {
    /// Number of trees, at least 1.
    pub trees: usize,
    /// Most splits on the way to a leaf.
    pub depth: u32,
}

impl Model {
    /// How large the forest is; nothing of a model that is none.
    pub fn forest_size(&self) -> Option<ForestSize> {
        let (forest, _) = self.forest()?;
        Some(ForestSize {
            trees: forest.trees(),
            depth: forest.depth(),
        })
    }

    /// The same model with a forest that is at most as large as told: its first trees, at least one of them, and no
    /// leaf below `depth` splits.
    ///
    /// A split at that depth becomes a leaf, which gives to each class the mean of the leaves below it, weighted by the
    /// training rows that reach them; it is rounded so that a leaf's shares still add up. What the training's report says
    /// stays as it was: it speaks of the whole forest. Nothing of a model that is no forest.
    #[must_use]
    pub fn pruned(&self, most: ForestSize) -> Option<Model> {
        let (forest, training) = self.forest()?;
        let classes = self.classes().count();
        let pruned = prune(&forest.packed(), classes, most);
        match Forest::compile(&pruned, self.features().len(), classes) {
            Ok(forest) => Some(self.with_forest(forest, training.clone())),
            Err(error) => unreachable!("a part of a forest is a forest: {error}"),
        }
    }
}

fn prune(packed: &PackedForest, classes: usize, most: ForestSize) -> PackedForest {
    let mut pruned = PackedForest {
        trees: packed.trees.min(most.trees.max(1)),
        ..PackedForest::default()
    };
    for tree in packed.each_tree(classes).take(pruned.trees) {
        let depths = tree.depths();
        if depths.iter().all(|depth| *depth <= most.depth) {
            pruned.nodes.extend(tree.nodes);
            pruned.thresholds.extend(tree.thresholds);
            pruned.shares.extend(tree.shares);
            pruned.covers.extend(tree.covers);
        } else {
            push_cut(&mut pruned, tree, &depths, classes, most.depth);
        }
    }
    pruned
}

/// What the leaves at and below a node hold.
#[derive(Clone)]
struct Below {
    /// For each class, the sum of the leaves' shares times their covers.
    weights: Vec<f64>,
    cover: f64,
}

/// Appends a tree with leaves for the splits at `depth`.
fn push_cut(pruned: &mut PackedForest, tree: PackedTree, depths: &[u32], classes: usize, depth: u32) {
    let mut nodes = Vec::with_capacity(tree.nodes.len());
    let mut below: Vec<Option<Below>> = Vec::with_capacity(tree.nodes.len());
    let mut thresholds = tree.thresholds.iter();
    let mut leaves = tree.shares.chunks_exact(classes).zip(tree.covers);
    let mut splits = 0;
    for feature in tree.nodes {
        if *feature == LEAF {
            nodes.push(GrownNode::Leaf { majority: 0 });
            below.push(leaves.next().map(|(shares, cover)| {
                Below {
                    weights: shares
                        .iter()
                        .map(|share| f64::from(*share) * f64::from(*cover))
                        .collect(),
                    cover: f64::from(*cover),
                }
            }));
            continue;
        }
        // Two for each split before this one, and the root.
        let low = 2 * splits + 1;
        splits += 1;
        let threshold = thresholds.next().copied().unwrap_or(0.0);
        nodes.push(GrownNode::Split {
            feature: usize::from(*feature),
            threshold,
            low,
            high: low + 1,
        });
        below.push(None);
    }
    // Children come after their parent, so that from the end on both are known before it.
    for at in (0..nodes.len()).rev() {
        let Some(GrownNode::Split { low, high, .. }) = nodes.get(at) else {
            continue;
        };
        let sum = match (below.get(*low), below.get(*high)) {
            (Some(Some(low)), Some(Some(high))) => Below {
                weights: low
                    .weights
                    .iter()
                    .zip(&high.weights)
                    .map(|(a, b)| a + b)
                    .collect(),
                cover: low.cover + high.cover,
            },
            _ => continue,
        };
        if let Some(slot) = below.get_mut(at) {
            *slot = Some(sum);
        }
        if depths.get(at) == Some(&depth)
            && let Some(node) = nodes.get_mut(at)
        {
            *node = GrownNode::Leaf { majority: 0 };
        }
    }
    let cut = GrownTree {
        nodes,
        seen: Vec::new(),
    };
    push_tree(pruned, &cut, |leaf, _| {
        let below = below.get(leaf).cloned().flatten();
        let Below { weights, cover } = below.unwrap_or(Below {
            weights: vec![1.0; classes],
            cover: 1.0,
        });
        LeafContent {
            shares: shares(&weights),
            cover,
        }
    });
}
