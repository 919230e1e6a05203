//! `csv-sink`: records into a CSV file that grows across restarts.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic, shortened};
use twinflow_engine::language::{Spanned, listed};
use twinflow_engine::node::{
    Check, Checked, FileSet, NodeContext, NodeType, Part, Place, Role, Shown, Sink, SinkError, StartError,
    View, ViewColumn,
};
use twinflow_engine::record::{Batch, EventTime};
use twinflow_engine::runtime::ReadinessReporter;
use twinflow_engine::schema::Field;
use twinflow_engine::unit::Quantity;

use crate::csv_file::{CsvFile, CsvFileError};
use crate::csv_rows::CsvRows;
use crate::field_selection::{SelectedField, select_fields};

/// The node type.
pub struct CsvSink {
    /// Where it writes, in place of the folders that the flow names.
    pub folder: Option<PathBuf>,
}

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The file, relative to the flow file. `%Y-%m-%d` and the like become the record's date (UTC): a file a day.
    file: Spanned<String>,
    /// The fields to write; all by default.
    fields: Option<Vec<Spanned<String>>>,
    /// How long rows may wait to be synced to the disk as a group, such as `1 s`; 100 ms by default, a minute at most.
    sync: Option<Spanned<String>>,
    /// Shows on the dashboard what the files hold.
    show: Option<ShowConfig>,
}

/// Where and how the dashboard shows the files.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ShowConfig {
    /// The written fields that are shown at first; all by default.
    fields: Option<Vec<Spanned<String>>>,
    /// Its own heading.
    title: Option<String>,
    /// The page on which it stands, by its title.
    page: Option<String>,
    /// The heading under which it stands; `Log` by default.
    group: Option<String>,
    /// Columns of a grid of twelve.
    #[schemars(range(min = 1, max = 12))]
    width: Option<u8>,
    /// Those of lower order stand earlier in their group.
    #[serde(default)]
    order: i32,
}

impl NodeType for CsvSink {
    const NAME: &'static str = "csv-sink";
    const ROLE: Role = Role::Sink;
    const DOC: &'static str = r#"Writes records into a CSV file, and goes on in it after a restart.

The first line names the columns: `time` (ISO 8601, UTC), `key` (the machine), then the fields with their units in
brackets, as in `temp [°C]`. A file that begins with other columns is refused, so that no file holds two kinds of rows. Rows
are synced to the disk in groups, ten times a second; only then are they acknowledged to the broker. `sync: 1 s` spares a
memory card: a group a second. When the disk is full,
the sink holds the readings back and goes on when there is room. A line break in a text becomes a space: a record is a line.

With `show`, the dashboard gets a widget in which the files can be looked into, as curves or as a table, and taken away.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C } } }
  log: { type: csv-sink, from: fan, file: data/fan-%Y-%m-%d.csv, show: { page: Log } }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let fields = select_fields(config.fields.as_deref(), check);
        let pattern = pattern(&config.file, check);
        // Without the `.` in `./fan.csv`: both spellings claim one file.
        let plain: PathBuf = check.path(&config.file).components().collect();
        let is_free = check.claim(&format!("the file {}", plain.display()), config.file.span);
        let names = match &self.folder {
            Some(folder) => FileNames {
                directory: folder.clone(),
                pattern: config
                    .file
                    .rsplit(['/', '\\'])
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
            },
            None => FileNames {
                directory: check.folder(config.file.span).to_owned(),
                pattern: config.file.value.clone(),
            },
        };
        let sync = match &config.sync {
            None => Some(DEFAULT_SYNC),
            Some(text) => sync_interval(text, check),
        };
        let (fields, (), sync) = (fields?, pattern?, sync?);
        let view = match config.show {
            Some(show) => Some(view(show, &fields, names.files(), check)?),
            None => None,
        };
        if !is_free {
            return None;
        }
        let rows = CsvRows::of(fields);
        // The records of a replay are not of today.
        let is_of_today = self.folder.is_none();
        let make = move |context: &NodeContext| {
            let logging = Logging::new(names.clone(), rows.clone(), sync, context);
            if is_of_today {
                logging.opened()
            } else {
                Ok(logging)
            }
        };
        Some(Checked {
            outputs: Vec::new(),
            part: Part::sink(make),
            view,
            decode: None,
        })
    }
}

