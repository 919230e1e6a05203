//! Running a graph on tokio.
//!
//! Sources and sinks are tasks of their own; transforms that follow each other without a join run in one task, called one
//! after the other. Between tasks stand bounded queues of batches: a full one makes its sender wait, back to the source.
//!
//! Stopping goes with the wires: sources stop, their queues close behind the last batch, each stage ends when its queue
//! is empty, sinks flush, and the sources learn that all their records are settled.

mod backoff;
mod buffer;
mod clock;
mod error_way;
mod feed;
mod metrics;
mod offline;
mod panic;
mod plan;
mod problems;
mod queue;
mod running;
mod sink_task;
mod source_task;
mod stage_task;
mod timing;

pub use backoff::Backoff;
pub use buffer::{BufferDepth, BufferEntry, BufferError, BufferGauge, BufferStore, OpenBuffer};
pub use clock::Clock;
pub use feed::{Feed, FeedRows};
pub use metrics::{NodeCounts, NodeMetrics};
pub use offline::{Offline, OfflineError, Passing};
pub use plan::QUEUE_BATCHES;
pub use problems::{Problem, ProblemLog, Problems};
pub use queue::QueueDepth;
pub use running::{Running, Setting, StartFailure, Watched, start, start_in};
pub use timing::{BOUNDS_S, TimingCounts};
