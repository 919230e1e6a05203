//! What the engine lends a running node.

use std::sync::Arc;

use crate::record::Keys;
use crate::runtime::{Clock, Feed, Problems, Readiness};

/// A running node's surroundings.
#[derive(Clone, Debug)]
pub struct NodeContext {
    /// The node's name in the flow.
    pub id: Arc<str>,
    /// The flow's name.
    pub flow: Arc<str>,
    /// The keys of the flow.
    pub keys: Arc<Keys>,
    /// Whether the node runs for real. It does not where records are only run through its flow: in tests, in training, in a
    /// replay without a clock. There, a node leaves alone what is outside of the flow.
    pub is_live: bool,
    /// What time it is for the records.
    pub clock: Clock,
    /// Where to report what went wrong with single records.
    pub problems: Problems,
    /// Where to tell whether the node can do its work, such as whether its broker is there.
    pub readiness: Readiness,
    /// The node's feed to the dashboard; only nodes with a [`super::View`] have one.
    pub feed: Option<Arc<Feed>>,
}
