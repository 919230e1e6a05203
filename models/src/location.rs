//! Where a model lies: in one file, or, of an ONNX model, in two.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::model::Model;
use crate::model_file::ModelError;

impl Model {
    /// The files that a model at `path` is read from: itself, and the card of an ONNX model, whose name is that of the ONNX
    /// file with `.yaml` behind it.
    pub fn files(path: &Path) -> Vec<PathBuf> {
        let card = is_onnx(path).then(|| card_of(path));
        std::iter::once(path.to_owned()).chain(card).collect()
    }

    /// Reads a model: an ONNX model where the name ends in `.onnx`, else a file that `twinflow train` wrote.
    ///
    /// # Errors
    /// See [`ModelError`].
    pub fn open(path: &Path) -> Result<Model, ModelError> {
        let bytes = read(path)?;
        if !is_onnx(path) {
            return Model::from_json(&bytes);
        }
        let card = card_of(path);
        let text = read_card(&card)?;
        Model::from_onnx(&bytes, &text).map_err(|error| match error {
            ModelError::Card(source) => ModelError::CardOf { path: card, source },
            other => other,
        })
    }
}

/// Whether the file at a path is one of another tool.
fn is_onnx(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("onnx"))
}

fn card_of(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".yaml");
    PathBuf::from(name)
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    let failed = |source| ModelError::Read {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(Model::MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    match bytes.len() as u64 {
        found if found > Model::MAX_FILE_BYTES => Err(ModelError::TooLarge { found }),
        _ => Ok(bytes),
    }
}

fn read_card(path: &Path) -> Result<String, ModelError> {
    let failed = |source| ModelError::NoCard {
        path: path.to_owned(),
        source,
    };
    let mut text = String::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MAX_CARD_BYTES)
        .read_to_string(&mut text)
        .map_err(failed)?;
    Ok(text)
}

/// Far more than 255 features and 64 classes with their advice take.
const MAX_CARD_BYTES: u64 = 1024 * 1024;
