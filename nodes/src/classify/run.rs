//! Classifying while records run through.

use std::collections::HashMap;
use std::sync::Arc;

use twinflow_engine::node::{Emitter, Memory, Transform};
use twinflow_engine::record::{Batch, Column, EventTime, Key};
use twinflow_engine::schema::Schema;
use twinflow_models::{Model, Severity, Verdict};

use super::config::Calm;
use super::drivers::Drivers;
use super::features::FeatureInput;
use super::smooth::Smoothed;
use crate::steady::Standing;

/// What is known of one machine.
#[derive(Default)]
pub(super) struct Machine {
    pub smoothed: Option<Smoothed>,
    pub standing: Option<Standing>,
    /// Whether it differs from what was saved.
    pub is_changed: bool,
}

/// The run-time part.
pub(super) struct Classifying {
    pub model: Arc<Model>,
    inputs: Vec<FeatureInput>,
    schema: Arc<Schema>,
    pub calm: Calm,
    drivers: Option<u8>,
    pub machines: HashMap<Key, Machine>,
    /// By class: code, and the texts that are shared by all records.
    classes: Vec<(i64, Arc<str>, Arc<str>)>,
    severities: [Arc<str>; 4],
    /// The features as the record has them, and as the model wants them.
    values: Vec<f64>,
    row: Vec<f32>,
    probabilities: Vec<f32>,
}

impl Classifying {
    /// One that knows no machine.
    pub fn new(
        model: Arc<Model>,
        inputs: Vec<FeatureInput>,
        calm: Calm,
        drivers: Option<u8>,
        schema: &Arc<Schema>,
    ) -> Self {
        let classes = model.classes().iter().map(|class| {
            let (label, advice) = (class.label.as_str().into(), class.advice.as_str().into());
            (i64::from(class.code), label, advice)
        });
        Self {
            classes: classes.collect(),
            probabilities: vec![0.0; model.classes().count()],
            severities: ["None", "Low", "Medium", "High"].map(Into::into),
            model,
            inputs,
            schema: Arc::clone(schema),
            calm,
            drivers,
            machines: HashMap::new(),
            values: Vec::new(),
            row: Vec::new(),
        }
    }

    /// Nothing for a record that lacks a feature, and before a class has held.
    fn verdict(&mut self, batch: &Batch, row: usize) -> Option<Verdict> {
        self.values.clear();
        self.row.clear();
        for input in &self.inputs {
            let value = match batch.column(input.slot).map(|column| &**column) {
                Some(Column::Number(rows)) => rows.get(row).copied(),
                Some(Column::Integer(rows)) => rows.get(row).copied().flatten().map(|value| value as f64),
                Some(Column::Boolean(rows)) => rows
                    .get(row)
                    .copied()
                    .flatten()
                    .map(|value| f64::from(u8::from(value))),
                _ => None,
            };
            let value = value.unwrap_or(f64::NAN);
            self.values.push(value);
            self.row.push(input.conversion.apply(value) as f32);
        }
        // It refuses rows with a missing feature.
        let verdict = self.model.classify(&self.row, &mut self.probabilities).ok()?;
        let Calm { smoothing, hold } = &self.calm;
        if smoothing.is_none() && hold.is_none() {
            return Some(verdict);
        }
        let time = batch.times().get(row).copied().unwrap_or(EventTime(0));
        let key = batch.keys().get(row).copied().unwrap_or_default();
        let machine = self.machines.entry(key).or_default();
        machine.is_changed = true;
        let mut verdict = verdict;
        if let Some(smoothing) = smoothing {
            Smoothed::take(&mut machine.smoothed, smoothing, time, &mut self.probabilities);
            verdict = self.model.verdict(&self.probabilities)?;
        }
        if let Some(hold) = hold {
            let Verdict {
                class, confidence, ..
            } = verdict;
            let told = Standing::take(&mut machine.standing, hold, time, class, confidence)?;
            verdict = self.model.verdict_of(told, &self.probabilities)?;
        }
        Some(verdict)
    }

    fn severity(&self, verdict: &Verdict) -> Arc<str> {
        let [none, low, medium, high] = &self.severities;
        Arc::clone(match self.model.answer(verdict).severity {
            Severity::None => none,
            Severity::Low => low,
            Severity::Medium => medium,
            Severity::High => high,
        })
    }

    /// Explains the verdict on the row at hand, if it is a fault.
    fn explain(&self, verdict: Option<&Verdict>, drivers: &mut Drivers) {
        let normal = self.model.classes().normal_index();
        let fault = verdict.filter(|verdict| verdict.class != normal);
        match fault.and_then(|verdict| self.model.explain(&self.row, verdict.class).ok()) {
            Some(explanation) => drivers.push(&explanation, &self.inputs, &self.values),
            None => drivers.push_none(),
        }
    }
}

impl Transform for Classifying {
    fn process(&mut self, batch: Batch, out: &mut Emitter) {
        let rows = batch.len();
        let mut codes = Vec::with_capacity(rows);
        let mut labels = Vec::with_capacity(rows);
        let mut confidences = Vec::with_capacity(rows);
        let mut severities = Vec::with_capacity(rows);
        let mut advice = Vec::with_capacity(rows);
        let mut drivers = self.drivers.map(|count| Drivers::new(count, rows));
        for row in 0..rows {
            let verdict = self.verdict(&batch, row);
            if let Some(drivers) = &mut drivers {
                self.explain(verdict.as_ref(), drivers);
            }
            let class = verdict
                .as_ref()
                .and_then(|verdict| self.classes.get(verdict.class))
                .cloned();
            codes.push(class.as_ref().map(|(code, ..)| *code));
            confidences.push(
                verdict
                    .as_ref()
                    .map_or(f64::NAN, |verdict| f64::from(verdict.confidence)),
            );
            severities.push(verdict.as_ref().map(|verdict| self.severity(verdict)));
            let (label, text) = class.map(|(_, label, text)| (label, text)).unzip();
            labels.push(label);
            advice.push(text);
        }
        let mut columns = vec![
            Column::Integer(codes),
            Column::Text(labels),
            Column::Number(confidences),
            Column::Text(severities),
            Column::Text(advice),
        ];
        columns.extend(drivers.into_iter().flat_map(Drivers::columns));
        out.emit(0, batch.extended(&self.schema, columns));
    }

    fn memory(&mut self) -> Option<&mut dyn Memory> {
        let remembers = self.calm.smoothing.is_some() || self.calm.hold.is_some();
        remembers.then_some(self as &mut dyn Memory)
    }
}
