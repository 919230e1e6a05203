//! Running a graph on tokio.
//!
//! Sources and sinks are tasks of their own; transforms that follow each other without a join run in one task, called one
//! after the other. Between tasks stand bounded queues of batches: a full one makes its sender wait, back to the source.
//!
//! Stopping goes with the wires: sources stop, their queues close behind the last batch, each stage ends when its queue
//! is empty, sinks flush, and the sources learn that all their records are settled.

mod assembly;
mod backoff;
mod barrier;
mod buffer;
mod clock;
mod desk;
mod epoch;
mod error_way;
mod event_order;
mod feed;
mod latency;
mod metrics;
mod offline;
mod order;
mod outbox;
mod panic;
mod plan;
mod problems;
mod queue;
mod readiness;
mod reload;
mod restoration;
mod roster;
mod running;
mod saver;
mod sink_task;
mod source_task;
mod stage_task;
mod tap;
mod task;
mod timing;
mod watched;

pub use backoff::Backoff;
pub use buffer::{BufferDepth, BufferEntry, BufferError, BufferGauge, BufferLeft, BufferStore, OpenBuffer};
pub use clock::Clock;
pub use desk::OperationError;
pub use feed::{Feed, FeedRows};
pub use metrics::{NodeCounts, NodeMetrics};
pub use offline::{Offline, OfflineError, Passing};
pub use plan::QUEUE_BATCHES;
pub use problems::{Problem, ProblemLog, Problems};
pub use queue::QueueDepth;
pub use readiness::{NotReady, Readiness, ReadinessReporter};
pub use reload::Reloaded;
pub use restoration::Restoration;
pub use roster::{NodeInfo, UnknownTap};
pub use running::{OpenStateStore, Running, Setting, StartFailure, start, start_in};
pub use saver::StateStore;
pub use tap::{TapPlace, TapReader, Tapped};
pub use timing::{BOUNDS_S, LATENCY_BOUNDS_S, TimingCounts};
pub use watched::{SourceState, Watched};
