//! SQLite files in which a flow keeps what must survive a power cut.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode};

/// Opens or makes a file that nobody else may use meanwhile, in which a commit is on the disk when it returns: FULL syncs the
/// write-ahead log, whose checksums let SQLite leave out what a power cut tore.
///
/// # Errors
/// SQLite's own.
pub fn open_exclusive(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

/// Whether the file is not one of SQLite's, or not any more.
#[must_use]
pub fn is_damaged(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// Moves a damaged file out of the way, over one that was moved before.
///
/// # Errors
/// When the file cannot be moved.
pub fn put_aside(path: &Path) -> std::io::Result<PathBuf> {
    let aside = path.with_extension("damaged.sqlite");
    std::fs::rename(path, &aside)?;
    // What belongs to it must not be taken for the log of the new one.
    for end in ["-wal", "-shm"] {
        let mut log = path.as_os_str().to_owned();
        log.push(end);
        match std::fs::remove_file(log) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(aside)
}