/// What the dashboard shows of the files.
fn view(show: ShowConfig, written: &[SelectedField], files: FileSet, check: &mut Check<'_>) -> Option<View> {
    let shown: Option<Vec<Field>> = show
        .fields
        .unwrap_or_default()
        .iter()
        .map(|name| {
            let field = written.iter().find(|field| *field.name == *name.value);
            if field.is_none() {
                let names = listed(written.iter().map(|field| &*field.name));
                let message = format!("`{}` is not written into the file", shortened(name));
                check.report(
                    Diagnostic::new(Code::UnknownField, name.span, message)
                        .with_help(format!("written are {names}")),
                );
            }
            field.map(|field| field.field.clone())
        })
        .collect();
    let columns = shown?.into_iter().map(|field| ViewColumn {
        field,
        // The rows are read from the file.
        slot: None,
        shown: true,
    });
    Some(View {
        place: Place {
            page: show.page,
            group: Some(show.group.unwrap_or_else(|| "Log".to_owned())),
            order: show.order,
            width: show.width,
        },
        title: Some(show.title.unwrap_or_else(|| files.pattern.clone())),
        shown: Shown::Log,
        columns: columns.collect(),
        alert: None,
        popup: false,
        span_seconds: None,
        bands: Vec::new(),
        files: Some(files),
    })
}

/// Long enough for many rows to share a sync, short enough for nobody to notice.
const DEFAULT_SYNC: Duration = Duration::from_millis(100);
/// The broker waits for the acknowledgement of all rows that are not synced: longer would stop it.
const LONGEST_SYNC: Duration = Duration::from_secs(60);

fn sync_interval(text: &Spanned<String>, check: &mut Check<'_>) -> Option<Duration> {
    let reason = match Quantity::parse_duration(text) {
        Ok(interval) if interval <= LONGEST_SYNC => return Some(interval),
        Ok(_) => format!("`{}` is too long: rows may wait a minute at most", text.trim()),
        Err(reason) => reason,
    };
    let diagnostic = Diagnostic::new(Code::WrongValue, text.span, reason);
    check.report(diagnostic.with_help("write a time such as `sync: 500 ms` or `sync: 1 s`"));
    None
}

/// Whether the file's name is one, and its `%` parts are ones that dates have.
fn pattern(file: &Spanned<String>, check: &mut Check<'_>) -> Option<()> {
    if file.trim().is_empty() || file.ends_with(['/', '\\']) {
        let diagnostic = Diagnostic::new(Code::WrongValue, file.span, "this names no file");
        check.report(diagnostic.with_help("such as `data/fan.csv`"));
        return None;
    }
    let unknown = StrftimeItems::new(file).any(|item| item == Item::Error);
    if unknown {
        let diagnostic = Diagnostic::new(
            Code::WrongValue,
            file.span,
            "a `%` in this name does not stand for a part of a date",
        );
        check.report(
            diagnostic
                .with_help("`%Y` is the year, `%m` the month, `%d` the day, `%H` the hour; `%%` is a `%`"),
        );
        return None;
    }
    Some(())
}

/// Where the files are, and what they are called.
#[derive(Clone)]
struct FileNames {
    /// The flow's own; a `%` in it means itself.
    directory: PathBuf,
    /// `file:` as the flow has it.
    pattern: String,
}

