//! What the tasks of a flow are told to do.

use tokio::sync::watch;
use tokio::time::Instant;

/// An order to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// To work.
    Run,
    /// To give back its nodes, since the flow is about to change.
    HandOver,
    /// To end; told at this time.
    Stop(Instant),
}

/// The end at which a task hears its orders.
pub(super) type Orders = watch::Receiver<Order>;

/// Waits for an order to leave the work; for ever when whoever gives orders is gone.
pub(super) async fn to_leave(orders: &mut Orders) -> Order {
    let order = orders
        .wait_for(|order| *order != Order::Run)
        .await
        .map(|order| *order);
    match order {
        Ok(order) => order,
        Err(_) => std::future::pending().await,
    }
}
