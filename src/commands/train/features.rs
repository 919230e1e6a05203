//! What a model learns from: the numbers that arrive at it, but for those that would mislead it.

use std::sync::Arc;

use twinflow_engine::language::listed;
use twinflow_engine::record::{Batch, Keys, Value};
use twinflow_engine::schema::{Field, FieldType, Schema};
use twinflow_models::{Classes, CleaningReport, Dataset, FeatureSpec, Row};

use super::truth::Truth;
use crate::cli::ColumnOptions;
use crate::exit::Stop;

/// The rows that arrived at the model, before anything was left out.
pub struct Arrived {
    slots: Vec<usize>,
    specs: Vec<FeatureSpec>,
    /// Which of them the model may learn from; the others only tell broken readings.
    is_feature: Vec<bool>,
    /// Row by row, one value for each feature; NaN is missing.
    values: Vec<f32>,
    /// The machine and the time of each row.
    from: Vec<(Arc<str>, twinflow_engine::record::EventTime)>,
}

/// Rows to learn from, with what was left out of them.
pub struct Learnable {
    pub dataset: Dataset,
    pub cleaning: CleaningReport,
    /// Features that were left out, in words.
    pub left_out: Vec<String>,
}

impl Arrived {
    /// Takes the numbers of the records' schema, but for what only an experiment's protocol knows, or those that are
    /// `listed`. `measured` is what the source gives: its ranges tell which readings are impossible, whether the model learns
    /// from them or not. The range of a computed value may be that of a gauge.
    pub fn new(
        arriving: &Schema,
        measured: &Schema,
        listed: Option<&[String]>,
        options: &ColumnOptions,
    ) -> Result<Self, Stop> {
        let is_truth = |name: &str| {
            let column = options.maps.iter().find(|(_, field)| field == name);
            let column = column.map_or(name, |(column, _)| column.as_str());
            options.truth().any(|truth| truth == name || truth == column)
        };
        let is_listed = |name: &str| listed.is_none_or(|names| names.iter().any(|known| known == name));
        let is_feature = |field: &Field| is_listed(&field.name) && !is_truth(&field.name);
        let is_sensor =
            |field: &Field| !field.optional && !is_truth(&field.name) && measured.slot(&field.name).is_some();
        let numbers = arriving.fields().iter().enumerate().filter(|(_, field)| {
            matches!(field.field_type, FieldType::Number(_)) && (is_feature(field) || is_sensor(field))
        });
        let numbers: Vec<(usize, &Field)> = numbers.collect();
        let is_feature: Vec<bool> = numbers.iter().map(|(_, field)| is_feature(field)).collect();
        let (slots, specs): (Vec<usize>, Vec<FeatureSpec>) = numbers
            .into_iter()
            .map(|(slot, field)| {
                let unit = field.field_type.unit().map(|unit| unit.symbol().to_owned());
                let spec = FeatureSpec::new(&field.name, unit.as_deref());
                let measured = measured.slot(&field.name).is_some();
                let spec = match field.range {
                    _ if !measured => spec.computed(),
                    Some((least, greatest)) => spec.ranged(least as f32, greatest as f32),
                    None => spec,
                };
                (slot, spec)
            })
            .unzip();
        if !is_feature.contains(&true) {
            return Err(Stop::usage(
                "no numbers arrive at the `classify` node: there is nothing to learn from",
            ));
        }
        Ok(Self {
            slots,
            specs,
            is_feature,
            values: Vec::new(),
            from: Vec::new(),
        })
    }

    /// Adds the records of a batch.
    pub fn add(&mut self, batch: &Batch, keys: &Keys) {
        for (row, (time, key)) in batch.times().iter().zip(batch.keys()).enumerate() {
            self.values
                .extend(self.slots.iter().map(|slot| match batch.value(row, *slot) {
                    Value::Number(number) => number as f32,
                    _ => f32::NAN,
                }));
            self.from.push((keys.name(*key), *time));
        }
    }

    /// Cleans the rows, and leaves out features that are never there, never change, or tell the time.
    pub fn learnable(self, truth: &Truth, allowed: &[String]) -> Result<Learnable, Stop> {
        let width = self.specs.len();
        let is_there = |feature: usize| {
            let mut column = self.values.iter().skip(feature).step_by(width);
            self.from.is_empty() || column.any(|value| !value.is_nan())
        };
        let kept: Vec<usize> = (0..width).filter(|feature| is_there(*feature)).collect();
        let named = |index: &usize| self.specs.get(*index).map(|spec| spec.name.as_str());
        let mut left_out: Vec<String> = (0..width)
            .filter(|feature| !kept.contains(feature))
            .filter_map(|feature| named(&feature))
            .map(|name| format!("{name} is left out: no row has it"))
            .collect();
        for name in allowed {
            if !self.specs.iter().any(|spec| spec.name == *name) {
                let known = listed(self.specs.iter().map(|spec| spec.name.as_str()));
                return Err(Stop::usage(format!(
                    "--allow {name}: there is no such feature; there are {known}"
                )));
            }
        }
        let specs = kept
            .iter()
            .filter_map(|index| self.specs.get(*index))
            .cloned()
            .collect();
        let mut builder = Dataset::builder(specs, Classes::fan()).map_err(Stop::usage)?;
        let mut values = Vec::with_capacity(kept.len());
        for (row, (machine, time)) in self.values.chunks_exact(width).zip(&self.from) {
            let known = truth
                .at(machine, *time)
                .and_then(|known| Some((known, known.code?)));
            let Some((known, class_code)) = known else {
                builder.refuse_unlabelled();
                continue;
            };
            values.clear();
            values.extend(kept.iter().filter_map(|index| row.get(*index)).copied());
            // Refusals are in the cleaning report.
            let _ = builder.push_row(Row {
                values: &values,
                class_code,
                run: truth.run(known),
                time_us: Some(time.0),
                severity: known.severity,
            });
        }
        let (dataset, cleaning) = builder.finish();
        let sensors = self.specs.iter().zip(&self.is_feature);
        let sensors: Vec<&str> = sensors
            .filter(|(_, is_feature)| !**is_feature)
            .map(|(spec, _)| spec.name.as_str())
            .collect();
        let dataset = dataset.without(&sensors).map_err(Stop::usage)?;
        let flawed = dataset.flawed_features();
        let flawed: Vec<_> = flawed
            .iter()
            .filter(|flawed| !allowed.contains(&flawed.name))
            .collect();
        left_out.extend(
            flawed
                .iter()
                .map(|flawed| format!("{flawed}; --allow {} insists on it", flawed.name)),
        );
        let names: Vec<&str> = flawed.iter().map(|flawed| flawed.name.as_str()).collect();
        let dataset = dataset.without(&names).map_err(|_| {
            Stop::usage(format!(
                "no feature is left to learn from:\n  {}",
                left_out.join("\n  ")
            ))
        })?;
        Ok(Learnable {
            dataset,
            cleaning,
            left_out,
        })
    }
}
