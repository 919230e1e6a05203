//! Batches: what travels along a wire.
//!
//! A batch is columnar. A node that computes adds columns and shares the rest, so a record that goes to fifteen widgets
//! is not copied fifteen times, and a formula runs over an array instead of over rows.

use std::sync::Arc;

use super::column::Column;
use super::key::Key;
use super::passage::Passage;
use super::receipt::Receipt;
use super::value::{EventTime, Value};
use crate::schema::{Adapter, ColumnSource, Schema};

/// Some records of one schema. Cloning it shares the columns.
#[derive(Clone, Debug)]
pub struct Batch {
    schema: Arc<Schema>,
    times: Arc<Vec<EventTime>>,
    keys: Arc<Vec<Key>>,
    columns: Vec<Arc<Column>>,
    receipt: Receipt,
}

impl Batch {
    /// How many records it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// What its records look like.
    #[must_use]
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// When each record was measured.
    #[must_use]
    pub fn times(&self) -> &[EventTime] {
        &self.times
    }

    /// Which machine each record belongs to.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The column in `slot`.
    #[must_use]
    pub fn column(&self, slot: usize) -> Option<&Arc<Column>> {
        self.columns.get(slot)
    }

    /// One value; missing where there is none.
    #[must_use]
    pub fn value(&self, row: usize, slot: usize) -> Value {
        self.columns
            .get(slot)
            .map_or(Value::Missing, |column| column.value(row))
    }

    /// The share in its records' receipt.
    #[must_use]
    pub fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// The same records, for a reader who is not responsible for them.
    #[must_use]
    pub fn without_receipt(&self) -> Self {
        Self {
            schema: Arc::clone(&self.schema),
            times: Arc::clone(&self.times),
            keys: Arc::clone(&self.keys),
            columns: self.columns.clone(),
            receipt: Receipt::none(),
        }
    }

    /// The record in `row` by itself, as if it were measured at `time`; nobody waits for it.
    #[must_use]
    pub fn again(&self, row: usize, time: EventTime) -> Self {
        let mut again = self.select(&[row]);
        again.times = Arc::new(again.times.iter().map(|_| time).collect());
        again.receipt = Receipt::none();
        again
    }

    /// The first `rows` of its records, and the others; both share the receipt.
    #[must_use]
    pub fn split(self, rows: usize) -> (Self, Self) {
        let all: Vec<usize> = (0..self.len()).collect();
        let (first, rest) = all.split_at(rows.min(all.len()));
        (self.select(first), self.select(rest))
    }

    /// Its records enter the flow.
    pub(crate) fn enter(&mut self, passage: Passage) {
        self.receipt.enter(passage);
    }

    /// Gives it a receipt beside those it has.
    pub fn attach(&mut self, receipt: Receipt) {
        self.receipt.join(receipt);
    }

    /// The same records with further columns: the next slots of `schema`. A column of another length is filled with
    /// missing rows or cut.
    #[must_use]
    pub fn extended(mut self, schema: &Arc<Schema>, columns: impl IntoIterator<Item = Column>) -> Self {
        let rows = self.len();
        for mut column in columns {
            while column.len() < rows {
                column.push(Value::Missing);
            }
            self.columns.push(Arc::new(column));
        }
        self.schema = Arc::clone(schema);
        self
    }

    /// The records that `keep` names, in their order; the receipt goes along.
    #[must_use]
    pub fn select(&self, keep: &[usize]) -> Self {
        if keep.len() == self.len() && keep.iter().enumerate().all(|(at, row)| at == *row) {
            return self.clone();
        }
        Self {
            schema: Arc::clone(&self.schema),
            times: Arc::new(
                keep.iter()
                    .filter_map(|row| self.times.get(*row).copied())
                    .collect(),
            ),
            keys: Arc::new(
                keep.iter()
                    .filter_map(|row| self.keys.get(*row).copied())
                    .collect(),
            ),
            columns: self
                .columns
                .iter()
                .map(|column| Arc::new(column.select(keep)))
                .collect(),
            receipt: self.receipt.clone(),
        }
    }

    /// The same records as the merged schema of a node with several inputs has them.
    #[must_use]
    pub fn adapted(self, schema: &Arc<Schema>, adapter: &Adapter) -> Self {
        let rows = self.len();
        let column = |(source, field): (&ColumnSource, &crate::schema::Field)| match source {
            ColumnSource::Slot { slot, conversion } => match self.columns.get(*slot) {
                Some(column) if conversion.is_identity() => Arc::clone(column),
                Some(column) => Arc::new(column.converted(*conversion)),
                None => Arc::new(Column::missing(&field.field_type, rows)),
            },
            ColumnSource::Missing => Arc::new(Column::missing(&field.field_type, rows)),
        };
        let columns = adapter.columns.iter().zip(schema.fields()).map(column).collect();
        Self {
            schema: Arc::clone(schema),
            columns,
            ..self
        }
    }
}

/// Builds a batch row by row: what sources use.
#[derive(Debug)]
pub struct BatchBuilder {
    schema: Arc<Schema>,
    times: Vec<EventTime>,
    keys: Vec<Key>,
    columns: Vec<Column>,
}

impl BatchBuilder {
    /// A builder with room for `rows` records.
    #[must_use]
    pub fn new(schema: Arc<Schema>, rows: usize) -> Self {
        let columns = schema
            .fields()
            .iter()
            .map(|field| Column::with_capacity(&field.field_type, rows))
            .collect();
        Self {
            schema,
            times: Vec::with_capacity(rows),
            keys: Vec::with_capacity(rows),
            columns,
        }
    }

    /// Adds a record. Values stand in slot order; what is not given is missing.
    pub fn push(&mut self, time: EventTime, key: Key, values: impl IntoIterator<Item = Value>) {
        self.times.push(time);
        self.keys.push(key);
        let mut values = values.into_iter();
        for column in &mut self.columns {
            column.push(values.next().unwrap_or(Value::Missing));
        }
    }

    /// How many records it holds so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether it holds none yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The batch.
    #[must_use]
    pub fn finish(self, receipt: Receipt) -> Batch {
        Batch {
            schema: self.schema,
            times: Arc::new(self.times),
            keys: Arc::new(self.keys),
            columns: self.columns.into_iter().map(Arc::new).collect(),
            receipt,
        }
    }
}
