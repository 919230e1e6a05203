//! The file: its tables, writing and forgetting.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};
use twinflow_engine::language::Retention;

use super::journal;
use super::plan::{Series, SeriesKind};
use super::retention::{Tier, millis};
use super::rollup::Sums;
use super::states::LastStates;
use crate::sqlite_file::{is_damaged, put_aside};

/// The version of the tables.
const VERSION: i64 = 1;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS series (
        id INTEGER PRIMARY KEY,
        origin TEXT NOT NULL, field TEXT NOT NULL, unit TEXT NOT NULL, kind TEXT NOT NULL, machine TEXT NOT NULL,
        UNIQUE (origin, field, unit, kind, machine));
    CREATE TABLE IF NOT EXISTS readings (
        series INTEGER NOT NULL, time_ms INTEGER NOT NULL, value NOT NULL,
        PRIMARY KEY (series, time_ms)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS sums (
        series INTEGER NOT NULL, step_ms INTEGER NOT NULL, time_ms INTEGER NOT NULL,
        count INTEGER NOT NULL, least REAL NOT NULL, greatest REAL NOT NULL, sum REAL NOT NULL,
        PRIMARY KEY (series, step_ms, time_ms)) WITHOUT ROWID;
";

/// Where a flow's history is: `data/fan-cooling.history.sqlite` for `fan-cooling.yaml`.
#[must_use]
pub fn history_path(flow: &Path) -> PathBuf {
    let name = flow.file_stem().unwrap_or_default().to_string_lossy();
    let folder = flow.parent().unwrap_or(Path::new(""));
    folder.join("data").join(format!("{name}.history.sqlite"))
}

/// A series of one machine, by its number in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SeriesId(pub(super) i64);

/// A value at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Whose.
    pub series: SeriesId,
    /// Event time in milliseconds since 1970.
    pub time_ms: i64,
    /// What.
    pub value: SampleValue,
}

/// What a sample holds.
#[derive(Clone, Debug, PartialEq)]
pub enum SampleValue {
    /// A number in the series' unit, never NaN or infinite.
    Measured(f64),
    /// A state: a code, yes/no as 1 and 0, or a text.
    State(Value),
}

/// An open history.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    retention: Mutex<Retention>,
    writing: Mutex<Writing>,
    /// A connection of its own: whoever reads does not wait for what is written, nor the other way round.
    reading: Mutex<Connection>,
}

#[derive(Debug)]
struct Writing {
    connection: Connection,
    states: LastStates,
    ids: HashMap<(Series, String), SeriesId>,
}

/// The connection that writes, for as long as nobody else does.
pub(super) struct WritingConnection<'s>(MutexGuard<'s, Writing>);

impl std::ops::Deref for WritingConnection<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0.connection
    }
}

impl std::ops::DerefMut for WritingConnection<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0.connection
    }
}

impl Store {
    /// Opens or makes the file. One that is no such file, or damaged, is put aside.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, String> {
        let connected = match connect(path) {
            Err(error) if is_damaged(&error) => {
                let aside = put_aside(path).map_err(|error| format!("{}: {error}", path.display()))?;
                tracing::warn!(
                    "{} is damaged and was put aside as {}: the history begins anew",
                    path.display(),
                    aside.display()
                );
                connect(path)
            }
            connected => connected,
        };
        let explained = |error: rusqlite::Error| format!("{}: {error}", path.display());
        let connection = connected.map_err(explained)?;
        let reading = Connection::open(path).map_err(explained)?;
        Ok(Self {
            path: path.to_owned(),
            retention: Mutex::default(),
            writing: Mutex::new(Writing {
                connection,
                states: LastStates::default(),
                ids: HashMap::new(),
            }),
            reading: Mutex::new(reading),
        })
    }

    /// How long what is kept.
    #[must_use]
    pub fn retention(&self) -> Retention {
        *self.retention.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on, what is older than this is forgotten.
    pub fn retain(&self, retention: Retention) {
        *self.retention.lock().unwrap_or_else(PoisonError::into_inner) = retention;
    }

    /// For those who write what is no series.
    pub(super) fn connection(&self) -> WritingConnection<'_> {
        WritingConnection(self.writing())
    }

    fn writing(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn reading(&self) -> MutexGuard<'_, Connection> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An error as people should read it.
    pub(super) fn explained(&self, error: &rusqlite::Error) -> String {
        format!("{}: {error}", self.path.display())
    }

    /// The number of a machine's series, made if there is none yet.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn series(&self, series: &Series, machine: &str) -> Result<SeriesId, String> {
        let mut writing = self.writing();
        let known = (series.clone(), machine.to_owned());
        if let Some(id) = writing.ids.get(&known) {
            return Ok(*id);
        }
        let id =
            find_or_make(&writing.connection, series, machine).map_err(|error| self.explained(&error))?;
        writing.ids.insert(known, id);
        Ok(id)
    }

    /// Writes samples, all or none. A measured value of a time that is there already is left out: after a crash the broker
    /// sends again what had been written.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn append(&self, samples: impl IntoIterator<Item = Sample>) -> Result<(), String> {
        let mut writing = self.writing();
        let written = write(&mut writing, samples);
        if written.is_err() {
            writing.states.forget();
        }
        written.map_err(|error| self.explained(&error))
    }

    /// Deletes what is older than it is to be kept.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn forget_old(&self, now_ms: i64) -> Result<(), String> {
        let mut writing = self.writing();
        forget_old(&mut writing.connection, &self.retention(), now_ms).map_err(|error| self.explained(&error))
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    if let Some(folder) = path.parent() {
        // Without it, opening the file tells why.
        let _ = std::fs::create_dir_all(folder);
    }
    let connection = Connection::open(path)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    // A power cut may cost the last seconds of the history, and no more.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 {
        connection.execute_batch(TABLES)?;
        connection.execute_batch(journal::TABLES)?;
        connection.pragma_update(None, "user_version", VERSION)?;
    }
    Ok(connection)
}

