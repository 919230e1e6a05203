//! Feeds: the recent records of a node, kept for whoever wants to look.
//!
//! A reader asks for the rows after the last one it has seen. So a slow reader never holds anything up: it misses rows,
//! and sees that it did by the sequence numbers.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::record::{Batch, Column, EventTime, Key, Value};
use crate::schema::FieldType;

/// How many rows a feed keeps: twenty minutes at five readings a second.
const KEPT_ROWS: usize = 6_000;

/// The recent rows of a node.
#[derive(Debug)]
pub struct Feed {
    ring: Mutex<Ring>,
    newest: AtomicU64,
    pulse: watch::Sender<()>,
}

#[derive(Debug)]
struct Ring {
    times: VecDeque<EventTime>,
    keys: VecDeque<Key>,
    columns: Vec<RingColumn>,
    /// The sequence number that the next row gets.
    next: u64,
}

/// Typed, since a row of enums takes three times the memory.
#[derive(Debug)]
enum RingColumn {
    Numbers(VecDeque<f64>),
    Others(VecDeque<Value>),
}

/// Some rows of a feed.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedRows {
    /// Sequence number of the first one.
    pub first: u64,
    /// Time, key and values of each.
    pub rows: Vec<(EventTime, Key, Vec<Value>)>,
}

impl Feed {
    /// An empty feed for columns of these types. Feeds that are read together share a `pulse`: it beats when any of them
    /// gets rows.
    #[must_use]
    pub fn new<'a>(types: impl IntoIterator<Item = &'a FieldType>, pulse: watch::Sender<()>) -> Self {
        let columns = types.into_iter().map(|field_type| match field_type {
            FieldType::Number(_) => RingColumn::Numbers(VecDeque::new()),
            _ => RingColumn::Others(VecDeque::new()),
        });
        let ring = Ring {
            times: VecDeque::new(),
            keys: VecDeque::new(),
            columns: columns.collect(),
            next: 0,
        };
        Self {
            ring: Mutex::new(ring),
            newest: AtomicU64::new(0),
            pulse,
        }
    }

    /// Adds the rows of `batch`: the columns in their order, each from a slot of the batch or given beside it.
    pub fn push<'c>(&self, batch: &'c Batch, columns: impl IntoIterator<Item = Option<&'c Column>>) {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = batch.len();
        // Of a batch longer than the ring only its end would survive.
        let skipped = rows.saturating_sub(KEPT_ROWS);
        let mut columns = columns.into_iter();
        for ring_column in &mut ring.columns {
            let column = columns.next().flatten();
            for row in skipped..rows {
                let value = column.map_or(Value::Missing, |column| column.value(row));
                ring_column.push(value);
            }
        }
        ring.times.extend(batch.times().iter().skip(skipped));
        ring.keys.extend(batch.keys().iter().skip(skipped));
        ring.next += rows as u64;
        let excess = ring.times.len().saturating_sub(KEPT_ROWS);
        ring.times.drain(..excess);
        ring.keys.drain(..excess);
        for column in &mut ring.columns {
            column.drop_first(excess);
        }
        let next = ring.next;
        drop(ring);
        self.newest.store(next, Ordering::Release);
        self.pulse.send_replace(());
    }

    /// The rows from sequence number `from` on, at most `most` of them and the newest of those; nothing when there are
    /// none.
    #[must_use]
    pub fn rows_since(&self, from: u64, most: usize) -> Option<FeedRows> {
        self.rows_within(from..u64::MAX, most)
    }

    /// The rows with these sequence numbers, at most `most` of them and the newest of those; nothing when none is kept.
    #[must_use]
    pub fn rows_within(&self, numbers: Range<u64>, most: usize) -> Option<FeedRows> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = ring.next - ring.times.len() as u64;
        let end = numbers.end.min(ring.next);
        let first = numbers.start.max(oldest).max(end.saturating_sub(most as u64));
        if first >= end {
            return None;
        }
        let places = usize::try_from(first - oldest).ok()?..usize::try_from(end - oldest).ok()?;
        let row = |at: usize| {
            let time = ring.times.get(at).copied()?;
            let key = ring.keys.get(at).copied()?;
            Some((
                time,
                key,
                ring.columns.iter().map(|column| column.get(at)).collect(),
            ))
        };
        Some(FeedRows {
            first,
            rows: places.filter_map(row).collect(),
        })
    }

    /// The sequence number that the next row will have.
    #[must_use]
    pub fn next_sequence(&self) -> u64 {
        self.newest.load(Ordering::Acquire)
    }
}

impl RingColumn {
    fn push(&mut self, value: Value) {
        match self {
            Self::Numbers(rows) => rows.push_back(match value {
                Value::Number(value) => value,
                Value::Integer(value) => value as f64,
                _ => f64::NAN,
            }),
            Self::Others(rows) => rows.push_back(value),
        }
    }

    fn drop_first(&mut self, rows: usize) {
        match self {
            Self::Numbers(column) => drop(column.drain(..rows.min(column.len()))),
            Self::Others(column) => drop(column.drain(..rows.min(column.len()))),
        }
    }

    fn get(&self, at: usize) -> Value {
        match self {
            Self::Numbers(rows) => rows.get(at).copied().map_or(Value::Missing, Value::number),
            Self::Others(rows) => rows.get(at).cloned().unwrap_or(Value::Missing),
        }
    }
}
