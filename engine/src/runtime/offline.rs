//! Running a graph without tasks and clocks: records in at a source, records out where they reach a node.
//!
//! Training computes features so, with the very nodes that compute them live; tests and replays run whole flows. The time
//! is that of the records.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;
use thiserror::Error;

use super::clock::Clock;
use super::feed::Feed;
use super::metrics::NodeMetrics;
use super::plan::Plan;
use super::problems::{ProblemLog, Problems};
use super::readiness::Readiness;
use super::stage_task::Step;
use crate::graph::Graph;
use crate::node::{NodeContext, Operation, Part, Refusal, Rejection, StartError, error_batch};
use crate::record::{Batch, EventTime, Keys, Receipt};

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

/// What happens at a node while records go through.
#[derive(Debug)]
pub enum Passing<'b> {
    /// Records reach it.
    Arriving(&'b Batch),
    /// Records leave it by an output, which stands by its number.
    Leaving(usize, &'b Batch),
}

/// A graph whose transforms are made. Sinks only receive: nothing leaves the process.
pub struct Offline {
    plan: Plan,
    steps: BTreeMap<usize, Step>,
    numbers: HashMap<String, usize>,
    ticks: Vec<Tick>,
    feeds: BTreeMap<usize, Arc<Feed>>,
    keys: Arc<Keys>,
    problems: Arc<ProblemLog>,
}

/// When a transform is to tick next; nothing before the first record.
struct Tick {
    node: usize,
    interval: Duration,
    at: Option<EventTime>,
}

impl Offline {
    /// Makes every transform of the graph.
    ///
    /// # Errors
    /// A node that cannot start.
    pub fn new(graph: &Graph) -> Result<Self, OfflineError> {
        Self::of(graph, (0..graph.nodes.len()).collect())
    }

    /// Makes the transforms that lead to the node `target`, and no others.
    ///
    /// # Errors
    /// An unknown target, or a node that cannot start.
    pub fn up_to(graph: &Graph, target: &str) -> Result<Self, OfflineError> {
        let Some((target, _)) = graph.node(target) else {
            return Err(OfflineError::NoSuchNode(target.to_owned()));
        };
        let mut is_needed = vec![false; graph.nodes.len()];
        let mut waiting = inputs(graph, target);
        while let Some(number) = waiting.pop() {
            if let Some(is_needed) = is_needed.get_mut(number)
                && !std::mem::replace(is_needed, true)
            {
                waiting.extend(inputs(graph, number));
            }
        }
        let needed = is_needed.iter().enumerate().filter(|(_, needed)| **needed);
        Self::of(graph, needed.map(|(number, _)| number).collect())
    }

    fn of(graph: &Graph, members: Vec<usize>) -> Result<Self, OfflineError> {
        let mut offline = Self {
            plan: Plan::new(graph),
            steps: BTreeMap::new(),
            numbers: graph
                .nodes
                .iter()
                .enumerate()
                .map(|(number, node)| (node.id.value.clone(), number))
                .collect(),
            ticks: Vec::new(),
            feeds: BTreeMap::new(),
            keys: Arc::default(),
            problems: Arc::new(ProblemLog::silent()),
        };
        let pulse = tokio::sync::watch::Sender::new(());
        for number in members {
            let Some(node) = graph.nodes.get(number) else {
                continue;
            };
            let Part::Transform(make) = &node.part else {
                continue;
            };
            let id: Arc<str> = node.id.value.as_str().into();
            let feed = node.view.as_ref().map(|view| {
                let types = view.columns.iter().map(|column| &column.field.field_type);
                Arc::new(Feed::new(types, pulse.clone()))
            });
            offline
                .feeds
                .extend(feed.iter().map(|feed| (number, Arc::clone(feed))));
            let context = NodeContext {
                flow: graph.name.as_str().into(),
                keys: Arc::clone(&offline.keys),
                is_live: false,
                clock: Clock::default(),
                problems: Problems::new(Arc::clone(&id), Arc::clone(&offline.problems)),
                feed,
                readiness: Readiness::default(),
                id,
            };
            let transform = make(&context).map_err(|StartError(reason)| OfflineError::Start {
                node: node.id.value.clone(),
                reason,
            })?;
            if let Some(interval) = transform.tick_interval() {
                offline.ticks.push(Tick {
                    node: number,
                    interval,
                    at: None,
                });
            }
            let step = Step {
                transform,
                make: Arc::clone(make),
                context,
                metrics: Arc::<NodeMetrics>::default(),
                next: Vec::new(),
                error_output: node.outputs.len(),
                // Its clock is not that of the machine.
                tick: None,
            };
            offline.steps.insert(number, step);
        }
        Ok(offline)
    }

    /// The keys that the given records must use.
    #[must_use]
    pub fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys)
    }

    /// What went wrong on the way so far.
    #[must_use]
    pub fn problems(&self) -> &ProblemLog {
        &self.problems
    }

    /// Lets a node that does not run here, such as a source, give something up.
    pub fn reject(&mut self, node: usize, rejection: Rejection, see: &mut dyn FnMut(usize, Passing<'_>)) {
        let id = self.numbers.iter().find(|(_, number)| **number == node);
        let Some(id) = id.map(|(id, _)| id.clone()) else {
            return;
        };
        self.run_clock(rejection.time, see);
        let Refusal { kind, reason } = rejection.refusal.clone();
        Problems::new(id.as_str().into(), Arc::clone(&self.problems)).report(kind, reason);
        let batch = error_batch(&id, vec![rejection], Receipt::none());
        let error_output = self.plan.targets.get(node).map_or(0, Vec::len).saturating_sub(1);
        self.pass_on(node, vec![(error_output, batch)], see);
    }

    /// The feed of a node with a view, by its number in the graph.
    #[must_use]
    pub fn feed(&self, node: usize) -> Option<&Arc<Feed>> {
        self.feeds.get(&node)
    }

    /// Gives records as if the node `from` had emitted them by its first output, and shows `see` what passes at every node,
    /// by its number in the graph. Timers go with the time of the records.
    pub fn push(&mut self, from: &str, batch: Batch, see: &mut dyn FnMut(usize, Passing<'_>)) {
        let Some(number) = self.numbers.get(from).copied() else {
            return;
        };
        let mut rest = batch;
        while let Some(first) = rest.times().first().copied() {
            self.run_clock(first, see);
            let due = self.ticks.iter().filter_map(|tick| tick.at).min();
            let rows = match due {
                Some(due) => rest.times().iter().take_while(|time| **time < due).count(),
                None => rest.len(),
            };
            // A record at the time of a tick has let it tick: at least one row is before the next.
            let (now, later) = match rows.max(1) {
                rows if rows < rest.len() => rest.split(rows),
                _ => {
                    self.pass_on(number, vec![(0, rest)], see);
                    return;
                }
            };
            self.pass_on(number, vec![(0, now)], see);
            rest = later;
        }
    }

    /// Gives records likewise, and returns what arrives at the node `target`.
    pub fn arriving(&mut self, from: &str, batch: Batch, target: &str) -> Vec<Batch> {
        let target = self.numbers.get(target).copied();
        let mut arrived = Vec::new();
        self.push(from, batch, &mut |node, passing| {
            if let (Passing::Arriving(batch), true) = (passing, target == Some(node)) {
                arrived.push(batch.clone());
            }
        });
        arrived
    }

    /// Lets a node do what somebody asks of it at `now`.
    ///
    /// # Errors
    /// There is no such transform here, or why it does not do it.
    pub fn operate(
        &mut self,
        node: &str,
        operation: &Operation,
        now: EventTime,
        see: &mut dyn FnMut(usize, Passing<'_>),
    ) -> Result<Json, String> {
        let number = self.numbers.get(node).copied();
        self.run_clock(now, see);
        let step = number.and_then(|number| Some((number, self.steps.get_mut(&number)?)));
        let (number, step) = step.ok_or_else(|| format!("`{node}` does not run here"))?;
        let (emitted, answer) = step.operate(operation, now);
        self.pass_on(number, emitted, see);
        answer
    }

    /// Lets everything tick that is due up to `now`.
    pub fn run_clock(&mut self, now: EventTime, see: &mut dyn FnMut(usize, Passing<'_>)) {
        for tick in &mut self.ticks {
            tick.at.get_or_insert(after(now, tick.interval));
        }
        loop {
            let due = self
                .ticks
                .iter_mut()
                .filter(|tick| tick.at.is_some_and(|at| at <= now));
            let Some(tick) = due.min_by_key(|tick| tick.at) else {
                return;
            };
            let (node, at) = (tick.node, tick.at.unwrap_or(now));
            // After a silence of days, ticks of milliseconds are not made up for one by one.
            let next = after(at, tick.interval);
            let behind = now.seconds_since(next) / tick.interval.as_secs_f64().max(1e-6);
            tick.at = Some(if behind > MAX_TICKS_BEHIND {
                after(now, tick.interval)
            } else {
                next
            });
            if let Some(step) = self.steps.get_mut(&node) {
                let emitted = step.tick(at);
                self.pass_on(node, emitted, see);
            }
        }
    }

    fn pass_on(
        &mut self,
        from: usize,
        emitted: Vec<(usize, Batch)>,
        see: &mut dyn FnMut(usize, Passing<'_>),
    ) {
        let mut waiting = Vec::new();
        self.onward(from, emitted, &mut waiting, see);
        while let Some((node, batch)) = waiting.pop() {
            see(node, Passing::Arriving(&batch));
            if let Some(step) = self.steps.get_mut(&node) {
                let emitted = step.process(batch);
                self.onward(node, emitted, &mut waiting, see);
            }
        }
    }

    /// Puts what a node emitted before the nodes that it goes to, in the order of a running flow: each branch to its end
    /// before the next.
    fn onward(
        &self,
        from: usize,
        emitted: Vec<(usize, Batch)>,
        waiting: &mut Vec<(usize, Batch)>,
        see: &mut dyn FnMut(usize, Passing<'_>),
    ) {
        let first = waiting.len();
        let outputs = self.plan.targets.get(from);
        for (output, batch) in emitted {
            see(from, Passing::Leaving(output, &batch));
            for target in outputs
                .and_then(|outputs| outputs.get(output))
                .into_iter()
                .flatten()
            {
                waiting.push((target.node, target.adapt(batch.clone())));
            }
        }
        if let Some(new) = waiting.get_mut(first..) {
            new.reverse();
        }
    }
}

/// More missed ticks than this are left out.
const MAX_TICKS_BEHIND: f64 = 100_000.0;

fn after(time: EventTime, interval: Duration) -> EventTime {
    let micros = i64::try_from(interval.as_micros()).unwrap_or(i64::MAX);
    EventTime(time.0.saturating_add(micros.max(1)))
}

fn inputs(graph: &Graph, number: usize) -> Vec<usize> {
    let node = graph.nodes.get(number);
    node.map(|node| node.inputs.iter().map(|wire| wire.from).collect())
        .unwrap_or_default()
}
