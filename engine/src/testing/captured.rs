//! The records that a test saw at a node.

use std::sync::Arc;

use super::wanted::shown;
use crate::record::{Batch, Column, EventTime, Key, Keys, Value};
use crate::schema::Schema;

/// Records that passed at a place where a test expects some.
pub(super) struct Captured {
    schema: Arc<Schema>,
    batches: Vec<Batch>,
    /// Whether `alert` is the last field, which comes from the feed of the widget.
    has_alert: bool,
    alerts: Vec<Value>,
}

/// One of them.
#[derive(Clone, Copy)]
pub(super) struct Row<'c> {
    pub time: EventTime,
    pub key: Key,
    batch: &'c Batch,
    row: usize,
}

impl Row<'_> {
    pub fn value(&self, slot: usize) -> Value {
        self.batch.value(self.row, slot)
    }

    /// `{ temp: 20 °C, hot: false }`, for messages.
    pub fn shown(&self, schema: &Schema, keys: &Keys) -> String {
        let fields = schema.fields().iter().enumerate();
        let values = fields
            .map(|(slot, field)| format!("{}: {}", field.name, shown(&self.value(slot), &field.field_type)));
        let key = keys.name(self.key);
        let key = (!key.is_empty()).then(|| format!("key: {key}"));
        let all: Vec<String> = key.into_iter().chain(values).collect();
        format!("{{ {} }}", all.join(", "))
    }
}

impl Captured {
    pub fn new(schema: &Arc<Schema>, has_alert: bool) -> Self {
        Self {
            schema: Arc::clone(schema),
            batches: Vec::new(),
            has_alert,
            alerts: Vec::new(),
        }
    }

    /// Adds what passed.
    pub fn push(&mut self, batch: &Batch) {
        self.batches.push(batch.clone());
    }

    /// Adds what the widget said of records that were pushed, in their order.
    pub fn push_alerts(&mut self, alerts: impl IntoIterator<Item = Value>) {
        self.alerts.extend(alerts);
    }

    /// The records with all their fields, once no more will come.
    pub fn finish(mut self) -> Vec<Batch> {
        if !self.has_alert {
            return self.batches;
        }
        let mut alerts = self.alerts.into_iter();
        for batch in &mut self.batches {
            let mut column = Column::Boolean(Vec::with_capacity(batch.len()));
            for alert in alerts.by_ref().take(batch.len()) {
                column.push(alert);
            }
            *batch = batch.clone().extended(&self.schema, [column]);
        }
        self.batches
    }
}

/// The records of batches, one by one.
pub(super) fn rows(batches: &[Batch]) -> Vec<Row<'_>> {
    let rows = batches.iter().flat_map(|batch| {
        let stamps = batch.times().iter().zip(batch.keys()).enumerate();
        stamps.map(move |(row, (time, key))| Row {
            time: *time,
            key: *key,
            batch,
            row,
        })
    });
    rows.collect()
}
