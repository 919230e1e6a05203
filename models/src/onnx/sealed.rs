//! What keeps a model from reading other files.

use std::path::Path;

use tract_onnx::data_resolver::ModelDataResolver;
use tract_onnx::prelude::{TractError, TractResult};

/// Refuses weights that lie in files beside the model: a model file could name any file of the machine, and a single file
/// is what people copy.
pub(super) struct Sealed;

impl ModelDataResolver for Sealed {
    fn read_bytes_from_path(
        &self,
        _: &mut Vec<u8>,
        path: &Path,
        _: usize,
        _: Option<usize>,
    ) -> TractResult<()> {
        Err(TractError::msg(format!(
            "its weights lie in another file, `{}`: save the model as a single file",
            path.display()
        )))
    }
}
