//! The file in which a flow's nodes keep what they remember, over restarts and edits.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, params};
use twinflow_engine::node::Remembered;
use twinflow_engine::record::EventTime;
use twinflow_engine::runtime::{OpenStateStore, StateStore};
use twinflow_storage::sqlite_file::{is_damaged, open_exclusive, put_aside};

/// What no flow has asked for so long is deleted: a node that was taken out by mistake comes back with its memory.
const KEPT_UNASKED: Duration = Duration::from_secs(30 * 86_400);

/// The version of the tables.
const VERSION: i64 = 1;

/// Keeps what the nodes of a flow remember in a file of its own beside the flow: `data/fan-cooling.state.sqlite` for
/// `fan-cooling.yaml`.
#[must_use]
pub fn state_file(flow: &Path) -> OpenStateStore {
    let path = state_path(flow);
    Arc::new(move || Ok(Arc::new(StateFile::open(&path)?) as Arc<dyn StateStore>))
}

/// Where a flow's nodes keep what they remember.
#[must_use]
pub fn state_path(flow: &Path) -> PathBuf {
    let name = flow.file_stem().unwrap_or_default().to_string_lossy();
    let folder = flow.parent().unwrap_or(Path::new(""));
    folder.join("data").join(format!("{name}.state.sqlite"))
}

/// An open file.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    connection: Mutex<Connection>,
}

impl StateFile {
    /// Opens or makes the file. One that is no such file, or damaged, is put aside.
    ///
    /// # Errors
    /// Why it cannot be opened, such as that another process has it.
    pub fn open(path: &Path) -> Result<Self, String> {
        let connection = match connect(path) {
            Err(error) if is_damaged(&error) => {
                let aside = put_aside(path).map_err(|error| format!("{}: {error}", path.display()))?;
                tracing::warn!(
                    "{} is damaged and was put aside as {}: the nodes start without what they remembered",
                    path.display(),
                    aside.display()
                );
                connect(path)
            }
            connected => connected,
        };
        Ok(Self {
            connection: Mutex::new(connection.map_err(|error| explained(path, &error))?),
            path: path.to_owned(),
        })
    }

    /// Deletes what `node` remembers; how many memories that were.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub fn forget(&self, node: &str) -> Result<usize, String> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let deleted = connection.execute("DELETE FROM memories WHERE node = ?1", [node]);
        deleted.map_err(|error| explained(&self.path, &error))
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    if let Some(folder) = path.parent() {
        // Without it, opening the file tells why.
        let _ = std::fs::create_dir_all(folder);
    }
    let connection = open_exclusive(path)?;
    // 256 kB of cache; the default keeps 2 MB.
    connection.pragma_update(None, "cache_size", -256)?;
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS memories (
             node TEXT NOT NULL, part TEXT NOT NULL, key TEXT NOT NULL, bytes BLOB NOT NULL,
             PRIMARY KEY (node, part, key)
         ) WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS asked (node TEXT PRIMARY KEY, time_ms INTEGER NOT NULL) WITHOUT ROWID;",
    )?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 {
        connection.pragma_update(None, "user_version", VERSION)?;
    }
    Ok(connection)
}

fn explained(path: &Path, error: &rusqlite::Error) -> String {
    let path = path.display();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            format!("another twinflow has {path} open: this flow runs already; stop it first")
        }
        Some(ErrorCode::DiskFull) => format!("{path} cannot be written: the disk is full"),
        _ => format!("{path} cannot be used: {error}"),
    }
}

impl StateStore for StateFile {
    fn load(&self) -> Result<Vec<Remembered>, String> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let load = || -> rusqlite::Result<Vec<Remembered>> {
            let mut statement = connection.prepare("SELECT node, part, key, bytes FROM memories")?;
            let rows = statement.query_map([], |row| {
                let text = |column: usize| -> rusqlite::Result<Arc<str>> {
                    row.get::<_, String>(column).map(Into::into)
                };
                Ok(Remembered {
                    node: text(0)?,
                    part: text(1)?,
                    key: text(2)?,
                    bytes: row.get(3)?,
                })
            })?;
            rows.collect()
        };
        load().map_err(|error| explained(&self.path, &error))
    }

    fn save(&self, remembered: &[Remembered]) -> Result<(), String> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let mut save = || -> rusqlite::Result<()> {
            let transaction = connection.transaction()?;
            {
                let mut statement =
                    transaction.prepare("INSERT OR REPLACE INTO memories VALUES (?1, ?2, ?3, ?4)")?;
                for Remembered {
                    node,
                    part,
                    key,
                    bytes,
                } in remembered
                {
                    statement.execute(params![&**node, &**part, &**key, bytes])?;
                }
            }
            transaction.commit()
        };
        save().map_err(|error| explained(&self.path, &error))
    }

    fn keep_for(&self, nodes: &[&str]) -> Result<(), String> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let now_ms = EventTime::now().as_millis();
        let oldest_ms =
            now_ms.saturating_sub_unsigned(KEPT_UNASKED.as_millis().try_into().unwrap_or(u64::MAX));
        let mut keep = || -> rusqlite::Result<()> {
            let transaction = connection.transaction()?;
            for node in nodes {
                transaction.execute(
                    "INSERT OR REPLACE INTO asked VALUES (?1, ?2)",
                    params![node, now_ms],
                )?;
            }
            transaction.execute(
                "INSERT OR IGNORE INTO asked SELECT DISTINCT node, ?1 FROM memories",
                [now_ms],
            )?;
            transaction.execute(
                "DELETE FROM memories WHERE node IN (SELECT node FROM asked WHERE time_ms < ?1)",
                [oldest_ms],
            )?;
            transaction.execute("DELETE FROM asked WHERE time_ms < ?1", [oldest_ms])?;
            transaction.commit()
        };
        keep().map_err(|error| explained(&self.path, &error))
    }
}
