//! The rows of a log, without knowing what its columns mean.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};
use thiserror::Error;
use twinflow_engine::diagnostic::shortened;
use twinflow_engine::record::EventTime;

use super::names::{PayloadNames, put};
use crate::log_columns::{LogHeader, is_missing, parse_time};

/// What is wrong with a log, in a user's words with its file, and its line or column where there is one.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct RecordingError(String);

/// Which column of a log is what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingColumns {
    /// The column of the time.
    pub time: String,
    /// The column of the machine. Where it is missing, all rows are of one machine, which is called as the file is.
    pub key: String,
    /// What the others are called in the payload.
    pub names: PayloadNames,
}

impl Default for RecordingColumns {
    /// As `csv-sink` writes them.
    fn default() -> Self {
        Self {
            time: "time".to_owned(),
            key: "key".to_owned(),
            names: PayloadNames::default(),
        }
    }
}

/// The machines of a log, in the order in which they were first seen.
#[derive(Default)]
pub(super) struct Names {
    pub list: Vec<Arc<str>>,
    places: HashMap<Arc<str>, usize>,
}

impl Names {
    fn place(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let (name, place): (Arc<str>, usize) = (name.into(), self.list.len());
        self.list.push(Arc::clone(&name));
        self.places.insert(name, place);
        place
    }
}

/// A log that is read row by row.
pub(super) struct Rows {
    path: PathBuf,
    reader: csv::Reader<File>,
    record: csv::StringRecord,
    time: usize,
    key: Option<usize>,
    /// The name of the machine of a log that has no column for it.
    only: Arc<str>,
    columns: Vec<Column>,
}

struct Column {
    at: usize,
    /// The way to its place in the payload.
    steps: Vec<String>,
}

/// One row.
pub(super) struct Row {
    pub time: EventTime,
    /// The machine by its place among the names.
    pub machine: usize,
    members: Map<String, Value>,
}

impl Row {
    /// As a board would send it now.
    pub fn payload(self, time: EventTime, machine: &str, sequence: u64) -> Vec<u8> {
        let mut payload = self.members;
        payload.insert("timestamp".to_owned(), time.as_millis().into());
        payload.insert("asset_id".to_owned(), machine.into());
        payload.insert("sequence_id".to_owned(), sequence.into());
        Value::Object(payload).to_string().into_bytes()
    }
}

impl Rows {
    pub fn open(path: &Path, names: &RecordingColumns) -> Result<Self, RecordingError> {
        let shown = path.display();
        let mut reader = csv::ReaderBuilder::new()
            .flexible(false)
            .from_path(path)
            .map_err(|error| RecordingError(format!("the log {shown} cannot be read: {error}")))?;
        let cells = reader
            .headers()
            .map_err(|error| RecordingError(format!("{shown}: {error}")))?
            .clone();
        let header = LogHeader::new(&cells);
        let position = |name: &str| {
            header.position(name).ok_or_else(|| {
                RecordingError(format!(
                    "{shown}: there is no column `{name}`; there are {}",
                    header.listed()
                ))
            })
        };
        let time = position(&names.time)?;
        for column in names.names.columns() {
            position(column)?;
        }
        let key = header.position(&names.key);
        let columns = header.names().enumerate();
        let columns = columns.filter(|(at, _)| *at != time && Some(*at) != key);
        let columns = columns.map(|(at, name)| Column {
            at,
            steps: names.names.steps(name),
        });
        let only = path.file_stem().unwrap_or_default().to_string_lossy();
        Ok(Self {
            path: path.to_owned(),
            time,
            key,
            only: only.into(),
            columns: columns.collect(),
            record: csv::StringRecord::new(),
            reader,
        })
    }

    /// The next row, if there is one; a machine that is new is added to the names.
    pub fn next(&mut self, names: &mut Names) -> Result<Option<Row>, RecordingError> {
        let is_there = self.reader.read_record(&mut self.record);
        if !is_there.map_err(|error| RecordingError(format!("{}: {error}", self.path.display())))? {
            return Ok(None);
        }
        let cell = |at: usize| self.record.get(at).unwrap_or_default();
        let time = parse_time(cell(self.time)).ok_or_else(|| {
            let found = shortened(cell(self.time));
            self.wrong(&format!(
                "expected a time as ISO 8601 or as a number since 1970, found `{found}`"
            ))
        })?;
        let key = self
            .key
            .map(cell)
            .filter(|key| !key.is_empty())
            .unwrap_or(&self.only);
        let machine = names.place(key);
        let mut members = Map::new();
        for column in &self.columns {
            if let Some(value) = value(cell(column.at)) {
                put(&mut members, &column.steps, value);
            }
        }
        Ok(Some(Row {
            time,
            machine,
            members,
        }))
    }

    /// What is wrong with the row that was read last.
    pub fn wrong(&self, reason: &str) -> RecordingError {
        let line = self.record.position().map_or(0, csv::Position::line);
        RecordingError(format!("{}:{line}: {reason}", self.path.display()))
    }
}

/// A cell as a board would send it: a number, true or false, or text; nothing for one that has no value.
fn value(cell: &str) -> Option<Value> {
    let text = cell.trim();
    if is_missing(text) {
        return None;
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    match (text.parse::<f64>(), text) {
        // JSON has no word for what is not finite.
        (Ok(number), _) => serde_json::Number::from_f64(number).map(Value::Number),
        (Err(_), "true") => Some(true.into()),
        (Err(_), "false") => Some(false.into()),
        (Err(_), text) => Some(text.into()),
    }
}
