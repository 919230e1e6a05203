//! A replay on the dashboard, at a multiple of the speed at which it was.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use twinflow_engine::graph::Graph;
use twinflow_engine::node::{NodeContext, Part, Sink, SinkError, Source, SourceError};
use twinflow_engine::record::{Batch, EventTime};
use twinflow_nodes::Shared;
use twinflow_nodes::csv_log::{CsvLog, LogError};

use crate::cli::ReplayOptions;
use crate::exit::Stop;
use crate::serving::{Serving, serve};

/// Shows a replay until someone stops it.
pub fn show(
    options: &ReplayOptions,
    mut graph: Graph,
    source: usize,
    log: CsvLog,
    factor: f64,
    shared: &Shared,
) -> Result<(), Stop> {
    // Read by whoever makes the source: there is one log, and one source.
    let log = Arc::new(Mutex::new(Some(log)));
    for (number, node) in graph.nodes.iter_mut().enumerate() {
        match &node.part {
            Part::Source(_) if number == source => {
                let log = Arc::clone(&log);
                node.part = Part::source(move |context| {
                    let log = log.lock().unwrap_or_else(PoisonError::into_inner).take();
                    Ok(Paced::new(log, factor, context))
                });
            }
            Part::Source(_) => node.part = Part::source(|context| Ok(Paced::new(None, 1.0, context))),
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
        with_brokers: false,
    })
}

/// The records of a log, each when its time has come.
struct Paced {
    batches: Option<Box<dyn Iterator<Item = Result<Batch, LogError>> + Send>>,
    factor: f64,
    /// When the log's first record was, and when it is given.
    origin: Option<(EventTime, Instant)>,
    /// What was read and is not due yet.
    waiting: Option<Batch>,
}

impl Paced {
    fn new(log: Option<CsvLog>, factor: f64, context: &NodeContext) -> Self {
        let keys = Arc::clone(&context.keys);
        Self {
            batches: log.map(|log| Box::new(log.batches(keys)) as Box<_>),
            factor,
            origin: None,
            waiting: None,
        }
    }

    /// When a record of this time is due.
    fn due(&mut self, time: EventTime) -> Instant {
        let (first, begin) = *self.origin.get_or_insert((time, Instant::now()));
        let after = time.seconds_since(first).max(0.0) / self.factor;
        begin + Duration::try_from_secs_f64(after).unwrap_or(Duration::MAX / 4)
    }
}

#[async_trait]
impl Source for Paced {
    async fn next(&mut self) -> Result<Option<Batch>, SourceError> {
        let batch = match self.waiting.take() {
            Some(batch) => batch,
            None => match self.batches.as_mut().and_then(Iterator::next) {
                Some(Ok(batch)) => batch,
                Some(Err(reason)) => {
                    self.batches = None;
                    return Err(SourceError(reason.to_string()));
                }
                // The dashboard stays with what was shown last.
                None => std::future::pending().await,
            },
        };
        let Some(first) = batch.times().first().copied() else {
            return Ok(None);
        };
        let due = self.due(first);
        // Kept over the wait: the engine may drop this future, and call again.
        self.waiting = Some(batch);
        tokio::time::sleep_until(due).await;
        let Some(batch) = self.waiting.take() else {
            return Ok(None);
        };
        let now = Instant::now();
        let times: Vec<EventTime> = batch.times().to_vec();
        let rows = times
            .into_iter()
            .take_while(|time| self.due(*time) <= now)
            .count();
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
