//! The plan: which nodes share a task, and where the queues stand.

use std::sync::Arc;

use crate::graph::{Graph, Wire};
use crate::language::Overflow;
use crate::node::Part;
use crate::record::Batch;
use crate::schema::{Adapter, Schema};

/// How many batches a queue holds. A batch is one record when it is quiet and some hundreds under load.
pub const QUEUE_BATCHES: usize = 64;

/// Where the records of an output go.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Index of the node in the graph.
    pub node: usize,
    /// Into the node's merged schema.
    pub adapter: Option<(Arc<Schema>, Adapter)>,
}

impl Target {
    /// One that takes batches as they are, and is no node of the graph.
    pub fn as_it_is() -> Self {
        Self {
            node: usize::MAX,
            adapter: None,
        }
    }

    /// The batch as the target wants it.
    pub fn adapt(&self, batch: Batch) -> Batch {
        match &self.adapter {
            Some((schema, adapter)) => batch.adapted(schema, adapter),
            None => batch,
        }
    }
}

/// For each node: its targets by output, and whether it begins a task.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// By node, by output.
    pub targets: Vec<Vec<Vec<Target>>>,
    /// By node: whether records reach it through a queue. Sources do not receive any.
    pub queued: Vec<bool>,
}

impl Plan {
    pub fn new(graph: &Graph) -> Self {
        let mut targets: Vec<Vec<Vec<Target>>> = graph
            .nodes
            .iter()
            // The last is the output `error`.
            .map(|node| vec![Vec::new(); node.outputs.len() + 1])
            .collect();
        for (to, node) in graph.nodes.iter().enumerate() {
            for Wire {
                from,
                output,
                adapter,
            } in &node.inputs
            {
                let adapter = adapter
                    .as_ref()
                    .map(|adapter| (Arc::clone(&node.input), adapter.clone()));
                if let Some(targets) = targets
                    .get_mut(*from)
                    .and_then(|outputs| outputs.get_mut(*output))
                {
                    targets.push(Target { node: to, adapter });
                }
            }
        }
        Self {
            targets,
            queued: graph.nodes.iter().map(|node| is_queued(graph, node)).collect(),
        }
    }
}

/// A transform behind one transform runs in the same task; sinks, joins and what follows a source have queues. The
/// run-time part decides, not the role: a widget ends a branch of the flow, but runs as a transform.
fn is_queued(graph: &Graph, node: &crate::graph::Node) -> bool {
    match (&node.part, node.inputs.as_slice()) {
        (Part::Source(_), _) => false,
        // A rule of its own needs a queue of its own.
        _ if node.overflow != Overflow::Block => true,
        (Part::Transform(_), [only]) => graph
            .nodes
            .get(only.from)
            .is_none_or(|from| !matches!(from.part, Part::Transform(_))),
        (Part::Transform(_) | Part::Sink(_), _) => true,
    }
}
