//! `/api/nodes`: all that is known of every node of a running flow, in the order of the flow.

use serde::{Deserialize, Serialize};
use twinflow_engine::runtime::{NodeInfo, Watched};

/// A snapshot of a running flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FlowReport {
    /// The flow's name.
    pub flow: String,
    /// Milliseconds since it started.
    pub uptime_ms: u64,
    /// Its nodes in its order.
    pub nodes: Vec<NodeReport>,
    /// What went wrong, the latest first.
    pub problems: Vec<ProblemReport>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeReport {
    /// Its name.
    pub node: String,
    /// Its type's name.
    #[serde(rename = "type")]
    pub node_type: String,
    /// `source`, `transform` or `sink`.
    pub role: String,
    /// Records that arrived.
    #[serde(rename = "in")]
    pub received: u64,
    /// Records that went out, over all outputs.
    #[serde(rename = "out")]
    pub emitted: u64,
    /// Records that were dropped before it, by its rule for a full queue.
    pub dropped: u64,
    /// Problems with records.
    pub errors: u64,
    /// The queue before it, if it has one.
    pub queue: Option<QueueReport>,
    /// How many batches were timed.
    pub batches: u64,
    /// How long they took together.
    pub batch_seconds: f64,
    /// Why it cannot do its work now; nothing when it can.
    pub not_ready: Option<String>,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueueReport {
    /// Batches that wait.
    pub waiting: u64,
    /// Batches that can wait.
    pub capacity: u64,
}

/// A kind of problem at a node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProblemReport {
    /// The node.
    pub node: String,
    /// The kind.
    pub kind: String,
    /// The latest one in full.
    pub message: String,
    /// How often it happened.
    pub count: u64,
    /// When it happened last, in milliseconds since 1970.
    pub last_ms: i64,
}

impl FlowReport {
    /// The state of the flow now.
    #[must_use]
    pub fn of(watched: &Watched) -> Self {
        let counts = watched.counts();
        let queues = watched.queue_depths();
        let timings = watched.timings();
        let not_ready = watched.not_ready();
        let node = |NodeInfo {
                        id, node_type, role, ..
                    }: &NodeInfo| {
            let counts = counts.get(id);
            let timing = timings.get(id);
            let trouble = not_ready.iter().find(|trouble| trouble.node == *id);
            NodeReport {
                node: id.to_string(),
                node_type: node_type.to_string(),
                role: role.name().to_owned(),
                received: counts.map_or(0, |counts| counts.received),
                emitted: counts.map_or(0, |counts| counts.emitted),
                dropped: counts.map_or(0, |counts| counts.dropped),
                errors: counts.map_or(0, |counts| counts.errors),
                queue: queues.get(id).map(|queue| QueueReport {
                    waiting: queue.waiting,
                    capacity: queue.capacity,
                }),
                batches: timing.map_or(0, |timing| timing.buckets.iter().sum()),
                batch_seconds: timing.map_or(0.0, |timing| timing.sum.as_secs_f64()),
                not_ready: trouble.map(|trouble| trouble.reason.clone()),
            }
        };
        let problems = watched.problems().into_iter().map(|problem| ProblemReport {
            node: problem.node.to_string(),
            kind: problem.kind.to_owned(),
            message: problem.message,
            count: problem.count,
            last_ms: problem.last_ms,
        });
        Self {
            flow: watched.flow.to_string(),
            uptime_ms: u64::try_from(watched.uptime().as_millis()).unwrap_or(u64::MAX),
            nodes: watched.nodes().iter().map(node).collect(),
            problems: problems.collect(),
        }
    }
}
