//! Forecasts while records run through.

use std::collections::HashMap;
use std::sync::Arc;

use twinflow_engine::node::{Emitter, Memory, Transform};
use twinflow_engine::record::{Batch, Column, EventTime, Key};
use twinflow_engine::schema::Schema;

use super::course::{Course, Times};
use super::limit::Limit;
use super::memory::meaning;
use crate::number_field::NumberField;

/// The run-time part.
pub(super) struct Forecasting {
    field: NumberField,
    pub times: Times,
    limit: Option<Limit>,
    schema: Arc<Schema>,
    pub courses: HashMap<Key, Course>,
    /// What its memory is called, and what stands before each.
    pub part: String,
    pub meaning: Vec<u8>,
}

impl Forecasting {
    /// One that has seen no machine.
    pub fn new(field: NumberField, times: Times, limit: Option<Limit>, schema: &Arc<Schema>) -> Self {
        Self {
            part: format!("course of {}", field.name),
            meaning: meaning(field.unit.symbol(), times.half_life_s, times.horizon_s),
            field,
            times,
            limit,
            schema: Arc::clone(schema),
            courses: HashMap::new(),
        }
    }

    /// The forecast with its bounds, then the time to the limit with its; only as many as there are columns count.
    fn row(&mut self, batch: &Batch, row: usize) -> Option<[Option<f64>; 6]> {
        let value = self.field.value(batch, row)?;
        let time = batch.times().get(row).copied().unwrap_or(EventTime(0));
        let key = batch.keys().get(row).copied().unwrap_or_default();
        let times = &self.times;
        let course = self
            .courses
            .entry(key)
            .or_insert_with(|| Course::new(times, time));
        let outlook = course.take(times, time, value)?;
        let foreseen = outlook.at(times.horizon_s);
        let [earliest, expected, latest] = match self.limit {
            Some(limit) => outlook.reaches(&limit, times.horizon_s),
            None => [None; 3],
        };
        let [value, low, high] = [foreseen.value, foreseen.low, foreseen.high].map(Some);
        Some([value, low, high, expected, earliest, latest])
    }
}

impl Transform for Forecasting {
    fn process(&mut self, batch: Batch, out: &mut Emitter) {
        let width = if self.limit.is_some() { 6 } else { 3 };
        let mut columns = vec![Vec::with_capacity(batch.len()); width];
        for row in 0..batch.len() {
            let values = self.row(&batch, row).unwrap_or_default();
            for (column, value) in columns.iter_mut().zip(values) {
                column.push(value.filter(|value| value.is_finite()).unwrap_or(f64::NAN));
            }
        }
        out.emit(
            0,
            batch.extended(&self.schema, columns.into_iter().map(Column::Number)),
        );
    }

    fn memory(&mut self) -> Option<&mut dyn Memory> {
        Some(self)
    }
}
