//! Starting a graph, and stopping it.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use thiserror::Error;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::assembly::{Assembly, Parts, SinkWorker, Workers};
use super::clock::Clock;
use super::order::Order;
use super::plan::Plan;
use super::problems::Problems;
use super::queue::QueueSender;
use super::restoration::{Restoration, restore};
use super::saver::{Saver, StateStore};
use super::task::Task;
use super::watched::Watched;
use crate::graph::Graph;
use crate::node::{MakePart, Part, Sink};

/// A node that could not start.
#[derive(Debug, Error)]
#[error("the node `{node}` cannot start: {reason}")]
pub struct StartFailure {
    /// The node.
    pub node: String,
    /// Why.
    pub reason: String,
}

/// Opens the store of what nodes remember; fails with the reason in a user's words.
pub type OpenStateStore = Arc<dyn Fn() -> Result<Arc<dyn StateStore>, String> + Send + Sync>;

/// What a flow runs in.
#[derive(Clone, Default)]
pub struct Setting {
    /// By which its records and timers go.
    pub clock: Clock,
    /// Keeps what nodes could not take and no wire leads on. Without it, such records are counted and given up.
    pub dead_letters: Option<MakePart<dyn Sink>>,
    /// Keeps what nodes remember over restarts; opened when a node remembers something.
    pub state: Option<OpenStateStore>,
}

/// A running flow.
pub struct Running {
    pub(super) graph: Graph,
    pub(super) workers: Workers,
    pub(super) dead_letters: Option<(QueueSender, SinkWorker)>,
    /// Dropped when everything behind the sources has ended.
    pub(super) drained: watch::Sender<()>,
    pub(super) saving: Saving,
    pub(super) watched: Arc<Watched>,
    restoration: Restoration,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("flow", &self.graph.name)
            .finish_non_exhaustive()
    }
}

/// The saving of what nodes remember.
pub(super) struct Saving {
    open: Option<OpenStateStore>,
    at_work: Option<SavingAtWork>,
    is_ending: watch::Sender<bool>,
}

struct SavingAtWork {
    store: Arc<dyn StateStore>,
    saver: Saver,
    task: Task<()>,
}

/// Starts every node of `graph` on the current tokio runtime.
///
/// # Errors
/// The first node that cannot start; none runs then.
pub fn start(graph: &Graph) -> Result<Running, StartFailure> {
    start_in(graph, &Setting::default())
}

/// Starts every node likewise, in a setting of one's own.
///
/// # Errors
/// The first node that cannot start; none runs then.
pub fn start_in(graph: &Graph, setting: &Setting) -> Result<Running, StartFailure> {
    let drained = watch::Sender::new(());
    let mut saving = Saving {
        open: setting.state.clone(),
        at_work: None,
        is_ending: watch::Sender::new(false),
    };
    let mut assembly = Assembly {
        graph,
        plan: Plan::new(graph),
        watched: Watched::new(setting.clock).of(graph, None),
        saver: None,
        dead_letters: None,
        drained: drained.clone(),
    };
    let mut parts = Parts::default();
    assembly.make_transforms(&mut parts, &HashSet::new())?;
    assembly.saver = saving.saver_for(&mut parts, &assembly.watched)?;
    let dead_letters = match &setting.dead_letters {
        Some(make) => Some(assembly.dead_letters(make)?),
        None => None,
    };
    assembly.make_ends(&mut parts)?;
    let restoration = saving.restore(graph, &mut parts, &assembly.watched)?;
    let dead_letters = assembly.dead_letters.clone().zip(dead_letters);
    let (workers, watched) = assembly.start(parts);
    Ok(Running {
        graph: graph.clone(),
        workers,
        dead_letters,
        drained,
        saving,
        watched: Arc::new(watched),
        restoration,
    })
}

/// What is wrong with the saved memories is told under this name.
const STATE: &str = "state";

impl Saving {
    /// Begins to save, if any of the transforms remembers something and there is a store.
    pub fn saver_for(&mut self, parts: &mut Parts, watched: &Watched) -> Result<Option<Saver>, StartFailure> {
        let mut transforms = parts.transforms.values_mut();
        let is_needed = transforms.any(|in_hand| in_hand.transform.memory().is_some());
        if let (None, Some(open), true) = (&self.at_work, &self.open, is_needed) {
            let store = open().map_err(failure)?;
            let problems = Problems::new(STATE.into(), Arc::clone(&watched.problems));
            let (saver, task) = Saver::start(Arc::clone(&store), problems, self.is_ending.subscribe());
            self.at_work = Some(SavingAtWork { store, saver, task });
        }
        Ok(self.saver())
    }

    pub fn saver(&self) -> Option<Saver> {
        self.at_work.as_ref().map(|at_work| at_work.saver.clone())
    }

