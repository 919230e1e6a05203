//! The command line.

mod access;
mod experiment;
mod models;
mod simulate;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use self::access::*;
pub use self::experiment::*;
pub use self::models::*;
pub use self::simulate::*;

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
    /// Start, stop or list the runs of an experiment of a running flow
    #[command(subcommand)]
    Experiment(ExperimentOptions),
    /// Say who may use the dashboard: people by a password, programs by a token
    #[command(subcommand)]
    User(UserOptions),
    /// Tell what a flow's nodes remember over restarts, or make one forget
    State(StateOptions),
    /// Begin a flow, or a node type of your own
    #[command(subcommand)]
    New(NewOptions),
    /// Let simulated machines publish on a broker, or write a labelled data set of them
    Simulate(Box<SimulateOptions>),
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
            access: AccessOptions::default(),
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

    #[command(flatten)]
    pub access: AccessOptions,
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

    #[command(flatten)]
    pub access: AccessOptions,
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
