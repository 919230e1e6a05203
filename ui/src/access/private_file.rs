//! Files that nobody else may read, and that stand whole or not at all.

use std::io::{self, Write};
use std::path::Path;

/// Writes aside and moves into place; the file's mode is 0600. A file that was there keeps its owner: root may add a user for a server
/// that runs under another account.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link stays one.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    // Temporary files have the mode 0600 from their first moment.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    keep_owner(path, file.path());
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(unix)]
fn keep_owner(old: &Path, new: &Path) {
    use std::os::unix::fs::{MetadataExt, chown};
    if let Ok(owner) = std::fs::metadata(old) {
        // Only root can give files away; for everybody else it is theirs already.
        let _ = chown(new, Some(owner.uid()), Some(owner.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &Path) {}
