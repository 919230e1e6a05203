//! The model's features among the fields of the record.

use std::sync::Arc;

use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Spanned, listed, nearest};
use twinflow_engine::node::Check;
use twinflow_engine::record::Batch;
use twinflow_engine::schema::FieldType;
use twinflow_engine::unit::{Conversion, Unit};
use twinflow_models::Model;

use super::Classify;
use super::drivers::rounded;
use crate::number_field::number_at;

/// A feature among the record's fields.
#[derive(Clone)]
pub(crate) struct FeatureInput {
    pub name: Arc<str>,
    pub slot: usize,
    /// Its unit in the record; empty for a plain number.
    symbol: Arc<str>,
    /// The way into the model's unit.
    pub conversion: Conversion,
}

impl FeatureInput {
    /// Its value in a row in the model's unit; nothing where the record lacks it.
    pub fn value(&self, batch: &Batch, row: usize) -> Option<f64> {
        number_at(batch, self.slot, row).map(|value| self.conversion.apply(value))
    }

    /// A value with its unit, as people read it.
    pub fn shown(&self, value: f64) -> String {
        let value = rounded(value);
        if self.symbol.is_empty() {
            value
        } else {
            format!("{value} {}", self.symbol)
        }
    }
}

impl Classify {
    /// The model, and where its features are in the records that arrive; or a report of what is wrong. `allowed` are the
    /// fields that it may learn from.
    pub(crate) fn features(
        &self,
        file: &Spanned<String>,
        allowed: Option<&[Spanned<String>]>,
        check: &mut Check<'_>,
    ) -> Option<(Arc<Model>, Vec<FeatureInput>)> {
        let path = check.path(file);
        for file in Model::files(&path) {
            check.uses_file(&file);
        }
        let model = match self.models.load(&path) {
            Ok(model) => model,
            Err(error) => {
                check.report(
                    Diagnostic::new(Code::Model, file.span, error.to_string())
                        .with_help("`twinflow train` makes models, and ONNX files of other tools are models too; paths are relative to the flow file"),
                );
                return None;
            }
        };
        let is_allowed =
            |name: &str| allowed.is_none_or(|names| names.iter().any(|known| known.value == name));
        let names = model.features().iter().map(|feature| feature.name.as_str());
        let beside: Vec<&str> = names.filter(|name| !is_allowed(name)).collect();
        if !beside.is_empty() {
            let message = format!(
                "the model learnt from {}, which `features` does not list",
                listed(beside)
            );
            let diagnostic = Diagnostic::new(Code::Model, file.span, message);
            check.report(
                diagnostic.with_help("train it anew with `twinflow train`, or list what it learnt from"),
            );
            return None;
        }
        let inputs: Vec<Option<FeatureInput>> = model
            .features()
            .iter()
            .map(|feature| feature_input(&feature.name, feature.unit.as_deref(), file, check))
            .collect();
        Some((model, inputs.into_iter().collect::<Option<_>>()?))
    }
}

/// Reports listed features that are no numbers of the record.
pub(super) fn are_numbers(names: Option<&[Spanned<String>]>, check: &mut Check<'_>) -> Option<()> {
    let mut are_right = true;
    for name in names.unwrap_or_default() {
        let Some((_, field)) = check.field(name) else {
            are_right = false;
            continue;
        };
        if !matches!(field.field_type, FieldType::Number(_)) {
            let message = format!(
                "`{}` is {}, a model learns from numbers",
                name.value, field.field_type
            );
            check.report(Diagnostic::new(Code::Model, name.span, message));
            are_right = false;
        }
    }
    are_right.then_some(())
}

fn feature_input(
    name: &str,
    unit: Option<&str>,
    file: &Spanned<String>,
    check: &mut Check<'_>,
) -> Option<FeatureInput> {
    let input = check.input();
    let Some((slot, field)) = input.field(name) else {
        if input.is_partial() {
            return None;
        }
        let message = format!("the model needs `{name}`, which the records that arrive here lack");
        let mut diagnostic = Diagnostic::new(Code::Model, file.span, message);
        diagnostic = match nearest(name, input.names()) {
            Some(meant) => diagnostic.with_help(format!(
                "rename `{meant}` to `{name}`, or compute it in a `kpi` node before"
            )),
            None => diagnostic.with_help(format!("their fields are {}", listed(input.names()))),
        };
        check.report(diagnostic);
        return None;
    };
    let wanted = match unit {
        Some(unit) => Unit::parse(unit).ok(),
        None => Some(Unit::none()),
    };
    let conversion = match (&field.field_type, wanted) {
        (FieldType::Number(unit), Some(wanted)) => unit.conversion_to(&wanted),
        (FieldType::Integer | FieldType::Boolean, Some(wanted)) if wanted.is_none() => {
            Some(Conversion::IDENTITY)
        }
        _ => None,
    };
    if conversion.is_none() {
        let wanted = unit.map_or("a plain number".to_owned(), |unit| format!("a number in {unit}"));
        let message = format!(
            "the model needs `{name}` as {wanted}, here it is {}",
            field.field_type
        );
        check.report(Diagnostic::new(Code::Model, file.span, message));
    }
    Some(FeatureInput {
        name: Arc::clone(&field.name),
        slot,
        symbol: field
            .field_type
            .unit()
            .filter(|unit| !unit.is_none())
            .map_or("", Unit::symbol)
            .into(),
        conversion: conversion?,
    })
}
