//! The walk from the roots of trees to their leaves, sixteen trees at a time.
//!
//! A tree's next step waits for the memory that the step before named, so the walks of [`LANES`] trees overlap. All lanes take
//! equally many steps without asking whether they have arrived, for such a question would be guessed wrongly once a tree.

/// Eight bytes: four to a cache line's half, so that the upper levels of all trees stay in the cache.
///
/// `link` holds the feature in its upper 8 bits and the node of the low side in its lower 24; the high side is the next node.
/// A leaf's key is beyond that of every finite value, and its low side is itself: a walk that has arrived stays. How far
/// beyond is the leaf's number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Node {
    key: u32,
    link: u32,
}

const INDEX_BITS: u32 = 24;
const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;
/// The key of infinity: leaves begin behind it.
const INFINITY_KEY: u32 = 0xff80_0000;

/// A whole number in the place of a value: of two finite values the greater has the greater key, and both zeros have one.
/// Comparing whole numbers takes one step less than comparing floating-point numbers, whose NaNs must be minded.
fn key(value: f32) -> u32 {
    const SIGN: u32 = 1 << 31;
    // -0 + 0 is 0.
    let bits = (value + 0.0).to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

impl Node {
    /// Leaves' numbers must fit behind the key of infinity.
    pub const MAX_LEAVES: usize = (u32::MAX - INFINITY_KEY) as usize;

    /// To the node `low` where the feature is at most `threshold`, a finite number, else to the node behind it.
    pub fn split(feature: u8, threshold: f32, low: u32) -> Self {
        Node {
            key: key(threshold),
            link: (u32::from(feature) << INDEX_BITS) | low,
        }
    }

    /// The leaf of a number, which stands at `own_index`.
    pub fn leaf(own_index: u32, number: u32) -> Self {
        Node {
            key: INFINITY_KEY + 1 + number,
            link: own_index,
        }
    }

    pub fn feature(self) -> u8 {
        (self.link >> INDEX_BITS) as u8
    }

    /// The node of the low side.
    pub fn low(self) -> u32 {
        self.link & INDEX_MASK
    }

    pub fn threshold(self) -> f32 {
        const SIGN: u32 = 1 << 31;
        f32::from_bits(if self.key & SIGN == 0 {
            !self.key
        } else {
            self.key ^ SIGN
        })
    }

    /// Which leaf it is, if it is one.
    pub fn leaf_number(self) -> Option<usize> {
        self.key
            .checked_sub(INFINITY_KEY + 1)
            .map(|number| number as usize)
    }

    fn next(self, row: &KeyedRow) -> u32 {
        let value = row.keys.get(usize::from(self.feature())).copied().unwrap_or(0);
        self.low() + u32::from(value > self.key)
    }
}

/// The keys of a row's values, padded to every feature number a byte can hold: no bounds to check in the walk.
pub(crate) struct KeyedRow {
    keys: [u32; 256],
}

impl KeyedRow {
    /// Of a row of finite values.
    pub fn new(row: &[f32]) -> Self {
        let mut keys = [0; 256];
        for (slot, value) in keys.iter_mut().zip(row) {
            *slot = key(*value);
        }
        KeyedRow { keys }
    }
}

/// Trees walked at the same time.
pub(crate) const LANES: usize = 16;

/// Up to [`LANES`] trees; unused lanes repeat the first tree and are not counted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    roots: [u32; LANES],
    trees: usize,
    depth: u32,
}

impl Group {
    /// Of at most [`LANES`] trees, each with its root and its depth.
    pub fn new(trees: &[(u32, u32)]) -> Self {
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

    pub fn roots(&self) -> impl Iterator<Item = u32> {
        self.roots.iter().take(self.trees).copied()
    }

    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// The leaf that the row reaches in each of the trees. `nodes` are those of the forest.
    pub fn leaves(&self, nodes: &[Node], row: &KeyedRow) -> impl Iterator<Item = usize> {
        const NOWHERE: Node = Node {
            key: u32::MAX,
            link: 0,
        };
        let node = |index: u32| nodes.get(index as usize).copied().unwrap_or(NOWHERE);
        let mut at = self.roots;
        // Hardly ever have all trees come to their leaves in half of the way.
        for _ in 0..self.depth / 2 {
            for lane in &mut at {
                *lane = node(*lane).next(row);
            }
        }
        // Whether they all have is asked at every second step. Whoever goes on comes to a node further behind: this ends.
        loop {
            let mut moved = 0;
            for lane in &mut at {
                let next = node(*lane).next(row);
                moved |= next ^ *lane;
                *lane = next;
            }
            if moved == 0 {
                break;
            }
            for lane in &mut at {
                *lane = node(*lane).next(row);
            }
        }
        let leaf = move |index| node(index).leaf_number().unwrap_or(usize::MAX);
        at.into_iter().take(self.trees).map(leaf)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_are_ordered_as_the_values(first: f32, second: f32) {
            prop_assume!(first.is_finite() && second.is_finite());
            prop_assert_eq!(key(first).cmp(&key(second)), first.partial_cmp(&second).unwrap());
            prop_assert_eq!(Node::split(0, first, 0).threshold(), first);
            prop_assert!(Node::split(0, first, 0).leaf_number().is_none());
        }
    }

    #[test]
    fn zeros_are_equal_and_leaves_beyond_everything() {
        assert_eq!(key(-0.0), key(0.0));
        assert_eq!(Node::leaf(5, 0).leaf_number(), Some(0));
        assert!(key(f32::MAX) < Node::leaf(5, 0).key);
        assert_eq!(Node::leaf(5, 0).next(&KeyedRow::new(&[f32::MAX; 3])), 5);
    }
}
