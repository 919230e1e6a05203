//! What can be read of a flow while it runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use serde_json::Value as Json;
use tokio::sync::watch;

use super::buffer::{BufferDepth, BufferLeft, BufferLevel};
use super::clock::Clock;
use super::desk::OperationError;
use super::feed::Feed;
use super::metrics::{NodeCounts, NodeMetrics};
use super::problems::{Problem, ProblemLog};
use super::queue::{QueueDepth, QueueGauge};
use super::readiness::NotReady;
use super::roster::{NodeInfo, UnknownTap, find, roster};
use super::tap::TapReader;
use super::timing::TimingCounts;
use crate::graph::{Graph, Node};
use crate::node::{Operation, Role};
use crate::record::{Keys, OpenRecords};

/// What can be read of a flow while it runs. Shared with the HTTP server, and outlives the tasks. After a reload there is
/// another one, in which the nodes that stayed go on counting.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The names of machines.
    pub keys: Arc<Keys>,
    /// The flow's name.
    pub flow: Arc<str>,
    /// What time it is for its records.
    pub clock: Clock,
    started: Instant,
    nodes: Vec<NodeInfo>,
    feeds: BTreeMap<Arc<str>, Arc<Feed>>,
    pulse: watch::Sender<()>,
    metrics: BTreeMap<Arc<str>, Arc<NodeMetrics>>,
    pub(super) queues: BTreeMap<Arc<str>, QueueGauge>,
    pub(super) buffers: BTreeMap<Arc<str>, BufferLevel>,
    pub(super) problems: Arc<ProblemLog>,
}

/// What is known of a source beyond its counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SourceState {
    /// Its records that are not safe, or given up, yet.
    pub open: OpenRecords,
    /// How many of its records were older than one of the same machine that came before.
    pub late: u64,
}

impl Watched {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            keys: Arc::default(),
            flow: "".into(),
            clock,
            started: Instant::now(),
            nodes: Vec::new(),
            feeds: BTreeMap::new(),
            pulse: watch::Sender::new(()),
            metrics: BTreeMap::new(),
            queues: BTreeMap::new(),
            buffers: BTreeMap::new(),
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
            flow: graph.name.as_str().into(),
            nodes: roster(graph),
            feeds: feeds.collect(),
            metrics: metrics.collect(),
            queues: BTreeMap::new(),
            buffers: BTreeMap::new(),
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

    /// The nodes in the order of the flow.
    #[must_use]
    pub fn nodes(&self) -> &[NodeInfo] {
        &self.nodes
    }

    /// Begins to read what leaves a node from now on: of all its outputs by `fan`, of one by `switch.hot` or `fan.error`. Of
    /// a node without outputs it is what arrives. The reading goes on over reloads, until one takes the node away or gives it
    /// other outputs.
    ///
    /// # Errors
    /// When there is no such node or output.
    pub fn tap(&self, name: &str) -> Result<(NodeInfo, TapReader), UnknownTap> {
        let (node, place) = find(&self.nodes, name)?;
        Ok((node.clone(), self.metrics_of(&node.id).tap().read(place)))
    }

    /// Asks a node to do something, and waits for its answer.
    ///
    /// # Errors
    /// When there is no such node, when it cannot be operated or does not answer, or when it says no.
    pub async fn operate(&self, node: &str, operation: Operation) -> Result<Json, OperationError> {
        let Some(metrics) = self.metrics.get(node) else {
            return Err(OperationError::UnknownNode(node.to_owned()));
        };
        metrics.desk().ask(node, operation).await
    }

    /// Ends the taps of nodes that are not in `new`, or have other outputs there.
    pub(super) fn end_taps_that_differ_in(&self, new: &Self) {
        for node in &self.nodes {
            let now = new.nodes.iter().find(|now| now.id == node.id);
            if now.is_none_or(|now| now.outputs != node.outputs) {
                self.metrics_of(&node.id).tap().end();
            }
        }
    }

    /// The nodes that cannot do their work now, in the order of the flow; none when all is well.
    #[must_use]
    pub fn not_ready(&self) -> Vec<NotReady> {
        let troubles = self.nodes.iter().filter_map(|node| {
            Some(NotReady {
                node: Arc::clone(&node.id),
                reason: self.metrics.get(&node.id)?.readiness().trouble()?,
            })
        });
        troubles.collect()
    }

    /// How full the queue before each node is that has one.
    #[must_use]
    pub fn queue_depths(&self) -> BTreeMap<Arc<str>, QueueDepth> {
        let queues = self.queues.iter();
        queues
            .map(|(id, queue)| (Arc::clone(id), queue.depth()))
            .collect()
    }

    /// How full the buffer on disk of each node is that has one.
    #[must_use]
    pub fn buffer_depths(&self) -> BTreeMap<Arc<str>, BufferDepth> {
        let buffers = self.buffers.iter();
        buffers
            .map(|(id, level)| (Arc::clone(id), level.depth()))
            .collect()
    }

    /// What waits in buffers that are not in `next` any more.
    pub(super) fn left(&self, next: &Self) -> Vec<(String, BufferLeft)> {
        let gone = self
            .buffers
            .iter()
            .filter(|(id, _)| !next.buffers.contains_key(*id));
        gone.filter_map(|(id, level)| Some((id.to_string(), level.left()?)))
            .collect()
    }

    /// How long each transform took for its batches.
    #[must_use]
    pub fn timings(&self) -> BTreeMap<Arc<str>, TimingCounts> {
        let timings = self.metrics.iter();
        let timings = timings.map(|(id, metrics)| (Arc::clone(id), metrics.timing()));
        timings.filter(|(_, timing)| !timing.sum.is_zero()).collect()
    }

    /// How long each sink's records took from their source until they were safe.
    #[must_use]
    pub fn latencies(&self) -> BTreeMap<Arc<str>, TimingCounts> {
        let sinks = self.nodes.iter().filter(|node| node.role == Role::Sink);
        let latencies = sinks.filter_map(|node| {
            let latency = self.metrics.get(&node.id)?.latency();
            // A dashboard widget keeps nothing safe.
            (latency.buckets.iter().sum::<u64>() > 0).then(|| (Arc::clone(&node.id), latency))
        });
        latencies.collect()
    }

    /// How each source is doing.
    #[must_use]
    pub fn sources(&self) -> BTreeMap<Arc<str>, SourceState> {
        let sources = self.nodes.iter().filter(|node| node.role == Role::Source);
        let states = sources.filter_map(|node| {
            let metrics = self.metrics.get(&node.id)?;
            let state = SourceState {
                open: metrics.open().open(),
                late: metrics.late(),
            };
            Some((Arc::clone(&node.id), state))
        });
        states.collect()
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
