//! What a log says about the machine's condition: the fault, the run, and the severity of each of its rows.
//!
//! It is read beside the flow, and found again by machine and time: so a flow need not carry it along, and its nodes may
//! drop records or make new ones.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use twinflow_engine::diagnostic::shortened;
use twinflow_engine::language::listed;
use twinflow_engine::record::EventTime;
use twinflow_models::Classes;
use twinflow_nodes::log_columns::{LogHeader, is_missing, parse_time};

use crate::cli::{ColumnOptions, DEFAULT_RUN};
use crate::exit::Stop;

/// Without a column of runs, one ends where a machine logs nothing for so long,
const GAP_US: i64 = 60_000_000;
/// and for so many times its usual step.
const GAP_STEPS: i64 = 10;

/// The condition of every machine over time.
pub struct Truth {
    machines: HashMap<String, Vec<Known>>,
    runs: Vec<String>,
    /// Whether the runs were told apart by gaps.
    pub is_by_gaps: bool,
    /// Whether the log says which fault there was.
    pub is_labelled: bool,
}

/// Whether a log must say which fault there was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// It must.
    Needed,
    /// It may.
    Welcome,
}

/// What is known from a moment on.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    time: EventTime,
    /// The code of the class; nothing when the log does not say it.
    pub code: Option<u32>,
    run: usize,
    /// The severity of the fault.
    pub severity: Option<f32>,
}

/// The columns of the truth in a log.
struct Columns {
    time: usize,
    key: Option<usize>,
    label: Option<usize>,
    run: Option<usize>,
    severity: Option<usize>,
}

impl Truth {
    /// Reads a log.
    pub fn read(path: &Path, options: &ColumnOptions, classes: &Classes, label: Label) -> Result<Self, Stop> {
        let unreadable =
            |error: csv::Error| Stop::usage(format!("the log {} cannot be read: {error}", path.display()));
        let mut reader = csv::Reader::from_path(path).map_err(unreadable)?;
        let header = LogHeader::new(reader.headers().map_err(unreadable)?);
        let columns = Columns::find(path, &header, options, label)?;
        let codes = codes(classes);
        let mut truth = Truth {
            machines: HashMap::new(),
            runs: Vec::new(),
            is_by_gaps: columns.run.is_none(),
            is_labelled: columns.label.is_some(),
        };
        let mut numbers: HashMap<(String, String), usize> = HashMap::new();
        let mut machine_of_run: HashMap<String, String> = HashMap::new();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(unreadable)? {
            let line = record.position().map_or(0, csv::Position::line);
            let cell = |column: usize| record.get(column).unwrap_or_default().trim();
            let wrong = |expected: &str, column: usize| {
                let found = shortened(cell(column));
                Stop::usage(format!(
                    "{}:{line}: expected {expected}, found `{found}`",
                    path.display()
                ))
            };
            let time = parse_time(cell(columns.time))
                .ok_or_else(|| wrong("a time as ISO 8601 or as a number since 1970", columns.time))?;
            let code = match columns.label.map(|column| (column, cell(column))) {
                None => None,
                Some((_, label)) if is_missing(label) => None,
                Some((column, label)) => Some(code(label, &codes).ok_or_else(|| {
                    let labels = listed(classes.iter().map(|class| class.label.as_str()));
                    wrong(&format!("the code or the name of a class ({labels})"), column)
                })?),
            };
            let severity = columns.severity.and_then(|column| cell(column).parse().ok());
            let key = columns.key.map(cell).unwrap_or_default();
            let run = match columns.run.map(cell) {
                Some(run) => *numbers
                    .entry((key.to_owned(), run.to_owned()))
                    .or_insert_with(|| {
                        let first = machine_of_run
                            .entry(run.to_owned())
                            .or_insert_with(|| key.to_owned());
                        // Two machines in one run are two courses of things.
                        let name = if first == key {
                            run.to_owned()
                        } else {
                            format!("{run} ({key})")
                        };
                        truth.runs.push(name);
                        truth.runs.len() - 1
                    }),
                None => 0,
            };
            let known = Known {
                time,
                code,
                run,
                severity,
            };
            match truth.machines.get_mut(key) {
                Some(known_before) => known_before.push(known),
                None => {
                    truth.machines.insert(key.to_owned(), vec![known]);
                }
            }
        }
        for known in truth.machines.values_mut() {
            known.sort_by_key(|known| known.time);
        }
        if truth.is_by_gaps {
            truth.number_by_gaps();
        }
        Ok(truth)
    }

