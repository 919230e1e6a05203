//! A recorded log as machines: what they said is sent again, in its own rhythm.

mod names;
mod rows;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use twinflow_engine::record::EventTime;

pub use names::PayloadNames;
pub use rows::{RecordingColumns, RecordingError};

use crate::machine::{Answer, answer};
use crate::virtual_plant::{Act, Machines};
use rows::{Names, Row, Rows};

/// How long a reading may wait for the broker.
const PATIENCE: Duration = Duration::from_secs(1);
/// How far a row may be older than one before it: late readings are, a log that is sorted by something else is more.
const LATE_MICROS: i64 = 60_000_000;

/// How a log is played.
#[derive(Debug, Clone)]
pub struct RecordingSettings {
    /// The CSV file.
    pub file: PathBuf,
    /// Which of its columns is what.
    pub columns: RecordingColumns,
    /// So many times as fast as it was.
    pub speed: f64,
    /// Whether it begins anew when it is over.
    pub repeat: bool,
}

/// The machines of a log.
pub struct Recording {
    settings: RecordingSettings,
    names: Names,
    rows: Rows,
    /// The row that comes next.
    next: Option<Row>,
    first: EventTime,
    /// How long one round takes in the log's own time, with the pause before the next one, in µs.
    round_micros: i64,
    /// Rounds that are over.
    rounds: u32,
    /// By the place of a machine: counts its readings.
    sequences: Vec<u64>,
}

impl Recording {
    /// Looks whether there is a log with these columns, without reading it.
    ///
    /// # Errors
    /// A file that cannot be read, or lacks a column.
    pub fn check(settings: &RecordingSettings) -> Result<(), RecordingError> {
        Rows::open(&settings.file, &settings.columns).map(|_| ())
    }

    /// Reads the log once, so that its machines are known and its mistakes are told before anything is sent.
    ///
    /// # Errors
    /// A file that cannot be read, lacks a column or holds no rows; a row without a time; rows that are not in the order of
    /// their times.
    pub fn open(settings: RecordingSettings) -> Result<Self, RecordingError> {
        let mut rows = Rows::open(&settings.file, &settings.columns)?;
        let mut names = Names::default();
        let mut span: Option<(EventTime, EventTime)> = None;
        let mut count: i64 = 0;
        while let Some(row) = rows.next(&mut names)? {
            let (first, latest) = span.unwrap_or((row.time, row.time));
            if latest.0 - row.time.0 > LATE_MICROS {
                return Err(rows.wrong(
                    "this row is older than one before it by more than a minute: sort the file by its times",
                ));
            }
            span = Some((first, latest.max(row.time)));
            count += 1;
        }
        let (first, latest) = span.ok_or_else(|| rows.wrong("the log holds no rows"))?;
        let length = (latest.0 - first.0).max(0);
        // The pause before the next round is as long as one between two rows is.
        let pause = if count > 1 {
            length / (count - 1)
        } else {
            1_000_000
        };
        let mut recording = Self {
            rows: Rows::open(&settings.file, &settings.columns)?,
            settings,
            sequences: vec![0; names.list.len()],
            names,
            next: None,
            first,
            round_micros: length + pause.max(1000),
            rounds: 0,
        };
        recording.advance()?;
        Ok(recording)
    }

    /// Reads the next row, from the beginning again where it repeats.
    fn advance(&mut self) -> Result<(), RecordingError> {
        self.next = self.rows.next(&mut self.names)?;
        if self.next.is_none() && self.settings.repeat {
            self.rounds += 1;
            self.rows = Rows::open(&self.settings.file, &self.settings.columns)?;
            self.next = self.rows.next(&mut self.names)?;
        }
        Ok(())
    }
}

impl Machines for Recording {
    fn names(&self) -> &[Arc<str>] {
        &self.names.list
    }

    fn due(&self) -> Option<Duration> {
        let row = self.next.as_ref()?;
        let passed = row.time.0 - self.first.0 + i64::from(self.rounds) * self.round_micros;
        let seconds = passed.max(0) as f64 / 1e6 / self.settings.speed;
        Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }

    fn act(&mut self, _: Duration) -> Result<Act, String> {
        let row = self.next.take().ok_or_else(|| "the log is over".to_owned())?;
        let machine = row.machine;
        let sequence = self.sequences.get_mut(machine).map_or(1, |sequence| {
            *sequence += 1;
            *sequence
        });
        let name = self
            .names
            .list
            .get(machine)
            .map(|name| &**name)
            .unwrap_or_default();
        let payload = row.payload(EventTime::now(), name, sequence);
        self.advance().map_err(|error| error.to_string())?;
        Ok(Act {
            machine,
            has_network: true,
            payload: Some(payload),
            patience: PATIENCE,
            missed: 0,
        })
    }

    fn obey(&mut self, machine: usize, _: &[u8]) -> Option<Answer> {
        let name = self.names.list.get(machine)?;
        Some(answer(
            name,
            Some("a recorded machine cannot be changed".to_owned()),
        ))
    }
}
