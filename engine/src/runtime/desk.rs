//! Where a running node is asked to do something: set a value, acknowledge an alarm.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use serde_json::Value as Json;
use thiserror::Error;
use tokio::sync::oneshot;

use super::metrics::NodeMetrics;
use crate::node::Operation;

/// So many wait at most at one node: who operates it faster than it can do is told so.
const MOST_WAITING: usize = 64;
/// A node that has not answered by then stands behind a sink that takes nothing.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why an operation was not done.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum OperationError {
    /// There is no such node.
    #[error("the flow has no node `{0}`")]
    UnknownNode(String),
    /// It is a node that cannot be operated.
    #[error("the node `{0}` cannot be operated")]
    NotOperable(String),
    /// The node said no, and why.
    #[error("{0}")]
    Refused(String),
    /// It is busy, or held up by what is behind it.
    #[error("the node `{0}` does not answer: what is behind it may take nothing at the moment")]
    NoAnswer(String),
}

/// An operation that waits for its node.
pub(super) struct Request {
    pub operation: Operation,
    pub answer: oneshot::Sender<Result<Json, String>>,
}

/// The operations that wait for one node.
#[derive(Default)]
pub(crate) struct Desk {
    is_open: AtomicBool,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    requests: VecDeque<Request>,
    waker: Option<Waker>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl Desk {
    /// From now on somebody takes what is asked, or nobody any more.
    pub(super) fn set_open(&self, is_open: bool) {
        self.is_open.store(is_open, Ordering::Release);
    }

    /// Asks, and waits for the answer.
    pub(super) async fn ask(&self, node: &str, operation: Operation) -> Result<Json, OperationError> {
        if !self.is_open.load(Ordering::Acquire) {
            return Err(OperationError::NotOperable(node.to_owned()));
        }
        let (answer, answered) = oneshot::channel();
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            // Those who asked before may have given up.
            waiting.requests.retain(|request| !request.answer.is_closed());
            if waiting.requests.len() >= MOST_WAITING {
                return Err(OperationError::NoAnswer(node.to_owned()));
            }
            waiting.requests.push_back(Request { operation, answer });
            if let Some(waker) = waiting.waker.take() {
                waker.wake();
            }
        }
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(answer)) => answer.map_err(OperationError::Refused),
            _ => Err(OperationError::NoAnswer(node.to_owned())),
        }
    }
}

/// The next request at any of the desks, with the number that stands beside it. Nothing is lost when the future is dropped.
pub(super) async fn next_request(desks: &[(usize, Arc<NodeMetrics>)]) -> (usize, Request) {
    poll_fn(|context| {
        for (number, metrics) in desks {
            let desk = metrics.desk();
            let mut waiting = desk.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            // Who gave up waiting was told that nothing was done: so be it.
            while let Some(request) = waiting.requests.pop_front() {
                if !request.answer.is_closed() {
                    return Poll::Ready((*number, request));
                }
            }
            waiting.waker = Some(context.waker().clone());
        }
        Poll::Pending
    })
    .await
}
