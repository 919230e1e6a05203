//! `twinflow simulate`: a data set in a file, or machines on a broker.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::models::pair;

#[derive(Debug, Args)]
pub struct SimulateOptions {
    /// How many machines: fan-1, fan-2 and so on; the experiments of a data set are spread over them, one each by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub machines: Option<u32>,

    /// Seed: the same seed gives the same readings [default: 1]
    #[arg(long, value_name = "SEED")]
    pub seed: Option<u64>,

    #[command(flatten, next_help_heading = "A labelled data set in a file (without --mqtt)")]
    pub data_set: DataSetOptions,

    #[command(flatten, next_help_heading = "Live machines on a broker (with --mqtt)")]
    pub live: LiveOptions,
}

/// A labelled data set.
#[derive(Debug, Args)]
pub struct DataSetOptions {
    /// The CSV file to write
    #[arg(long, short, value_name = "FILE", default_value = "data/fan-training.csv")]
    pub out: PathBuf,

    /// How many experiments
    #[arg(long, default_value_t = 240, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub runs: u32,

    /// How long each of them lasts
    #[arg(long, value_enum, default_value_t)]
    pub protocol: SimulatedProtocol,

    #[command(flatten)]
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

/// Machines that publish and take commands.
#[derive(Debug, Args)]
pub struct LiveOptions {
    // Read by us and not by clap, whose message of a wrong value would repeat the password in it.
    /// The broker, such as mqtt://192.168.1.10:1883; mqtts:// for TLS
    #[arg(long, value_name = "URL", conflicts_with_all = ["out", "runs", "protocol", "dropouts", "missing", "drift"])]
    pub mqtt: Option<String>,

    /// Readings a second of each machine, up to 10
    #[arg(long, value_name = "HZ", default_value_t = 5.0, value_parser = rate, requires = "mqtt")]
    pub rate: f64,

    /// What happens to the machines, and when; without it, random faults come and go
    #[arg(long, value_name = "FILE", requires = "mqtt", conflicts_with = "seed")]
    pub scenario: Option<PathBuf>,

    /// Where a machine publishes its readings
    #[arg(
        long,
        value_name = "TOPIC",
        default_value = "factory/{machine}/data",
        requires = "mqtt"
    )]
    pub topic: String,

    /// Where it takes commands; it answers on the same with /ack behind it
    #[arg(
        long,
        value_name = "TOPIC",
        default_value = "factory/{machine}/command",
        requires = "mqtt"
    )]
    pub commands: String,

    /// Where it keeps online or offline, retained
    #[arg(
        long,
        value_name = "TOPIC",
        default_value = "factory/{machine}/status",
        requires = "mqtt"
    )]
    pub status: String,

    /// End after so many seconds
    #[arg(long, value_name = "S", requires = "mqtt", value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: Option<u64>,

    #[command(flatten)]
    pub log: LogOptions,
}

/// A recorded log in place of simulated machines.
#[derive(Debug, Args)]
pub struct LogOptions {
    /// Play the machines of this CSV log, as csv-sink writes it, in place of simulated ones
    #[arg(long, value_name = "FILE", requires = "mqtt", conflicts_with_all = ["machines", "seed", "rate", "scenario"])]
    pub log: Option<PathBuf>,

    /// Play the log so many times as fast as it was: 10, 0.5x
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = super::speed, requires = "log")]
    pub speed: f64,

    /// Play the log again and again
    #[arg(long, requires = "log")]
    pub repeat: bool,

    /// The log's column of the time
    #[arg(long, value_name = "COLUMN", default_value = "time", requires = "log")]
    pub time: String,

    /// The log's column of the machine; without one, the log is of a single machine
    #[arg(long, value_name = "COLUMN", default_value = "key", requires = "log")]
    pub key: String,

    /// Where a column stands in the payload, such as heat_load=inputs.process_heat_load_w; may be given several times
    #[arg(long = "map", value_name = "COLUMN=PLACE", value_parser = pair, requires = "log")]
    pub maps: Vec<(String, String)>,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.trim_end_matches("Hz").trim().parse() {
        Ok(hertz) if hertz > 0.0 && hertz <= 10.0 => Ok(hertz),
        _ => Err("a number of more than 0 and at most 10 is due".to_owned()),
    }
}
