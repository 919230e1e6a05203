//! Which column of a log is what.

use std::collections::{BTreeMap, BTreeSet};

pub use twinflow_storage::log::{LogHeader, is_missing, parse_time};

/// What a log's header does not say in the flow's words. Empty for logs that the flow has written itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogColumns {
    /// The column of the time; `time` by default.
    pub time: Option<String>,
    /// Columns of fields, by the names of the fields.
    pub fields: BTreeMap<String, String>,
    /// Units of fields' columns, by the names of the fields; they go before a unit in the header.
    pub units: BTreeMap<String, String>,
    /// Columns that somebody else reads, such as the names of faults where the flow has numbers: a cell that is no value of
    /// the field is missing, and no mistake.
    pub lenient: BTreeSet<String>,
}

impl LogColumns {
    /// The name of a field's column.
    pub fn of_field<'c>(&'c self, field: &'c str) -> &'c str {
        self.fields.get(field).map_or(field, String::as_str)
    }

    /// The name of the column of the time.
    pub fn of_time(&self) -> &str {
        self.time.as_deref().unwrap_or("time")
    }
}