impl FileNames {
    /// The file for records of this time.
    fn at(&self, time: EventTime) -> PathBuf {
        if !self.pattern.contains('%') {
            return self.directory.join(&self.pattern);
        }
        let date: DateTime<Utc> = DateTime::from_timestamp_micros(time.0).unwrap_or_default();
        self.directory.join(date.format(&self.pattern).to_string())
    }
}

impl FileNames {
    /// All files that are ever written: whatever stands for a part of a date may be anything.
    fn files(&self) -> FileSet {
        let dated = self.pattern.find('%').unwrap_or(self.pattern.len());
        let (plain, _) = self.pattern.split_at(dated);
        // Folders without a date in their names are those of all files.
        let name = plain.rfind('/').map_or(0, |slash| slash + 1);
        let (folder, name) = self.pattern.split_at(name);
        let mut pattern = String::new();
        for item in StrftimeItems::new(name) {
            match item {
                Item::Literal(text) | Item::Space(text) => pattern.push_str(&glob::Pattern::escape(text)),
                _ if pattern.ends_with('*') => {}
                _ => pattern.push('*'),
            }
        }
        FileSet {
            folder: self.directory.join(folder),
            pattern,
        }
    }
}

/// The run-time part.
struct Logging {
    names: FileNames,
    rows: CsvRows,
    header: Arc<[u8]>,
    sync: Duration,
    context: NodeContext,
    readiness: ReadinessReporter,
    /// Files with rows that they have not got yet; more than one when a batch spans midnight. The last is at hand.
    files: Vec<CsvFile>,
}

impl Logging {
    fn new(names: FileNames, rows: CsvRows, sync: Duration, context: &NodeContext) -> Self {
        Self {
            names,
            header: rows.header().into(),
            rows,
            sync,
            context: context.clone(),
            readiness: context.readiness.reporter(),
            files: Vec::new(),
        }
    }

    /// Opens the file of today, which tells of a foreign one before the first reading comes.
    fn opened(mut self) -> Result<Self, StartError> {
        let path = self.names.at(EventTime::now());
        let mut file = CsvFile::new(path, Arc::clone(&self.header));
        match file.open() {
            Ok(()) => {}
            // It may be there when the first reading comes.
            Err(error @ CsvFileError::Io { .. }) => self.readiness.not_ready(error.to_string()),
            Err(error @ CsvFileError::ForeignHeader { .. }) => return Err(StartError(error.to_string())),
        }
        self.files.push(file);
        Ok(self)
    }
}

#[async_trait]
impl Sink for Logging {
    async fn write(&mut self, batch: &Batch) -> Result<(), SinkError> {
        for (row, time) in batch.times().iter().enumerate() {
            let path = self.names.at(*time);
            let mut text = Vec::new();
            self.rows.write(batch, row, &self.context.keys, &[], &mut text);
            match self.files.iter_mut().find(|file| file.path() == path) {
                Some(file) => file.append(&text),
                None => {
                    let mut file = CsvFile::new(path, Arc::clone(&self.header));
                    file.append(&text);
                    self.files.push(file);
                }
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), SinkError> {
        let mut files = std::mem::take(&mut self.files);
        // The disk may take its time: not on the threads that serve the flow.
        let work = tokio::task::spawn_blocking(move || {
            let result = files.iter_mut().try_for_each(CsvFile::sync);
            (files, result)
        });
        let (files, result) = work.await.map_err(|error| SinkError::Never(error.to_string()))?;
        self.files = files;
        for file in &mut self.files {
            if let Some(lost) = file.take_repair() {
                let message = format!(
                    "{} ended in the middle of a row; {lost} bytes were cut off",
                    file.path().display()
                );
                self.context.problems.report("torn row repaired", message);
            }
        }
        result.map_err(|error| SinkError::Later(error.to_string()))?;
        self.readiness.ready();
        // Yesterday's file is done; only the last one stays open.
        let done = self.files.len().saturating_sub(1);
        self.files.drain(..done);
        Ok(())
    }

    fn flush_interval(&self) -> Duration {
        self.sync
    }
}
