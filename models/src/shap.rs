//! The Shapley values of a forest's features, path-dependent: those of TreeSHAP (S. Lundberg, G. Erion, S. Lee, "Consistent
//! Individualized Feature Attribution for Tree Ensembles", 2018, algorithm 2), in another order of computing.
//!
//! Without some of the features, a tree's answer is the mean over both sides of each split by one of them, weighted by the
//! training rows on each side. So a leaf of value v gets weight `v·∏ (one if the row takes the feature's ways to it, else 0)`
//! over the features that are known, times `∏ (share of the rows that take them)` over those that are not. With `o` and `z`
//! for these factors, a feature's Shapley value from one leaf is
//!
//! ```text
//! v·(o - z)·∫ ∏ (z'·(1 - t) + o'·t) dt      from 0 to 1, the product over all other features on the way to the leaf
//! ```
//!
//! because ∫ tˢ·(1 - t)ʳ dt is the weight of s known and r unknown features. Algorithm 2 keeps the product's coefficients,
//! and takes each feature out of them at each leaf. Here the product is kept as its values at a few places of `t`, at which
//! quadrature is exact: taking a factor out is a division, and what all leaves below a node have in common is counted once,
//! at the node (as in P. Yu and others, "Linear TreeSHAP", 2022). So the work is proportional to the number of nodes, not
//! to leaves times squared depth: 100,000 leaves take about three milliseconds.
//!
//! A feature whose ways the row has left (`o = 0`) only scales what is below. Where that holds for all features that still
//! matter for the class, a node is answered by its mean, and nobody looks below.

use crate::explanation::Explanation;
use crate::forest::{Forest, ForestNode};
use crate::quadrature::{AtPlaces, Quadrature};
use crate::shap_tables::{Mean, Way, feature_bit};

impl Forest {
    /// Explains the probability of a class for a row that fits the forest.
    pub(crate) fn explain(&self, row: &[f32], class: usize) -> Explanation {
        // With n features on the way to a leaf, the product over the others is of degree n - 1.
        match row.len().min(self.depth() as usize) {
            0..=8 => self.explain_at::<4>(row, class),
            9..=16 => self.explain_at::<8>(row, class),
            // No tree is deeper than 64.
            _ => self.explain_at::<32>(row, class),
        }
    }

    fn explain_at<const POINTS: usize>(&self, row: &[f32], class: usize) -> Explanation {
        let Quadrature { places, weights } = Quadrature::<POINTS>::new();
        let rests = AtPlaces(places.0.map(|t| 1.0 - t));
        let mut walk = Walk {
            forest: self,
            row,
            ways: self.ways(),
            means: self.means(class),
            places,
            weights,
            rests,
            rest_weights: weights * rests.inverse(),
            contributions: vec![0.0; row.len()],
        };
        let mut base = 0.0;
        let mut contributions = vec![0.0_f64; row.len()];
        for root in self.roots() {
            base += f64::from(walk.mean(root).share);
            walk.contributions.fill(0.0);
            walk.below(root, 0, AtPlaces::ONE);
            for (sum, contribution) in contributions.iter_mut().zip(&walk.contributions) {
                *sum += f64::from(*contribution);
            }
        }
        let trees = self.trees() as f64;
        Explanation {
            base: (base / trees) as f32,
            contributions: contributions.iter().map(|sum| (sum / trees) as f32).collect(),
        }
    }
}

/// A walk through all of a tree that is worth it.
struct Walk<'f, const POINTS: usize> {
    forest: &'f Forest,
    row: &'f [f32],
    ways: &'f [Way],
    means: &'f [Mean],
    /// `t`.
    places: AtPlaces<POINTS>,
    weights: AtPlaces<POINTS>,
    /// `1 - t`.
    rests: AtPlaces<POINTS>,
    /// The weights over `1 - t`.
    rest_weights: AtPlaces<POINTS>,
    contributions: Vec<f32>,
}

