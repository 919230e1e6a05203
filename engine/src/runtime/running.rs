//! Starting a graph, and what one can ask of it while it runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use thiserror::Error;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::buffer::{BufferDepth, BufferGauge, Drain, Filling, OpenBuffer};
use super::clock::Clock;
use super::error_way::ErrorWay;
use super::feed::Feed;
use super::metrics::{NodeCounts, NodeMetrics};
use super::plan::{Plan, Target};
use super::problems::{Problem, ProblemLog, Problems};
use super::queue::{QueueDepth, QueueGauge, QueueReceiver, QueueSender, queue};
use super::sink_task::SinkTask;
use super::source_task::SourceTask;
use super::stage_task::{Next, Stage, Step};
use super::timing::TimingCounts;
use crate::graph::Graph;
use crate::language::Overflow;
use crate::node::{MakePart, NodeContext, Part, Sink, StartError};
use crate::record::Keys;

/// A node that could not start.
#[derive(Debug, Error)]
#[error("the node `{node}` cannot start: {reason}")]
pub struct StartFailure {
    /// The node.
    pub node: String,
    /// Why.
    pub reason: String,
}

/// A running flow.
#[derive(Debug)]
pub struct Running {
    stop: watch::Sender<Option<tokio::time::Instant>>,
    sources: JoinSet<()>,
    others: JoinSet<()>,
    /// Dropped when everything behind the sources has ended.
    drained: watch::Sender<()>,
    watched: Arc<Watched>,
}

/// What can be read of a flow while it runs. Shared with the HTTP server, and outlives the tasks.
#[derive(Debug)]
pub struct Watched {
    /// The names of machines.
    pub keys: Arc<Keys>,
    /// What time it is for its records.
    pub clock: Clock,
    started: Instant,
    feeds: BTreeMap<Arc<str>, Arc<Feed>>,
    pulse: watch::Sender<()>,
    metrics: BTreeMap<Arc<str>, Arc<NodeMetrics>>,
    queues: BTreeMap<Arc<str>, QueueGauge>,
    /// Each with its capacity.
    buffers: BTreeMap<Arc<str>, (Arc<BufferGauge>, u64)>,
    problems: Arc<ProblemLog>,
}

impl Watched {
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

