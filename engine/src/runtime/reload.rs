//! Changing a flow while it runs.
//!
//! Nodes that are the same in both versions are kept as they are, with their connections and memories: sinks do not even
//! notice, sources hold back and transforms change their tasks for some milliseconds. The records under way run through
//! the old version, those that come later through the new one. When a node of the new version cannot start, everything is put
//! together again as it was.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::assembly::{Assembly, Parts, SinkInHand, SourceInHand, TransformInHand, Workers};
use super::buffer::BufferLeft;
use super::order::Order;
use super::outbox::Outbox;
use super::plan::Plan;
use super::problems::{ProblemLog, Problems};
use super::queue::{Item, QueueReceiver, QueueSender};
use super::restoration::{Restoration, restore};
use super::running::{Running, StartFailure};
use super::source_task::SourceTask;
use super::stage_task::{Stage, Step};
use crate::comparison::written;
use crate::graph::{Graph, Node};
use crate::node::{Extent, Part, Remembered};

/// A source that leaves has this long to get its last records acknowledged. What is not stays with its broker.
const LAST_ACKNOWLEDGEMENTS: Duration = Duration::from_secs(3);

/// What a reload did, by the names of nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// Those that are new.
    pub added: Vec<String>,
    /// Those that are gone.
    pub removed: Vec<String>,
    /// Those that were started anew, since they or their records are others.
    pub changed: Vec<String>,
    /// Records in the buffers of nodes that are gone, or have none any more, by the nodes' names.
    pub left: Vec<(String, BufferLeft)>,
    /// What became of the memories of nodes that are not the same.
    pub restoration: Restoration,
}

/// A flow taken out of its tasks. Sinks go on with theirs.
struct Apart {
    sources: HashMap<Arc<str>, SourceTask>,
    steps: HashMap<Arc<str>, Step>,
    receivers: HashMap<Arc<str>, QueueReceiver>,
    outboxes: HashMap<Arc<str>, Outbox>,
}

impl Running {
    /// Makes the flow that of `graph`.
    ///
    /// # Errors
    /// The first node that cannot start; the flow goes on as it was.
    pub async fn reload(&mut self, graph: &Graph) -> Result<Reloaded, StartFailure> {
        let same = same_nodes(&self.graph, graph);
        let mut assembly = Assembly {
            graph,
            plan: Plan::new(graph),
            watched: self.watched.of(graph, Some(&self.graph)),
            saver: None,
            dead_letters: self.dead_letters.as_ref().map(|(queue, _)| queue.clone()),
            buffers: self.buffers.clone(),
            drained: self.drained.clone(),
        };
        let mut fresh = Parts::default();
        assembly.make_transforms(&mut fresh, &same)?;
        assembly.saver = self.saving.saver_for(&mut fresh, &assembly.watched)?;
        let mut restoration = self.saving.restore(graph, &mut fresh, &assembly.watched)?;
        // Up to here nothing has been touched.
        let mut apart = Apart::take(&self.graph, &mut self.workers).await;
        let mut parts = Parts::default();
        self.retire(&same, &mut apart, &mut parts).await;
        let made = assembly.make_ends(&mut parts);
        if let Err(failure) = made {
            drop(assembly);
            self.put_back(apart, parts, &same);
            return Err(failure);
        }
        for (id, mut in_hand) in fresh.transforms {
            if let Some(step) = apart.steps.get_mut(&id) {
                let mut remembered = Vec::new();
                step.remembered(Extent::All, &mut remembered);
                let mut one = Parts::default();
                one.transforms.insert(Arc::clone(&id), in_hand);
                restoration.take(&id, restore(&mut one, remembered, &assembly.watched.keys));
                let Some(restored) = one.transforms.remove(&id) else {
                    continue;
                };
                in_hand = restored;
            }
            parts.transforms.insert(id, in_hand);
        }
        apart.move_steps(&mut parts, |id| same.contains(id));
        apart.move_queues(&self.graph, graph, &same, &mut self.workers.queues, &mut parts);
        let (workers, watched) = assembly.start(parts);
        let left = self.watched.left(&watched);
        let old = std::mem::replace(&mut self.graph, graph.clone());
        self.workers = workers;
        self.watched.end_taps_that_differ_in(&watched);
        self.watched = Arc::new(watched);
        restoration.forget_unless(|id| fresh_ids(&old, graph, &same).contains(id));
        let reloaded = Reloaded {
            left,
            restoration,
            ..Reloaded::between(&old, graph, &same)
        };
        for id in reloaded.removed.iter().chain(&reloaded.changed) {
            self.watched.problems.forget(id);
        }
        apart.give_up(&self.watched.problems);
        Ok(reloaded)
    }

