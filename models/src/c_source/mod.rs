//! A model as plain C, for a microcontroller.
//!
//! The tables are constants, which a linker leaves in flash; nothing is allocated. The sums of shares are whole
//! numbers and thresholds are written so that they are read back exactly: the C code gives what
//! [`Model::classify`] gives, to the last bit.

mod fitting;
mod header;
mod literal;
mod tables;

use tables::Tables;

use crate::model::{Model, Training};
use crate::prune::ForestSize;

pub use fitting::ExportError;

/// A model as a C header, with the forest cut to a size.
#[derive(Debug, Clone)]
pub struct CSource {
    whole: ForestSize,
    size: ForestSize,
    model: Model,
    training: Training,
    tables: Tables,
}

impl CSource {
    /// The model with a forest that is at most as large as told; see [`Model::pruned`].
    ///
    /// # Errors
    /// [`ExportError::NotAForest`].
    pub fn new(model: &Model, most: ForestSize) -> Result<Self, ExportError> {
        let whole = model.forest_size().ok_or(ExportError::NotAForest)?;
        let pruned = model.pruned(most).ok_or(ExportError::NotAForest)?;
        let (forest, training) = pruned.forest().ok_or(ExportError::NotAForest)?;
        let size = pruned.forest_size().ok_or(ExportError::NotAForest)?;
        Ok(CSource {
            whole,
            size,
            training: training.clone(),
            tables: Tables::of(&forest.packed(), pruned.classes().count()),
            model: pruned,
        })
    }

    /// The model that the C code answers like: the one given, with the forest cut.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// How large its forest is.
    pub fn size(&self) -> ForestSize {
        self.size
    }

    /// Number of splits of all trees.
    pub fn splits(&self) -> usize {
        self.tables.splits.len()
    }

    /// Number of different leaves: those that say the same share one entry.
    pub fn leaves(&self) -> usize {
        self.tables.leaves
    }

    /// Bytes of all constant tables, the texts of the labels among them, where a pointer has four bytes. The code, some
    /// hundred bytes, and what a compiler adds for alignment, are not counted.
    pub fn table_bytes(&self) -> usize {
        let classes = self.model.classes();
        let labels: usize = classes.iter().map(|class| class.label.len() + 1).sum();
        // A code and a pointer to the label for each class.
        self.tables.bytes() + labels + classes.count() * (4 + 4)
    }

    /// The header's text. The same model and size give the same text.
    pub fn text(&self) -> String {
        header::text(self)
    }
}
