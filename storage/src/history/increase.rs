//! What counters rose by.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, params};

use super::plan::Series;
use super::retention::{Tier, millis};
use super::store::{SeriesId, Store, find};

/// What is known of a counter in a minute or an hour.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Span {
    time_ms: i64,
    least: f64,
    greatest: f64,
}

/// Follows a counter through its spans.
///
/// Within a span only the least and the greatest value are known. A counter that begins anew shows by a value below what it had
/// reached; what it had then is where it counts on from.
#[derive(Clone, Copy, Debug)]
struct Counter {
    /// The greatest value of the last span.
    reached: f64,
    /// Where it began anew within the last span, if that may have been after it had reached that.
    anew_from: Option<f64>,
}

impl Counter {
    fn new(first: Span) -> Self {
        Self {
            reached: first.greatest,
            anew_from: None,
        }
    }

    /// What it rose by from the last span to the end of this one.
    fn rise(&mut self, span: Span) -> f64 {
        let from = self.anew_from.take().unwrap_or(self.reached);
        let begins_anew = span.least < from;
        let has_risen_first = span.greatest >= from;
        self.reached = span.greatest;
        match (begins_anew, has_risen_first) {
            (true, true) => {
                // What it has risen to since is not known before the next span.
                self.anew_from = Some(span.least);
                span.greatest - from
            }
            (true, false) => span.greatest - span.least,
            (false, _) => span.greatest - from,
        }
    }
}

/// Beyond so long a span hours are exact enough, and minutes would take long to read.
const MOST_BY_MINUTES_MS: i64 = 100 * 86_400_000;

impl Store {
    /// What a counter rose by in each of `parts`, which are milliseconds since 1970, in order and apart; nothing where there was no
    /// reading. What it rose by while nobody looked belongs to the part in which it was seen again.
    ///
    /// Exact when the parts begin and end at full minutes, and when a counter that begins anew does not within that minute rise
    /// above what it had.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn increases(
        &self,
        series: &Series,
        machine: &str,
        parts: &[Range<i64>],
        now_ms: i64,
    ) -> Result<Vec<Option<f64>>, String> {
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
            return Ok(Vec::new());
        };
        let minutes_kept = millis(Tier::Minute.kept(&self.retention()));
        let by_minutes = last.end.saturating_sub(first.start) <= MOST_BY_MINUTES_MS
            && now_ms.saturating_sub(first.start) <= minutes_kept;
        let tier = if by_minutes { Tier::Minute } else { Tier::Hour };
        let connection = self.reading();
        let spans = || -> rusqlite::Result<Option<Spans>> {
            match find(&connection, series, machine)? {
                Some(id) => spans(&connection, id, tier, first.start..last.end).map(Some),
                None => Ok(None),
            }
        };
        let spans = spans().map_err(|error| self.explained(&error))?;
        Ok(spans.map_or_else(|| vec![None; parts.len()], |spans| spans.increases(parts)))
    }
}

/// A counter's spans, with the last one before them.
struct Spans {
    before: Option<Span>,
    within: Vec<Span>,
}

impl Spans {
    fn increases(&self, parts: &[Range<i64>]) -> Vec<Option<f64>> {
        let mut counter = self.before.map(Counter::new);
        let mut spans = self.within.iter().peekable();
        let mut increases = Vec::with_capacity(parts.len());
        for part in parts {
            let mut sum = None;
            while let Some(span) = spans.next_if(|span| span.time_ms < part.end) {
                let rise = match &mut counter {
                    Some(counter) => counter.rise(*span),
                    None => {
                        counter = Some(Counter::new(*span));
                        span.greatest - span.least
                    }
                };
                // A span between the parts moves the counter only.
                if span.time_ms >= part.start {
                    sum = Some(sum.unwrap_or(0.0) + rise);
                }
            }
            increases.push(sum);
        }
        increases
    }
}

fn spans(connection: &Connection, id: SeriesId, tier: Tier, all: Range<i64>) -> rusqlite::Result<Spans> {
    let span = |row: &rusqlite::Row<'_>| {
        Ok(Span {
            time_ms: row.get(0)?,
            least: row.get(1)?,
            greatest: row.get(2)?,
        })
    };
    let before = connection
        .prepare_cached(
            "SELECT time_ms, least, greatest FROM sums WHERE series = ?1 AND step_ms = ?2 AND time_ms < ?3
             ORDER BY time_ms DESC LIMIT 1",
        )?
        .query_row(params![id.0, tier.step_ms(), all.start], span)
        .optional()?;
    let mut select = connection.prepare_cached(
        "SELECT time_ms, least, greatest FROM sums WHERE series = ?1 AND step_ms = ?2 AND time_ms >= ?3 AND time_ms < ?4
         ORDER BY time_ms",
    )?;
    let within = select.query_map(params![id.0, tier.step_ms(), all.start, all.end], span)?;
    Ok(Spans {
        before,
        within: within.collect::<rusqlite::Result<_>>()?,
    })
}
