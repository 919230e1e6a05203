//! A replay on the dashboard, at a multiple of the speed at which it was.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use twinflow_engine::graph::Graph;
use twinflow_engine::node::{NodeContext, Part, Sink, SinkError, Source, SourceError};
use twinflow_engine::record::Batch;
use twinflow_engine::runtime::Clock;
use twinflow_nodes::Shared;
use twinflow_nodes::csv_log::{CsvLog, LogError};

use crate::access;
use crate::cli::ReplayOptions;
use crate::exit::Stop;
use crate::serving::{Serving, serve};

/// Shows a replay until someone stops it.
pub fn show(
    options: &ReplayOptions,
    mut graph: Graph,
    source: usize,
    log: CsvLog,
    rate: f64,
    shared: &Shared,
) -> Result<(), Stop> {
    let first = log.first_time().map_err(Stop::usage)?;
    let Some(first) = first else {
        return Err(Stop::usage(format!(
            "{} holds no records",
            options.from.display()
        )));
    };
    // Read by whoever makes the source: there is one log, and one source.
    let log = Arc::new(Mutex::new(Some(log)));
    for (number, node) in graph.nodes.iter_mut().enumerate() {
        match &node.part {
            Part::Source(_) if number == source => {
                let log = Arc::clone(&log);
                node.part = Part::source(move |context| {
                    let log = log.lock().unwrap_or_else(PoisonError::into_inner).take();
                    Ok(Paced::new(log, context))
                });
            }
            Part::Source(_) => node.part = Part::source(|context| Ok(Paced::new(None, context))),
            Part::Sink(_) if options.out.is_none() || node.node_type != "csv-sink" => {
                node.part = Part::sink(|_| Ok(Nowhere));
            }
            Part::Sink(_) | Part::Transform(_) => {}
        }
    }
    serve(&Serving {
        graph: &graph,
        flow: &options.flow.flow,
        shared,
        listen: options.listen,
        access: access::setup(&options.access, options.listen, &options.flow.flow)?,
        clock: Clock::replaying(first, rate),
        files: None,
    })
}

/// The records of a log, each when its time has come.
struct Paced {
    batches: Option<Box<dyn Iterator<Item = Result<Batch, LogError>> + Send>>,
    clock: Clock,
    /// What was read and is not due yet.
    waiting: Option<Batch>,
}

impl Paced {
    fn new(log: Option<CsvLog>, context: &NodeContext) -> Self {
        let keys = Arc::clone(&context.keys);
        Self {
            batches: log.map(|log| Box::new(log.batches(keys)) as Box<_>),
            clock: context.clock,
            waiting: None,
        }
    }
}

#[async_trait]
impl Source for Paced {
    async fn next(&mut self) -> Result<Option<Batch>, SourceError> {
        if self.waiting.is_none() {
            self.waiting = match self.batches.as_mut().and_then(Iterator::next) {
                Some(Ok(batch)) => Some(batch),
                Some(Err(reason)) => {
                    self.batches = None;
                    return Err(SourceError(reason.to_string()));
                }
                // The dashboard stays with what was shown last.
                None => std::future::pending().await,
            };
        }
        // Kept over the wait: the engine may drop this future, and call again.
        let first = self.waiting.as_ref().and_then(|batch| batch.times().first());
        if let Some(first) = first {
            tokio::time::sleep_until(self.clock.instant_of(*first)).await;
        }
        let Some(batch) = self.waiting.take() else {
            return Ok(None);
        };
        let now = self.clock.now();
        let rows = batch.times().iter().take_while(|time| **time <= now).count();
        let (ready, later) = batch.split(rows.max(1));
        self.waiting = Some(later).filter(|later| !later.is_empty());
        Ok(Some(ready))
    }
}

/// Where records of a replay go that would reach the plant.
struct Nowhere;

#[async_trait]
impl Sink for Nowhere {
    async fn write(&mut self, _: &Batch) -> Result<(), SinkError> {
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}
