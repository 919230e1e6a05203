//! What somebody outside of the flow wants a node to do.

use std::sync::Arc;

use serde_json::Value as Json;

use super::part::Emitter;
use crate::record::EventTime;

/// Something that a node is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// What: `set`, `acknowledge`.
    pub name: String,
    /// With what; which of these there are is up to the node.
    pub arguments: Json,
    /// Who asks.
    pub by: Arc<str>,
}

/// A transform that takes operations. They come between its records, one at a time.
pub trait Operable {
    /// Does what is asked, emits what comes of it, and answers whoever asked.
    ///
    /// # Errors
    /// Why it is not done, for a person. Then nothing changes, and nothing may have been emitted.
    fn operate(&mut self, operation: &Operation, now: EventTime, out: &mut Emitter) -> Result<Json, String>;
}
