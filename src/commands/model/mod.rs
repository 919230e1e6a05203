//! `twinflow model`: looks into a model file, and changes its texts.

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
        ModelOptions::Texts { model } => texts::texts(model),
        ModelOptions::Set { model, texts } => set::set(model, texts),
    }
}

/// Reads a model file, and gives its size in bytes as well.
pub fn read(path: &Path) -> Result<(Model, usize), Stop> {
    let failed = |error: ModelError| Stop::usage(format!("{}: {error}", path.display()));
    let unread = |error: std::io::Error| {
        let reason = match std::fs::exists(path) {
            Ok(false) => "there is no such file; `twinflow train` makes models".to_owned(),
            _ => format!("the model file cannot be read: {error}"),
        };
        Stop::usage(format!("{}: {reason}", path.display()))
    };
    let found = std::fs::metadata(path).map_err(unread)?.len();
    if found > Model::MAX_FILE_BYTES {
        return Err(failed(ModelError::TooLarge { found }));
    }
    let bytes = std::fs::read(path).map_err(unread)?;
    Ok((Model::from_json(&bytes).map_err(failed)?, bytes.len()))
}
