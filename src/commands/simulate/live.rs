//! Machines on a broker, until someone stops them.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anstream::{eprintln, println};
use indicatif::{ProgressBar, ProgressStyle};
use twinflow_engine::diagnostic::{Warnings, verdict};
use twinflow_engine::language::{SourceId, Sources, read_text};
use twinflow_nodes::mqtt::BrokerAddress;
use twinflow_nodes::recording::{PayloadNames, Recording, RecordingColumns, RecordingSettings};
use twinflow_nodes::scenario::Scenario;
use twinflow_nodes::virtual_plant::{
    Behaviour, Fleet, MACHINE, Machines, PlantSettings, TopicPattern, Topics, VirtualPlant,
};

use super::tally::{Counts, Tally};
use crate::cli::{LiveOptions, LogOptions, SimulateOptions};
use crate::exit::{Exit, Stop};
use crate::flow_file;
use crate::stop_signals::StopSignals;

/// How often a person sees new figures, and how often a log does.
const ON_A_TERMINAL: Duration = Duration::from_secs(1);
const IN_A_LOG: Duration = Duration::from_secs(10);

/// Lets the machines act until they are stopped, or their time or their log is over.
pub fn run(options: &SimulateOptions, address: &str) -> Result<(), Stop> {
    let address: BrokerAddress = address
        .parse()
        .map_err(|error| Stop::usage(format!("--mqtt: {error}")))?;
    let machines = machines(options)?;
    let count = machines.names().len();
    let topics = topics(&options.live, count)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // One for the machines, one for their connections: more would only pass the work to and fro.
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Stop::failure)?;
    runtime.block_on(async {
        // Before anything is started, so that an early Ctrl-C still ends in order.
        let mut stop = StopSignals::listen().map_err(Stop::failure)?;
        let tally = Arc::new(Tally::default());
        let settings = PlantSettings {
            client_id: format!("twinflow-simulate-{:08x}", fastrand::u32(..)),
            topics,
            observer: Arc::clone(&tally) as _,
            address,
        };
        greet(count, &settings);
        let mut plant = VirtualPlant::start(machines, &settings).map_err(Stop::failure)?;
        let begin = Instant::now();
        let limit = options.live.seconds.map(Duration::from_secs);
        let ended = tokio::select! {
            ended = plant.run() => ended.map_err(Stop::failure),
            () = stop.wait() => Ok(()),
            () = wait(limit) => Ok(()),
            never = show(&tally, count) => match never {},
        };
        tokio::select! {
            () = plant.close() => {}
            () = stop.wait() => return Err(Stop::failure("stopped before every machine had said good-bye")),
        }
        let counts = tally.counts();
        ended?;
        if counts.sent == 0 && counts.lost > 0 {
            let reason = tally.last_loss().map(|loss| loss.to_string()).unwrap_or_default();
            return Err(Stop::failure(format!("no reading went out: {reason}")));
        }
        conclude(count, &counts, begin.elapsed());
        Ok(())
    })
}

fn machines(options: &SimulateOptions) -> Result<Box<dyn Machines>, Stop> {
    if let Some(log) = &options.live.log.log {
        let recording = Recording::open(recording(log, &options.live.log)?).map_err(Stop::usage)?;
        return Ok(Box::new(recording));
    }
    let count = options.machines.unwrap_or(1);
    let names: Vec<Arc<str>> = (1..=count).map(|number| format!("fan-{number}").into()).collect();
    let behaviour = match &options.live.scenario {
        Some(path) => {
            let scenario = scenario(path)?;
            for (stranger, meant) in scenario.strangers(&names) {
                let meant = meant
                    .map(|meant| format!("; did you mean `{meant}`?"))
                    .unwrap_or_default();
                eprintln!("the scenario speaks of `{stranger}`, and there is no such machine{meant}");
            }
            Behaviour::Scenario(Arc::new(scenario))
        }
        None => Behaviour::RandomFaults {
            seed: options.seed.unwrap_or(1),
        },
    };
    let period = Duration::from_secs_f64(options.live.rate.recip());
    let fleet = Fleet::new(names, period, &behaviour).map_err(Stop::usage)?;
    Ok(Box::new(fleet))
}

