//! The history of what a dashboard shows, in a SQLite file beside the flow.
//!
//! [`Plan`] says which values are kept: each once, however many widgets show it. [`Recorder`] reads the feeds of the running
//! flow as a browser does, so that nothing in the flow waits for the disk, and writes groups into the [`Store`]. There,
//! readings are also summed up by seconds, minutes and hours, each with its own [`Retention`]; [`Store::read`] answers from the
//! finest one that fits the question.
//!
//! Beside it stands the journal of alarms and of what people did.

mod alarm_statistics;
mod increase;
mod journal;
mod plan;
mod reading;
mod recorder;
mod retention;
mod rollup;
mod states;
mod store;
mod table;

pub use alarm_statistics::{AlarmStatistics, Frequent};
pub use journal::{AlarmChange, Deed};
pub use plan::{AlarmStream, Plan, Recorded, Series, SeriesKind};
pub use reading::{Curve, Excerpt, Question, States};
pub use recorder::{Recorder, RecorderHandle};
pub use store::{Sample, SampleValue, SeriesId, Store, history_path};
