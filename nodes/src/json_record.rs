//! A record as a JSON object.

use twinflow_engine::record::{Batch, Value};

use crate::field_selection::SelectedField;

const TIME_NAME: &str = "timestamp";
const KEY_NAME: &str = "key";

/// Writes records as JSON objects: `timestamp` in milliseconds, `key` where the machine has a name, and in their order the
/// fields that the record has. A field of one of these names takes its place.
#[derive(Clone, Debug)]
pub struct JsonRecords {
    members: Vec<Member>,
    has_time: bool,
    has_key: bool,
}

#[derive(Clone, Debug)]
struct Member {
    /// The name as JSON, with the colon.
    name: Vec<u8>,
    slot: usize,
}

impl JsonRecords {
    /// Objects of these fields.
    pub fn of(fields: &[SelectedField]) -> Self {
        let is_free = |name: &str| fields.iter().all(|field| &*field.name != name);
        Self {
            members: fields
                .iter()
                .map(|field| Member {
                    name: format!("{}:", serde_json::Value::from(&*field.name)).into_bytes(),
                    slot: field.slot,
                })
                .collect(),
            has_time: is_free(TIME_NAME),
            has_key: is_free(KEY_NAME),
        }
    }

    /// The record in a row, of the machine with this name.
    pub fn object(&self, batch: &Batch, row: usize, machine: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(32 * (self.members.len() + 2));
        out.push(b'{');
        if let (true, Some(time)) = (self.has_time, batch.times().get(row)) {
            begin(&mut out, b"\"timestamp\":");
            write(&mut out, &time.as_millis());
        }
        if self.has_key && !machine.is_empty() {
            begin(&mut out, b"\"key\":");
            write(&mut out, machine);
        }
        for member in &self.members {
            let value = batch.value(row, member.slot);
            // Of a command, what it does not say stays as it is: `null` would be something that it says.
            if matches!(value, Value::Missing) {
                continue;
            }
            begin(&mut out, &member.name);
            match value {
                // NaN becomes null.
                Value::Number(number) => write(&mut out, &number),
                Value::Integer(number) => write(&mut out, &number),
                Value::Text(text) => write(&mut out, &*text),
                other => write(&mut out, &other.to_json()),
            }
        }
        out.push(b'}');
        out
    }
}

fn begin(out: &mut Vec<u8>, name: &[u8]) {
    if out.len() > 1 {
        out.push(b',');
    }
    out.extend_from_slice(name);
}

fn write<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    // Memory takes everything, and none of the values has a key that is no text.
    let _ = serde_json::to_writer(out, value);
}
