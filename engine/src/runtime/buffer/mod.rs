//! A buffer on disk before a sink (`buffer: disk`).
//!
//! Two tasks share a store. The one before it writes every batch into the store, and its records are acknowledged as soon as
//! the store has synced them. The other one hands them to the sink in the order in which they came, and removes them once
//! the sink has made them safe. So neither an outage of the sink's target nor a crash loses what was acknowledged, and the
//! flow goes on meanwhile; what a crash interrupted goes to the sink once more.

mod buffered_sink;
mod drain;
mod fill;
mod level;
mod stored;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use thiserror::Error;

use crate::node::{NodeContext, StartError};

pub(super) use buffered_sink::BufferInHand;
use fill::Filling;
pub(super) use level::BufferLevel;
pub use level::{BufferDepth, BufferGauge, BufferLeft};

/// Some records in a store. What the bytes mean is the engine's affair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BufferEntry {
    /// How many records they are.
    pub records: u32,
    /// The records.
    pub bytes: Arc<[u8]>,
}

/// Why a store could not do its work; it may be able to later.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct BufferError(pub String);

/// Keeps entries in the order in which they came, over restarts.
#[async_trait]
pub trait BufferStore: Send + Sync + fmt::Debug {
    /// Adds entries behind the others: all, synced to the disk, or none.
    ///
    /// # Errors
    /// When the disk does not take them.
    async fn append(&self, entries: Vec<BufferEntry>) -> Result<(), BufferError>;

    /// The first entries whose numbers are greater than `after`, at most `most` of them. Numbers begin with 1, and grow.
    ///
    /// # Errors
    /// When the disk does not give them.
    async fn read(&self, after: u64, most: usize) -> Result<Vec<(u64, BufferEntry)>, BufferError>;

    /// Removes the entries from number `first` to `last`.
    ///
    /// # Errors
    /// When the disk does not let them go.
    async fn remove(&self, first: u64, last: u64) -> Result<(), BufferError>;

    /// How full it is, kept up to date by the store.
    fn gauge(&self) -> Arc<BufferGauge>;

    /// Where it is, in a user's words.
    fn place(&self) -> String;
}

/// Opens the store of a node, or makes it.
pub type OpenBuffer = Arc<dyn Fn(&NodeContext) -> Result<Arc<dyn BufferStore>, StartError> + Send + Sync>;
