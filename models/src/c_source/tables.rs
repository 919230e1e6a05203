//! The forest as arrays of whole numbers and thresholds.

use std::collections::HashMap;

use crate::packed::{LEAF, PackedForest};
use crate::packed_tree::PackedTree;

/// The forest's tables. Only splits stand in them: a leaf is a link to its shares, which stand once however many
/// leaves have them.
#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    /// Feature and threshold, tree by tree and breadth first.
    pub splits: Vec<(u8, f32)>,
    /// Two for each split: its low side, its high side.
    pub links: Vec<Link>,
    /// Each tree's first split.
    pub firsts: Vec<u32>,
    /// A share for each class, for each different leaf.
    pub shares: Vec<u8>,
    /// How many different leaves there are.
    pub leaves: usize,
    classes: usize,
}

/// Where one side of a split leads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Link {
    /// To a split of the same tree, counted from its first.
    Split(u32),
    /// To the shares of a leaf.
    Leaf(u32),
}

/// The width of an array's whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Width {
    Two,
    Four,
}

impl Width {
    /// The narrowest one that holds a number.
    pub fn of(number: u32) -> Self {
        if number <= u32::from(u16::MAX) {
            Width::Two
        } else {
            Width::Four
        }
    }

    pub fn bytes(self) -> usize {
        match self {
            Width::Two => 2,
            Width::Four => 4,
        }
    }

    pub fn c_type(self) -> &'static str {
        match self {
            Width::Two => "uint16_t",
            Width::Four => "uint32_t",
        }
    }
}

impl Tables {
    pub fn of(packed: &PackedForest, classes: usize) -> Self {
        let mut tables = Tables {
            classes,
            ..Tables::default()
        };
        let mut numbers = HashMap::new();
        for tree in packed.each_tree(classes) {
            tables.firsts.push(tables.splits.len() as u32);
            tables.push(tree, &mut numbers);
        }
        tables
    }

    fn push<'p>(&mut self, tree: PackedTree<'p>, numbers: &mut HashMap<&'p [u8], u32>) {
        let mut shares = tree.shares.chunks_exact(self.classes);
        let mut thresholds = tree.thresholds.iter();
        let mut splits = 0;
        for (at, feature) in tree.nodes.iter().enumerate() {
            let link = if *feature == LEAF {
                Link::Leaf(self.leaf(shares.next().unwrap_or_default(), numbers))
            } else {
                let threshold = thresholds.next().copied().unwrap_or(0.0);
                self.splits.push((*feature, threshold));
                splits += 1;
                Link::Split(splits - 1)
            };
            match (at, link) {
                // The walk begins with a split: a tree that is a lone leaf gets one that leads to it either way.
                (0, Link::Leaf(_)) => {
                    self.splits.push((0, 0.0));
                    self.links.extend([link, link]);
                }
                (0, Link::Split(_)) => {}
                // Breadth first, the sides of the splits follow each other in the order of the splits.
                _ => self.links.push(link),
            }
        }
    }

    fn leaf<'p>(&mut self, shares: &'p [u8], numbers: &mut HashMap<&'p [u8], u32>) -> u32 {
        *numbers.entry(shares).or_insert_with(|| {
            self.shares.extend(shares);
            self.leaves += 1;
            (self.leaves - 1) as u32
        })
    }

    /// The first number of a link that means a leaf: the upper half of what the link's width holds.
    pub fn leaf_mark(&self) -> u32 {
        let longest = self.links.iter().map(|link| match link {
            Link::Split(number) | Link::Leaf(number) => *number,
        });
        match longest.max() {
            Some(number) if number >= 1 << 15 => 1 << 31,
            _ => 1 << 15,
        }
    }

    pub fn link_width(&self) -> Width {
        Width::of(self.leaf_mark())
    }

    pub fn first_width(&self) -> Width {
        Width::of(self.firsts.last().copied().unwrap_or(0))
    }

    /// Bytes of all arrays.
    pub fn bytes(&self) -> usize {
        self.splits.len() * (size_of::<u8>() + size_of::<f32>())
            + self.links.len() * self.link_width().bytes()
            + self.firsts.len() * self.first_width().bytes()
            + self.shares.len()
    }
}
