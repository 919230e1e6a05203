//! What of a log people look at: a span of it, with as many rows as a screen can show.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use serde::Serialize;

use super::header::{LogHeader, is_missing, parse_time};

/// Which part of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogQuestion {
    /// The columns, by their names without units; all when empty.
    pub fields: Vec<String>,
    /// The machine; all when nothing.
    pub key: Option<String>,
    /// The rows of this time, in milliseconds since 1970.
    pub time_ms: Range<i64>,
    /// About so many rows; twice as many at most.
    pub points: usize,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogColumnKind {
    /// Nothing but numbers and holes.
    Number,
    /// Anything else.
    Text,
}

/// A column of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogColumn {
    /// Its name without the unit.
    pub name: String,
    /// Its unit.
    pub unit: Option<String>,
    /// What it holds.
    pub kind: LogColumnKind,
}

/// A part of a log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogExcerpt {
    /// The columns.
    pub columns: Vec<LogColumn>,
    /// The machines of the whole file.
    pub keys: BTreeSet<String>,
    /// When each row is, in milliseconds since 1970.
    pub times: Vec<i64>,
    /// Columns of numbers.
    pub values: BTreeMap<String, Vec<Option<f64>>>,
    /// The other columns.
    pub texts: BTreeMap<String, Vec<String>>,
    /// How many rows of the file fit the question.
    pub rows: u64,
    /// How many of them are given.
    pub shown: usize,
}

/// Reads a part of a log. Of a long one rows next to each other are put together: what is given then is the least and the greatest
/// value of each stretch, and the first text. It needs no more memory for a longer file.
///
/// # Errors
/// What is wrong with the file, with its line where there is one.
pub fn read_log(path: &Path, question: &LogQuestion) -> Result<LogExcerpt, String> {
    let shown = path.display();
    // A row that is being written has too few cells: it is left out.
    let reader = csv::ReaderBuilder::new().flexible(true).from_path(path);
    let mut reader = reader.map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let header = reader.headers().map_err(|error| format!("{shown}: {error}"))?;
    let cells = header.len();
    let header = LogHeader::new(header);
    let time = header.position("time").ok_or_else(|| {
        format!(
            "{shown}: there is no column `time`; there are {}",
            header.listed()
        )
    })?;
    let key = header.position("key");
    let mut thinned = Thinned::new(chosen(&header, question, time, key, &shown)?, question.points);
    let mut keys = BTreeSet::new();
    let mut record = csv::StringRecord::new();
    while reader
        .read_record(&mut record)
        .map_err(|error| format!("{shown}: {error}"))?
    {
        let cell = |at: usize| record.get(at).unwrap_or_default();
        let machine = key.map(cell).unwrap_or_default();
        if record.len() < cells {
            continue;
        }
        if !keys.contains(machine) {
            keys.insert(machine.to_owned());
        }
        if question.key.as_ref().is_some_and(|wanted| wanted != machine) {
            continue;
        }
        let line = record.position().map_or(0, csv::Position::line);
        let instant =
            parse_time(cell(time)).ok_or_else(|| format!("{shown}:{line}: `{}` is no time", cell(time)))?;
        let instant_ms = instant.as_millis();
        if question.time_ms.contains(&instant_ms) {
            thinned.push(instant_ms, &record);
        }
    }
    Ok(thinned.finish(keys))
}

/// A column that is read, and its place.
struct Chosen {
    at: usize,
    name: String,
    unit: Option<String>,
    is_number: bool,
}

fn chosen(
    header: &LogHeader,
    question: &LogQuestion,
    time: usize,
    key: Option<usize>,
    shown: &dyn std::fmt::Display,
) -> Result<Vec<Chosen>, String> {
    let one = |at: usize, name: &str| Chosen {
        at,
        name: name.to_owned(),
        unit: header.unit(at).map(str::to_owned),
        is_number: true,
    };
    if question.fields.is_empty() {
        let all = header.names().enumerate();
        let others = all.filter(|(at, _)| *at != time && Some(*at) != key);
        return Ok(others.map(|(at, name)| one(at, name)).collect());
    }
    let named = question.fields.iter().map(|name| match header.position(name) {
        Some(at) => Ok(one(at, name)),
        None => Err(format!(
            "{shown}: there is no column `{name}`; there are {}",
            header.listed()
        )),
    });
    named.collect()
}

