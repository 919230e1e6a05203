//! States: what is kept of them are their changes.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Transaction, params};

use super::store::SeriesId;

/// A state that lasts is written again after so long, so that a flow that stood still is told from one that ran on.
pub(super) const SIGN_OF_LIFE_MS: i64 = 60_000;

/// The newest state that was written of each series.
#[derive(Debug, Default)]
pub(super) struct LastStates {
    last: HashMap<SeriesId, (i64, Value)>,
}

impl LastStates {
    /// Writes a state if it is another one, or a sign of life is due.
    pub fn write(
        &mut self,
        transaction: &Transaction<'_>,
        series: SeriesId,
        time_ms: i64,
        value: Value,
    ) -> rusqlite::Result<()> {
        if !self.last.contains_key(&series)
            && let Some(found) = newest(transaction, series)?
        {
            self.last.insert(series, found);
        }
        let is_news = match self.last.get(&series) {
            Some((since, known)) => {
                // What comes late would break up what is known to have followed.
                time_ms > *since && (*known != value || time_ms - since >= SIGN_OF_LIFE_MS)
            }
            None => true,
        };
        if is_news {
            transaction
                .prepare_cached(
                    "INSERT OR IGNORE INTO readings (series, time_ms, value) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![series.0, time_ms, value])?;
            self.last.insert(series, (time_ms, value));
        }
        Ok(())
    }

    /// What was written may not have come onto the disk: it is to be looked up again.
    pub fn forget(&mut self) {
        self.last.clear();
    }
}

fn newest(transaction: &Transaction<'_>, series: SeriesId) -> rusqlite::Result<Option<(i64, Value)>> {
    transaction
        .prepare_cached(
            "SELECT time_ms, value FROM readings WHERE series = ?1 ORDER BY time_ms DESC LIMIT 1",
        )?
        .query_row([series.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}