    /// Lets the sinks and sources end that do not stay, and puts the others into `parts`.
    async fn retire(&mut self, same: &HashSet<Arc<str>>, apart: &mut Apart, parts: &mut Parts) {
        let sinks = std::mem::take(&mut self.workers.sinks);
        let (staying, leaving): (Vec<_>, Vec<_>) = sinks.into_iter().partition(|(id, _)| same.contains(id));
        let stop = Order::Stop(Instant::now());
        for (id, sink) in &leaving {
            sink.orders.send_replace(stop);
            if let Some(queue) = self.workers.queues.remove(id) {
                queue.close();
            }
        }
        for (_, sink) in leaving {
            sink.task.join().await;
        }
        let staying = staying.into_iter();
        parts
            .sinks
            .extend(staying.map(|(id, worker)| (id, SinkInHand::AtWork(worker))));
        let sources = std::mem::take(&mut apart.sources);
        let (staying, leaving): (Vec<_>, Vec<_>) = sources.into_iter().partition(|(id, _)| same.contains(id));
        parts
            .sources
            .extend(staying.into_iter().map(|(id, task)| (id, task.in_hand())));
        let mut changes = apart.changes(|id| !leaving.is_empty() || !same.contains(id));
        if let (Some(saver), true) = (self.saving.saver(), leaving.is_empty()) {
            saver.save_later(std::mem::take(&mut changes));
        }
        for (_, mut task) in leaving {
            // All transforms are in hand: what they remember is what these records made of it.
            if let Some(barrier) = task.next_barrier() {
                barrier.collect(std::mem::take(&mut changes));
            }
            let (_, drained) = watch::channel(());
            task.drained = drained;
            // Out of patience, it leaves the rest with its broker.
            let _ = timeout(LAST_ACKNOWLEDGEMENTS, task.finish()).await;
        }
    }

    /// Puts the flow together as it was.
    fn put_back(&mut self, mut apart: Apart, mut parts: Parts, same: &HashSet<Arc<str>>) {
        // Not those that were made for the new flow.
        parts.sinks.retain(|id, _| same.contains(id));
        parts.sources.retain(|id, _| same.contains(id));
        let graph = self.graph.clone();
        let assembly = Assembly {
            graph: &graph,
            plan: Plan::new(&graph),
            watched: (*self.watched).clone(),
            saver: self.saving.saver(),
            dead_letters: self.dead_letters.as_ref().map(|(queue, _)| queue.clone()),
            buffers: self.buffers.clone(),
            drained: self.drained.clone(),
        };
        assembly.make_ends_in_time(&mut parts);
        apart.move_steps(&mut parts, |_| true);
        apart.move_queues(&graph, &graph, same, &mut self.workers.queues, &mut parts);
        let (workers, watched) = assembly.start(parts);
        self.workers = workers;
        self.watched = Arc::new(watched);
    }
}

impl Apart {
    /// Takes sources and transforms out of their tasks, in the order of the wires, so that queues run empty.
    async fn take(graph: &Graph, workers: &mut Workers) -> Self {
        let mut apart = Self {
            sources: HashMap::new(),
            steps: HashMap::new(),
            receivers: HashMap::new(),
            outboxes: HashMap::new(),
        };
        let sources = std::mem::take(&mut workers.sources);
        for source in sources.values() {
            source.worker.orders.send_replace(Order::HandOver);
        }
        for (id, source) in sources {
            if let Some(Some(task)) = source.worker.task.join().await {
                apart.sources.insert(id, task);
            }
        }
        for node in &graph.nodes {
            let Some((id, worker)) = workers.stages.remove_entry(node.id.value.as_str()) else {
                continue;
            };
            worker.orders.send_replace(Order::HandOver);
            if let Some(Some(stage)) = worker.task.join().await {
                let Stage {
                    steps, queue, outbox, ..
                } = stage;
                let steps = steps.into_iter();
                apart
                    .steps
                    .extend(steps.map(|step| (Arc::clone(&step.context.id), step)));
                apart.receivers.insert(Arc::clone(&id), queue);
                apart.outboxes.insert(id, outbox);
            }
        }
        apart
    }

    /// What changed in the memories of some transforms.
    fn changes(&mut self, of: impl Fn(&str) -> bool) -> Vec<Remembered> {
        let mut changes = Vec::new();
        for (id, step) in &mut self.steps {
            if of(id) {
                step.remembered(Extent::Changes, &mut changes);
            }
        }
        changes
    }