    /// How full the buffer on disk of each node is that has one.
    #[must_use]
    pub fn buffer_depths(&self) -> BTreeMap<Arc<str>, BufferDepth> {
        let buffers = self.buffers.iter();
        let depths = buffers.map(|(id, (gauge, capacity))| (Arc::clone(id), gauge.depth(*capacity)));
        depths.collect()
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

/// Starts every node of `graph` on the current tokio runtime.
///
/// # Errors
/// The first node that cannot start; those before it are stopped.
pub fn start(graph: &Graph) -> Result<Running, StartFailure> {
    start_in(graph, &Setting::default())
}

/// What a flow runs in.
#[derive(Default)]
pub struct Setting {
    /// By which its records and timers go.
    pub clock: Clock,
    /// Keeps what nodes could not take and no wire leads on. Without it, such records are counted and given up.
    pub dead_letters: Option<MakePart<dyn Sink>>,
    /// Opens buffers on disk. Without it, sinks have none.
    pub buffers: Option<OpenBuffer>,
}

/// Starts every node likewise, in a setting of one's own.
///
/// # Errors
/// The first node that cannot start; those before it are stopped.
pub fn start_in(graph: &Graph, setting: &Setting) -> Result<Running, StartFailure> {
    let plan = Plan::new(graph);
    let mut starter = Starter::new(graph, &plan, setting.clock);
    starter.buffers = setting.buffers.clone();
    // Queues first: a task needs the senders of all that follow it.
    starter.open_queues();
    if let Some(make) = &setting.dead_letters {
        starter.dead_letters(make)?;
    }
    for (number, node) in graph.nodes.iter().enumerate() {
        match &node.part {
            Part::Source(_) => {}
            Part::Transform(_) if plan.queued.get(number) == Some(&true) => starter.stage(number)?,
            Part::Transform(_) => {}
            Part::Sink(make) => starter
                .sink(number, make)
                .map_err(|error| starter.failure(number, error))?,
        }
    }
    // Sources last: no record may arrive before there is someone to take it.
    for (number, node) in graph.nodes.iter().enumerate() {
        if let Part::Source(make) = &node.part {
            starter
                .source(number, make)
                .map_err(|error| starter.failure(number, error))?;
        }
    }
    Ok(starter.finish())
}

/// What problems with the dead letters are told under.
const DEAD_LETTERS: &str = "dead letters";

struct Starter<'g> {
    graph: &'g Graph,
    plan: &'g Plan,
    senders: Vec<Option<QueueSender>>,
    receivers: Vec<Option<QueueReceiver>>,
    dead_letters: Option<QueueSender>,
    buffers: Option<OpenBuffer>,
    stop: watch::Sender<Option<tokio::time::Instant>>,
    drained: watch::Sender<()>,
    sources: JoinSet<()>,
    others: JoinSet<()>,
    watched: Watched,
}

impl<'g> Starter<'g> {
    fn new(graph: &'g Graph, plan: &'g Plan, clock: Clock) -> Self {
        let id = |node: &crate::graph::Node| -> Arc<str> { node.id.value.as_str().into() };
        let pulse = watch::Sender::new(());
        let feeds = graph.nodes.iter().filter_map(|node| {
            let view = node.view.as_ref()?;
            let types = view.columns.iter().map(|column| &column.field.field_type);
            Some((id(node), Arc::new(Feed::new(types, pulse.clone()))))
        });
        let watched = Watched {
            keys: Arc::default(),
            clock,
            started: Instant::now(),
            feeds: feeds.collect(),
            pulse,
            metrics: graph
                .nodes
                .iter()
                .map(|node| (id(node), Arc::default()))
                .collect(),
            queues: BTreeMap::new(),
            buffers: BTreeMap::new(),
            problems: Arc::default(),
        };
        Self {
            graph,
            plan,
            senders: Vec::new(),
            receivers: Vec::new(),
            dead_letters: None,
            buffers: None,
            stop: watch::Sender::new(None),
            drained: watch::Sender::new(()),
            sources: JoinSet::new(),
            others: JoinSet::new(),
            watched,
        }
    }

    fn open_queues(&mut self) {
        for (number, queued) in self.plan.queued.iter().enumerate() {
            let opened = queued.then(|| {
                let context = self.context(number);
                let overflow = self.graph.nodes.get(number).map(|node| node.overflow);
                queue(
                    overflow.unwrap_or_default(),
                    self.metrics(&context.id),
                    context.problems,
                )
            });
            if let Some((sender, _)) = &opened {
                let id = self.context(number).id;
                self.watched.queues.insert(id, sender.gauge());
            }
            let (sender, receiver) = opened.unzip();
            self.senders.push(sender);
            self.receivers.push(receiver);
        }
    }

    fn context(&self, number: usize) -> NodeContext {
        let id: Arc<str> = self
            .graph
            .nodes
            .get(number)
            .map(|node| node.id.value.as_str().into())
            .unwrap_or_default();
        NodeContext {
            flow: self.graph.name.as_str().into(),
            keys: Arc::clone(&self.watched.keys),
            clock: self.watched.clock,
            problems: Problems::new(Arc::clone(&id), Arc::clone(&self.watched.problems)),
            feed: self.watched.feeds.get(&id).cloned(),
            id,
        }
    }

    fn metrics(&self, id: &str) -> Arc<NodeMetrics> {
        self.watched.metrics.get(id).cloned().unwrap_or_default()
    }