pub(super) const fn kind_name(kind: SeriesKind) -> &'static str {
    match kind {
        SeriesKind::Measured => "measured",
        SeriesKind::State => "state",
    }
}

fn find_or_make(connection: &Connection, series: &Series, machine: &str) -> rusqlite::Result<SeriesId> {
    let what = params![
        series.origin,
        series.field,
        series.unit,
        kind_name(series.kind),
        machine
    ];
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO series (origin, field, unit, kind, machine) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(what)?;
    find(connection, series, machine)?.ok_or(rusqlite::Error::QueryReturnedNoRows)
}

/// The number of a machine's series, if there is one.
pub(super) fn find(
    connection: &Connection,
    series: &Series,
    machine: &str,
) -> rusqlite::Result<Option<SeriesId>> {
    connection
        .prepare_cached(
            "SELECT id FROM series WHERE origin = ?1 AND field = ?2 AND unit = ?3 AND kind = ?4 AND machine = ?5",
        )?
        .query_row(
            params![series.origin, series.field, series.unit, kind_name(series.kind), machine],
            |row| row.get(0).map(SeriesId),
        )
        .optional()
}

fn write(writing: &mut Writing, samples: impl IntoIterator<Item = Sample>) -> rusqlite::Result<()> {
    let Writing {
        connection, states, ..
    } = writing;
    let transaction = connection.transaction()?;
    let mut sums = Sums::default();
    {
        let mut insert = transaction
            .prepare_cached("INSERT OR IGNORE INTO readings (series, time_ms, value) VALUES (?1, ?2, ?3)")?;
        for Sample {
            series,
            time_ms,
            value,
        } in samples
        {
            match value {
                SampleValue::Measured(value) => {
                    if insert.execute(params![series.0, time_ms, value])? > 0 {
                        sums.add(series, time_ms, value);
                    }
                }
                SampleValue::State(value) => states.write(&transaction, series, time_ms, value)?,
            }
        }
    }
    sums.write(&transaction)?;
    transaction.commit()
}

fn forget_old(connection: &mut Connection, retention: &Retention, now_ms: i64) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    let all: Vec<(i64, bool)> = {
        let mut select = transaction.prepare_cached("SELECT id, kind = 'measured' FROM series")?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    for table in ["alarms", "operations"] {
        let since = now_ms.saturating_sub(journal::KEPT_MS);
        transaction.execute(&format!("DELETE FROM {table} WHERE time_ms < ?1"), [since])?;
    }
    {
        let mut readings =
            transaction.prepare_cached("DELETE FROM readings WHERE series = ?1 AND time_ms < ?2")?;
        let mut sums = transaction
            .prepare_cached("DELETE FROM sums WHERE series = ?1 AND step_ms = ?2 AND time_ms < ?3")?;
        for (series, is_measured) in all {
            let kept = if is_measured {
                retention.readings
            } else {
                retention.minutes
            };
            readings.execute(params![series, now_ms.saturating_sub(millis(kept))])?;
            for tier in Tier::ALL {
                let since = now_ms.saturating_sub(millis(tier.kept(retention)));
                sums.execute(params![series, tier.step_ms(), since])?;
            }
        }
    }
    transaction.commit()
}
