//! The folder of an experiment's runs: of each a CSV file and a JSON file of the same name.
//!
//! While a run lasts, its CSV has `.partial` behind its name, and a lock that the writing process holds stands beside it: a
//! `.csv` is whole, and a run whose lock nobody holds has lost its process.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use twinflow_engine::record::EventTime;

use super::record::{Outcome, RunRecord};

/// What a run whose process is gone ended by.
const PROCESS_ENDED: &str = "twinflow ended during the run";

/// More runs than this do not begin in one second.
const MOST_A_SECOND: u32 = 1000;

/// The folder.
#[derive(Clone, Debug)]
pub(super) struct RunFolder {
    path: PathBuf,
}

/// What was found in the folder.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The runs, oldest first.
    pub runs: Vec<RunRecord>,
    /// What cannot be read, each with the reason.
    pub unreadable: Vec<String>,
}

/// A run's claim on its id, which ends with this.
#[derive(Debug)]
pub(super) struct RunLock {
    file: File,
    path: PathBuf,
}

impl Drop for RunLock {
    fn drop(&mut self) {
        let _ = self.file.unlock();
        let _ = fs::remove_file(&self.path);
    }
}

impl RunFolder {
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    fn file(&self, run: &str, ending: &str) -> PathBuf {
        self.path.join(format!("{run}.{ending}"))
    }

    /// Where the rows of a run that is over are.
    pub fn csv(&self, run: &str) -> PathBuf {
        self.file(run, "csv")
    }

    /// Where the rows of a run are written.
    pub fn partial_csv(&self, run: &str) -> PathBuf {
        self.file(run, "csv.partial")
    }

    /// How large a run's CSV is; nothing when it is gone.
    pub fn bytes(&self, run: &str) -> Option<u64> {
        let size = |path: PathBuf| fs::metadata(path).ok().map(|metadata| metadata.len());
        size(self.csv(run)).or_else(|| size(self.partial_csv(run)))
    }

    /// All runs. A folder that is not there yet has none.
    pub fn read(&self) -> Found {
        let mut found = Found::default();
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return found,
            Err(error) => {
                found.unreadable.push(explained(&self.path, &error));
                return found;
            }
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                match read_record(&path) {
                    Ok(record) => found.runs.push(record),
                    Err(reason) => found.unreadable.push(reason),
                }
            }
        }
        found
            .runs
            .sort_by(|a, b| (&a.started, &a.run).cmp(&(&b.started, &b.run)));
        found
    }

    /// The metadata of a run.
    pub fn record(&self, run: &str) -> Result<RunRecord, String> {
        read_record(&self.file(run, "json"))
    }

    /// Finds an id for a run that starts now, and keeps it.
    pub fn reserve(&self, started: EventTime) -> Result<(String, RunLock), String> {
        let failed = |error: io::Error| format!("the run cannot be kept: {}", explained(&self.path, &error));
        fs::create_dir_all(&self.path).map_err(failed)?;
        let time: DateTime<Utc> = DateTime::from_timestamp_micros(started.0).unwrap_or_default();
        let second = time.format("%Y-%m-%dT%H-%M-%S").to_string();
        for number in 1..=MOST_A_SECOND {
            let run = match number {
                1 => second.clone(),
                _ => format!("{second}-{number}"),
            };
            if self.file(&run, "json").exists() || self.bytes(&run).is_some() {
                continue;
            }
            let path = self.file(&run, "lock");
            match File::create_new(&path) {
                Ok(file) => {
                    // A file system without locks has no second process either.
                    let _ = file.try_lock();
                    return Ok((run, RunLock { file, path }));
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Err(format!("{MOST_A_SECOND} runs have begun in this second"))
    }

    /// Begins a run's metadata, without waiting for the disk.
    pub fn begin(&self, record: &RunRecord) -> Result<(), String> {
        let path = self.file(&record.run, "json");
        let text = serde_json::to_vec_pretty(record).map_err(|error| error.to_string())?;
        fs::write(&path, text).map_err(|error| explained(&path, &error))
    }

    /// Writes a run's metadata, whole or not at all, and safely.
    pub fn write(&self, record: &RunRecord) -> Result<(), String> {
        let path = self.file(&record.run, "json");
        let partial = self.file(&record.run, "json.partial");
        let write = || -> io::Result<()> {
            let mut text = serde_json::to_vec_pretty(record)?;
            text.push(b'\n');
            let mut file = File::create(&partial)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&partial, &path)
        };
        write().map_err(|error| {
            let _ = fs::remove_file(&partial);
            explained(&path, &error)
        })
    }

    /// Gives the rows of a run that is over their name.
    pub fn complete_csv(&self, run: &str) -> Result<(), String> {
        let path = self.csv(run);
        fs::rename(self.partial_csv(run), &path).map_err(|error| explained(&path, &error))
    }

    /// Takes away what a run that came to nothing has left.
    pub fn discard(&self, run: &str) {
        for ending in ["json", "csv.partial"] {
            let _ = fs::remove_file(self.file(run, ending));
        }
    }

    /// Whether a node, of this process or another one, writes the run.
    pub fn is_written(&self, run: &str) -> bool {
        let lock = File::open(self.file(run, "lock"));
        lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
    }

    /// Closes a run whose process is gone: its whole rows are kept, and it ended when the last one was written.
    pub fn close_abandoned(&self, mut record: RunRecord) -> Result<RunRecord, String> {
        let run = record.run.clone();
        let partial = self.partial_csv(&run);
        let failed = |error: io::Error| explained(&partial, &error);
        if record.outcome == Outcome::Running {
            let path = if partial.exists() {
                partial.clone()
            } else {
                self.csv(&run)
            };
            let ended = fs::metadata(&path).and_then(|metadata| metadata.modified());
            let ended = ended.map_or_else(|_| Utc::now(), DateTime::<Utc>::from);
            record.rows = whole_lines(&path).map_err(failed)?.saturating_sub(1);
            let ended = EventTime(ended.timestamp_micros());
            record.end(Outcome::Interrupted, Some(PROCESS_ENDED.to_owned()), ended);
            self.write(&record)?;
        }
        if partial.exists() {
            self.complete_csv(&run)?;
        }
        let _ = fs::remove_file(self.file(&run, "lock"));
        Ok(record)
    }
}

fn read_record(path: &Path) -> Result<RunRecord, String> {
    let text = fs::read(path).map_err(|error| explained(path, &error))?;
    serde_json::from_slice(&text).map_err(|error| format!("{} is no run: {error}", path.display()))
}

/// Counts the whole lines of a file, and cuts off the rest.
fn whole_lines(path: &Path) -> io::Result<u64> {
    let mut file = match File::options().read(true).write(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        file => file?,
    };
    let (mut lines, mut whole, mut read) = (0, 0, 0);
    let mut block = vec![0; 64 * 1024];
    loop {
        let length = file.read(&mut block)?;
        let Some(bytes) = block.get(..length).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
            lines += 1;
            whole = read + at as u64 + 1;
        }
        read += length as u64;
    }
    if whole < read {
        file.set_len(whole)?;
        file.sync_all()?;
    }
    Ok(lines)
}

fn explained(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}
