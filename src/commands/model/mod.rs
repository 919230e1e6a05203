//! `twinflow model`: looks into a model file, and changes its texts.

mod card;
mod set;
mod show;
mod texts;
mod texts_file;

use std::path::Path;

use twinflow_models::{Model, ModelError};

use crate::cli::ModelOptions;
use crate::exit::Stop;

/// Does what is asked with a model.
pub fn model(options: &ModelOptions) -> Result<(), Stop> {
    match options {
        ModelOptions::Show { model, format } => show::show(model, *format),
        ModelOptions::Card { model } => card::card(model),
        ModelOptions::Texts { model } => texts::texts(model),
        ModelOptions::Set { model, texts } => set::set(model, texts),
    }
}

/// Reads a model, and gives the size of its file in bytes as well.
pub fn read(path: &Path) -> Result<(Model, u64), Stop> {
    let failed = |error: &dyn std::fmt::Display| Stop::usage(format!("{}: {error}", path.display()));
    match std::fs::metadata(path) {
        Err(_) if matches!(std::fs::exists(path), Ok(false)) => {
            Err(failed(&"there is no such file; `twinflow train` makes models"))
        }
        Err(error) => Err(failed(&format!("the model file cannot be read: {error}"))),
        Ok(file) => {
            let model = Model::open(path).map_err(|error| match error {
                ModelError::Read { source, .. } => {
                    failed(&format!("the model file cannot be read: {source}"))
                }
                error => failed(&error),
            })?;
            Ok((model, file.len()))
        }
    }
}
