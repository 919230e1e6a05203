//! Logs in CSV files, as the flow or somebody else has written them.

mod excerpt;
mod header;

pub use excerpt::{LogColumn, LogColumnKind, LogExcerpt, LogQuestion, read_log};
pub use header::{LogHeader, is_missing, parse_time};
