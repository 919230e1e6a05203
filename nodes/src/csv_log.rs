//! A CSV log as the records of a source.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;
use twinflow_engine::diagnostic::shortened;
use twinflow_engine::record::{Batch, BatchBuilder, EventTime, Keys, Receipt, Value};
use twinflow_engine::schema::{Field, FieldType, Schema};
use twinflow_engine::unit::{Conversion, Unit};

use crate::log_columns::{LogColumns, LogHeader, is_missing, parse_time};

/// Rows a batch.
const BATCH: usize = 1024;

/// What is wrong with a log, in a user's words with its file, and its line or column where there is one.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct LogError(String);

/// A log that was opened, its columns matched with the fields of a source.
///
/// Columns are found by the fields' names, units in brackets convert; other columns are left out. A cell that is no value
/// of its field is an error: a history with holes that nobody knows of would be worse than none.
pub struct CsvLog {
    path: PathBuf,
    reader: csv::Reader<File>,
    schema: Arc<Schema>,
    names: LogColumns,
    time: usize,
    key: Option<usize>,
    columns: Vec<Option<Column>>,
}

/// A column of the log for a field of the source.
struct Column {
    at: usize,
    field_type: FieldType,
    conversion: Conversion,
    is_lenient: bool,
}

impl Column {
    fn is_numeric(&self) -> bool {
        matches!(self.field_type, FieldType::Number(_) | FieldType::Integer)
    }
}

impl CsvLog {
    /// Opens a log for records of `schema`; fields in `required` must be there although the schema lets records lack them.
    ///
    /// # Errors
    /// A file that cannot be read, a missing column, a unit that does not fit.
    pub fn open(path: &Path, schema: &Arc<Schema>, required: &[&str]) -> Result<Self, LogError> {
        Self::open_with(path, schema, required, LogColumns::default())
    }

    /// Opens a log that somebody else has written: `names` tells which of its columns is what.
    ///
    /// # Errors
    /// A file that cannot be read, a missing column, a unit that does not fit.
    pub fn open_with(
        path: &Path,
        schema: &Arc<Schema>,
        required: &[&str],
        names: LogColumns,
    ) -> Result<Self, LogError> {
        let shown = path.display();
        let wrong = |reason: String| LogError(format!("{shown}: {reason}"));
        let mut reader = csv::ReaderBuilder::new()
            .flexible(false)
            .from_path(path)
            .map_err(|error| LogError(format!("the log {shown} cannot be read: {error}")))?;
        let header = LogHeader::new(reader.headers().map_err(|error| wrong(error.to_string()))?);
        let missing = |name: &str| {
            wrong(format!(
                "there is no column `{name}`; there are {}",
                header.listed()
            ))
        };
        let time = header
            .position(names.of_time())
            .ok_or_else(|| missing(names.of_time()))?;
        let mut columns = Vec::new();
        for field in schema.fields() {
            let name = names.of_field(&field.name);
            let is_named = names.fields.contains_key(&*field.name);
            columns.push(match header.position(name) {
                Some(at) => {
                    let unit = names.units.get(&*field.name).map(String::as_str);
                    let column = column(field, at, unit.or(header.unit(at)));
                    let mut column =
                        column.map_err(|reason| wrong(format!("the column `{name}`: {reason}")))?;
                    column.is_lenient = field.optional && names.lenient.contains(name);
                    Some(column)
                }
                None if field.optional && !is_named && !required.contains(&&*field.name) => None,
                None => return Err(missing(name)),
            });
        }
        Ok(Self {
            path: path.to_owned(),
            time,
            key: header.position("key"),
            names,
            columns,
            schema: Arc::clone(schema),
            reader,
        })
    }

    /// The time of the first record, if there is one; the log is still read from its beginning after this.
    ///
    /// # Errors
    /// A file that cannot be read, a time that is none.
    pub fn first_time(&self) -> Result<Option<EventTime>, LogError> {
        Self::open_with(&self.path, &self.schema, &[], self.names.clone())?
            .batch(&Keys::default())
            .map(|batch| batch.times().first().copied())
    }

    /// The records, in batches, as the file has them; an error ends them.
    pub fn batches(mut self, keys: Arc<Keys>) -> impl Iterator<Item = Result<Batch, LogError>> + Send {
        let mut is_done = false;
        std::iter::from_fn(move || {
            if is_done {
                return None;
            }
            match self.batch(&keys) {
                Ok(batch) if batch.is_empty() => None,
                Ok(batch) => Some(Ok(batch)),
                Err(error) => {
                    is_done = true;
                    Some(Err(error))
                }
            }
        })
    }

    fn batch(&mut self, keys: &Keys) -> Result<Batch, LogError> {
        let mut builder = BatchBuilder::new(Arc::clone(&self.schema), BATCH);
        let mut record = csv::StringRecord::new();
        while builder.len() < BATCH {
            let is_there = self.reader.read_record(&mut record);
            if !is_there.map_err(|error| LogError(format!("{}: {error}", self.path.display())))? {
                break;
            }
            let line = record.position().map_or(0, csv::Position::line);
            let wrong = |what: &str, found: &str| {
                let found = shortened(found);
                LogError(format!(
                    "{}:{line}: expected {what}, found `{found}`",
                    self.path.display()
                ))
            };
            let cell = |at: usize| record.get(at).unwrap_or_default();
            let time = parse_time(cell(self.time));
            let expected = "a time as ISO 8601 or as a number since 1970";
            let time = time.ok_or_else(|| wrong(expected, cell(self.time)))?;
            let key = self.key.map(cell).unwrap_or_default();
            let key = keys.intern(key).ok_or_else(|| wrong("fewer machines", key))?;
            let mut values = Vec::with_capacity(self.columns.len());
            for column in &self.columns {
                values.push(match column {
                    None => Value::Missing,
                    Some(column) => {
                        let text = cell(column.at);
                        match value(column, text) {
                            Some(value) => value,
                            None if column.is_lenient => Value::Missing,
                            None => return Err(wrong(column.field_type.name(), text)),
                        }
                    }
                });
            }
            builder.push(time, key, values);
        }
        Ok(builder.finish(Receipt::none()))
    }
}

fn column(field: &Field, at: usize, unit: Option<&str>) -> Result<Column, String> {
    let conversion = match (&field.field_type, unit) {
        (FieldType::Number(wanted), Some(unit)) => {
            let found = Unit::parse(unit).map_err(|error| error.to_string())?;
            found
                .conversion_to(wanted)
                .ok_or_else(|| format!("is in {}, the flow has {}", found.described(), wanted.described()))?
        }
        _ => Conversion::IDENTITY,
    };
    Ok(Column {
        at,
        field_type: field.field_type.clone(),
        conversion,
        is_lenient: false,
    })
}

/// The value of a cell; an empty one is missing, nothing when it is of another type.
fn value(column: &Column, text: &str) -> Option<Value> {
    if text.is_empty() || column.is_numeric() && is_missing(text) {
        return Some(Value::Missing);
    }
    match &column.field_type {
        FieldType::Number(_) => {
            let number: f64 = text.trim().parse().ok()?;
            number
                .is_finite()
                .then(|| Value::Number(column.conversion.apply(number)))
        }
        FieldType::Integer => text.trim().parse().ok().map(Value::Integer),
        FieldType::Boolean => text.parse().ok().map(Value::Boolean),
        FieldType::Text => Some(Value::Text(text.into())),
        FieldType::Time => EventTime::parse_iso(text).map(Value::Time),
        FieldType::Json => serde_json::from_str(text)
            .ok()
            .map(|json| Value::Json(Arc::new(json))),
    }
}
