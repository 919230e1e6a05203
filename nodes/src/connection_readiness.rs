//! A node is ready when its broker is.

use tokio::sync::watch;
use twinflow_engine::node::NodeContext;

use crate::mqtt::ConnectionState;

/// Tells how the connection of a node is, for as long as there is one.
pub fn follow(context: &NodeContext, mut states: watch::Receiver<ConnectionState>) {
    let reporter = context.readiness.reporter();
    reporter.not_ready(CONNECTING);
    tokio::spawn(async move {
        loop {
            match &*states.borrow_and_update() {
                // After a loss, its reason says more than that it is tried again.
                ConnectionState::Connecting => {}
                ConnectionState::Connected => reporter.ready(),
                ConnectionState::Lost { reason, .. } => reporter.not_ready(reason.to_string()),
                ConnectionState::Closed => return,
            }
            if states.changed().await.is_err() {
                return;
            }
        }
    });
}

const CONNECTING: &str = "connecting to the broker";
