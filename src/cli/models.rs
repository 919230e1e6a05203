//! The commands that make, look into and export models, and fit twins.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{DEFAULT_FLOW, DEFAULT_RUN};

#[derive(Debug, Subcommand)]
pub enum ModelOptions {
    /// Tell what is in a model file: features, classes, training, figures
    Show {
        /// The model file
        model: PathBuf,

        /// How to tell it
        #[arg(long, value_enum, default_value_t)]
        format: ModelFormat,
    },
    /// Print the YAML that tells what an ONNX file's numbers mean, to be filled in and saved beside it
    Card {
        /// The ONNX file
        model: PathBuf,
    },
    /// Print labels, advice and severity as YAML, to be edited
    Texts {
        /// The model file
        model: PathBuf,
    },
    /// Write edited labels, advice and severity into a model file
    Set {
        /// The model file
        model: PathBuf,

        /// The YAML that `twinflow model texts` printed, edited
        texts: PathBuf,
    },
}

/// Who reads what a model is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ModelFormat {
    /// A person
    #[default]
    Text,
    /// A program: one JSON document
    Json,
}

#[derive(Debug, Args)]
pub struct ExportOptions {
    /// The model file
    pub model: PathBuf,

    /// The C header to write
    #[arg(long = "c", value_name = "FILE.h")]
    pub header: PathBuf,

    /// Keep at most so many trees, the first ones
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub trees: Option<u16>,

    /// Cut every tree after so many splits in a row
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    pub depth: Option<u8>,

    /// Make the forest's tables fit so many bytes, such as 128KiB: trees are left out, then cut shorter
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub flash: Option<usize>,
}

#[derive(Debug, Args)]
pub struct TrainOptions {
    /// The flow whose nodes compute the features
    #[arg(default_value = DEFAULT_FLOW)]
    pub flow: PathBuf,

    /// The log to learn from: a CSV file as `csv-sink` or `twinflow simulate` writes it, or any other
    #[arg(long, value_name = "LOG")]
    pub from: PathBuf,

    /// The model file to write; the one that the flow's `classify` node names, by default
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Also write the report as a page with plots
    #[arg(long, value_name = "FILE.html")]
    pub html: Option<PathBuf>,

    /// Also write the report as JSON
    #[arg(long, value_name = "FILE.json")]
    pub report: Option<PathBuf>,

    #[command(flatten, next_help_heading = "The log's columns")]
    pub columns: ColumnOptions,

    #[command(flatten, next_help_heading = "Judgement and learning")]
    pub learning: LearningOptions,
}

/// What to fit.
#[derive(Debug, Args)]
pub struct FitOptions {
    /// The flow with the twin
    #[arg(default_value = DEFAULT_FLOW)]
    pub flow: PathBuf,

    /// The log of the machine: a CSV file as `csv-sink` writes it, or any other
    #[arg(long, value_name = "LOG")]
    pub from: PathBuf,

    /// The `twin` node, where the flow has several
    #[arg(long, value_name = "NAME")]
    pub node: Option<String>,

    #[command(flatten, next_help_heading = "The log's columns")]
    pub columns: ColumnOptions,
}

/// Which column of a log is what.
#[derive(Debug, Args)]
pub struct ColumnOptions {
    /// A column under another name than the flow's field, such as "Temp (C)=temp"
    #[arg(long = "map", value_name = "COLUMN=FIELD", value_parser = pair)]
    pub maps: Vec<(String, String)>,

    /// The unit of a field's column, such as temp=°F; otherwise that in the header's brackets, or the flow's
    #[arg(long = "unit", value_name = "FIELD=UNIT", value_parser = pair)]
    pub units: Vec<(String, String)>,

    /// The column of the time: ISO 8601, or seconds or milliseconds
    #[arg(long, value_name = "COLUMN", default_value = "time")]
    pub time: String,

    /// The column that says which fault there was, by the code or the name of its class
    #[arg(long, value_name = "COLUMN", default_value = "actual_fault")]
    pub label: String,

    /// The column of the run, such as `run`; without one, a run ends where the log has a gap
    #[arg(long, value_name = "COLUMN")]
    pub run: Option<String>,

    /// The column of the fault's severity, 0 to 1, if there is one
    #[arg(long, value_name = "COLUMN", default_value = "fault_severity")]
    pub severity: String,
}

impl ColumnOptions {
    /// The columns that only an experiment's protocol knows: label, run and severity.
    pub fn truth(&self) -> impl Iterator<Item = &str> {
        let run = self.run.as_deref().unwrap_or(DEFAULT_RUN);
        [self.label.as_str(), run, &self.severity].into_iter()
    }
}

/// How to learn, and how to judge what was learnt.
#[derive(Debug, Args)]
pub struct LearningOptions {
    /// What the model is judged by; it is then trained on everything
    #[arg(long, value_enum, default_value_t)]
    pub split: SplitBy,

    /// In how many parts the runs are held out
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(2..=100))]
    pub folds: u8,

    /// Try so many random settings of the forest as well, and take the best
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub search: Option<u16>,

    /// Learn from a feature although it tells the time, or never changes
    #[arg(long = "allow", value_name = "FEATURE")]
    pub allowed: Vec<String>,

    /// How many trees
    #[arg(long, default_value_t = 160, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub trees: u16,

    /// Seed: the same seed and log give the same model
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
}

/// What a model is judged by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SplitBy {
    /// Every run once, held out whole, in --folds parts
    #[default]
    Runs,
    /// The latest quarter of the log
    Temporal,
}

pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.rsplit_once('=') {
        Some((left, right)) if !left.trim().is_empty() && !right.trim().is_empty() => {
            Ok((left.trim().to_owned(), right.trim().to_owned()))
        }
        _ => Err("expected two names with `=` between them".to_owned()),
    }
}

fn bytes(text: &str) -> Result<usize, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor = match unit.trim() {
        "" | "B" => Some(1),
        "kB" => Some(1000),
        "KiB" => Some(1024),
        _ => None,
    };
    let bytes = factor.and_then(|factor: usize| number.parse::<usize>().ok()?.checked_mul(factor));
    bytes.ok_or_else(|| "expected a number of bytes such as 131072, 128KiB or 131kB".to_owned())
}
