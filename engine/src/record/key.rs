//! Keys: which machine a record belongs to.
//!
//! A key's name is interned once, at the source; from there on it is a small number, and a node finds its state of that
//! key by index instead of hashing text for every record.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A machine, by the number that [`Keys`] gave its name. Numbers are dense, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Key(pub u32);

/// The names of all keys that a running flow has seen.
#[derive(Debug, Default)]
pub struct Keys {
    table: RwLock<Table>,
}

#[derive(Debug, Default)]
struct Table {
    numbers: HashMap<Arc<str>, Key>,
    names: Vec<Arc<str>>,
}

/// More machines than this in one flow are a mistake (such as a timestamp used as the key), and would fill the memory.
const MAX_KEYS: usize = 1_000_000;

impl Keys {
    /// The key of `name`; nothing when the flow has a million keys already.
    pub fn intern(&self, name: &str) -> Option<Key> {
        if let Some(key) = self
            .table
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .numbers
            .get(name)
        {
            return Some(*key);
        }
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = table.numbers.get(name) {
            return Some(*key);
        }
        if table.names.len() >= MAX_KEYS {
            return None;
        }
        let key = Key(u32::try_from(table.names.len()).ok()?);
        let name: Arc<str> = name.into();
        table.names.push(Arc::clone(&name));
        table.numbers.insert(name, key);
        Some(key)
    }

    /// The name behind `key`; empty for a number that this flow did not give.
    #[must_use]
    pub fn name(&self, key: Key) -> Arc<str> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.names.get(key.0 as usize).cloned().unwrap_or_default()
    }
}
