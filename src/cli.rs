//! The command line.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The flow that runs when none is named.
pub const DEFAULT_FLOW: &str = "flows/fan-cooling.yaml";

/// The column of a log that tells the run when none is named.
pub const DEFAULT_RUN: &str = "run";

/// Digital twins of small plants from one YAML file: checked, run, and shown live.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = false, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Tell more of what happens (-v), or everything (-vv)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,

    /// How the log on standard error is written
    #[arg(long, global = true, value_enum, default_value_t)]
    pub log_format: LogFormat,
}

/// Who reads the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A person
    #[default]
    Text,
    /// A program: one JSON object a line
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a flow and show its dashboard (the default)
    Run(RunOptions),
    /// Check a flow and tell everything that is wrong with it
    Check(CheckOptions),
    /// Run the tests that stand in flows
    Test(TestOptions),
    /// Run a log through a flow: as fast as it goes, or live on the dashboard
    Replay(ReplayOptions),
    /// Watch a running flow: rates, queues, times and problems of every node
    Top(TopOptions),
    /// Show what leaves a node of a running flow, live
    Tap(TapOptions),
    /// Make a running flow what its file says now
    Reload(ReloadOptions),
    /// Tell what a flow's nodes remember over restarts, or make one forget
    State(StateOptions),
    /// Begin a flow, or a node type of your own
    #[command(subcommand)]
    New(NewOptions),
    /// Write a labelled data set of the simulated fan
    Simulate(SimulateOptions),
    /// Train a flow's fault model from a log and judge it on runs that it has not seen
    Train(TrainOptions),
    /// Fit a flow's twin to a log: find the machine's own parameters, with their errors
    Fit(FitOptions),
    /// Look into a model file, or change its labels, advice and severity
    #[command(subcommand)]
    Model(ModelOptions),
    /// Write a model as C for a microcontroller, with a smaller forest if need be
    Export(ExportOptions),
    /// List the node types, or explain one
    Nodes(NodesOptions),
    /// Print the JSON Schema of flow files, for completion in editors
    Schema,
    /// Draw a flow, with what each wire carries
    Graph(GraphOptions),
    /// Tell what two flows mean differently: exit code 0 for nothing, 1 for something
    Diff(DiffOptions),
    /// Serve an editor over standard input and output (Language Server Protocol)
    Lsp,
    /// Lay out flow files: indentation, spaces, columns, the order of keys
    Fmt(FmtOptions),
    /// Bring flow files of an older language version to the present one
    Migrate(MigrateOptions),
    /// List what checks can find, or explain one of it
    Explain(ExplainOptions),
}

impl Default for Command {
    fn default() -> Self {
        Self::Run(RunOptions {
            flow: FlowOptions::default(),
            listen: default_listen(),
        })
    }
}

/// Which flow, and with which broker.
#[derive(Clone, Debug, Args)]
pub struct FlowOptions {
    /// The flow file
    #[arg(default_value = DEFAULT_FLOW)]
    pub flow: PathBuf,

    /// Use this broker where the flow says ${TWINFLOW_BROKER}, such as mqtt://192.168.1.10:1883
    #[arg(long, value_name = "ADDRESS")]
    pub broker: Option<String>,
}

impl Default for FlowOptions {
    fn default() -> Self {
        Self {
            flow: DEFAULT_FLOW.into(),
            broker: None,
        }
    }
}

#[derive(Debug, Args)]
pub struct RunOptions {
    #[command(flatten)]
    pub flow: FlowOptions,

    /// Where the dashboard listens: a port, or an address with a port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:1880", value_parser = listen_address)]
    pub listen: SocketAddr,
}

#[derive(Debug, Args)]
pub struct CheckOptions {
    #[command(flatten)]
    pub flow: FlowOptions,

    /// Look at the flow's own text alone, not at models and brokers
    #[arg(long = "static")]
    pub is_static: bool,

    /// How to tell what was found: json and github on standard output
    #[arg(long, value_enum, default_value_t)]
    pub format: CheckFormat,

    /// End as with errors when there are warnings
    #[arg(long)]
    pub deny_warnings: bool,
}

/// Who reads what `check` finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// A person: each mistake with its line
    #[default]
    Text,
    /// A program: one JSON document
    Json,
    /// GitHub: workflow commands, which become notes in a pull request
    Github,
}

#[derive(Debug, Args)]
pub struct FmtOptions {
    /// The flow files; `-` reads standard input and writes standard output [default: flows/fan-cooling.yaml]
    pub files: Vec<PathBuf>,

    /// Write nothing; show what would change, and end with 1 if anything would
    #[arg(long)]
    pub check: bool,

    /// Write to standard output instead of the file
    #[arg(long, conflicts_with = "check")]
    pub stdout: bool,
}

#[derive(Debug, Args)]
pub struct MigrateOptions {
    /// The flow files
    #[arg(required = true)]
    pub flows: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ExplainOptions {
    /// The code to explain, such as E012; all are listed by default
    pub code: Option<String>,
}

#[derive(Debug, Args)]
pub struct TestOptions {
    /// Flow files, or folders of them
    #[arg(default_value = DEFAULT_FLOW)]
    pub flows: Vec<PathBuf>,

    /// Run only the tests with this in their name
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,

    /// Also write the results as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ReplayOptions {
    #[command(flatten)]
    pub flow: FlowOptions,