fn recording(log: &Path, options: &LogOptions) -> Result<RecordingSettings, Stop> {
    let mut names = PayloadNames::default();
    for (column, place) in &options.maps {
        names
            .add(column, place)
            .map_err(|reason| Stop::usage(format!("--map: {reason}")))?;
    }
    Ok(RecordingSettings {
        file: log.to_owned(),
        columns: RecordingColumns {
            time: options.time.clone(),
            key: options.key.clone(),
            names,
        },
        speed: options.speed,
        repeat: options.repeat,
    })
}

/// The scenario of a file; what is wrong with it is told.
fn scenario(path: &Path) -> Result<Scenario, Stop> {
    let shown = path.display();
    let text = read_text(path)
        .map_err(|reason| Stop::usage(format!("the scenario {shown} cannot be read: {reason}")))?;
    let mut found = Vec::new();
    let scenario = Scenario::read(SourceId(0), &text, &mut found);
    flow_file::print_rendered(&found, &Sources::single(path, text));
    if let Some(verdict) = verdict(&found, Warnings::Allowed) {
        eprintln!("{verdict}");
    }
    scenario.ok_or_else(|| Stop::told(Exit::Usage))
}

fn topics(options: &LiveOptions, machines: usize) -> Result<Topics, Stop> {
    let pattern = |option: &str, topic: &str| -> Result<TopicPattern, Stop> {
        topic
            .parse()
            .map_err(|error| Stop::usage(format!("{option}: {error}")))
    };
    let status = pattern("--status", &options.status)?;
    if machines > 1 && !status.is_of_each() {
        return Err(Stop::usage(format!(
            "--status: `{status}` would be the topic of {machines} machines; put {MACHINE} in it"
        )));
    }
    Ok(Topics {
        data: pattern("--topic", &options.topic)?,
        commands: Some(pattern("--commands", &options.commands)?),
        status: Some(status),
    })
}

async fn wait(limit: Option<Duration>) {
    match limit {
        Some(limit) => tokio::time::sleep(limit).await,
        None => std::future::pending().await,
    }
}

fn greet(machines: usize, settings: &PlantSettings) {
    let PlantSettings { address, topics, .. } = settings;
    eprintln!("{} on {address}", counted(machines));
    eprintln!("  readings   {}", topics.data);
    for (what, topic) in [("commands", &topics.commands), ("status", &topics.status)] {
        if let Some(topic) = topic {
            eprintln!("  {what:9}  {topic}");
        }
    }
    eprintln!("Ctrl-C stops it.");
}

/// Shows how it goes, for ever.
async fn show(tally: &Tally, machines: usize) -> std::convert::Infallible {
    let is_seen = std::io::stderr().is_terminal();
    let every = if is_seen { ON_A_TERMINAL } else { IN_A_LOG };
    let line = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        line.set_style(style);
    }
    let mut before = (Instant::now(), tally.counts());
    loop {
        tokio::time::sleep(every).await;
        let now = (Instant::now(), tally.counts());
        let passed_s = (now.0 - before.0).as_secs_f64();
        let rate = (now.1.sent - before.1.sent) as f64 / passed_s.max(f64::EPSILON);
        let figures = format!("{}  {rate:.0} readings/s  {}", counted(machines), now.1);
        if is_seen {
            line.set_message(figures);
            line.tick();
        } else {
            eprintln!("{figures}");
        }
        before = now;
    }
}

fn conclude(machines: usize, counts: &Counts, took: Duration) {
    let seconds = took.as_secs_f64();
    println!(
        "{}: {} readings in {seconds:.1} s, {:.0} a second, {counts}",
        counted(machines),
        counts.sent,
        counts.sent as f64 / seconds.max(f64::EPSILON)
    );
}

fn counted(machines: usize) -> String {
    match machines {
        1 => "1 machine".to_owned(),
        several => format!("{several} machines"),
    }
}
