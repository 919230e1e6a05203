//! What has come of a machine already: the memory of `dedupe`, and how it is saved.

use std::collections::{HashMap, VecDeque};

use thiserror::Error;

/// What tells a record from another one: a hash of what is compared, wide enough that two records never have the same.
pub type Identity = u128;

/// The identities of the last records of one machine.
///
/// Every record that arrives is a step, whether it is new or not, and an identity is forgotten after so many steps. So
/// nothing keeps records away for ever: not even a counter that begins again, over and over, within the memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// How many records arrived.
    arrived: u64,
    /// When each was seen, the earliest first. One that was forgotten since may still stand here.
    order: VecDeque<(u64, Identity)>,
    known: HashMap<Identity, Sighting>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Sighting {
    at: u64,
    is_safe: bool,
}

/// Bytes that are no [`Seen`].
#[derive(Clone, Copy, Debug, Error, PartialEq)]
pub enum SeenError {
    /// They begin with another version.
    #[error("the memory of what came begins with {found:?}, and this program reads version {VERSION}")]
    Version {
        /// What they begin with.
        found: Option<u8>,
    },
    /// They end in the middle of an entry.
    #[error("the memory of what came ends in the middle of an entry: {bytes} bytes too many")]
    Torn {
        /// How many bytes there are behind the last whole entry.
        bytes: usize,
    },
    /// The entries are not in the order in which they came, or there twice.
    #[error("entry {entry} of the memory of what came is out of order, or there twice")]
    Disordered {
        /// Its number from 0.
        entry: usize,
    },
}

const VERSION: u8 = 1;
/// An age in records, and an identity.
const ENTRY_BYTES: usize = 4 + 16;

impl Seen {
    /// Takes note of a record, and tells whether it is a new one. `window` is after how many records one is forgotten.
    pub fn is_new(&mut self, identity: Identity, window: u32) -> bool {
        self.arrived += 1;
        while let Some((at, old)) = self.order.front().copied() {
            if self.arrived - at <= u64::from(window) {
                break;
            }
            self.order.pop_front();
            if self.known.get(&old).is_some_and(|sighting| sighting.at == at) {
                self.known.remove(&old);
            }
        }
        if self.known.contains_key(&identity) {
            return false;
        }
        let at = self.arrived;
        self.order.push_back((at, identity));
        self.known.insert(identity, Sighting { at, is_safe: false });
        true
    }

    /// The record is where the flow took it: from now on it is saved.
    pub fn keep(&mut self, identity: Identity) {
        if let Some(sighting) = self.known.get_mut(&identity) {
            sighting.is_safe = true;
        }
    }

    /// The record got lost behind here: when it comes again it is new.
    pub fn forget(&mut self, identity: Identity) {
        if self
            .known
            .get(&identity)
            .is_some_and(|sighting| !sighting.is_safe)
        {
            self.known.remove(&identity);
        }
    }

    /// How many records it remembers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether it remembers none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// What is safe, to be read by [`Seen::from_bytes`]. A record that is still on its way may have to come again after a
    /// crash: it is left out.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        for (at, identity) in &self.order {
            let sighting = self.known.get(identity);
            let is_safe = sighting.is_some_and(|sighting| sighting.is_safe && sighting.at == *at);
            // What is older than a number of 32 bits has long been forgotten: windows are that wide at most.
            if let (true, Ok(age)) = (is_safe, u32::try_from(self.arrived - at)) {
                bytes.extend(age.to_le_bytes());
                bytes.extend(identity.to_le_bytes());
            }
        }
        bytes
    }

    /// Reads what [`Seen::to_bytes`] wrote.
    ///
    /// # Errors
    /// What no [`Seen`] has written.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SeenError> {
        let entries = match bytes.split_first() {
            Some((&VERSION, entries)) => entries,
            other => {
                return Err(SeenError::Version {
                    found: other.map(|(found, _)| *found),
                });
            }
        };
        let (entries, rest) = entries.as_chunks::<ENTRY_BYTES>();
        if !rest.is_empty() {
            return Err(SeenError::Torn { bytes: rest.len() });
        }
        let mut seen = Self::default();
        let mut before: Option<u32> = None;
        for (number, entry) in entries.iter().enumerate() {
            let (age, identity) = read(entry);
            match before {
                None => seen.arrived = u64::from(age),
                Some(before) if age < before => {}
                Some(_) => return Err(SeenError::Disordered { entry: number }),
            }
            let at = seen.arrived - u64::from(age);
            let sighting = Sighting { at, is_safe: true };
            if seen.known.insert(identity, sighting).is_some() {
                return Err(SeenError::Disordered { entry: number });
            }
            seen.order.push_back((at, identity));
            before = Some(age);
        }
        Ok(seen)
    }
}

fn read(entry: &[u8; ENTRY_BYTES]) -> (u32, Identity) {
    let mut age = [0; 4];
    let mut identity = [0; 16];
    let (first, last) = entry.split_at(age.len());
    age.copy_from_slice(first);
    identity.copy_from_slice(last);
    (u32::from_le_bytes(age), Identity::from_le_bytes(identity))
}
