//! What a virtual plant asks of its machines.

use std::sync::Arc;
use std::time::Duration;

use crate::machine::Answer;

/// Machines that act by themselves. Their time counts from the start of the plant.
pub trait Machines: Send {
    /// Their names, in their order.
    fn names(&self) -> &[Arc<str>];

    /// When the next of them acts; nothing when all is over.
    fn due(&self) -> Option<Duration>;

    /// What the one does that is due.
    ///
    /// # Errors
    /// Why there is nothing more to come, in a user's words.
    fn act(&mut self, now: Duration) -> Result<Act, String>;

    /// A machine's answer to a command; nothing when another one is meant.
    fn obey(&mut self, machine: usize, payload: &[u8]) -> Option<Answer>;
}

/// What a machine does.
pub struct Act {
    /// The machine, by its place in the order.
    pub machine: usize,
    /// Whether it has a connection now.
    pub has_network: bool,
    /// The reading; nothing when the network loses it.
    pub payload: Option<Vec<u8>>,
    /// How long the reading may wait to be taken: later it is of no use.
    pub patience: Duration,
    /// Readings before this one whose time passed while the machine could not act.
    pub missed: u32,
}
