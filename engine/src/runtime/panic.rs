//! Panics of a node's code: caught, so that they end neither the task nor the flow.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// What is reported of a node that panicked; the panic itself says where.
pub(super) const NODE_FAILED: &str = "a bug in this node's code; it starts afresh";

/// The node's code panicked.
pub(super) struct Panicked;

/// Awaits `future`, and catches its panic.
pub(super) async fn caught<T>(future: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut future = pin!(future);
    poll_fn(
        |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        },
    )
    .await
}
