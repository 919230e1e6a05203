//! Files that stand whole or not at all.

use std::path::Path;

use crate::exit::Stop;

/// A half-written file would be worse than none: it is written aside and moved into place.
pub fn write(bytes: &[u8], out: &Path) -> Result<(), Stop> {
    let failed =
        |error: std::io::Error| Stop::failure(format!("{} cannot be written: {error}", out.display()));
    if let Some(folder) = out.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial = out.with_file_name(name);
    std::fs::write(&partial, bytes).map_err(failed)?;
    std::fs::rename(&partial, out).map_err(failed)
}