    /// Starts the sink of what no wire leads on.
    fn dead_letters(&mut self, make: &MakePart<dyn Sink>) -> Result<(), StartFailure> {
        let id: Arc<str> = DEAD_LETTERS.into();
        let context = NodeContext {
            flow: self.graph.name.as_str().into(),
            keys: Arc::clone(&self.watched.keys),
            clock: self.watched.clock,
            problems: Problems::new(Arc::clone(&id), Arc::clone(&self.watched.problems)),
            feed: None,
            id,
        };
        let sink = make(&context).map_err(|StartError(reason)| StartFailure {
            node: DEAD_LETTERS.to_owned(),
            reason,
        })?;
        let problems = context.problems.clone();
        let (sender, queue) = queue(Overflow::Block, Arc::default(), problems);
        self.dead_letters = Some(sender);
        let task = SinkTask {
            sink,
            make: Arc::clone(make),
            context,
            metrics: Arc::default(),
            queue,
            errors: ErrorWay::default(),
            stop: self.stop.subscribe(),
        };
        self.others.spawn(task.run());
        Ok(())
    }

    /// Where a node's output `error` leads: its wires, or the dead letters where it has none.
    fn error_way(&self, number: usize) -> ErrorWay {
        let wired = self.targets(number).last().map_or(&[][..], Vec::as_slice);
        let wired = wired.iter().filter_map(|target| {
            let sender = self.senders.get(target.node).and_then(Option::as_ref)?;
            Some((sender.clone(), target.clone()))
        });
        let mut targets: Vec<_> = wired.collect();
        if targets.is_empty()
            && let Some(sender) = &self.dead_letters
        {
            targets.push((sender.clone(), Target::as_it_is()));
        }
        ErrorWay { targets }
    }

    fn receiver(&mut self, number: usize) -> Option<QueueReceiver> {
        self.receivers.get_mut(number).and_then(Option::take)
    }

    fn targets(&self, number: usize) -> &[Vec<Target>] {
        self.plan.targets.get(number).map_or(&[], Vec::as_slice)
    }

    fn sink(&mut self, number: usize, make: &MakePart<dyn Sink>) -> Result<(), StartError> {
        let context = self.context(number);
        let Some(queue) = self.receiver(number) else {
            return Ok(());
        };
        let queue = self.buffered(number, &context, queue)?;
        let sink = make(&context)?;
        let metrics = self.metrics(&context.id);
        let errors = self.error_way(number);
        self.others.spawn(
            SinkTask {
                sink,
                make: Arc::clone(make),
                context,
                metrics,
                queue,
                errors,
                stop: self.stop.subscribe(),
            }
            .run(),
        );
        Ok(())
    }

    /// The queue that the sink reads: behind its buffer on disk, if it has one.
    fn buffered(
        &mut self,
        number: usize,
        context: &NodeContext,
        queue_before: QueueReceiver,
    ) -> Result<QueueReceiver, StartError> {
        let node = self.graph.nodes.get(number);
        let buffer = node.and_then(|node| Some((node.buffer?.capacity, Arc::clone(&node.input))));
        let (Some((capacity, schema)), Some(open)) = (buffer, &self.buffers) else {
            return Ok(queue_before);
        };
        let store = open(context)?;
        let gauge = (store.gauge(), capacity);
        self.watched.buffers.insert(Arc::clone(&context.id), gauge);
        let (more, room) = (watch::Sender::new(()), watch::Sender::new(()));
        let (sink, queue_behind) = queue(Overflow::Block, Arc::default(), context.problems.clone());
        let drain = Drain {
            store: Arc::clone(&store),
            context: context.clone(),
            schema,
            sink,
            errors: self.error_way(number),
            more: more.subscribe(),
            room: room.clone(),
            stop: self.stop.subscribe(),
        };
        let filling = Filling {
            store,
            capacity,
            more: Arc::new(more),
            room: room.subscribe(),
        };
        let make = filling.part();
        let fill = SinkTask {
            sink: make(context)?,
            make,
            context: context.clone(),
            // The sink's own count what it gets.
            metrics: Arc::default(),
            queue: queue_before,
            errors: self.error_way(number),
            stop: self.stop.subscribe(),
        };
        self.others.spawn(fill.run());
        self.others.spawn(drain.run());
        Ok(queue_behind)
    }