    /// The log: a CSV file as `csv-sink` writes it
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,

    /// The source that the log stands for; needed when the flow has several
    #[arg(long, value_name = "NODE")]
    pub source: Option<String>,

    /// Write the files of `csv-sink` nodes into this folder; without it, nothing is written
    #[arg(long, short, value_name = "FOLDER")]
    pub out: Option<PathBuf>,

    /// Show it on the dashboard, so many times as fast as it was: 1x, 10x
    #[arg(long, value_name = "FACTOR", value_parser = speed)]
    pub speed: Option<f64>,

    /// Where the dashboard listens, with --speed: a port, or an address with a port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:1880", value_parser = listen_address)]
    pub listen: SocketAddr,
}

/// Which running flow.
#[derive(Debug, Args)]
pub struct RunningOptions {
    /// Where its dashboard is
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:1880")]
    pub url: String,
}

#[derive(Debug, Args)]
pub struct TopOptions {
    #[command(flatten)]
    pub running: RunningOptions,

    /// Print one snapshot as text, and end
    #[arg(long)]
    pub once: bool,
}

#[derive(Debug, Args)]
pub struct ReloadOptions {
    #[command(flatten)]
    pub running: RunningOptions,
}

#[derive(Debug, Args)]
pub struct TapOptions {
    /// The node, such as fan; or one of its outputs, such as switch.hot or fan.error
    pub node: String,

    #[command(flatten)]
    pub running: RunningOptions,

    /// End after so many records
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub records: Option<u64>,

    /// Only records of this machine
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum NewOptions {
    /// Write a small flow to begin with
    Flow {
        /// The file to write, such as oven.yaml
        file: PathBuf,
    },
    /// Write a node type of your own, a rhai script, and a flow that tests it
    Node {
        /// Its name, such as moving-average
        name: String,

        /// The folder to write into
        #[arg(long, default_value = "nodes")]
        folder: PathBuf,
    },
}

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
pub struct SimulateOptions {
    /// The CSV file to write
    #[arg(long, short, value_name = "FILE", default_value = "data/fan-training.csv")]
    pub out: PathBuf,

    /// How many experiments
    #[arg(long, default_value_t = 240, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub runs: u32,

    /// How long each of them lasts
    #[arg(long, value_enum, default_value_t)]
    pub protocol: SimulatedProtocol,

    /// Seed: the same seed gives the same file
    #[arg(long, default_value_t = 1)]
    pub seed: u64,

    /// How many machines the experiments are spread over; each has one of its own by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub machines: Option<u32>,

    #[command(flatten, next_help_heading = "What real logs suffer from")]
    pub flaws: FlawOptions,
}

/// What real logs suffer from.
#[derive(Debug, Args)]
pub struct FlawOptions {
    /// Percent of the readings that get lost, some seconds of them in a row
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0, value_parser = percent)]
    pub dropouts: f64,

    /// Percent of the values that are missing, each by itself
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0, value_parser = percent)]
    pub missing: f64,

    /// How far sensors have drifted by the end of the data set, in percent of what they can show
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0, value_parser = percent)]
    pub drift: f64,
}

fn percent(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('%').trim().parse() {
        Ok(percent) if (0.0..=90.0).contains(&percent) => Ok(percent),
        _ => Err("a number from 0 to 90 is due".to_owned()),
    }
}

/// The phases of a simulated experiment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SimulatedProtocol {
    /// 30 s as it should be, 90 s of the fault, 20 s of recovery: 700 readings
    #[default]
    Short,
    /// 60 s, 480 s and 60 s, as in the published experiments: 3,000 readings
    Full,
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

#[derive(Debug, Args)]
pub struct NodesOptions {
    /// The node type to explain
    pub node_type: Option<String>,
}

#[derive(Debug, Args)]
pub struct GraphOptions {
    #[command(flatten)]
    pub flow: FlowOptions,

    /// The format; by default what the name of --out ends in, or dot
    #[arg(long, value_enum)]
    pub format: Option<GraphFormat>,

    /// The file to write instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum GraphFormat {
    /// For Graphviz
    Dot,
    /// For Mermaid, in Markdown pages
    Mermaid,
    /// A picture for browsers
    Svg,
}

#[derive(Debug, Args)]
pub struct StateOptions {
    /// The flow file
    #[arg(default_value = DEFAULT_FLOW)]
    pub flow: PathBuf,

    /// The node that is to begin anew; the flow must not be running
    #[arg(long, value_name = "NODE")]
    pub forget: Option<String>,
}

#[derive(Debug, Args)]
pub struct DiffOptions {
    /// The flow file as it was
    pub old: PathBuf,

    /// The flow file as it is now
    pub new: PathBuf,
}

fn default_listen() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 1880))
}

fn pair(text: &str) -> Result<(String, String), String> {
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

fn speed(text: &str) -> Result<f64, String> {
    let factor = text.trim_end_matches(['x', '×']).parse::<f64>();
    match factor {
        Ok(factor) if factor > 0.0 && factor <= 1e6 => Ok(factor),
        _ => Err("expected a factor such as 10x or 0.5x".to_owned()),
    }
}

fn listen_address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, default_listen().port()));
    }
    text.parse()
        .map_err(|_| "expected a port such as 8080, or an address such as 127.0.0.1:8080".to_owned())
}
