//! Who is told what happens in a virtual plant.

use tokio::sync::watch;

use crate::mqtt::ConnectionState;

/// Is told what happens. It is called often, and must not block.
pub trait Observer: Send + Sync {
    /// A connection is set up, for the first time or again.
    fn connecting(&self, states: watch::Receiver<ConnectionState>);

    /// A reading went out.
    fn sent(&self);

    /// So many readings did not.
    fn lost(&self, loss: Loss, readings: u32);

    /// A machine got a command: it obeyed, or refused for this reason.
    fn commanded(&self, refused: Option<&str>);
}

/// Why a reading did not go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Loss {
    /// The scenario wants it so.
    #[error("the scenario's network has lost it")]
    Scenario,
    /// The broker is away.
    #[error("there is no connection to the broker")]
    NoConnection,
    /// The broker does not take as much.
    #[error("the broker does not take it in time")]
    NotTaken,
    /// This computer does not keep up.
    #[error("this computer was too busy to make it in time")]
    NotMade,
}
