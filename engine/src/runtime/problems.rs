//! What goes wrong with single records: counted by node and kind, told once per kind.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::record::EventTime;

/// A kind of problem at a node.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Problem {
    /// The node.
    pub node: Arc<str>,
    /// The kind: `not JSON`, `missing field`, …
    pub kind: &'static str,
    /// The latest one in full.
    pub message: String,
    /// How often it happened.
    pub count: u64,
    /// When it happened last, in milliseconds since 1970.
    pub last_ms: i64,
}

/// All problems of a running flow.
#[derive(Debug, Default)]
pub struct ProblemLog {
    /// Whether the log of the process is left out of it.
    is_silent: bool,
    kinds: Mutex<BTreeMap<(Arc<str>, &'static str), Problem>>,
}

impl ProblemLog {
    /// One that whoever runs the nodes reads himself.
    #[must_use]
    pub fn silent() -> Self {
        Self {
            is_silent: true,
            ..Self::default()
        }
    }

    /// All problems so far, the latest first.
    #[must_use]
    pub fn all(&self) -> Vec<Problem> {
        let kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Problem> = kinds.values().cloned().collect();
        all.sort_by_key(|problem| std::cmp::Reverse(problem.last_ms));
        all
    }

    /// Forgets what went wrong at `node`, which was changed since.
    pub(crate) fn forget(&self, node: &str) {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        kinds.retain(|(id, _), _| &**id != node);
    }

    /// How often anything went wrong at `node`.
    #[must_use]
    pub fn count(&self, node: &str) -> u64 {
        let kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        kinds
            .values()
            .filter(|problem| &*problem.node == node)
            .map(|problem| problem.count)
            .sum()
    }
}

/// A node's way to report problems.
#[derive(Clone, Debug)]
pub struct Problems {
    node: Arc<str>,
    log: Arc<ProblemLog>,
}

impl Problems {
    /// The reports of `node` into `log`.
    #[must_use]
    pub fn new(node: Arc<str>, log: Arc<ProblemLog>) -> Self {
        Self { node, log }
    }

    /// Counts a problem. The first of its kind is logged in full, later ones at every power of ten: a broken device must
    /// not fill the disk with its log.
    pub fn report(&self, kind: &'static str, message: impl Into<String>) {
        self.report_many(kind, 1, message);
    }

    /// Counts a problem that happened `times` times.
    pub fn report_many(&self, kind: &'static str, times: u64, message: impl Into<String>) {
        let message = message.into();
        let mut kinds = self.log.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let problem = kinds
            .entry((Arc::clone(&self.node), kind))
            .or_insert_with(|| Problem {
                node: Arc::clone(&self.node),
                kind,
                message: String::new(),
                count: 0,
                last_ms: 0,
            });
        let before = problem.count;
        problem.count += times;
        problem.last_ms = EventTime::now().as_millis();
        let count = problem.count;
        if self.log.is_silent {
        } else if before == 0 {
            tracing::warn!(node = &*self.node, "{kind}: {message}");
        } else if count.checked_ilog10() > before.checked_ilog10() {
            tracing::warn!(
                node = &*self.node,
                "{kind}: {count} times so far, lastly {message}"
            );
        }
        problem.message = message;
    }
}
