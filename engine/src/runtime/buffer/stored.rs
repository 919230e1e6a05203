//! A batch as bytes. Fields go along by name, type and unit, so that a flow that was changed since can read it.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::BufferEntry;
use crate::record::{Batch, BatchBuilder, EventTime, Key, Keys, Receipt, Value};
use crate::schema::{Field, FieldType, Schema};
use crate::unit::Unit;

/// Bytes that this version of the program cannot read.
#[derive(Debug, Error)]
pub(super) enum StoredError {
    /// They are of another version, or damaged.
    #[error("they are damaged, or written by another version of the program: {0}")]
    Unreadable(#[from] postcard::Error),
    /// A field's unit is none.
    #[error("their field `{field}` has the unit `{unit}`, which this version of the program does not know")]
    Unit { field: String, unit: String },
    /// A field has a type that there is not.
    #[error("their field `{field}` has an unknown type `{name}`")]
    Type { field: String, name: String },
}

#[derive(Serialize, Deserialize)]
struct StoredBatch {
    fields: Vec<StoredField>,
    /// The names of the machines.
    machines: Vec<String>,
    records: Vec<StoredRecord>,
}

#[derive(Serialize, Deserialize)]
struct StoredField {
    name: String,
    /// As the flow language has it.
    type_name: String,
    unit: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredRecord {
    micros: i64,
    /// Its place in `machines`.
    machine: u32,
    values: Vec<StoredValue>,
}

#[derive(Serialize, Deserialize)]
enum StoredValue {
    Missing,
    Number(f64),
    Integer(i64),
    Boolean(bool),
    Text(String),
    Time(i64),
    Json(String),
}

/// A batch as an entry of a store.
pub(super) fn encode(batch: &Batch, keys: &Keys) -> Result<BufferEntry, StoredError> {
    let fields = batch.schema().fields().iter().map(|field| StoredField {
        name: field.name.to_string(),
        type_name: field.field_type.name().to_owned(),
        unit: field.field_type.unit().map(|unit| unit.symbol().to_owned()),
    });
    let mut machines = Vec::new();
    let mut places: HashMap<Key, u32> = HashMap::new();
    let rows = batch.times().iter().zip(batch.keys()).enumerate();
    let records = rows.map(|(row, (time, key))| StoredRecord {
        micros: time.0,
        machine: *places.entry(*key).or_insert_with(|| {
            machines.push(keys.name(*key).to_string());
            u32::try_from(machines.len() - 1).unwrap_or(u32::MAX)
        }),
        values: (0..batch.schema().width())
            .map(|slot| stored(batch.value(row, slot)))
            .collect(),
    });
    let (fields, records) = (fields.collect(), records.collect());
    let stored = StoredBatch {
        fields,
        machines,
        records,
    };
    Ok(BufferEntry {
        records: u32::try_from(batch.len()).unwrap_or(u32::MAX),
        bytes: postcard::to_allocvec(&stored)?.into(),
    })
}

/// The batch in an entry, with the fields that it had.
pub(super) fn decode(bytes: &[u8], keys: &Keys) -> Result<Batch, StoredError> {
    let stored: StoredBatch = postcard::from_bytes(bytes)?;
    let fields = stored.fields.into_iter().map(field);
    let schema = Schema::new(fields.collect::<Result<Vec<_>, _>>()?);
    // A million machines are in the flow already: the records of a further one are of nobody.
    let machines = stored
        .machines
        .iter()
        .map(|name| keys.intern(name).unwrap_or_default());
    let machines: Vec<Key> = machines.collect();
    let mut builder = BatchBuilder::new(Arc::new(schema), stored.records.len());
    for record in stored.records {
        let key = machines.get(record.machine as usize).copied().unwrap_or_default();
        builder.push(
            EventTime(record.micros),
            key,
            record.values.into_iter().map(value),
        );
    }
    Ok(builder.finish(Receipt::none()))
}

fn field(stored: StoredField) -> Result<Field, StoredError> {
    let StoredField {
        name,
        type_name,
        unit,
    } = stored;
    let field_type = match type_name.as_str() {
        "number" => match unit {
            None => FieldType::plain_number(),
            Some(unit) => match Unit::parse(&unit) {
                Ok(known) => FieldType::Number(known),
                Err(_) => return Err(StoredError::Unit { field: name, unit }),
            },
        },
        "integer" => FieldType::Integer,
        "boolean" => FieldType::Boolean,
        "text" => FieldType::Text,
        "time" => FieldType::Time,
        "json" => FieldType::Json,
        _ => {
            return Err(StoredError::Type {
                field: name,
                name: type_name,
            });
        }
    };
    Ok(Field::new(name, field_type))
}

fn stored(value: Value) -> StoredValue {
    match value {
        Value::Missing => StoredValue::Missing,
        Value::Number(number) => StoredValue::Number(number),
        Value::Integer(number) => StoredValue::Integer(number),
        Value::Boolean(value) => StoredValue::Boolean(value),
        Value::Text(text) => StoredValue::Text(text.to_string()),
        Value::Time(time) => StoredValue::Time(time.0),
        Value::Json(json) => StoredValue::Json(json.to_string()),
    }
}

fn value(stored: StoredValue) -> Value {
    match stored {
        StoredValue::Missing => Value::Missing,
        StoredValue::Number(number) => Value::number(number),
        StoredValue::Integer(number) => Value::Integer(number),
        StoredValue::Boolean(value) => Value::Boolean(value),
        StoredValue::Text(text) => Value::Text(text.into()),
        StoredValue::Time(micros) => Value::Time(EventTime(micros)),
        StoredValue::Json(text) => {
            serde_json::from_str(&text).map_or(Value::Missing, |json| Value::Json(Arc::new(json)))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_kind_of_value_comes_back() {
        let schema = Schema::new([
            Field::new("temp", FieldType::Number(Unit::parse("°C").unwrap())),
            Field::new("seq", FieldType::Integer),
            Field::new("on", FieldType::Boolean),
            Field::new("name", FieldType::Text),
            Field::new("since", FieldType::Time),
            Field::new("more", FieldType::Json),
        ]);
        let keys = Keys::default();
        let (a, b) = (keys.intern("a").unwrap(), keys.intern("b").unwrap());
        let mut builder = BatchBuilder::new(Arc::new(schema), 2);
        let values = [
            // Read as decimal digits it would be another one.
            Value::Number(0.1 + 0.2),
            Value::Integer(i64::MIN),
            Value::Boolean(true),
            Value::Text("ü".into()),
            Value::Time(EventTime(-5)),
            Value::Json(Arc::new(serde_json::json!({ "x": [1] }))),
        ];
        builder.push(EventTime(7), b, values);
        builder.push(EventTime(8), a, []);
        let batch = builder.finish(Receipt::none());
        let entry = encode(&batch, &keys).unwrap();
        assert_eq!(entry.records, 2);
        let fresh = Keys::default();
        let again = decode(&entry.bytes, &fresh).unwrap();
        assert_eq!(again.schema(), batch.schema());
        assert_eq!(again.times(), batch.times());
        let names: Vec<_> = again
            .keys()
            .iter()
            .map(|key| fresh.name(*key).to_string())
            .collect();
        assert_eq!(names, ["b", "a"]);
        for row in 0..2 {
            for slot in 0..6 {
                assert_eq!(again.value(row, slot), batch.value(row, slot));
            }
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes, &Keys::default());
        }
    }
}
