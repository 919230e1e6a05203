//! `twinflow model texts`.

use std::path::Path;

use super::texts_file;
use crate::exit::Stop;
use crate::output;

/// Prints what people read of a model, to be edited.
pub fn texts(path: &Path) -> Result<(), Stop> {
    let (model, _) = super::read(path)?;
    output::write(&texts_file::write(&model, path))
}
