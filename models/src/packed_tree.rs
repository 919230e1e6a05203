//! The trees of a packed forest, one at a time.

use crate::packed::{LEAF, PackedForest};

/// One tree's part of a [`PackedForest`]; everything lies in it as it does there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PackedTree<'p> {
    pub nodes: &'p [u8],
    pub thresholds: &'p [f32],
    pub shares: &'p [u8],
    pub covers: &'p [u16],
}

impl PackedForest {
    /// The trees in order. A forest whose nodes end before its trees do, as only a damaged file has it, gives
    /// the whole ones.
    pub fn each_tree(&self, classes: usize) -> impl Iterator<Item = PackedTree<'_>> {
        let mut rest = PackedTree {
            nodes: &self.nodes,
            thresholds: &self.thresholds,
            shares: &self.shares,
            covers: &self.covers,
        };
        (0..self.trees).map_while(move |_| rest.take_first(classes))
    }
}

impl<'p> PackedTree<'p> {
    /// How many splits lead to each node, in the order of the nodes.
    pub fn depths(&self) -> Vec<u32> {
        let mut depths = Vec::with_capacity(self.nodes.len() + 2);
        depths.push(0);
        for (at, node) in self.nodes.iter().enumerate() {
            if *node != LEAF {
                let below = depths.get(at).map_or(0, |depth| depth + 1);
                depths.extend([below, below]);
            }
        }
        depths
    }

    /// Takes the first tree away from those that are left.
    fn take_first(&mut self, classes: usize) -> Option<PackedTree<'p>> {
        let mut end = 1;
        let mut at = 0;
        while at < end {
            if *self.nodes.get(at)? != LEAF {
                end += 2;
            }
            at += 1;
        }
        let splits = end / 2;
        let leaves = splits + 1;
        let (nodes, later_nodes) = self.nodes.split_at_checked(end)?;
        let (thresholds, later_thresholds) = self.thresholds.split_at_checked(splits)?;
        let (shares, later_shares) = self.shares.split_at_checked(leaves * classes)?;
        let (covers, later_covers) = self.covers.split_at_checked(leaves)?;
        *self = PackedTree {
            nodes: later_nodes,
            thresholds: later_thresholds,
            shares: later_shares,
            covers: later_covers,
        };
        Some(PackedTree {
            nodes,
            thresholds,
            shares,
            covers,
        })
    }
}
