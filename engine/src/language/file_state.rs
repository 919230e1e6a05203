//! What a file was like when it was read.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file that a flow uses beside its texts, such as a model, as it was at one moment.
///
/// Size and time of the last write stand for its content: it may be large, and is asked for whenever something changes in
/// its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileState {
    path: PathBuf,
    /// Nothing for a file that was not there.
    seen: Option<(u64, Option<SystemTime>)>,
}

impl FileState {
    /// The file as it is now.
    #[must_use]
    pub fn now(path: &Path) -> Self {
        let file = std::fs::metadata(path).ok();
        Self {
            path: path.to_owned(),
            seen: file.map(|file| (file.len(), file.modified().ok())),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is another one by now.
    #[must_use]
    pub fn is_outdated(&self) -> bool {
        Self::now(&self.path) != *self
    }
}

impl fmt::Display for FileState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.path.display(), self.seen)
    }
}
