//! Running a part of a graph without tasks and clocks: records in at a source, records out where they reach a node.
//!
//! Training uses it to compute features with the very nodes that compute them live.

use std::collections::HashMap;
use std::sync::Arc;

use thiserror::Error;

use super::metrics::NodeMetrics;
use super::plan::Plan;
use super::problems::{ProblemLog, Problems};
use super::stage_task::Step;
use crate::graph::Graph;
use crate::node::{NodeContext, Part, Role, StartError};
use crate::record::{Batch, Keys};

/// Why a part of a flow cannot be run by itself.
#[derive(Debug, Error)]
pub enum OfflineError {
    /// There is no such node.
    #[error("the flow has no node `{0}`")]
    NoSuchNode(String),
    /// A node on the way cannot start.
    #[error("the node `{node}` cannot start: {reason}")]
    Start {
        /// The node.
        node: String,
        /// Why.
        reason: String,
    },
}

/// The nodes between sources and one target.
pub struct Offline {
    plan: Plan,
    steps: HashMap<usize, Step>,
    sources: HashMap<String, usize>,
    target: usize,
    keys: Arc<Keys>,
    problems: Arc<ProblemLog>,
}

impl Offline {
    /// Makes every transform that leads to `target`.
    ///
    /// # Errors
    /// An unknown target, or a node that cannot start.
    pub fn new(graph: &Graph, target: &str) -> Result<Self, OfflineError> {
        let Some((target, _)) = graph.node(target) else {
            return Err(OfflineError::NoSuchNode(target.to_owned()));
        };
        let keys: Arc<Keys> = Arc::default();
        let problems: Arc<ProblemLog> = Arc::default();
        let mut steps = HashMap::new();
        let mut sources = HashMap::new();
        let mut waiting: Vec<usize> = inputs(graph, target);
        while let Some(number) = waiting.pop() {
            let Some(node) = graph.nodes.get(number) else {
                continue;
            };
            if node.role == Role::Source {
                sources.insert(node.id.value.clone(), number);
            }
            let Part::Transform(make) = &node.part else {
                continue;
            };
            if steps.contains_key(&number) {
                continue;
            }
            let id: Arc<str> = node.id.value.as_str().into();
            let context = NodeContext {
                flow: graph.name.as_str().into(),
                keys: Arc::clone(&keys),
                problems: Problems::new(Arc::clone(&id), Arc::clone(&problems)),
                feed: None,
                id,
            };
            let transform = make(&context).map_err(|StartError(reason)| OfflineError::Start {
                node: node.id.value.clone(),
                reason,
            })?;
            let metrics: Arc<NodeMetrics> = Arc::default();
            steps.insert(
                number,
                Step {
                    transform,
                    make: Arc::clone(make),
                    context,
                    metrics,
                    next: Vec::new(),
                },
            );
            waiting.extend(inputs(graph, number));
        }
        Ok(Self {
            plan: Plan::new(graph),
            steps,
            sources,
            target,
            keys,
            problems,
        })
    }

    /// The keys that the given records must use.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The names of the sources that lead to the target.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.sources.keys().map(String::as_str)
    }

    /// What went wrong on the way so far.
    #[must_use]
    pub fn problems(&self) -> &ProblemLog {
        &self.problems
    }

    /// Gives records as if `source` had brought them, and returns what arrives at the target.
    pub fn push(&mut self, source: &str, batch: Batch) -> Vec<Batch> {
        let mut arrived = Vec::new();
        let mut waiting = match self.sources.get(source) {
            Some(number) => self.onward(*number, vec![(0, batch)]),
            None => Vec::new(),
        };
        // In the order of a running flow: each branch to its end before the next.
        waiting.reverse();
        while let Some((node, batch)) = waiting.pop() {
            if node == self.target {
                arrived.push(batch);
            } else if let Some(step) = self.steps.get_mut(&node) {
                let emitted = step.process(batch);
                waiting.extend(self.onward(node, emitted).into_iter().rev());
            }
        }
        arrived
    }

    /// What a node emitted, by the nodes that it goes to.
    fn onward(&self, from: usize, emitted: Vec<(usize, Batch)>) -> Vec<(usize, Batch)> {
        let Some(outputs) = self.plan.targets.get(from) else {
            return Vec::new();
        };
        let mut onward = Vec::new();
        for (output, batch) in emitted {
            for target in outputs.get(output).into_iter().flatten() {
                onward.push((target.node, target.adapt(batch.clone())));
            }
        }
        onward
    }
}

fn inputs(graph: &Graph, number: usize) -> Vec<usize> {
    graph
        .nodes
        .get(number)
        .map(|node| node.inputs.iter().map(|wire| wire.from).collect())
        .unwrap_or_default()
}
