//! What can be read of a flow while it runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use super::clock::Clock;
use super::feed::Feed;
use super::metrics::{NodeCounts, NodeMetrics};
use super::problems::{Problem, ProblemLog};
use super::queue::{QueueDepth, QueueGauge};
use super::timing::TimingCounts;
use crate::graph::{Graph, Node};
use crate::record::Keys;

/// What can be read of a flow while it runs. Shared with the HTTP server, and outlives the tasks. After a reload there is
/// another one, in which the nodes that stayed go on counting.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The names of machines.
    pub keys: Arc<Keys>,
    /// What time it is for its records.
    pub clock: Clock,
    started: Instant,
    feeds: BTreeMap<Arc<str>, Arc<Feed>>,
    pulse: watch::Sender<()>,
    metrics: BTreeMap<Arc<str>, Arc<NodeMetrics>>,
    pub(super) queues: BTreeMap<Arc<str>, QueueGauge>,
    pub(super) problems: Arc<ProblemLog>,
}

impl Watched {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            keys: Arc::default(),
            clock,
            started: Instant::now(),
            feeds: BTreeMap::new(),
            pulse: watch::Sender::new(()),
            metrics: BTreeMap::new(),
            queues: BTreeMap::new(),
            problems: Arc::default(),
        }
    }

    /// The same for another graph: counters go on by the nodes' names, feeds where they have the columns that they had in
    /// `old`.
    pub(super) fn of(&self, graph: &Graph, old: Option<&Graph>) -> Self {
        let id = |node: &Node| -> Arc<str> { node.id.value.as_str().into() };
        let feeds = graph.nodes.iter().filter_map(|node| {
            let types = columns(node)?;
            let before = old.and_then(|old| old.node(&node.id.value));
            let kept = before
                .filter(|(_, before)| columns(before) == Some(types.clone()))
                .and_then(|_| self.feeds.get(node.id.value.as_str()).cloned());
            let feed = kept.unwrap_or_else(|| {
                let types = types.iter().map(|(_, field_type)| *field_type);
                Arc::new(Feed::new(types, self.pulse.clone()))
            });
            Some((id(node), feed))
        });
        let metrics = graph.nodes.iter().map(|node| {
            let kept = self.metrics.get(node.id.value.as_str()).cloned();
            (id(node), kept.unwrap_or_default())
        });
        Self {
            feeds: feeds.collect(),
            metrics: metrics.collect(),
            queues: BTreeMap::new(),
            ..self.clone()
        }
    }

    /// The counters of a node.
    pub(super) fn metrics_of(&self, node: &str) -> Arc<NodeMetrics> {
        self.metrics.get(node).cloned().unwrap_or_default()
    }

    /// The feed of a node with a view.
    #[must_use]
    pub fn feed(&self, node: &str) -> Option<&Arc<Feed>> {
        self.feeds.get(node)
    }

    /// All feeds by node.
    #[must_use]
    pub fn feeds(&self) -> &BTreeMap<Arc<str>, Arc<Feed>> {
        &self.feeds
    }

    /// Beats whenever any feed gets rows.
    #[must_use]
    pub fn pulse(&self) -> watch::Receiver<()> {
        self.pulse.subscribe()
    }

    /// The counters of all nodes.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Arc<str>, NodeCounts> {
        let counts = |(id, metrics): (&Arc<str>, &Arc<NodeMetrics>)| {
            (Arc::clone(id), metrics.counts(self.problems.count(id)))
        };
        self.metrics.iter().map(counts).collect()
    }

    /// How full the queue before each node is that has one.
    #[must_use]
    pub fn queue_depths(&self) -> BTreeMap<Arc<str>, QueueDepth> {
        let queues = self.queues.iter();
        queues
            .map(|(id, queue)| (Arc::clone(id), queue.depth()))
            .collect()
    }

    /// How long each transform took for its batches.
    #[must_use]
    pub fn timings(&self) -> BTreeMap<Arc<str>, TimingCounts> {
        let timings = self.metrics.iter();
        let timings = timings.map(|(id, metrics)| (Arc::clone(id), metrics.timing()));
        timings.filter(|(_, timing)| !timing.sum.is_zero()).collect()
    }

    /// What went wrong so far, the latest first.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        self.problems.all()
    }

    /// How long the flow has been running.
    #[must_use]
    pub fn uptime(&self) -> std::time::Duration {
        self.started.elapsed()
    }
}

/// Names and types of what a node's feed holds.
fn columns(node: &Node) -> Option<Vec<(&str, &crate::schema::FieldType)>> {
    let view = node.view.as_ref()?;
    let columns = view.columns.iter();
    Some(
        columns
            .map(|column| (&*column.field.name, &column.field.field_type))
            .collect(),
    )
}
