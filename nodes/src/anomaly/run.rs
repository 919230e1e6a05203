//! Scores while records run through.

use std::collections::HashMap;
use std::sync::Arc;

use twinflow_engine::node::{Emitter, Memory, Transform};
use twinflow_engine::record::{Batch, Column, EventTime, Key};
use twinflow_engine::schema::{FieldType, Schema};

use super::learning::{LearnTime, Learning};
use super::memory::meaning;
use super::normal::{Normal, Scale};
use crate::number_field::NumberField;
use crate::steady::{Hold, Standing};

/// The two classes of [`Standing`].
pub(super) const NORMAL: usize = 0;
pub(super) const ABNORMAL: usize = 1;
/// A score is beyond the limit or it is not: nothing is half sure.
pub(super) const CERTAIN: f32 = 1.0;

/// What is known of one machine.
pub(super) struct Machine {
    /// What it was seen to do while it was learnt.
    pub learning: Learning,
    /// What came of it, once it is enough.
    pub normal: Option<Normal>,
    /// Which of the two is told.
    pub standing: Option<Standing>,
    /// Whether it differs from what was saved.
    pub is_learning_changed: bool,
    pub is_standing_changed: bool,
}

impl Machine {
    /// One that was never seen.
    pub fn new(width: usize, time: EventTime) -> Self {
        Self {
            learning: Learning::new(width, time),
            normal: None,
            standing: None,
            is_learning_changed: false,
            is_standing_changed: false,
        }
    }
}

/// What is told of a record.
#[derive(Default)]
struct Told {
    score: Option<f64>,
    is_anomaly: Option<bool>,
    driver: Option<Arc<str>>,
    state: Option<Arc<str>>,
}

/// The run-time part.
pub(super) struct Scoring {
    fields: Vec<NumberField>,
    pub scales: Vec<Scale>,
    pub learn: LearnTime,
    hold: Hold,
    schema: Arc<Schema>,
    pub machines: HashMap<Key, Machine>,
    /// What stands before each saved memory.
    pub meaning: Vec<u8>,
    states: [Arc<str>; 3],
}

impl Scoring {
    /// One that knows no machine.
    pub fn new(fields: Vec<NumberField>, learn: LearnTime, hold: Hold, schema: &Arc<Schema>) -> Self {
        let scale = |field: &NumberField| Scale {
            range: match field.field.range {
                Some((low, high)) if (high - low).is_finite() => high - low,
                _ => 0.0,
            },
            is_rounded: matches!(field.field.field_type, FieldType::Number(_)),
        };
        Self {
            scales: fields.iter().map(scale).collect(),
            meaning: meaning(&fields, learn.seconds),
            fields,
            learn,
            hold,
            schema: Arc::clone(schema),
            machines: HashMap::new(),
            states: ["learning", "normal", "abnormal"].map(Into::into),
        }
    }

    /// Nothing for a record that lacks a value.
    fn row(&mut self, batch: &Batch, row: usize) -> Option<Told> {
        let values = self.fields.iter().map(|field| field.value(batch, row));
        let values: Vec<f64> = values.collect::<Option<_>>()?;
        let time = batch.times().get(row).copied().unwrap_or(EventTime(0));
        let key = batch.keys().get(row).copied().unwrap_or_default();
        let machine = self
            .machines
            .entry(key)
            .or_insert_with(|| Machine::new(values.len(), time));
        let [learning, normal, abnormal] = &self.states;
        let Some(known) = &machine.normal else {
            machine.learning.take(&self.learn, time, &values);
            machine.is_learning_changed = true;
            if machine.learning.is_enough(&self.learn) {
                machine.normal = Normal::of(&machine.learning, &self.scales);
                if machine.normal.is_none() {
                    // What it saw cannot be computed with.
                    machine.learning = Learning::new(values.len(), time);
                }
                machine.standing = Some(Standing {
                    newest: time,
                    told: Some(NORMAL),
                    rising: None,
                });
                machine.is_standing_changed = true;
            }
            return Some(Told {
                state: Some(Arc::clone(learning)),
                ..Told::default()
            });
        };
        let distance = known.distance(&values);
        let is_beyond = distance.score > 1.0;
        let top = if is_beyond { ABNORMAL } else { NORMAL };
        let told = Standing::take(&mut machine.standing, &self.hold, time, top, CERTAIN);
        machine.is_standing_changed = true;
        let is_anomaly = told == Some(ABNORMAL);
        let driver = self.fields.get(distance.driver);
        Some(Told {
            score: Some(distance.score),
            is_anomaly: Some(is_anomaly),
            driver: driver
                .filter(|_| is_beyond || is_anomaly)
                .map(|field| Arc::clone(&field.name)),
            state: Some(Arc::clone(if is_anomaly { abnormal } else { normal })),
        })
    }
}

impl Transform for Scoring {
    fn process(&mut self, batch: Batch, out: &mut Emitter) {
        let rows = batch.len();
        let mut scores = Vec::with_capacity(rows);
        let mut alarms = Vec::with_capacity(rows);
        let mut drivers = Vec::with_capacity(rows);
        let mut states = Vec::with_capacity(rows);
        for row in 0..rows {
            let told = self.row(&batch, row).unwrap_or_default();
            scores.push(told.score.unwrap_or(f64::NAN));
            alarms.push(told.is_anomaly);
            drivers.push(told.driver);
            states.push(told.state);
        }
        let columns = [
            Column::Number(scores),
            Column::Boolean(alarms),
            Column::Text(drivers),
            Column::Text(states),
        ];
        out.emit(0, batch.extended(&self.schema, columns));
    }

    fn memory(&mut self) -> Option<&mut dyn Memory> {
        Some(self)
    }
}
