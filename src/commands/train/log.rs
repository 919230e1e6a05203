//! A CSV log as the records of a source.

use std::path::Path;
use std::sync::Arc;

use twinflow_engine::language::listed;
use twinflow_engine::record::{Batch, BatchBuilder, EventTime, Keys, Receipt, Value};
use twinflow_engine::schema::{Field, FieldType, Schema};
use twinflow_engine::unit::{Conversion, Unit};

use crate::exit::Stop;

/// Rows a batch.
const BATCH: usize = 1024;

/// A column of the log for a field of the source.
struct Column {
    at: usize,
    field_type: FieldType,
    conversion: Conversion,
}

/// Reads a log. Columns are found by the fields' names, units in brackets convert; other columns are left out.
///
/// Fails on a missing column, a unit that does not fit, and a cell that is no value of its field: a training set with
/// holes that nobody knows of would be worse than none.
pub fn read(path: &Path, schema: &Arc<Schema>, keys: &Keys, required: &[&str]) -> Result<Vec<Batch>, Stop> {
    let shown = path.display();
    let mut reader = csv::ReaderBuilder::new()
        .flexible(false)
        .from_path(path)
        .map_err(|error| Stop::usage(format!("the log {shown} cannot be read: {error}")))?;
    let header = reader
        .headers()
        .map_err(|error| Stop::usage(format!("{shown}: {error}")))?
        .clone();
    let names: Vec<(String, Option<String>)> = header.iter().map(split).collect();
    let position = |name: &str| names.iter().position(|(known, _)| known == name);
    let time = position("time").ok_or_else(|| Stop::usage(format!("{shown} has no column `time`")))?;
    let key = position("key");
    let mut columns = Vec::new();
    for field in schema.fields() {
        columns.push(match position(&field.name) {
            Some(at) => Some(column(
                field,
                at,
                names.get(at).and_then(|(_, unit)| unit.as_deref()),
                path,
            )?),
            None if field.optional && !required.contains(&&*field.name) => None,
            None => {
                let known = listed(names.iter().map(|(name, _)| name.as_str()));
                return Err(Stop::usage(format!(
                    "{shown} has no column `{}`; its columns are {known}",
                    field.name
                )));
            }
        });
    }
    let mut batches = Vec::new();
    let mut builder = BatchBuilder::new(Arc::clone(schema), BATCH);
    for record in reader.records() {
        let record = record.map_err(|error| Stop::usage(format!("{shown}: {error}")))?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |at: usize| record.get(at).unwrap_or_default();
        let wrong = |what: &str, found: &str| {
            Stop::usage(format!("{shown}:{line}: expected {what}, found `{found}`"))
        };
        let when = EventTime::parse_iso(cell(time)).ok_or_else(|| wrong("a time as ISO 8601", cell(time)))?;
        let machine = keys
            .intern(key.map(cell).unwrap_or_default())
            .ok_or_else(|| wrong("fewer machines", "another"))?;
        let mut values = Vec::with_capacity(columns.len());
        for column in &columns {
            values.push(match column {
                None => Value::Missing,
                Some(column) => {
                    let text = cell(column.at);
                    value(column, text).ok_or_else(|| wrong(column.field_type.name(), text))?
                }
            });
        }
        builder.push(when, machine, values);
        if builder.len() >= BATCH {
            let full = std::mem::replace(&mut builder, BatchBuilder::new(Arc::clone(schema), BATCH));
            batches.push(full.finish(Receipt::none()));
        }
    }
    batches.push(builder.finish(Receipt::none()));
    Ok(batches)
}

/// `temp [°C]` is the field `temp` in °C.
fn split(header: &str) -> (String, Option<String>) {
    // Spreadsheets put a byte order mark before the first name.
    let header = header.trim_start_matches('\u{feff}').trim();
    match header.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
        Some((name, unit)) => (name.trim().to_owned(), Some(unit.trim().to_owned())),
        None => (header.to_owned(), None),
    }
}

fn column(field: &Field, at: usize, unit: Option<&str>, path: &Path) -> Result<Column, Stop> {
    let wrong = |reason: String| {
        Stop::usage(format!(
            "{}: the column `{}`: {reason}",
            path.display(),
            field.name
        ))
    };
    let conversion = match (&field.field_type, unit) {
        (FieldType::Number(wanted), Some(unit)) => {
            let found = Unit::parse(unit).map_err(|error| wrong(error.to_string()))?;
            found.conversion_to(wanted).ok_or_else(|| {
                wrong(format!(
                    "is in {}, the flow has {}",
                    found.described(),
                    wanted.described()
                ))
            })?
        }
        _ => Conversion::IDENTITY,
    };
    Ok(Column {
        at,
        field_type: field.field_type.clone(),
        conversion,
    })
}

/// The value of a cell; an empty one is missing, nothing when it is of another type.
fn value(column: &Column, text: &str) -> Option<Value> {
    if text.is_empty() {
        return Some(Value::Missing);
    }
    match &column.field_type {
        FieldType::Number(_) => {
            let number: f64 = text.parse().ok()?;
            number
                .is_finite()
                .then(|| Value::Number(column.conversion.apply(number)))
        }
        FieldType::Integer => text.parse().ok().map(Value::Integer),
        FieldType::Boolean => text.parse().ok().map(Value::Boolean),
        FieldType::Text => Some(Value::Text(text.into())),
        FieldType::Time => EventTime::parse_iso(text).map(Value::Time),
        FieldType::Json => serde_json::from_str(text)
            .ok()
            .map(|json| Value::Json(Arc::new(json))),
    }
}
