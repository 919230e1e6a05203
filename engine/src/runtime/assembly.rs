//! Making the nodes of a graph, and putting them into tasks.
//!
//! A start makes all nodes. A reload brings those along that stay ([`Parts`]), and makes the others.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::{oneshot, watch};

use super::buffer::{BufferInHand, BufferLevel, OpenBuffer};
use super::epoch::Epochs;
use super::error_way::ErrorWay;
use super::event_order::EventOrder;
use super::latency::Written;
use super::order::Order;
use super::outbox::Outbox;
use super::plan::{Plan, Target};
use super::problems::Problems;
use super::queue::{QueueReceiver, QueueSender, queue};
use super::running::StartFailure;
use super::saver::Saver;
use super::sink_task::SinkTask;
use super::source_task::{Restart, SourceTask};
use super::stage_task::{Next, Pace, Stage, Step, Tick};
use super::task::Task;
use super::watched::Watched;
use crate::graph::{Graph, Node};
use crate::node::{MakePart, NodeContext, Part, Sink, Source, StartError, Transform};

/// What problems with the dead letters are told under.
const DEAD_LETTERS: &str = "dead letters";

/// A transform outside of its task.
pub(super) struct TransformInHand {
    pub transform: Box<dyn Transform>,
    pub tick: Option<Tick>,
}

/// A source outside of its task.
pub(super) struct SourceInHand {
    /// Nothing when it could not be made, and is to be tried again.
    pub source: Option<Box<dyn Source>>,
    pub outbox: Outbox,
    pub epochs: Epochs,
    pub event_order: EventOrder,
    pub restart: Restart,
    pub is_exhausted: bool,
}

/// A sink before its task is made, or with it: a sink that stays is not taken out of its task.
pub(super) enum SinkInHand {
    New(NewSink),
    AtWork(SinkWorker),
}

/// A sink that waits for its task.
pub(super) struct NewSink {
    /// Nothing when it could not be made, and is to be tried again.
    sink: Option<Box<dyn Sink>>,
    /// What stands before it, if its node has one.
    buffer: Option<BufferInHand>,
}

/// Nodes and queues of a flow, by the nodes' names.
#[derive(Default)]
pub(super) struct Parts {
    pub transforms: HashMap<Arc<str>, TransformInHand>,
    pub sources: HashMap<Arc<str>, SourceInHand>,
    pub sinks: HashMap<Arc<str>, SinkInHand>,
    /// Queues that stay. The end of one before a sink is in the sink's task.
    pub queues: HashMap<Arc<str>, (QueueSender, Option<QueueReceiver>)>,
    /// What stages could not send yet, by their first node.
    pub outboxes: HashMap<Arc<str>, Outbox>,
}

/// A task that can be told to give its nodes back.
pub(super) struct Worker<T> {
    pub orders: watch::Sender<Order>,
    pub task: Task<Option<T>>,
}

/// A task of a sink.
pub(super) struct SinkWorker {
    pub orders: watch::Sender<Order>,
    pub errors: watch::Sender<ErrorWay>,
    /// Of its buffer, if it has one.
    pub level: Option<BufferLevel>,
    pub task: Task<()>,
}

/// A task of a source.
pub(super) struct SourceWorker {
    pub worker: Worker<SourceTask>,
    /// Ends when it has sent its last record.
    pub quiet: oneshot::Receiver<()>,
}

/// The tasks of a flow. Stages and sinks stand by the node that their queue is before.
#[derive(Default)]
pub(super) struct Workers {
    pub sources: HashMap<Arc<str>, SourceWorker>,
    pub stages: HashMap<Arc<str>, Worker<Stage>>,
    pub sinks: HashMap<Arc<str>, SinkWorker>,
    pub queues: HashMap<Arc<str>, QueueSender>,
}

/// The making of a flow's nodes and tasks.
pub(super) struct Assembly<'a> {
    pub graph: &'a Graph,
    pub plan: Plan,
    pub watched: Watched,
    pub saver: Option<Saver>,
    pub dead_letters: Option<QueueSender>,
    pub buffers: Option<OpenBuffer>,
    pub drained: watch::Sender<()>,
}

