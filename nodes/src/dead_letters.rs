//! The dead letters: what nodes could not take and no wire leads on, one JSON object a line.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value as Json};
use twinflow_engine::node::{MakePart, NodeContext, Sink, SinkError};
use twinflow_engine::record::Batch;

/// A file that has grown to this is put aside, over the one that was put aside before: a broken device must not fill the
/// disk.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Keeps what nodes could not take in `data/dead-letters.jsonl` of the flow's folder.
#[must_use]
pub fn dead_letters(flow_folder: &Path) -> MakePart<dyn Sink> {
    let path = flow_folder.join("data").join("dead-letters.jsonl");
    Arc::new(move |context: &NodeContext| {
        Ok(Box::new(DeadLetters {
            path: path.clone(),
            context: context.clone(),
            waiting: Vec::new(),
        }) as Box<dyn Sink>)
    })
}

struct DeadLetters {
    path: PathBuf,
    context: NodeContext,
    /// Lines that are not safe yet.
    waiting: Vec<u8>,
}

#[async_trait]
impl Sink for DeadLetters {
    async fn write(&mut self, batch: &Batch) -> Result<(), SinkError> {
        for (row, (time, key)) in batch.times().iter().zip(batch.keys()).enumerate() {
            let mut letter = Map::new();
            letter.insert("time".to_owned(), time.to_iso().into());
            let key = self.context.keys.name(*key);
            if !key.is_empty() {
                letter.insert("key".to_owned(), (*key).into());
            }
            for (slot, field) in batch.schema().fields().iter().enumerate() {
                letter.insert(field.name.to_string(), batch.value(row, slot).to_json());
            }
            self.waiting.extend(Json::from(letter).to_string().into_bytes());
            self.waiting.push(b'\n');
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), SinkError> {
        let (path, lines) = (self.path.clone(), std::mem::take(&mut self.waiting));
        // The disk may take its time: not on the threads that serve the flow.
        let work = tokio::task::spawn_blocking(move || {
            let result = append(&path, &lines);
            (lines, result)
        });
        let (lines, result) = work.await.map_err(|error| SinkError::Never(error.to_string()))?;
        result.map_err(|error| {
            self.waiting = lines;
            SinkError::Later(format!("{} cannot be written: {error}", self.path.display()))
        })
    }
}

/// A kill or a power cut may have left half a letter at the end, which was never acknowledged: the next one must not stick to
/// it.
fn end_torn_line(file: &mut File, length: u64) -> std::io::Result<()> {
    let mut last = [b'\n'];
    if length > 0 {
        file.seek(SeekFrom::Start(length - 1))?;
        file.read_exact(&mut last)?;
    }
    if last == [b'\n'] {
        Ok(())
    } else {
        file.write_all(b"\n")
    }
}

/// Adds whole lines to the file, and nothing where that fails.
fn append(path: &Path, lines: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let size = std::fs::metadata(path).map_or(0, |file| file.len());
    if size >= MAX_BYTES {
        std::fs::rename(path, path.with_extension("old.jsonl"))?;
    }
    let mut file: File = OpenOptions::new()
        .create(true)
        .append(true)
        .read(true)
        .open(path)?;
    let length = file.metadata()?.len();
    let written = end_torn_line(&mut file, length)
        .and_then(|()| file.write_all(lines))
        .and_then(|()| file.sync_data());
    if written.is_err() {
        // Half a line would stick to the next try.
        file.set_len(length)?;
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_letter_does_not_spoil_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/dead-letters.jsonl");
        append(&path, b"{\"a\":1}\n").unwrap();
        append(&path, b"{\"b\":2}\n").unwrap();
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"torn\":").unwrap();
        append(&path, b"{\"c\":3}\n").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "{\"a\":1}\n{\"b\":2}\n{\"torn\":\n{\"c\":3}\n");
    }

    #[test]
    fn a_file_that_is_full_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dead-letters.jsonl");
        let file = File::create(&path).unwrap();
        file.set_len(MAX_BYTES).unwrap();
        append(&path, b"{}\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{}\n");
        let aside = folder.path().join("dead-letters.old.jsonl");
        assert_eq!(std::fs::metadata(aside).unwrap().len(), MAX_BYTES);
    }
}
