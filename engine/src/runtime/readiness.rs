//! Whether a node can do its work now, and if not, why.
//!
//! There are two who know: the node's own part (its connection is lost), and the engine (the part failed and is not made
//! anew yet, a sink takes nothing). Either can speak and take it back without hiding what the other says.

use std::sync::{Arc, Mutex, PoisonError};

/// A node that is not ready.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct NotReady {
    /// The node.
    pub node: Arc<str>,
    /// Why.
    pub reason: String,
}

/// The state of a node. Nodes that say nothing are ready.
#[derive(Clone, Debug, Default)]
pub struct Readiness {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Counts the parts of the node, which is made anew after a failure.
    part: u64,
    /// What the present part says.
    of_part: Option<String>,
    /// What the engine says.
    of_engine: Option<String>,
}

/// A part's way to tell its state. What an older part of the node says does not count any more.
#[derive(Clone, Debug)]
pub struct ReadinessReporter {
    part: u64,
    state: Arc<Mutex<State>>,
}

impl Readiness {
    /// For a part that has a state to tell: it takes over from the one before it.
    #[must_use]
    pub fn reporter(&self) -> ReadinessReporter {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.part += 1;
        state.of_part = None;
        ReadinessReporter {
            part: state.part,
            state: Arc::clone(&self.state),
        }
    }

    /// The node is made: what was said of one before it does not count any more.
    pub(crate) fn begin(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State {
            part: state.part + 1,
            ..State::default()
        };
    }

    /// Why the node is not ready; nothing when it is.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.of_part.clone().or_else(|| state.of_engine.clone())
    }

    /// The engine cannot make the node work.
    pub(crate) fn set_down(&self, reason: impl Into<String>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.of_engine = Some(reason.into());
    }

    /// It can again.
    pub(crate) fn set_up(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.of_engine = None;
    }
}

impl ReadinessReporter {
    /// The node can do its work.
    pub fn ready(&self) {
        self.set(None);
    }

    /// The node cannot do its work.
    pub fn not_ready(&self, reason: impl Into<String>) {
        self.set(Some(reason.into()));
    }

    fn set(&self, trouble: Option<String>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.part == self.part {
            state.of_part = trouble;
        }
    }
}
