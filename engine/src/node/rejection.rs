//! Records that a node could not take: what leaves it by its output `error`, or goes into the dead letters.

use std::sync::Arc;

use serde_json::Map;

use super::part::Refusal;
use crate::record::{Batch, BatchBuilder, EventTime, Key, Receipt, Value};
use crate::schema::{Field, FieldType, Schema};

/// The output that every node has: `from: node.error`.
pub const ERROR_OUTPUT: &str = "error";

/// A record that was not taken, and why.
#[derive(Clone, Debug)]
pub struct Rejection {
    /// When it was measured, or came.
    pub time: EventTime,
    /// The machine, as far as it is known.
    pub key: Key,
    /// Why.
    pub refusal: Refusal,
    /// What it was: the record, or the payload.
    pub record: serde_json::Value,
}

impl Rejection {
    /// A record of a batch that was not taken.
    #[must_use]
    pub fn of(batch: &Batch, row: usize, kind: &'static str, reason: String) -> Self {
        let fields = batch.schema().fields().iter().enumerate();
        let record: Map<String, serde_json::Value> = fields
            .map(|(slot, field)| (field.name.to_string(), batch.value(row, slot).to_json()))
            .collect();
        Self {
            time: batch.times().get(row).copied().unwrap_or_default(),
            key: batch.keys().get(row).copied().unwrap_or_default(),
            refusal: Refusal { kind, reason },
            record: record.into(),
        }
    }
}

/// The fields of what leaves by `error`.
#[must_use]
pub fn error_schema() -> Arc<Schema> {
    Arc::new(Schema::new([
        Field::new("node", FieldType::Text).titled("Node"),
        Field::new("error", FieldType::Text).titled("Error"),
        Field::new("reason", FieldType::Text).titled("Reason"),
        Field::new("record", FieldType::Json).titled("Record"),
    ]))
}

/// Rejections as records that a sink can take.
pub(crate) fn error_batch(node: &str, rejections: Vec<Rejection>, receipt: Receipt) -> Batch {
    let mut builder = BatchBuilder::new(error_schema(), rejections.len());
    let node: Arc<str> = node.into();
    for Rejection {
        time,
        key,
        refusal,
        record,
    } in rejections
    {
        let values = [
            Value::Text(Arc::clone(&node)),
            Value::Text(refusal.kind.into()),
            Value::Text(refusal.reason.into()),
            Value::Json(Arc::new(record)),
        ];
        builder.push(time, key, values);
    }
    builder.finish(receipt)
}