    /// A task of the transform `root` and of those that it calls directly, and they in turn.
    fn stage(&mut self, root: usize) -> Result<(), StartFailure> {
        let mut steps = Vec::new();
        // The nodes of the task; each becomes the step at its own place in this list.
        let mut members = vec![root];
        while let Some(number) = members.get(steps.len()).copied() {
            let step = self
                .step(number, &mut members)
                .map_err(|error| self.failure(number, error))?;
            steps.push(step);
        }
        if let Some(queue) = self.receiver(root) {
            self.others.spawn(Stage { steps }.run(queue));
        }
        Ok(())
    }

    fn step(&self, number: usize, members: &mut Vec<usize>) -> Result<Step, StartError> {
        let context = self.context(number);
        let Some(Part::Transform(make)) = self.graph.nodes.get(number).map(|node| node.part.clone()) else {
            return Err(StartError("is planned as a transform but is none".to_owned()));
        };
        let transform = make(&context)?;
        let mut next = Vec::new();
        for targets in self.targets(number) {
            let mut output = Vec::new();
            for target in targets {
                output.push(match self.senders.get(target.node).and_then(Option::as_ref) {
                    Some(sender) => Next::Queue(sender.clone(), target.clone()),
                    None => {
                        members.push(target.node);
                        Next::Step(members.len() - 1, target.clone())
                    }
                });
            }
            next.push(output);
        }
        let error_output = next.len().saturating_sub(1);
        if let (Some([]), Some(sender)) = (next.last().map(Vec::as_slice), &self.dead_letters) {
            let kept = vec![Next::Queue(sender.clone(), Target::as_it_is())];
            next.pop();
            next.push(kept);
        }
        Ok(Step {
            transform,
            make,
            metrics: self.metrics(&context.id),
            context,
            next,
            error_output,
        })
    }

    fn failure(&self, number: usize, StartError(reason): StartError) -> StartFailure {
        let node = self.graph.nodes.get(number);
        StartFailure {
            node: node.map(|node| node.id.value.clone()).unwrap_or_default(),
            reason,
        }
    }

    fn source(&mut self, number: usize, make: &MakePart<dyn crate::node::Source>) -> Result<(), StartError> {
        let context = self.context(number);
        let source = make(&context)?;
        let sender = |target: &Target| {
            let sender = self.senders.get(target.node).and_then(Option::as_ref)?;
            Some((sender.clone(), target.clone()))
        };
        let outputs = self
            .targets(number)
            .split_last()
            .map_or(&[][..], |(_, outputs)| outputs);
        let targets = outputs.iter().flatten().filter_map(sender).collect();
        let task = SourceTask {
            source,
            make: Arc::clone(make),
            metrics: self.metrics(&context.id),
            context,
            targets,
            errors: self.error_way(number),
            stop: self.stop.subscribe(),
            drained: self.drained.subscribe(),
        };
        self.sources.spawn(task.run());
        Ok(())
    }

    fn finish(self) -> Running {
        Running {
            stop: self.stop,
            sources: self.sources,
            others: self.others,
            drained: self.drained,
            watched: Arc::new(self.watched),
        }
    }
}

impl Running {
    /// What can be read of it.
    #[must_use]
    pub fn watched(&self) -> Arc<Watched> {
        Arc::clone(&self.watched)
    }

    /// Stops the sources, lets everything that they brought run through, flushes the sinks, acknowledges, and ends.
    pub async fn stop(mut self) {
        self.stop.send_replace(Some(tokio::time::Instant::now()));
        while self.others.join_next().await.is_some() {}
        drop(self.drained);
        while self.sources.join_next().await.is_some() {}
    }
}
