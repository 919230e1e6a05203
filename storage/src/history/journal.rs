//! The journal: every change of an alarm, and everything that people did.

use rusqlite::{Connection, Transaction, params};
use serde::Serialize;

use super::store::Store;

/// How long the journal is kept: long enough to compare a summer with the one before.
pub(super) const KEPT_MS: i64 = 2 * 366 * 86_400_000;

pub(super) const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS alarms (
        time_ms INTEGER NOT NULL, node TEXT NOT NULL, machine TEXT NOT NULL, alarm TEXT NOT NULL,
        state TEXT NOT NULL, priority TEXT NOT NULL, message TEXT NOT NULL,
        active INTEGER NOT NULL, first INTEGER NOT NULL, by TEXT, value REAL,
        PRIMARY KEY (time_ms, node, machine, alarm, state)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS operations (
        id INTEGER PRIMARY KEY,
        time_ms INTEGER NOT NULL, by TEXT NOT NULL, node TEXT NOT NULL, operation TEXT NOT NULL,
        arguments TEXT NOT NULL, refused TEXT);
    CREATE INDEX IF NOT EXISTS operations_by_time ON operations (time_ms);
";

/// A change of an alarm.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlarmChange {
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// The node that raised it.
    pub node: String,
    /// The machine.
    pub machine: String,
    /// Which of the node's alarms.
    pub alarm: String,
    /// What it is since then: `unacknowledged`, `acknowledged`, `returned`, `normal`, `shelved`, `suppressed`.
    pub state: String,
    /// How soon somebody has to act.
    pub priority: String,
    /// What it says.
    pub message: String,
    /// Whether its condition holds.
    pub active: bool,
    /// Whether no other alarm of its node stood when it was raised.
    pub first: bool,
    /// Who did it, if somebody did.
    pub by: Option<String>,
    /// The value when it was raised.
    pub value: Option<f64>,
}

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deed {
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// Who.
    pub by: String,
    /// The node that was asked.
    pub node: String,
    /// To do what.
    pub operation: String,
    /// With what, as JSON.
    pub arguments: String,
    /// Why it was not done; nothing when it was.
    pub refused: Option<String>,
}

impl Store {
    /// Notes changes of alarms, all or none. One that is there already is left out.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note_alarms(&self, changes: &[AlarmChange]) -> Result<(), String> {
        let mut connection = self.connection();
        let noted = connection
            .transaction()
            .and_then(|transaction| note_alarms(&transaction, changes).and_then(|()| transaction.commit()));
        noted.map_err(|error| self.explained(&error))
    }

    /// Notes something that somebody did.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note_deed(&self, deed: &Deed) -> Result<(), String> {
        let noted = self.connection().execute(
            "INSERT INTO operations (time_ms, by, node, operation, arguments, refused) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![deed.time_ms, deed.by, deed.node, deed.operation, deed.arguments, deed.refused],
        );
        noted.map(drop).map_err(|error| self.explained(&error))
    }

    /// The changes of alarms in a span, the newest first and at most so many.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn alarms(&self, from_ms: i64, to_ms: i64, most: u32) -> Result<Vec<AlarmChange>, String> {
        alarms(&self.reading(), from_ms, to_ms, most).map_err(|error| self.explained(&error))
    }

    /// What people did in a span, the newest first and at most so many.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn deeds(&self, from_ms: i64, to_ms: i64, most: u32) -> Result<Vec<Deed>, String> {
        deeds(&self.reading(), from_ms, to_ms, most).map_err(|error| self.explained(&error))
    }
}

fn note_alarms(transaction: &Transaction<'_>, changes: &[AlarmChange]) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached(
        "INSERT OR IGNORE INTO alarms (time_ms, node, machine, alarm, state, priority, message, active, first, by, value)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for change in changes {
        insert.execute(params![
            change.time_ms,
            change.node,
            change.machine,
            change.alarm,
            change.state,
            change.priority,
            change.message,
            change.active,
            change.first,
            change.by,
            change.value
        ])?;
    }
    Ok(())
}

fn alarms(
    connection: &Connection,
    from_ms: i64,
    to_ms: i64,
    most: u32,
) -> rusqlite::Result<Vec<AlarmChange>> {
    let mut select = connection.prepare_cached(
        "SELECT time_ms, node, machine, alarm, state, priority, message, active, first, by, value FROM alarms
         WHERE time_ms >= ?1 AND time_ms < ?2 ORDER BY time_ms DESC LIMIT ?3",
    )?;
    let rows = select.query_map(params![from_ms, to_ms, most], |row| {
        Ok(AlarmChange {
            time_ms: row.get(0)?,
            node: row.get(1)?,
            machine: row.get(2)?,
            alarm: row.get(3)?,
            state: row.get(4)?,
            priority: row.get(5)?,
            message: row.get(6)?,
            active: row.get(7)?,
            first: row.get(8)?,
            by: row.get(9)?,
            value: row.get(10)?,
        })
    })?;
    rows.collect()
}

fn deeds(connection: &Connection, from_ms: i64, to_ms: i64, most: u32) -> rusqlite::Result<Vec<Deed>> {
    let mut select = connection.prepare_cached(
        "SELECT time_ms, by, node, operation, arguments, refused FROM operations
         WHERE time_ms >= ?1 AND time_ms < ?2 ORDER BY time_ms DESC, id DESC LIMIT ?3",
    )?;
    let rows = select.query_map(params![from_ms, to_ms, most], |row| {
        Ok(Deed {
            time_ms: row.get(0)?,
            by: row.get(1)?,
            node: row.get(2)?,
            operation: row.get(3)?,
            arguments: row.get(4)?,
            refused: row.get(5)?,
        })
    })?;
    rows.collect()
}