    /// Gives the parts what was saved of them.
    pub fn restore(
        &self,
        graph: &Graph,
        parts: &mut Parts,
        watched: &Watched,
    ) -> Result<Restoration, StartFailure> {
        let Some(at_work) = &self.at_work else {
            return Ok(Restoration::default());
        };
        let nodes: Vec<&str> = graph.nodes.iter().map(|node| node.id.value.as_str()).collect();
        at_work.store.keep_for(&nodes).map_err(failure)?;
        let remembered = at_work.store.load().map_err(failure)?;
        Ok(restore(parts, remembered, &watched.keys))
    }
}

fn failure(reason: String) -> StartFailure {
    StartFailure {
        node: STATE.to_owned(),
        reason,
    }
}

impl Running {
    /// What can be read of it, until the next reload.
    #[must_use]
    pub fn watched(&self) -> Arc<Watched> {
        Arc::clone(&self.watched)
    }

    /// What became of the memories that were saved before the start.
    #[must_use]
    pub fn restoration(&self) -> &Restoration {
        &self.restoration
    }

    /// Stops the sources, lets everything that they brought run through, flushes the sinks, acknowledges, and ends.
    pub async fn stop(self) {
        let stop = Order::Stop(Instant::now());
        self.saving.is_ending.send_replace(true);
        let Workers {
            sources,
            stages,
            sinks,
            queues,
        } = self.workers;
        let dead_letters = self.dead_letters.iter().map(|(_, worker)| worker);
        for sink in sinks.values().chain(dead_letters) {
            sink.orders.send_replace(stop);
        }
        let mut finishing = Vec::new();
        for source in sources.into_values() {
            source.worker.orders.send_replace(stop);
            // It is only ever dropped: an error is the signal.
            let _ = source.quiet.await;
            finishing.push(source.worker.task);
        }
        let mut tasks: HashMap<Arc<str>, Ending> = HashMap::new();
        tasks.extend(
            stages
                .into_iter()
                .map(|(id, stage)| (id, Ending::Stage(stage.task))),
        );
        tasks.extend(sinks.into_iter().map(|(id, sink)| (id, Ending::Sink(sink.task))));
        close_in_order(&self.graph, queues, tasks).await;
        if let Some((queue, worker)) = self.dead_letters {
            queue.close();
            worker.task.join().await;
        }
        drop(self.drained);
        for task in finishing {
            task.join().await;
        }
        if let Some(SavingAtWork { saver, task, .. }) = self.saving.at_work {
            drop(saver);
            task.join().await;
        }
    }
}

/// A task that is to end.
enum Ending {
    Stage(Task<Option<super::stage_task::Stage>>),
    Sink(Task<()>),
}

/// Closes each queue once all that could send into it have ended, and waits for the tasks.
async fn close_in_order(
    graph: &Graph,
    queues: HashMap<Arc<str>, QueueSender>,
    mut tasks: HashMap<Arc<str>, Ending>,
) {
    let mut before = senders(graph);
    let mut ending = JoinSet::new();
    loop {
        let free: Vec<Arc<str>> = tasks
            .keys()
            .filter(|id| before.get(*id).is_none_or(HashSet::is_empty))
            .cloned()
            .collect();
        for id in free {
            if let Some(queue) = queues.get(&id) {
                queue.close();
            }
            if let Some(task) = tasks.remove(&id) {
                ending.spawn(async move {
                    match task {
                        Ending::Stage(task) => drop(task.join().await),
                        Ending::Sink(task) => drop(task.join().await),
                    }
                    id
                });
            }
        }
        let Some(ended) = ending.join_next().await else {
            return;
        };
        if let Ok(ended) = ended {
            for senders in before.values_mut() {
                senders.remove(&ended);
            }
        }
    }
}

/// By queue: the tasks that send into it, sources left out.
fn senders(graph: &Graph) -> HashMap<Arc<str>, HashSet<Arc<str>>> {
    let plan = Plan::new(graph);
    let mut senders: HashMap<Arc<str>, HashSet<Arc<str>>> = HashMap::new();
    // The task that a node is in, by the node that its queue is before.
    let mut tasks: Vec<Option<Arc<str>>> = Vec::new();
    for (number, node) in graph.nodes.iter().enumerate() {
        let inputs = node.inputs.iter();
        let mut inputs = inputs.filter_map(|wire| tasks.get(wire.from).cloned().flatten());
        let task = match (&node.part, plan.queued.get(number)) {
            (Part::Source(_), _) => None,
            (_, Some(true)) => {
                let id: Arc<str> = node.id.value.as_str().into();
                senders.insert(Arc::clone(&id), inputs.collect());
                Some(id)
            }
            _ => inputs.next(),
        };
        tasks.push(task);
    }
    senders
}
