//! Reading: what a chart asks, and what it gets.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::types::Value as Cell;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde_json::Value as Json;
use twinflow_engine::language::Retention;

use super::plan::{Series, SeriesKind};
use super::retention::{Tier, millis};
use super::store::{SeriesId, Store, find, kind_name};

/// What is to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Question<'s> {
    /// The fields, each under the name by which it is answered.
    pub fields: &'s [(String, Series)],
    /// The machine.
    pub machine: &'s str,
    /// From this time, in milliseconds since 1970.
    pub from_ms: i64,
    /// Up to this time, which is left out.
    pub to_ms: i64,
    /// About so many points a curve; twice as many at most.
    pub points: u32,
    /// What time it is: it decides what has been forgotten.
    pub now_ms: i64,
}

/// A part of the history.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Excerpt {
    /// From this time, in milliseconds since 1970.
    pub from_ms: i64,
    /// Up to this time, which is left out.
    pub to_ms: i64,
    /// How long the span is that a point stands for; 0 where the points are readings as they came.
    pub step_ms: i64,
    /// When each point begins.
    pub times: Vec<i64>,
    /// The curves of measured fields, a value for each time.
    pub fields: BTreeMap<String, Curve>,
    /// The changes of states.
    pub states: BTreeMap<String, States>,
}

/// A measured field.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Curve {
    /// Means; nothing where there was no reading.
    pub mean: Vec<Option<f64>>,
    /// The least values; empty where the points are readings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub min: Vec<Option<f64>>,
    /// The greatest values; empty where the points are readings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub max: Vec<Option<f64>>,
}

/// The changes of a state, and a sign of life every minute while it lasts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct States {
    /// When. The first may be before the span: it is the state in which the span begins.
    pub times: Vec<i64>,
    /// What: a code, a text, or yes/no as 1 and 0.
    pub values: Vec<Json>,
}

/// A point of one curve.
struct Point {
    time_ms: i64,
    mean: f64,
    least: f64,
    greatest: f64,
}

impl Store {
    /// What is kept of the fields in a span.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self, question: &Question<'_>) -> Result<Excerpt, String> {
        let connection = self.reading();
        answer(&connection, &self.retention(), question).map_err(|error| self.explained(&error))
    }

    /// The machines of which anything is kept.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn machines(&self, fields: &[(String, Series)]) -> Result<BTreeSet<String>, String> {
        let connection = self.reading();
        machines(&connection, fields).map_err(|error| self.explained(&error))
    }
}

fn machines(connection: &Connection, fields: &[(String, Series)]) -> rusqlite::Result<BTreeSet<String>> {
    let mut select = connection.prepare_cached(
        "SELECT machine FROM series WHERE origin = ?1 AND field = ?2 AND unit = ?3 AND kind = ?4",
    )?;
    let mut machines = BTreeSet::new();
    for (_, series) in fields {
        let what = params![series.origin, series.field, series.unit, kind_name(series.kind)];
        for machine in select.query_map(what, |row| row.get(0))? {
            machines.insert(machine?);
        }
    }
    Ok(machines)
}

/// How long the spans are that are asked for, in milliseconds.
fn wanted_step_ms(question: &Question<'_>) -> i64 {
    let span = question.to_ms.saturating_sub(question.from_ms).max(0);
    (span / i64::from(question.points.max(1))).max(1)
}

/// The coarsest sums that are fine enough, or coarser ones where those have been forgotten; nothing for readings.
fn tier(retention: &Retention, question: &Question<'_>) -> Option<Tier> {
    let wanted = wanted_step_ms(question);
    let age_ms = question.now_ms.saturating_sub(question.from_ms);
    let is_kept = |tier: &Tier| age_ms <= millis(tier.kept(retention));
    let fine = Tier::ALL.into_iter().rfind(|tier| tier.step_ms() <= wanted);
    match fine {
        None if age_ms <= millis(retention.readings) => None,
        fine => {
            let coarser = |tier: &Tier| fine.is_none_or(|fine| tier.step_ms() >= fine.step_ms());
            let kept = Tier::ALL.into_iter().find(|tier| coarser(tier) && is_kept(tier));
            Some(kept.unwrap_or(Tier::Hour))
        }
    }
}

fn answer(
    connection: &Connection,
    retention: &Retention,
    question: &Question<'_>,
) -> rusqlite::Result<Excerpt> {
    let mut excerpt = Excerpt {
        from_ms: question.from_ms,
        to_ms: question.to_ms,
        ..Excerpt::default()
    };
    let mut measured: Vec<(&str, SeriesId)> = Vec::new();
    for (name, series) in question.fields {
        let id = find(connection, series, question.machine)?;
        match series.kind {
            SeriesKind::Measured => match id {
                Some(id) => measured.push((name, id)),
                None => drop(excerpt.fields.insert(name.clone(), Curve::default())),
            },
            SeriesKind::State => {
                let states = match id {
                    Some(id) => states(connection, id, question)?,
                    None => States::default(),
                };
                excerpt.states.insert(name.clone(), states);
            }
        }
    }
    let tier = tier(retention, question);
    let wanted = wanted_step_ms(question);
    excerpt.step_ms = match tier {
        Some(tier) => (wanted / tier.step_ms()).max(1) * tier.step_ms(),
        // Readings that are not too many are given as they are.
        None if are_few(connection, &measured, question)? => 0,
        None => wanted,
    };
    let mut curves: Vec<(&str, Vec<Point>)> = Vec::new();
    for (name, id) in measured {
        let points = match tier {
            Some(tier) => summed(connection, id, tier, excerpt.step_ms, question)?,
            None => readings(connection, id, excerpt.step_ms.max(1), question)?,
        };
        curves.push((name, points));
    }
    align(&mut excerpt, curves);
    Ok(excerpt)
}

