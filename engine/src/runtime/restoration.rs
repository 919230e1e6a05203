//! Giving nodes back what they remembered.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::assembly::Parts;
use super::epoch::POSITION;
use crate::node::{Remembered, Restored};
use crate::record::Keys;

/// What became of saved memories, by node and part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restoration {
    parts: BTreeMap<(Arc<str>, Arc<str>), Restored>,
}

impl Restoration {
    /// Node and part of all memories that are as `restored` says.
    pub fn of(&self, restored: Restored) -> impl Iterator<Item = (&str, &str)> {
        let parts = self.parts.iter();
        parts
            .filter(move |(_, found)| **found == restored)
            .map(|((node, part), _)| (&**node, &**part))
    }

    /// Whether there was anything to restore.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Takes over what is told of `node`.
    pub(super) fn take(&mut self, node: &str, newer: Self) {
        self.parts.retain(|(id, _), _| &**id != node);
        self.parts.extend(newer.parts);
    }

    /// Forgets the nodes that are not asked for.
    pub(super) fn forget_unless(&mut self, is_asked_for: impl Fn(&str) -> bool) {
        self.parts.retain(|(id, _), _| is_asked_for(id));
    }

    fn note(&mut self, node: Arc<str>, part: Arc<str>, restored: Restored) {
        // A part of which one key cannot be read is told as such.
        let noted = self.parts.entry((node, part)).or_insert(restored);
        *noted = restored.max(*noted);
    }
}

/// Gives the nodes among `parts` what was saved of them. What no node takes is told, too.
pub(super) fn restore(parts: &mut Parts, remembered: Vec<Remembered>, keys: &Keys) -> Restoration {
    let mut restoration = Restoration::default();
    let mut keys_by_name = HashMap::new();
    for Remembered {
        node,
        part,
        key,
        bytes,
    } in remembered
    {
        if *part == *POSITION {
            if let Some(source) = parts.sources.get_mut(&node) {
                source.source.iter_mut().for_each(|source| source.resume(&bytes));
            }
            continue;
        }
        let key = *keys_by_name
            .entry(Arc::clone(&key))
            .or_insert_with(|| keys.intern(&key));
        let transform = parts.transforms.get_mut(&node);
        let memory = transform.and_then(|in_hand| in_hand.transform.memory());
        let restored = match (memory, key) {
            (Some(memory), Some(key)) => memory.restore(&part, key, &bytes),
            _ => Restored::Unknown,
        };
        restoration.note(node, part, restored);
    }
    restoration
}