impl<const POINTS: usize> Walk<'_, POINTS> {
    fn mean(&self, node: u32) -> Mean {
        let mean = self.means.get(node as usize).copied();
        mean.unwrap_or(Mean {
            share: 0.0,
            features: 0,
        })
    }

    /// Adds up the contributions of all splits below a node, and gives the values of all leaves times their products.
    /// `left` are the features whose ways the row has left, `product` is that of all factors on the way to the node.
    #[inline(always)]
    fn below(&mut self, node: u32, left: u32, product: AtPlaces<POINTS>) -> AtPlaces<POINTS> {
        let mean = self.mean(node);
        if mean.features & !left != 0
            && let Some(way) = self.ways.get(node as usize)
            && let ForestNode::Split {
                feature,
                threshold,
                low,
            } = self.forest.node(node)
        {
            return self.below_split((feature, threshold, low), *way, left, product);
        }
        product.scaled(mean.share)
    }

    /// The same of a split: its feature, its threshold and its low side.
    ///
    /// It calls itself once for each level, and no tree has more than [`Forest::MAX_DEPTH`].
    fn below_split(
        &mut self,
        (feature, threshold, low): (u8, f32, u32),
        way: Way,
        left: u32,
        product: AtPlaces<POINTS>,
    ) -> AtPlaces<POINTS> {
        let value = self.row.get(usize::from(feature)).copied().unwrap_or(0.0);
        if !(way.above < value && value <= way.up_to) {
            // The row left this feature's ways before: o is 0 on both sides, and z falls by the share of each.
            let below_low = self.below(low, left, product.scaled(way.low_share));
            return below_low + self.below(low + 1, left, product.scaled(1.0 - way.low_share));
        }
        let goes_high = value > threshold;
        let [low_share, high_share] = way.shares();
        let (kept_share, left_share) = if goes_high {
            (high_share, low_share)
        } else {
            (low_share, high_share)
        };
        // The feature's factor so far is taken out, and the one of either side put in.
        let before = self.places.factor(way.share_before).inverse();
        let factor = self.places.factor(kept_share);
        let rest = product * before;
        let kept = self.below(low + u32::from(goes_high), left, rest * factor);
        let gone = self.below(
            low + u32::from(!goes_high),
            left | feature_bit(feature).1,
            rest * self.rests.scaled(left_share),
        );
        let both = kept + gone;
        // (o - z) over the factor: on either side, less what the leaves below already gave for the way to here.
        let weighted =
            kept * factor.inverse().scaled(1.0 - kept_share) - both * before.scaled(1.0 - way.share_before);
        let contribution = (weighted * self.weights - gone * self.rest_weights).sum();
        if let Some(sum) = self.contributions.get_mut(usize::from(feature)) {
            *sum += contribution;
        }
        both
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::packed::{LEAF, PackedForest};

    /// What is drawn for a node: a feature to split by or a leaf, a threshold, a share of 255, a cover.
    type Drawn = (Option<u8>, f32, u8, u16);

    /// A forest of two classes whose trees grow breadth first from what was drawn, until it is used up.
    fn forest(trees: &[Vec<Drawn>], features: u8) -> Forest {
        let mut packed = PackedForest {
            trees: trees.len(),
            ..PackedForest::default()
        };
        for drawn in trees {
            let mut open = 1_usize;
            for (position, (feature, threshold, share, cover)) in drawn.iter().enumerate() {
                if open == 0 {
                    break;
                }
                // A split must leave enough for the leaves.
                match feature {
                    Some(feature) if position + open + 2 <= drawn.len() => {
                        packed.nodes.push(feature % features);
                        packed.thresholds.push(*threshold);
                        open += 1;
                    }
                    _ => {
                        packed.nodes.push(LEAF);
                        packed.shares.extend([*share, 255 - share]);
                        packed.covers.push(*cover);
                        open -= 1;
                    }
                }
            }
            assert_eq!(open, 0);
        }
        Forest::compile(&packed, usize::from(features), 2).unwrap()
    }

    /// Weight of all leaves below a node.
    fn cover(forest: &Forest, node: u32) -> f64 {
        match forest.node(node) {
            ForestNode::Leaf(leaf) => f64::from(forest.cover(leaf)),
            ForestNode::Split { low, .. } => cover(forest, low) + cover(forest, low + 1),
        }
    }

    /// A tree's answer when only some features are known, as its definition says.
    fn expectation(forest: &Forest, node: u32, row: &[f32], known: u32, class: usize) -> f64 {
        match forest.node(node) {
            ForestNode::Leaf(leaf) => f64::from(forest.share(leaf, class)),
            ForestNode::Split {
                feature,
                threshold,
                low,
            } => {
                let below = |child| expectation(forest, child, row, known, class);
                if known & (1 << feature) != 0 {
                    below(low + u32::from(row[usize::from(feature)] > threshold))
                } else {
                    let (low_cover, high_cover) = (cover(forest, low), cover(forest, low + 1));
                    (below(low) * low_cover + below(low + 1) * high_cover) / (low_cover + high_cover)
                }
            }
        }
    }

    /// Shapley values by their definition: over all sets of features.
    fn brute_force(forest: &Forest, row: &[f32], class: usize) -> (f64, Vec<f64>) {
        let features = row.len() as u32;
        let value = |known: u32| -> f64 {
            let trees = forest
                .roots()
                .map(|root| expectation(forest, root, row, known, class));
            trees.sum::<f64>() / forest.trees() as f64
        };
        let values: Vec<f64> = (0..1 << features).map(value).collect();
        let factorial = |n: u32| (1..=n).map(f64::from).product::<f64>();
        let contribution = |feature: u32| {
            let without = (0..1_u32 << features).filter(|set| set & (1 << feature) == 0);
            let terms = without.map(|set| {
                let size = set.count_ones();
                let weight = factorial(size) * factorial(features - size - 1) / factorial(features);
                weight * (values[(set | 1 << feature) as usize] - values[set as usize])
            });
            terms.sum()
        };
        (values[0], (0..features).map(contribution).collect())
    }

    fn drawn(nodes: usize) -> impl Strategy<Value = Vec<Drawn>> {
        let feature = prop_oneof![1 => Just(None), 4 => any::<u8>().prop_map(Some)];
        // Small covers as well: a share of a ten-thousandth is where precision is lost.
        let cover = prop_oneof![1_u16..5, 1_u16..=u16::MAX];
        let node = (feature, (0_u8..10).prop_map(f32::from), any::<u8>(), cover);
        prop::collection::vec(node, 1..nodes)
    }

    fn probability(forest: &Forest, row: &[f32], class: usize) -> f32 {
        let mut probabilities = [0.0; 2];
        forest.classify(row, &mut probabilities);
        probabilities[class]
    }

    fn check(forest: &Forest, row: &[f32]) -> Result<(), TestCaseError> {
        for class in 0..2 {
            let (base, contributions) = brute_force(forest, row, class);
            let explained = forest.explain(row, class);
            prop_assert!((f64::from(explained.base) - base).abs() < 1e-5);
            for (found, expected) in explained.contributions.iter().zip(&contributions) {
                prop_assert!(
                    (f64::from(*found) - expected).abs() < 1e-5,
                    "{:?} is not {contributions:?}",
                    explained.contributions
                );
            }
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

        #[test]
        fn contributions_are_the_shapley_values(
            trees in prop::collection::vec(drawn(40), 1..4),
            row in prop::array::uniform5((0_u8..22).prop_map(|half| f32::from(half) / 2.0)),
        ) {
            check(&forest(&trees, 5), &row)?;
        }

        #[test]
        fn contributions_are_the_shapley_values_of_many_features(
            trees in prop::collection::vec(drawn(200), 1..2),
            row in prop::array::uniform10((0_u8..22).prop_map(|half| f32::from(half) / 2.0)),
        ) {
            check(&forest(&trees, 10), &row)?;
        }

        #[test]
        fn base_and_contributions_add_up_however_many_features_there_are(
            trees in prop::collection::vec(drawn(600), 1..3),
            row in prop::collection::vec((0_u8..22).prop_map(|half| f32::from(half) / 2.0), 70),
        ) {
            let forest = forest(&trees, 70);
            for class in 0..2 {
                let explained = forest.explain(&row, class);
                let sum = explained.base + explained.contributions.iter().sum::<f32>();
                let probability = probability(&forest, &row, class);
                prop_assert!((sum - probability).abs() < 1e-5, "{sum} is not {probability}");
            }
        }
    }

    #[test]
    fn a_tree_as_deep_as_a_chain_is_explained() {
        // Each split has a feature of its own; its low side is a leaf, its high side the next split.
        let depth = 64_u8;
        let mut nodes: Vec<u8> = (0..depth).flat_map(|feature| [LEAF, feature]).skip(1).collect();
        nodes.extend([LEAF, LEAF]);
        let packed = PackedForest {
            trees: 1,
            nodes,
            thresholds: vec![0.5; 64],
            shares: (0..65).flat_map(|leaf| [leaf * 3, 255 - leaf * 3]).collect(),
            covers: (0..65).map(|leaf| 1 + (64 - leaf) * 1000).collect(),
        };
        let forest = Forest::compile(&packed, 64, 2).unwrap();
        for ones in [0, 1, 33, 63, 64] {
            let row: Vec<f32> = (0..64)
                .map(|feature| f32::from(u8::from(feature < ones)))
                .collect();
            let explained = forest.explain(&row, 0);
            let sum = explained.base + explained.contributions.iter().sum::<f32>();
            assert!(
                (sum - probability(&forest, &row, 0)).abs() < 1e-5,
                "{ones}: {sum}"
            );
        }
    }

    #[test]
    fn explanations_take_no_part_in_equality() {
        let trees = [vec![(Some(0), 1.0, 0, 9), (None, 0.0, 9, 3), (None, 0.0, 200, 5)]];
        let forest = forest(&trees, 1);
        let other = forest.clone();
        forest.explain(&[1.0], 0);
        assert_eq!(forest, other);
    }
}
