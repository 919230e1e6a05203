//! The run-time parts of nodes. The engine owns every loop: a part only answers calls.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use super::context::NodeContext;
use super::memory::Memory;
use super::operation::Operable;
use super::rejection::Rejection;
use crate::record::{Batch, EventTime, Value};

/// Why a node cannot start.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct StartError(pub String);

/// Why a source cannot go on. The engine restarts it after a while.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// Why a sink could not do its work.
#[derive(Debug, Error)]
pub enum SinkError {
    /// It may work later (a full disk, a broker away): the engine holds the records and tries again.
    #[error("{0}")]
    Later(String),
    /// It never will: the records are given up, counted, and not acknowledged.
    #[error("{0}")]
    Never(String),
}

/// Brings records in.
#[async_trait]
pub trait Source: Send {
    /// Waits for the next records; nothing means that no more will come.
    ///
    /// The engine may drop the returned future at any await and call again: nothing may be lost by that.
    ///
    /// # Errors
    /// When it cannot go on; the engine makes a new one.
    async fn next(&mut self) -> Result<Option<Batch>, SourceError>;

    /// What came and is no record, since the last call; the engine asks after every `next`. The receipt of the batch that
    /// `next` gave, which may be empty, holds for these as well.
    fn take_refused(&mut self) -> Vec<Rejection> {
        Vec::new()
    }

    /// Which records it brought since the last call, for a source whose broker may bring them again. It is saved together with
    /// what the records did to the memories of nodes.
    fn position(&mut self) -> Option<Vec<u8>> {
        None
    }

    /// Takes back the last position that was saved, before the first `next` after a start. What it says was brought has
    /// been dealt with.
    fn resume(&mut self, position: &[u8]) {
        let _ = position;
    }

    /// Called once at the end, after all its records went through the flow and their receipts are settled.
    async fn finish(&mut self) {}
}

/// Computes. It must not block: what waits belongs into sources and sinks.
pub trait Transform: Send {
    /// Takes records and emits what comes of them.
    fn process(&mut self, batch: Batch, out: &mut Emitter);

    /// What it remembers from record to record, if that is to be saved.
    fn memory(&mut self) -> Option<&mut dyn Memory> {
        None
    }

    /// That part of it which people can operate, if they can.
    fn operable(&mut self) -> Option<&mut dyn Operable> {
        None
    }

    /// How often it wants [`Transform::tick`] to be called; never by default.
    fn tick_interval(&self) -> Option<Duration> {
        None
    }

    /// Called at every interval, whether records come or not. `now` is the machine's clock in a running flow, and the time
    /// of the records where a flow is run over a log.
    fn tick(&mut self, now: EventTime, out: &mut Emitter) {
        let _ = (now, out);
    }
}

/// Takes records out.
#[async_trait]
pub trait Sink: Send {
    /// Takes a batch. It need not be safe yet when this returns.
    ///
    /// # Errors
    /// [`SinkError::Later`] leaves the batch untaken; the engine gives it again.
    async fn write(&mut self, batch: &Batch) -> Result<(), SinkError>;

    /// Makes everything that was written safe. Only then are the records acknowledged.
    ///
    /// # Errors
    /// With [`SinkError::Later`] the sink keeps what is not safe yet, and the engine calls again.
    async fn flush(&mut self) -> Result<(), SinkError>;

    /// How long written records may wait for a flush, so that many share one.
    fn flush_interval(&self) -> Duration {
        Duration::from_millis(100)
    }
}

/// Where a transform puts its results.
#[derive(Debug, Default)]
pub struct Emitter {
    emitted: Vec<(usize, Batch)>,
    rejected: Vec<Rejection>,
}

impl Emitter {
    /// Emits to the output number `output`, in the order of [`super::Checked::outputs`].
    pub fn emit(&mut self, output: usize, batch: Batch) {
        if !batch.is_empty() {
            self.emitted.push((output, batch));
        }
    }

    /// Gives up a record: it leaves by the output `error`, and counts as a problem of this kind.
    pub fn reject(&mut self, batch: &Batch, row: usize, refusal: Refusal) {
        let Refusal { kind, reason } = refusal;
        self.rejected.push(Rejection::of(batch, row, kind, reason));
    }

    pub(crate) fn take_rejected(&mut self) -> Vec<Rejection> {
        std::mem::take(&mut self.rejected)
    }

    pub(crate) fn take(&mut self) -> Vec<(usize, Batch)> {
        std::mem::take(&mut self.emitted)
    }
}

/// What a payload that came from outside says.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// When it was measured, if it says so.
    pub time: Option<EventTime>,
    /// Which machine it is of, if it says so.
    pub key: Option<String>,
    /// The fields of the source's records, in slot order.
    pub values: Vec<Value>,
}

/// Why a payload is no record. Nothing of it is used then.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The kind, by which refusals are counted.
    pub kind: &'static str,
    /// What was found and what was expected.
    pub reason: String,
}

/// How a source reads a payload: tests give payloads without a connection.
pub type Decode = Arc<dyn Fn(&[u8]) -> Result<Decoded, Refusal> + Send + Sync>;

/// Makes a part: at the start, and again after a failure.
pub type MakePart<T> = Arc<dyn Fn(&NodeContext) -> Result<Box<T>, StartError> + Send + Sync>;

/// The run-time part of a node, ready to be made.
#[derive(Clone)]
pub enum Part {
    /// See [`Source`].
    Source(MakePart<dyn Source>),
    /// See [`Transform`].
    Transform(MakePart<dyn Transform>),
    /// See [`Sink`].
    Sink(MakePart<dyn Sink>),
}

impl Part {
    /// A source part.
    pub fn source<S: Source + 'static>(
        make: impl Fn(&NodeContext) -> Result<S, StartError> + Send + Sync + 'static,
    ) -> Self {
        Self::Source(Arc::new(move |context| {
            Ok(Box::new(make(context)?) as Box<dyn Source>)
        }))
    }

    /// A transform part.
    pub fn transform<T: Transform + 'static>(
        make: impl Fn(&NodeContext) -> Result<T, StartError> + Send + Sync + 'static,
    ) -> Self {
        Self::Transform(Arc::new(move |context| {
            Ok(Box::new(make(context)?) as Box<dyn Transform>)
        }))
    }

    /// A sink part.
    pub fn sink<S: Sink + 'static>(
        make: impl Fn(&NodeContext) -> Result<S, StartError> + Send + Sync + 'static,
    ) -> Self {
        Self::Sink(Arc::new(move |context| {
            Ok(Box::new(make(context)?) as Box<dyn Sink>)
        }))
    }
}