impl Assembly<'_> {
    /// The surroundings of a node.
    pub fn context(&self, id: &str) -> NodeContext {
        let id: Arc<str> = id.into();
        NodeContext {
            flow: self.graph.name.as_str().into(),
            keys: Arc::clone(&self.watched.keys),
            is_live: true,
            clock: self.watched.clock,
            problems: Problems::new(Arc::clone(&id), Arc::clone(&self.watched.problems)),
            feed: self.watched.feed(&id).cloned(),
            readiness: self.watched.metrics_of(&id).readiness().clone(),
            id,
        }
    }

    /// The surroundings of a node that is about to be made.
    fn fresh_context(&self, id: &str) -> NodeContext {
        let context = self.context(id);
        context.readiness.begin();
        context
    }

    /// Makes every transform, but for those that are there already.
    pub fn make_transforms(&self, parts: &mut Parts, there: &HashSet<Arc<str>>) -> Result<(), StartFailure> {
        for node in &self.graph.nodes {
            let id = node.id.value.as_str();
            if let (Part::Transform(make), false) = (&node.part, there.contains(id)) {
                let context = self.fresh_context(id);
                let transform = make(&context).map_err(|error| failure(node, error))?;
                let tick = Tick::first(&*transform, &context);
                let made = TransformInHand { transform, tick };
                parts.transforms.insert(id.into(), made);
            }
        }
        Ok(())
    }

    /// Makes every sink and then every source that `parts` lacks: no record may arrive before there is someone to take it.
    pub fn make_ends(&self, parts: &mut Parts) -> Result<(), StartFailure> {
        for node in &self.graph.nodes {
            let id = node.id.value.as_str();
            if let (Part::Sink(make), false) = (&node.part, parts.sinks.contains_key(id)) {
                let context = self.fresh_context(id);
                let mut buffer = self.buffer(node);
                if let Some(buffer) = &mut buffer {
                    buffer.open(&context).map_err(|error| failure(node, error))?;
                }
                let sink = Some(make(&context).map_err(|error| failure(node, error))?);
                parts
                    .sinks
                    .insert(id.into(), SinkInHand::New(NewSink { sink, buffer }));
            }
        }
        for node in &self.graph.nodes {
            let id = node.id.value.as_str();
            if let (Part::Source(make), false) = (&node.part, parts.sources.contains_key(id)) {
                let source = make(&self.fresh_context(id)).map_err(|error| failure(node, error))?;
                parts
                    .sources
                    .insert(id.into(), self.source_in_hand(id, Some(source)));
            }
        }
        Ok(())
    }

    /// Makes the same, and leaves what cannot be made to its task, which tries again.
    pub fn make_ends_in_time(&self, parts: &mut Parts) {
        while let Err(StartFailure { node, reason }) = self.make_ends(parts) {
            let context = self.context(&node);
            context.readiness.set_down(&*reason);
            context.problems.report("restart failed", reason);
            let Some((_, found)) = self.graph.node(&node) else {
                return;
            };
            if let Part::Sink(_) = found.part {
                let (sink, buffer) = (None, self.buffer(found));
                parts
                    .sinks
                    .insert(context.id, SinkInHand::New(NewSink { sink, buffer }));
            } else {
                let source = self.source_in_hand(&node, None);
                parts.sources.insert(context.id, source);
            }
        }
    }

    /// The buffer before a sink, not open yet.
    fn buffer(&self, node: &Node) -> Option<BufferInHand> {
        let (open, buffer) = self.buffers.as_ref().zip(node.buffer)?;
        Some(BufferInHand::new(open, buffer, &node.input))
    }

    fn source_in_hand(&self, id: &str, source: Option<Box<dyn Source>>) -> SourceInHand {
        SourceInHand {
            source,
            outbox: Outbox::default(),
            epochs: Epochs::new(&id.into()),
            event_order: EventOrder::default(),
            restart: Restart::default(),
            is_exhausted: false,
        }
    }

    /// Starts the sink of what no wire leads on.
    pub fn dead_letters(&mut self, make: &MakePart<dyn Sink>) -> Result<SinkWorker, StartFailure> {
        let context = self.context(DEAD_LETTERS);
        let sink = make(&context).map_err(|StartError(reason)| StartFailure {
            node: DEAD_LETTERS.to_owned(),
            reason,
        })?;
        let (sender, receiver) = queue(Default::default(), Arc::default(), context.problems.clone());
        self.dead_letters = Some(sender);
        let sink = NewSink {
            sink: Some(sink),
            buffer: None,
        };
        Ok(self.start_sink(sink, make, context, receiver, ErrorWay::default()))
    }

    /// Puts the parts into tasks, and starts these. `parts` has every node of the graph.
    pub fn start(mut self, mut parts: Parts) -> (Workers, Watched) {
        let mut workers = Workers::default();
        let mut receivers = self.open_queues(&mut parts, &mut workers);
        for (number, node) in self.graph.nodes.iter().enumerate() {
            let id: Arc<str> = node.id.value.as_str().into();
            match &node.part {
                Part::Source(_) => {}
                Part::Transform(_) => {
                    if let Some(receiver) = receivers.remove(&id) {
                        let stage = self.start_stage(number, receiver, &mut parts, &workers);
                        workers.stages.insert(id, stage);
                    }
                }
                Part::Sink(make) => {
                    let errors = self.error_way(number, &workers);
                    let worker = match parts.sinks.remove(&id) {
                        Some(SinkInHand::AtWork(worker)) => {
                            worker.errors.send_replace(errors);
                            worker
                        }
                        Some(SinkInHand::New(sink)) => {
                            let Some(receiver) = receivers.remove(&id) else {
                                continue;
                            };
                            let context = self.context(&id);
                            self.start_sink(sink, make, context, receiver, errors)
                        }
                        None => continue,
                    };
                    if let Some(level) = &worker.level {
                        self.watched.buffers.insert(Arc::clone(&id), level.clone());
                    }
                    workers.sinks.insert(id, worker);
                }
            }
        }
        for (number, node) in self.graph.nodes.iter().enumerate() {
            let id: Arc<str> = node.id.value.as_str().into();
            if let (Part::Source(make), Some(source)) = (&node.part, parts.sources.remove(&id)) {
                let worker = self.start_source(number, make, source, &workers);
                workers.sources.insert(id, worker);
            }
        }
        (workers, self.watched)
    }

    fn open_queues(&mut self, parts: &mut Parts, workers: &mut Workers) -> HashMap<Arc<str>, QueueReceiver> {
        let mut receivers = HashMap::new();
        for (number, node) in self.graph.nodes.iter().enumerate() {
            if self.plan.queued.get(number) != Some(&true) {
                continue;
            }
            let id: Arc<str> = node.id.value.as_str().into();
            let (sender, receiver) = parts.queues.remove(&id).unwrap_or_else(|| {
                let problems = self.context(&id).problems;
                let (sender, receiver) = queue(node.overflow, self.watched.metrics_of(&id), problems);
                (sender, Some(receiver))
            });
            self.watched.queues.insert(Arc::clone(&id), sender.gauge());
            receivers.extend(receiver.map(|receiver| (Arc::clone(&id), receiver)));
            workers.queues.insert(id, sender);
        }
        receivers
    }

    fn targets(&self, number: usize) -> &[Vec<Target>] {
        self.plan.targets.get(number).map_or(&[], Vec::as_slice)
    }

    /// The queue before a target, if there is one.
    fn queue_of<'w>(&self, target: &Target, workers: &'w Workers) -> Option<&'w QueueSender> {
        let node = self.graph.nodes.get(target.node)?;
        workers.queues.get(node.id.value.as_str())
    }

    /// Where a node's output `error` leads: its wires, or the dead letters where it has none.
    fn error_way(&self, number: usize, workers: &Workers) -> ErrorWay {
        let wired = self.targets(number).last().map_or(&[][..], Vec::as_slice);
        let wired = wired
            .iter()
            .filter_map(|target| Some((self.queue_of(target, workers)?.clone(), target.clone())));
        let mut targets: Vec<_> = wired.collect();
        if targets.is_empty()
            && let Some(sender) = &self.dead_letters
        {
            targets.push((sender.clone(), Target::as_it_is()));
        }
        let node = self.graph.nodes.get(number);
        let metrics = node.map(|node| self.watched.metrics_of(&node.id.value));
        ErrorWay {
            targets,
            metrics: metrics.unwrap_or_default(),
        }
    }

    fn start_sink(
        &self,
        NewSink { sink, buffer }: NewSink,
        make: &MakePart<dyn Sink>,
        context: NodeContext,
        queue: QueueReceiver,
        errors: ErrorWay,
    ) -> SinkWorker {
        let orders = watch::Sender::new(Order::Run);
        let errors = watch::Sender::new(errors);
        let task = SinkTask {
            is_waiting: sink.is_none(),
            written: Written::default(),
            sink,
            make: Arc::clone(make),
            metrics: self.watched.metrics_of(&context.id),
            context,
            queue,
            errors: errors.subscribe(),
            orders: orders.subscribe(),
            is_buffered: false,
        };
        SinkWorker {
            orders,
            errors,
            level: buffer.as_ref().map(BufferInHand::level),
            task: match buffer {
                Some(buffer) => Task::spawn(buffer.run(task)),
                None => Task::spawn(task.run()),
            },
        }
    }

    /// A task of the transform `root` and of those that it calls directly, and they in turn.
    fn start_stage(
        &self,
        root: usize,
        queue: QueueReceiver,
        parts: &mut Parts,
        workers: &Workers,
    ) -> Worker<Stage> {
        let mut steps = Vec::new();
        // The nodes of the task; each becomes the step at its own place in this list.
        let mut members = vec![root];
        while let Some(number) = members.get(steps.len()).copied() {
            match self.step(number, &mut members, parts, workers) {
                Some(step) => steps.push(step),
                // Every member is a transform, and every transform is among the parts.
                None => break,
            }
        }
        let desks = steps.iter_mut().enumerate().filter_map(|(number, step)| {
            let is_operable = step.transform.operable().is_some();
            step.metrics.desk().set_open(is_operable);
            is_operable.then(|| (number, Arc::clone(&step.metrics)))
        });
        let desks = desks.collect();
        let outbox = self.graph.nodes.get(root);
        let outbox = outbox.and_then(|node| parts.outboxes.remove(node.id.value.as_str()));
        let orders = watch::Sender::new(Order::Run);
        let stage = Stage {
            steps,
            queue,
            outbox: outbox.unwrap_or_default(),
            orders: orders.subscribe(),
            saver: self.saver.clone(),
            pace: Pace::default(),
            desks,
        };
        Worker {
            orders,
            task: Task::spawn(stage.run()),
        }
    }

    fn step(
        &self,
        number: usize,
        members: &mut Vec<usize>,
        parts: &mut Parts,
        workers: &Workers,
    ) -> Option<Step> {
        let node = self.graph.nodes.get(number)?;
        let Part::Transform(make) = &node.part else {
            return None;
        };
        let TransformInHand { transform, tick } = parts.transforms.remove(node.id.value.as_str())?;
        let mut next = Vec::new();
        for targets in self.targets(number) {
            let mut output = Vec::new();
            for target in targets {
                output.push(match self.queue_of(target, workers) {
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
        let context = self.context(&node.id.value);
        Some(Step {
            transform,
            make: Arc::clone(make),
            metrics: self.watched.metrics_of(&context.id),
            context,
            next,
            error_output,
            tick,
        })
    }

    fn start_source(
        &self,
        number: usize,
        make: &MakePart<dyn Source>,
        in_hand: SourceInHand,
        workers: &Workers,
    ) -> SourceWorker {
        let SourceInHand {
            source,
            outbox,
            mut epochs,
            event_order,
            mut restart,
            is_exhausted,
        } = in_hand;
        if source.is_none() {
            restart.soon();
        }
        epochs.save_by(self.saver.clone());
        let outputs = self
            .targets(number)
            .split_last()
            .map_or(&[][..], |(_, outputs)| outputs);
        let sender = |target: &Target| Some((self.queue_of(target, workers)?.clone(), target.clone()));
        let id = self.graph.nodes.get(number).map(|node| node.id.value.as_str());
        let context = self.context(id.unwrap_or_default());
        let orders = watch::Sender::new(Order::Run);
        let (quiet, is_quiet) = oneshot::channel();
        let task = SourceTask {
            source,
            make: Arc::clone(make),
            metrics: self.watched.metrics_of(&context.id),
            context,
            targets: outputs.iter().flatten().filter_map(sender).collect(),
            errors: self.error_way(number, workers),
            outbox,
            epochs,
            event_order,
            restart,
            is_exhausted,
            orders: orders.subscribe(),
            quiet: Some(quiet),
            drained: self.drained.subscribe(),
        };
        SourceWorker {
            worker: Worker {
                orders,
                task: Task::spawn(task.run()),
            },
            quiet: is_quiet,
        }
    }
}

fn failure(node: &Node, StartError(reason): StartError) -> StartFailure {
    StartFailure {
        node: node.id.value.clone(),
        reason,
    }
}
