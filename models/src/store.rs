//! Models loaded once and shared.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::model::Model;
use crate::model_file::ModelError;

/// Size and time of the last write.
type FileState = (u64, Option<SystemTime>);

/// Loads each model file once, however many nodes and endpoints ask for it, and again when it has changed on disk.
#[derive(Debug, Default)]
pub struct ModelStore {
    models: Mutex<HashMap<PathBuf, Loaded>>,
}

#[derive(Debug)]
struct Loaded {
    model: Arc<Model>,
    /// Size and time of its files when they were read: a file that was trained anew is another model.
    state: Vec<Option<FileState>>,
}

impl ModelStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// The model of a file. Different spellings of one path share the model.
    ///
    /// # Errors
    /// See [`ModelError`]; an error is not remembered, the next call reads the file again.
    pub fn load(&self, path: &Path) -> Result<Arc<Model>, ModelError> {
        let failed = |source| ModelError::Read {
            path: path.to_owned(),
            source,
        };
        let canonical = path.canonicalize().map_err(failed)?;
        // A panic elsewhere cannot leave the map half changed.
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        let state: Vec<_> = Model::files(&canonical)
            .iter()
            .map(|file| state_of(file))
            .collect();
        if let Some(loaded) = models.get(&canonical).filter(|loaded| loaded.state == state) {
            return Ok(Arc::clone(&loaded.model));
        }
        let model = Arc::new(Model::open(&canonical)?);
        let loaded = Loaded {
            model: Arc::clone(&model),
            state,
        };
        models.insert(canonical, loaded);
        Ok(model)
    }
}

fn state_of(path: &Path) -> Option<FileState> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.len(), file.modified().ok()))
}