    fn move_steps(&mut self, parts: &mut Parts, stays: impl Fn(&str) -> bool) {
        let (staying, leaving): (HashMap<_, _>, _) = std::mem::take(&mut self.steps)
            .into_iter()
            .partition(|(id, _)| stays(id));
        self.steps = leaving;
        for (id, Step { transform, tick, .. }) in staying {
            parts.transforms.insert(id, TransformInHand { transform, tick });
        }
    }

    /// Moves the queues that stay: before the same kind of node, for the same records, with the same rule.
    fn move_queues(
        &mut self,
        old: &Graph,
        new: &Graph,
        same: &HashSet<Arc<str>>,
        senders: &mut HashMap<Arc<str>, QueueSender>,
        parts: &mut Parts,
    ) {
        for node in &new.nodes {
            let id: Arc<str> = node.id.value.as_str().into();
            let Some((_, before)) = old.node(&id) else {
                continue;
            };
            let is_kept = match (&before.part, &node.part) {
                (Part::Transform(_), Part::Transform(_)) => {
                    before.input == node.input && before.overflow == node.overflow
                }
                (Part::Sink(_), Part::Sink(_)) => same.contains(&id),
                _ => false,
            };
            if !is_kept {
                continue;
            }
            let is_sink = matches!(node.part, Part::Sink(_));
            let receiver = self.receivers.remove(&id);
            if let (Some(sender), true) = (senders.remove(&id), is_sink || receiver.is_some()) {
                parts.queues.insert(Arc::clone(&id), (sender, receiver));
                if let Some(outbox) = self.outboxes.remove(&id) {
                    parts.outboxes.insert(id, outbox);
                }
            }
        }
    }

    /// Lets go of what has no place in the new flow. Records that a full queue kept from running through the old one count
    /// as lost: a source that can bring them again does.
    fn give_up(self, log: &Arc<ProblemLog>) {
        let waiting = self.receivers.into_iter();
        let waiting = waiting.flat_map(|(node, queue)| {
            std::iter::from_fn(move || Some((Arc::clone(&node), queue.try_recv().ok()?)))
        });
        let unsent = self.outboxes.into_iter();
        let unsent = unsent
            .flat_map(|(node, mut outbox)| outbox.take().map(move |(_, item)| (Arc::clone(&node), item)));
        for (node, item) in waiting.chain(unsent) {
            if let Item::Batch(batch) = item {
                let message = "they waited for a sink that took nothing while the flow was changed";
                let problems = Problems::new(node, Arc::clone(log));
                problems.report_many("records lost", batch.len() as u64, message);
                batch.receipt().fail();
            }
        }
    }
}

impl SourceTask {
    fn in_hand(self) -> SourceInHand {
        SourceInHand {
            source: self.source,
            outbox: self.outbox,
            epochs: self.epochs,
            event_order: self.event_order,
            restart: self.restart,
            is_exhausted: self.is_exhausted,
        }
    }
}

impl Reloaded {
    fn between(old: &Graph, new: &Graph, same: &HashSet<Arc<str>>) -> Self {
        let ids = |graph: &Graph, of: &dyn Fn(&str) -> bool| -> Vec<String> {
            let ids = graph.nodes.iter().map(|node| node.id.value.clone());
            ids.filter(|id| of(id)).collect()
        };
        Self {
            added: ids(new, &|id| old.node(id).is_none()),
            removed: ids(old, &|id| new.node(id).is_none()),
            changed: ids(new, &|id| old.node(id).is_some() && !same.contains(id)),
            ..Self::default()
        }
    }

    /// Whether no node was touched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// The nodes that are in both graphs and can stay as they are.
fn same_nodes(old: &Graph, new: &Graph) -> HashSet<Arc<str>> {
    // Connections and files carry the flow's name.
    if old.name != new.name {
        return HashSet::new();
    }
    let before: HashMap<&str, &Node> = old
        .nodes
        .iter()
        .map(|node| (node.id.value.as_str(), node))
        .collect();
    let same = new.nodes.iter().filter(|node| {
        let before = before.get(node.id.value.as_str());
        before.is_some_and(|before| is_same(before, node))
    });
    same.map(|node| node.id.value.as_str().into()).collect()
}

fn is_same(old: &Node, new: &Node) -> bool {
    old.node_type == new.node_type
        && old.uses == new.uses
        && old.overflow == new.overflow
        && old.buffer == new.buffer
        && old.input == new.input
        && old.outputs == new.outputs
        && written(&old.config) == written(&new.config)
}

/// The nodes that a reload made.
fn fresh_ids(old: &Graph, new: &Graph, same: &HashSet<Arc<str>>) -> HashSet<Arc<str>> {
    let nodes = old.nodes.iter().chain(&new.nodes);
    let ids = nodes.map(|node| -> Arc<str> { node.id.value.as_str().into() });
    ids.filter(|id| !same.contains(id)).collect()
}