fn are_few(
    connection: &Connection,
    measured: &[(&str, SeriesId)],
    question: &Question<'_>,
) -> rusqlite::Result<bool> {
    let most = i64::from(question.points) * 2;
    let mut count = connection.prepare_cached(
        "SELECT count(*) FROM (SELECT 1 FROM readings WHERE series = ?1 AND time_ms >= ?2 AND time_ms < ?3 LIMIT ?4)",
    )?;
    for (_, id) in measured {
        let what = params![id.0, question.from_ms, question.to_ms, most + 1];
        let found: i64 = count.query_row(what, |row| row.get(0))?;
        if found > most {
            return Ok(false);
        }
    }
    Ok(true)
}

fn readings(
    connection: &Connection,
    id: SeriesId,
    step_ms: i64,
    question: &Question<'_>,
) -> rusqlite::Result<Vec<Point>> {
    let mut select = connection.prepare_cached(
        "SELECT time_ms / ?4 * ?4 AS start, avg(value), min(value), max(value) FROM readings
         WHERE series = ?1 AND time_ms >= ?2 AND time_ms < ?3 GROUP BY start ORDER BY start",
    )?;
    let rows = select.query_map(params![id.0, question.from_ms, question.to_ms, step_ms], point)?;
    rows.collect()
}

fn summed(
    connection: &Connection,
    id: SeriesId,
    tier: Tier,
    step_ms: i64,
    question: &Question<'_>,
) -> rusqlite::Result<Vec<Point>> {
    let mut select = connection.prepare_cached(
        "SELECT time_ms / ?5 * ?5 AS start, sum(sum) / sum(count), min(least), max(greatest) FROM sums
         WHERE series = ?1 AND step_ms = ?2 AND time_ms >= ?3 AND time_ms < ?4 GROUP BY start ORDER BY start",
    )?;
    let rows = select.query_map(
        params![id.0, tier.step_ms(), question.from_ms, question.to_ms, step_ms],
        point,
    )?;
    rows.collect()
}

fn point(row: &rusqlite::Row<'_>) -> rusqlite::Result<Point> {
    Ok(Point {
        time_ms: row.get(0)?,
        mean: row.get(1)?,
        least: row.get(2)?,
        greatest: row.get(3)?,
    })
}

fn states(connection: &Connection, id: SeriesId, question: &Question<'_>) -> rusqlite::Result<States> {
    let mut states = States::default();
    let mut push = |time: i64, value: Cell| {
        states.times.push(time);
        states.values.push(match value {
            Cell::Integer(code) => Json::from(code),
            Cell::Real(number) => Json::from(number),
            Cell::Text(text) => Json::from(text),
            Cell::Null | Cell::Blob(_) => Json::Null,
        });
    };
    let before: Option<(i64, Cell)> = connection
        .prepare_cached(
            "SELECT time_ms, value FROM readings WHERE series = ?1 AND time_ms < ?2 ORDER BY time_ms DESC LIMIT 1",
        )?
        .query_row(params![id.0, question.from_ms], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((time, value)) = before {
        push(time, value);
    }
    let mut select = connection.prepare_cached(
        "SELECT time_ms, value FROM readings WHERE series = ?1 AND time_ms >= ?2 AND time_ms < ?3 ORDER BY time_ms",
    )?;
    let rows = select.query_map(params![id.0, question.from_ms, question.to_ms], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    for row in rows {
        let (time, value) = row?;
        push(time, value);
    }
    Ok(states)
}

/// Gives all curves the same times.
fn align(excerpt: &mut Excerpt, curves: Vec<(&str, Vec<Point>)>) {
    let times: BTreeSet<i64> = curves
        .iter()
        .flat_map(|(_, points)| points.iter().map(|point| point.time_ms))
        .collect();
    let is_summed = excerpt.step_ms > 0;
    for (name, points) in curves {
        let mut curve = Curve::default();
        let mut points = points.into_iter().peekable();
        for time in &times {
            let point = points.next_if(|point| point.time_ms == *time);
            curve.mean.push(point.as_ref().map(|point| point.mean));
            if is_summed {
                curve.min.push(point.as_ref().map(|point| point.least));
                curve.max.push(point.as_ref().map(|point| point.greatest));
            }
        }
        excerpt.fields.insert(name.to_owned(), curve);
    }
    excerpt.times = times.into_iter().collect();
    // A field of which nothing is kept has no reading at any of the times.
    for curve in excerpt.fields.values_mut() {
        curve.mean.resize(excerpt.times.len(), None);
        if is_summed {
            curve.min.resize(excerpt.times.len(), None);
            curve.max.resize(excerpt.times.len(), None);
        }
    }
}