    /// What is known of a machine at a time: what the last row up to then says.
    pub fn at(&self, machine: &str, time: EventTime) -> Option<&Known> {
        let known = self.machines.get(machine)?;
        let later = known.partition_point(|known| known.time <= time);
        known.get(later.checked_sub(1)?)
    }

    /// The name of a row's run.
    pub fn run(&self, known: &Known) -> &str {
        self.runs.get(known.run).map_or("", String::as_str)
    }

    /// How many runs there are.
    pub fn run_count(&self) -> usize {
        self.runs.len()
    }

    fn number_by_gaps(&mut self) {
        // In the order of the names, so that the numbers do not depend on the order of a hash map.
        let machines: BTreeMap<&String, &mut Vec<Known>> = self.machines.iter_mut().collect();
        for (machine, known) in machines {
            let times: Vec<EventTime> = known.iter().map(|known| known.time).collect();
            let step = |(earlier, later): (&EventTime, &EventTime)| later.0.saturating_sub(earlier.0);
            let steps = || times.iter().zip(times.iter().skip(1)).map(step);
            let mut sorted: Vec<i64> = steps().filter(|step| *step > 0).collect();
            sorted.sort_unstable();
            let usual = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
            let gap = GAP_US.max(usual.saturating_mul(GAP_STEPS));
            // Before the first row is a gap as well.
            let gaps = std::iter::once(i64::MAX).chain(steps());
            for (known, step) in known.iter_mut().zip(gaps) {
                if step > gap {
                    let begin = known.time.to_iso();
                    self.runs.push(match machine.as_str() {
                        "" => format!("from {begin}"),
                        machine => format!("{machine} from {begin}"),
                    });
                }
                known.run = self.runs.len().saturating_sub(1);
            }
        }
    }
}

impl Columns {
    fn find(path: &Path, header: &LogHeader, options: &ColumnOptions, label: Label) -> Result<Self, Stop> {
        let missing = |name: &str, option: &str| {
            Stop::usage(format!(
                "{}: there is no column `{name}`; name another with {option}: there are {}",
                path.display(),
                header.listed()
            ))
        };
        let needed = |name: &str, option: &str| header.position(name).ok_or_else(|| missing(name, option));
        Ok(Self {
            time: needed(&options.time, "--time")?,
            key: header.position("key"),
            label: match label {
                Label::Needed => Some(needed(&options.label, "--label")?),
                Label::Welcome => header.position(&options.label),
            },
            run: match &options.run {
                Some(run) => Some(needed(run, "--run")?),
                None => header.position(DEFAULT_RUN),
            },
            severity: header.position(&options.severity),
        })
    }
}

/// The codes of the classes by their labels in lower case.
fn codes(classes: &Classes) -> BTreeMap<String, i64> {
    let code = |class: &twinflow_models::Class| (class.label.to_lowercase(), i64::from(class.code));
    classes.iter().map(code).collect()
}

/// A class's code from its label, or from its number; `3.0` is 3, as some programs write it.
fn code(label: &str, codes: &BTreeMap<String, i64>) -> Option<u32> {
    let by_label = codes.get(&label.to_lowercase()).copied();
    let number = || {
        let number: f64 = label.parse().ok()?;
        (number.fract() == 0.0 && (0.0..f64::from(u32::MAX)).contains(&number)).then_some(number as i64)
    };
    by_label.or_else(number).and_then(|code| u32::try_from(code).ok())
}
