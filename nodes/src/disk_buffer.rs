//! The store behind `buffer: disk`: a SQLite file for each sink, in the folder `data` beside the flow.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::{Connection, ErrorCode, params};
use twinflow_engine::node::{NodeContext, StartError};
use twinflow_engine::runtime::{BufferEntry, BufferError, BufferGauge, BufferStore, OpenBuffer};
use twinflow_storage::sqlite_file::{is_damaged, open_exclusive, put_aside};

/// The form of the file, which SQLite keeps as `user_version`.
const VERSION: i64 = 1;

/// Opens the buffers of the sinks of a flow: `data/FLOWFILE.buffer-NODE.sqlite`.
#[must_use]
pub fn disk_buffers(flow: &Path) -> OpenBuffer {
    let folder = flow.parent().unwrap_or(Path::new("")).join("data");
    let name = flow
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Arc::new(move |context: &NodeContext| {
        let path = folder.join(format!("{name}.buffer-{}.sqlite", context.id));
        let buffer = DiskBuffer::open(path, context)?;
        Ok(Arc::new(buffer) as Arc<dyn BufferStore>)
    })
}

struct DiskBuffer {
    path: PathBuf,
    connection: Arc<Mutex<Connection>>,
    gauge: Arc<BufferGauge>,
}

impl fmt::Debug for DiskBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskBuffer").field("path", &self.path).finish()
    }
}

/// Why a file cannot be used as it is.
enum OpenError {
    /// It is no buffer, or not any more.
    Damaged(String),
    /// It is one, but not for us now.
    Refused(String),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            _ if is_damaged(&error) => Self::Damaged(error.to_string()),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Refused("another twinflow has it open: stop that one first".to_owned())
            }
            _ => Self::Refused(error.to_string()),
        }
    }
}

impl DiskBuffer {
    /// Opens the file, or makes it. One that is damaged is put aside, which is told: the flow must go on.
    fn open(path: PathBuf, context: &NodeContext) -> Result<Self, StartError> {
        let refused = |reason: String| {
            StartError(format!(
                "its buffer {} cannot be opened: {reason}",
                path.display()
            ))
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| refused(error.to_string()))?;
        }
        let gauge = Arc::new(BufferGauge::default());
        let connection = match connect(&path, &gauge) {
            Ok(connection) => connection,
            Err(OpenError::Refused(reason)) => return Err(refused(reason)),
            Err(OpenError::Damaged(reason)) => {
                let aside = put_aside(&path).map_err(|error| refused(error.to_string()))?;
                let message = format!(
                    "{} was damaged ({reason}); it is kept as {}, and a new one begins",
                    path.display(),
                    aside.display()
                );
                context.problems.report("buffer damaged", message);
                match connect(&path, &gauge) {
                    Ok(connection) => connection,
                    Err(OpenError::Damaged(reason) | OpenError::Refused(reason)) => {
                        return Err(refused(reason));
                    }
                }
            }
        };
        Ok(Self {
            path,
            connection: Arc::new(Mutex::new(connection)),
            gauge,
        })
    }

    /// Works on the file, off the threads that serve the flow: the disk may take its time.
    async fn work<T: Send + 'static>(
        &self,
        doing: &str,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, BufferError> {
        let connection = Arc::clone(&self.connection);
        let done = tokio::task::spawn_blocking(move || {
            work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner))
        });
        let failed = |reason: String| {
            BufferError(format!(
                "the buffer {} cannot be {doing}: {reason}",
                self.path.display()
            ))
        };
        match done.await {
            Ok(result) => result.map_err(|error| failed(error.to_string())),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}

fn connect(path: &Path, gauge: &BufferGauge) -> Result<Connection, OpenError> {
    // Nobody else may drain it.
    let connection = open_exclusive(path)?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > VERSION {
        return Err(OpenError::Refused(format!(
            "it is of version {version}, written by a newer twinflow; this one reads version {VERSION}"
        )));
    }
    let verdict: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    if verdict != "ok" {
        return Err(OpenError::Damaged(verdict));
    }
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS entries (
             id INTEGER PRIMARY KEY AUTOINCREMENT,
             records INTEGER NOT NULL,
             bytes BLOB NOT NULL
         )",
    )?;
    connection.pragma_update(None, "user_version", VERSION)?;
    let (records, bytes) = sums(&connection, 0, i64::MAX)?;
    gauge.add(records, bytes);
    Ok(connection)
}

/// How many records stand in these entries, and how many bytes they take.
fn sums(connection: &Connection, first: i64, last: i64) -> rusqlite::Result<(u64, u64)> {
    let mut sums = connection.prepare(
        "SELECT coalesce(sum(records), 0), coalesce(sum(length(bytes)), 0) FROM entries WHERE id BETWEEN ? AND ?",
    )?;
    sums.query_row(params![first, last], |row| {
        let (records, bytes): (i64, i64) = (row.get(0)?, row.get(1)?);
        Ok((records.unsigned_abs(), bytes.unsigned_abs()))
    })
}

/// SQLite's numbers have a sign.
fn number(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

#[async_trait]
impl BufferStore for DiskBuffer {
    async fn append(&self, entries: Vec<BufferEntry>) -> Result<(), BufferError> {
        let gauge = Arc::clone(&self.gauge);
        self.work("written", move |connection| {
            let transaction = connection.transaction()?;
            let (mut records, mut bytes) = (0, 0);
            {
                let mut insert = transaction.prepare("INSERT INTO entries (records, bytes) VALUES (?, ?)")?;
                for entry in &entries {
                    insert.execute(params![entry.records, &*entry.bytes])?;
                    records += u64::from(entry.records);
                    bytes += entry.bytes.len() as u64;
                }
            }
            transaction.commit()?;
            gauge.add(records, bytes);
            Ok(())
        })
        .await
    }

    async fn read(&self, after: u64, most: usize) -> Result<Vec<(u64, BufferEntry)>, BufferError> {
        self.work("read", move |connection| {
            let mut select = connection
                .prepare("SELECT id, records, bytes FROM entries WHERE id > ? ORDER BY id LIMIT ?")?;
            let rows = select.query_map(params![number(after), most as i64], |row| {
                let id: i64 = row.get(0)?;
                let bytes: Vec<u8> = row.get(2)?;
                let entry = BufferEntry {
                    records: row.get(1)?,
                    bytes: bytes.into(),
                };
                Ok((id.unsigned_abs(), entry))
            })?;
            rows.collect()
        })
        .await
    }

    async fn remove(&self, first: u64, last: u64) -> Result<(), BufferError> {
        let gauge = Arc::clone(&self.gauge);
        self.work("emptied", move |connection| {
            let (first, last) = (number(first), number(last));
            let transaction = connection.transaction()?;
            let (records, bytes) = sums(&transaction, first, last)?;
            transaction.execute(
                "DELETE FROM entries WHERE id BETWEEN ? AND ?",
                params![first, last],
            )?;
            transaction.commit()?;
            gauge.subtract(records, bytes);
            Ok(())
        })
        .await
    }

    fn gauge(&self) -> Arc<BufferGauge> {
        Arc::clone(&self.gauge)
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }
}