/// Rows next to each other, put together.
struct Stretch {
    times: Range<i64>,
    cells: Vec<Cells>,
}

/// What a column has in a stretch.
#[derive(Clone, Debug, Default)]
struct Cells {
    text: String,
    least: Option<f64>,
    greatest: Option<f64>,
}

impl Cells {
    fn of(text: &str, chosen: &mut Chosen) -> Self {
        let number = text.trim().parse().ok().filter(|number: &f64| number.is_finite());
        chosen.is_number &= number.is_some() || is_missing(text);
        Self {
            text: text.to_owned(),
            least: number,
            greatest: number,
        }
    }

    fn join(&mut self, later: &Self) {
        let both = |one: Option<f64>, other: Option<f64>, of: fn(f64, f64) -> f64| match (one, other) {
            (Some(one), Some(other)) => Some(of(one, other)),
            (one, other) => one.or(other),
        };
        self.least = both(self.least, later.least, f64::min);
        self.greatest = both(self.greatest, later.greatest, f64::max);
    }
}

/// Rows that are put together the more, the more there are.
struct Thinned {
    columns: Vec<Chosen>,
    stretches: Vec<Stretch>,
    /// Rows a stretch.
    length: u64,
    /// Stretches at which the length doubles.
    most: usize,
    rows: u64,
}

impl Thinned {
    fn new(columns: Vec<Chosen>, points: usize) -> Self {
        Self {
            columns,
            stretches: Vec::new(),
            length: 1,
            most: points.max(1) * 2,
            rows: 0,
        }
    }

    fn push(&mut self, time_ms: i64, record: &csv::StringRecord) {
        let cells = self.columns.iter_mut();
        let cells = cells.map(|chosen| Cells::of(record.get(chosen.at).unwrap_or_default(), chosen));
        let row = Stretch {
            cells: cells.collect(),
            times: time_ms..time_ms,
        };
        let begins = self.rows.is_multiple_of(self.length);
        self.rows += 1;
        match self.stretches.last_mut() {
            Some(last) if !begins => join(last, &row),
            _ => {
                if self.stretches.len() == self.most {
                    self.halve();
                    // An odd one out would stand for half as many rows: `most` is even.
                }
                self.stretches.push(row);
            }
        }
    }

    /// Puts every two stretches together.
    fn halve(&mut self) {
        let mut kept = Vec::with_capacity(self.most);
        let mut stretches = std::mem::take(&mut self.stretches).into_iter();
        while let Some(mut stretch) = stretches.next() {
            if let Some(next) = stretches.next() {
                join(&mut stretch, &next);
            }
            kept.push(stretch);
        }
        self.stretches = kept;
        self.length *= 2;
    }

    fn finish(self, keys: BTreeSet<String>) -> LogExcerpt {
        let is_thinned = self.length > 1;
        let mut times = Vec::new();
        let mut values: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
        let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for stretch in &self.stretches {
            times.push(stretch.times.start);
            if is_thinned {
                times.push(stretch.times.end);
            }
            for (chosen, cells) in self.columns.iter().zip(&stretch.cells) {
                if chosen.is_number {
                    let column = values.entry(chosen.name.clone()).or_default();
                    column.push(cells.least);
                    if is_thinned {
                        column.push(cells.greatest);
                    }
                } else {
                    let column = texts.entry(chosen.name.clone()).or_default();
                    column.extend(std::iter::repeat_n(
                        cells.text.clone(),
                        if is_thinned { 2 } else { 1 },
                    ));
                }
            }
        }
        LogExcerpt {
            shown: times.len(),
            times,
            values,
            texts,
            keys,
            rows: self.rows,
            columns: self
                .columns
                .into_iter()
                .map(|chosen| LogColumn {
                    kind: if chosen.is_number {
                        LogColumnKind::Number
                    } else {
                        LogColumnKind::Text
                    },
                    name: chosen.name,
                    unit: chosen.unit,
                })
                .collect(),
        }
    }
}

fn join(stretch: &mut Stretch, later: &Stretch) {
    stretch.times.end = later.times.end;
    for (cells, later) in stretch.cells.iter_mut().zip(&later.cells) {
        cells.join(later);
    }
}
