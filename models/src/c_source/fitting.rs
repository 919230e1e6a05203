//! The largest forest that a microcontroller's flash has room for.

use thiserror::Error;

use super::CSource;
use crate::model::Model;
use crate::prune::ForestSize;

/// Below so many trees, cutting them off costs less than leaving out more of them.
const FEW_TREES: usize = 25;

/// Why a model cannot become C.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ExportError {
    /// It is a model of another tool.
    #[error("an ONNX model cannot be written as C: this needs a forest that `twinflow train` has made")]
    NotAForest,
    /// Not even the smallest forest fits.
    #[error("the smallest forest, a tree of one split, needs {least} bytes")]
    NoRoom {
        /// What the smallest forest needs, in bytes.
        least: usize,
    },
}

impl CSource {
    /// The model with a forest whose tables need at most `flash` bytes.
    ///
    /// Trees are left out first, from the last on, as each is an answer of its own to the same question. If fewer than 25
    /// would be left, all are cut one split shorter, and so on.
    ///
    /// # Errors
    /// [`ExportError::NoRoom`] when there is no such forest, [`ExportError::NotAForest`].
    pub fn fitting(model: &Model, most: ForestSize, flash: usize) -> Result<Self, ExportError> {
        let whole = model.forest_size().ok_or(ExportError::NotAForest)?;
        let depth = most.depth.min(whole.depth);
        let trees = most.trees.min(whole.trees).max(1);
        for depth in (1..=depth).rev() {
            let fewest = if depth == 1 { 1 } else { FEW_TREES.min(trees) };
            let fits = |trees| {
                let source = CSource::new(model, ForestSize { trees, depth }).ok()?;
                (source.table_bytes() <= flash).then_some(source)
            };
            let Some(mut found) = fits(fewest) else {
                continue;
            };
            // With each tree, tables only grow.
            let (mut fitting, mut above) = (fewest, trees + 1);
            while above - fitting > 1 {
                let middle = fitting.midpoint(above);
                match fits(middle) {
                    Some(source) => (fitting, found) = (middle, source),
                    None => above = middle,
                }
            }
            return Ok(found);
        }
        let smallest = CSource::new(model, ForestSize { trees: 1, depth: 1 })?;
        Err(ExportError::NoRoom {
            least: smallest.table_bytes(),
        })
    }
}
