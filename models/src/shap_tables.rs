//! What explanations need of a forest and no verdict does: made when the first of a class is asked for.

use std::sync::OnceLock;

use crate::forest::{Forest, ForestNode};

/// The tables, each made once.
#[derive(Debug, Clone)]
pub(crate) struct ShapTables {
    ways: OnceLock<Vec<Way>>,
    means: Vec<OnceLock<Vec<Mean>>>,
}

/// They follow from the forest, and tell no two forests apart.
impl PartialEq for ShapTables {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// How the rows that reach a split have been parted by its own feature, there and before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Way {
    /// Share of the split's rows that go to the low side.
    pub low_share: f32,
    /// The product of the shares of the ways taken at all splits before by the same feature.
    pub share_before: f32,
    /// A value of the feature takes the same ways at all of them if it is above `above` and at most `up_to`.
    pub above: f32,
    pub up_to: f32,
}

const WHOLE: Way = Way {
    low_share: 1.0,
    share_before: 1.0,
    above: f32::NEG_INFINITY,
    up_to: f32::INFINITY,
};

impl Way {
    /// The way on to one side of a split, for a later split by the same feature.
    fn on(self, threshold: f32, is_low: bool) -> Way {
        let [low, high] = self.shares();
        if is_low {
            Way {
                share_before: low,
                up_to: self.up_to.min(threshold),
                ..self
            }
        } else {
            Way {
                share_before: high,
                above: self.above.max(threshold),
                ..self
            }
        }
    }

    /// The products of the shares up to and with the low and the high side.
    pub fn shares(self) -> [f32; 2] {
        [
            self.share_before * self.low_share,
            self.share_before * (1.0 - self.low_share),
        ]
    }
}

/// What a class gets on average below a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mean {
    /// Over the rows that reach the node.
    pub share: f32,
    /// The features that the answer below depends on, by [`feature_bit`]; none where all leaves say the same.
    pub features: u32,
}

/// Features from this one on share a bit.
const SHARED_BIT: u8 = 31;

/// A feature's bit in a set, and in a set that must not hold features by mistake: there, those that share a bit have none.
pub(crate) fn feature_bit(feature: u8) -> (u32, u32) {
    let bit = 1 << feature.min(SHARED_BIT);
    (bit, if feature < SHARED_BIT { bit } else { 0 })
}

impl ShapTables {
    /// Empty ones.
    pub fn new(classes: usize) -> Self {
        Self {
            ways: OnceLock::new(),
            means: vec![OnceLock::new(); classes],
        }
    }
}

impl Forest {
    /// For each split the way to it; leaves have none.
    pub(crate) fn ways(&self) -> &[Way] {
        self.shap.ways.get_or_init(|| ways(self))
    }

    /// For each node what the class gets below it.
    pub(crate) fn means(&self, class: usize) -> &[Mean] {
        let table = self.shap.means.get(class);
        table.map_or(&[], |table| table.get_or_init(|| means(self, class, self.ways())))
    }
}

/// Children come after their parent: what is below is known when going backward, what is above when going forward.
fn ways(forest: &Forest) -> Vec<Way> {
    let count = forest.node_count();
    let mut covers = vec![0_u64; count];
    let mut parents = vec![u32::MAX; count];
    let mut table = vec![WHOLE; count];
    for index in (0..count).rev() {
        let at = |child: u32| covers.get(child as usize).copied().unwrap_or(1);
        let cover = match forest.node(index as u32) {
            ForestNode::Leaf(leaf) => u64::from(forest.cover(leaf)),
            ForestNode::Split { low, .. } => {
                let (low_cover, high_cover) = (at(low), at(low + 1));
                for child in [low, low + 1] {
                    if let Some(parent) = parents.get_mut(child as usize) {
                        *parent = index as u32;
                    }
                }
                if let Some(way) = table.get_mut(index) {
                    way.low_share = (low_cover as f64 / (low_cover + high_cover) as f64) as f32;
                }
                low_cover + high_cover
            }
        };
        if let Some(slot) = covers.get_mut(index) {
            *slot = cover;
        }
    }
    for index in 0..count {
        let ForestNode::Split { feature, .. } = forest.node(index as u32) else {
            continue;
        };
        // Up to the last split by the same feature: a tree's depth is bounded, and so is this.
        let mut below = index as u32;
        let mut before = WHOLE;
        while let Some(above) = parents
            .get(below as usize)
            .copied()
            .filter(|above| *above != u32::MAX)
        {
            if let ForestNode::Split {
                feature: same,
                threshold,
                low,
            } = forest.node(above)
                && same == feature
            {
                let way = table.get(above as usize).copied().unwrap_or(WHOLE);
                before = way.on(threshold, below == low);
                break;
            }
            below = above;
        }
        if let Some(way) = table.get_mut(index) {
            *way = Way {
                low_share: way.low_share,
                ..before
            };
        }
    }
    table
}

fn means(forest: &Forest, class: usize, ways: &[Way]) -> Vec<Mean> {
    let none = Mean {
        share: 0.0,
        features: 0,
    };
    let mut table = vec![none; forest.node_count()];
    for (index, way) in ways.iter().enumerate().rev() {
        let at = |child: u32| table.get(child as usize).copied().unwrap_or(none);
        let mean = match forest.node(index as u32) {
            ForestNode::Leaf(leaf) => Mean {
                share: forest.share(leaf, class),
                features: 0,
            },
            ForestNode::Split { feature, low, .. } => {
                let (low, high) = (at(low), at(low + 1));
                if low == high && low.features == 0 {
                    low
                } else {
                    Mean {
                        share: way.low_share * low.share + (1.0 - way.low_share) * high.share,
                        features: low.features | high.features | feature_bit(feature).0,
                    }
                }
            }
        };
        if let Some(slot) = table.get_mut(index) {
            *slot = mean;
        }
    }
    table
}
