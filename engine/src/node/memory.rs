//! What nodes remember, for saving: it outlives the process, and an edit of the flow.
//!
//! A memory has parts, such as `energy.integral` of a `kpi` node or `state` of a script. A part's name says what it means:
//! what was saved under it comes back to the part of that name, whatever else in the node was changed.

use std::sync::Arc;

use crate::record::Key;

/// What of a memory is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What changed since the memory was last asked.
    Changes,
    /// All of it.
    All,
}

/// What became of something that was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Restored {
    /// It is remembered again.
    Kept,
    /// It is remembered again, in another unit.
    Converted,
    /// The node has no such part, or cannot read it.
    Unknown,
}

/// A node's own memory, by part and key.
pub trait Memory {
    /// Hands out what is asked for: part, key, and bytes that only the node itself reads.
    fn save(&mut self, extent: Extent, save: &mut dyn FnMut(&str, Key, Vec<u8>));

    /// Takes back what was saved. The bytes may come from an older version of the node, or from a broken disk.
    fn restore(&mut self, part: &str, key: Key, bytes: &[u8]) -> Restored;
}

/// Something that a node remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The node's name.
    pub node: Arc<str>,
    /// Which part of its memory.
    pub part: Arc<str>,
    /// The machine's name.
    pub key: Arc<str>,
    /// What is remembered.
    pub bytes: Vec<u8>,
}
