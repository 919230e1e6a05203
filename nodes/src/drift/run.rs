//! Counting while records run through.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::time::Instant;
use twinflow_engine::node::{Emitter, Memory, Transform};
use twinflow_engine::record::{Batch, Column, EventTime, Key};
use twinflow_engine::schema::Schema;

use super::stretch::{Layout, Stretch};
use crate::classify::features::FeatureInput;

/// By chance alone, the index of so many independent values in ten bins is 0.02 (9 by their number).
const LEAST_VALUES: u64 = 500;
/// From here on something has changed, and from there on it is another distribution: the usual rule of thumb (N. Siddiqi, Credit
/// Risk Scorecards, 2006).
const WATCH_FROM: f64 = 0.1;
const DRIFTED_FROM: f64 = 0.25;

/// What is known of one machine.
pub(super) struct Machine {
    pub stretch: Stretch,
    /// Whether it differs from what was saved.
    pub is_changed: bool,
}

/// A feature, and what is advised when it has drifted.
pub(super) struct Named {
    name: Arc<str>,
    advice: Arc<str>,
}

/// The run-time part.
pub(super) struct Comparing {
    inputs: Vec<FeatureInput>,
    named: Vec<Named>,
    pub layout: Layout,
    schema: Arc<Schema>,
    pub machines: HashMap<Key, Machine>,
    /// What stands before each saved memory.
    pub meaning: Vec<u8>,
    /// Before then nothing is saved.
    pub due: Option<Instant>,
    states: [Arc<str>; 3],
    row: Vec<f32>,
}

impl Comparing {
    /// One that has seen no machine.
    pub fn new(inputs: Vec<FeatureInput>, layout: Layout, meaning: Vec<u8>, schema: &Arc<Schema>) -> Self {
        let named = |input: &FeatureInput| {
            Named {
            name: Arc::clone(&input.name),
            advice: format!(
                "`{}` is no longer as it was in training: look at its sensor and at the machine; if both are sound, retrain the \
                 model from a newer log with `twinflow train`",
                input.name
            )
            .into(),
        }
        };
        Self {
            named: inputs.iter().map(named).collect(),
            inputs,
            layout,
            schema: Arc::clone(schema),
            machines: HashMap::new(),
            meaning,
            due: None,
            states: ["stable", "watch", "drifted"].map(Into::into),
            row: Vec::new(),
        }
    }

    /// The greatest index after this record, and the feature that has it.
    fn row(&mut self, batch: &Batch, row: usize) -> Option<(f64, usize)> {
        self.row.clear();
        let values = self.inputs.iter().map(|input| input.value(batch, row));
        self.row
            .extend(values.map(|value| value.map_or(f32::NAN, |value| value as f32)));
        let time = batch.times().get(row).copied().unwrap_or(EventTime(0));
        let key = batch.keys().get(row).copied().unwrap_or_default();
        let machine = self.machines.entry(key).or_insert_with(|| Machine {
            stretch: Stretch::new(&self.layout, time),
            is_changed: false,
        });
        machine.stretch.take(&self.layout, time, &self.row);
        machine.is_changed = true;
        let (feature, index) = machine.stretch.worst(&self.layout, LEAST_VALUES)?;
        Some((index, feature))
    }
}

impl Transform for Comparing {
    fn process(&mut self, batch: Batch, out: &mut Emitter) {
        let rows = batch.len();
        let mut indices = Vec::with_capacity(rows);
        let mut features = Vec::with_capacity(rows);
        let mut states = Vec::with_capacity(rows);
        let mut advice = Vec::with_capacity(rows);
        for row in 0..rows {
            let worst = self.row(&batch, row);
            let named = worst.and_then(|(_, feature)| self.named.get(feature));
            let [stable, watch, drifted] = &self.states;
            indices.push(worst.map_or(f64::NAN, |(index, _)| index));
            features.push(named.map(|named| Arc::clone(&named.name)));
            states.push(worst.map(|(index, _)| {
                Arc::clone(match index {
                    DRIFTED_FROM.. => drifted,
                    WATCH_FROM.. => watch,
                    _ => stable,
                })
            }));
            let has_drifted = worst.is_some_and(|(index, _)| index >= DRIFTED_FROM);
            advice.push(
                named
                    .filter(|_| has_drifted)
                    .map(|named| Arc::clone(&named.advice)),
            );
        }
        let columns = [
            Column::Number(indices),
            Column::Text(features),
            Column::Text(states),
            Column::Text(advice),
        ];
        out.emit(0, batch.extended(&self.schema, columns));
    }

    fn memory(&mut self) -> Option<&mut dyn Memory> {
        Some(self)
    }
}
