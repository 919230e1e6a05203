//! A CSV file on the disk: opened with its header checked, appended to, synced, and mended after a power cut.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

/// Why rows cannot be written.
#[derive(Debug, Error)]
pub enum CsvFileError {
    /// The file has other columns.
    #[error(
        "{} begins with other columns: found `{found}`, expected `{expected}`; move the file away, or give `file` another name",
        .path.display()
    )]
    ForeignHeader {
        /// The file.
        path: PathBuf,
        /// Its first line.
        found: String,
        /// The columns that the flow writes.
        expected: String,
    },
    /// The disk or the system says no.
    #[error("{} cannot be written: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// A file and the rows that are not safely in it yet.
#[derive(Debug)]
pub struct CsvFile {
    path: PathBuf,
    header: Arc<[u8]>,
    file: Option<File>,
    /// Rows that [`CsvFile::sync`] still has to write.
    waiting: Vec<u8>,
    /// The length up to which the file is whole and synced.
    safe: u64,
    repaired: Option<u64>,
}

impl CsvFile {
    /// A file that is opened at the first need.
    #[must_use]
    pub fn new(path: PathBuf, header: Arc<[u8]>) -> Self {
        Self {
            path,
            header,
            file: None,
            waiting: Vec::new(),
            safe: 0,
            repaired: None,
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes of a torn last row were cut off when it was opened; told once.
    pub fn take_repair(&mut self) -> Option<u64> {
        self.repaired.take()
    }

    /// Adds rows, in memory.
    pub fn append(&mut self, rows: &[u8]) {
        self.waiting.extend_from_slice(rows);
    }

    /// Opens or creates the file. A last row without its end was torn by a power cut: it was never acknowledged, so it is
    /// cut off.
    ///
    /// # Errors
    /// When the file has other columns, or cannot be opened.
    pub fn open(&mut self) -> Result<(), CsvFileError> {
        if self.file.is_some() {
            return Ok(());
        }
        let io = |source| CsvFileError::Io {
            path: self.path.clone(),
            source,
        };
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&self.path)
            .map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        let whole = last_row_end(&mut file, length).map_err(io)?;
        if length > 0 {
            let found = first_line(&mut file, self.header.len()).map_err(io)?;
            // A file without any whole line is ours when it is the beginning of our first one.
            let is_ours = found == *self.header || (whole == 0 && self.header.starts_with(&found));
            if !is_ours {
                let line = |bytes: &[u8]| {
                    let text = String::from_utf8_lossy(bytes);
                    text.lines().next().unwrap_or_default().to_owned()
                };
                return Err(CsvFileError::ForeignHeader {
                    path: self.path.clone(),
                    found: line(&found),
                    expected: line(&self.header),
                });
            }
        }
        if whole < length {
            file.set_len(whole).map_err(io)?;
            self.repaired = Some(length - whole);
        }
        self.safe = whole;
        self.file = Some(file);
        Ok(())
    }

    /// Writes the waiting rows and syncs them to the disk. After a failure they wait on, and the next call begins by
    /// cutting off what the failed one may have left.
    ///
    /// # Errors
    /// When the disk is full, or anything else stands in the way.
    pub fn sync(&mut self) -> Result<(), CsvFileError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.begin()
    }

    /// Does the same, and writes at least the header.
    ///
    /// # Errors
    /// Likewise.
    pub fn begin(&mut self) -> Result<(), CsvFileError> {
        self.open()?;
        let result = self.write_waiting();
        result.map_err(|source| CsvFileError::Io {
            path: self.path.clone(),
            source,
        })
    }

    /// Gives up the rows that wait, after a failure, and cuts off what it may have left of them.
    ///
    /// # Errors
    /// When the file cannot even be cut.
    pub fn give_up_waiting(&mut self) -> Result<(), CsvFileError> {
        self.waiting.clear();
        let cut = self.file.as_ref().map_or(Ok(()), |file| file.set_len(self.safe));
        cut.map_err(|source| CsvFileError::Io {
            path: self.path.clone(),
            source,
        })
    }

    fn write_waiting(&mut self) -> std::io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.set_len(self.safe)?;
        file.seek(SeekFrom::Start(self.safe))?;
        let mut written = self.safe;
        if self.safe == 0 {
            file.write_all(&self.header)?;
            written += self.header.len() as u64;
        }
        file.write_all(&self.waiting)?;
        file.sync_data()?;
        self.safe = written + self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }
}

/// Where the last whole row ends. Rows are looked for from the end: files get large.
fn last_row_end(file: &mut File, length: u64) -> std::io::Result<u64> {
    const BLOCK: u64 = 4096;
    let mut end = length;
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        file.seek(SeekFrom::Start(start))?;
        let mut block = Vec::new();
        Read::by_ref(file).take(end - start).read_to_end(&mut block)?;
        if let Some(at) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// The first line with its end; of a line longer than expected only a little more than that.
fn first_line(file: &mut File, expected: usize) -> std::io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(0))?;
    let mut start = Vec::new();
    Read::by_ref(file)
        .take(expected as u64 + 256)
        .read_to_end(&mut start)?;
    let end = start
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(start.len(), |at| at + 1);
    start.truncate(end);
    Ok(start)
}
