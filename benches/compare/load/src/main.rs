//! Compares twinflow with the stack that it replaces: `benches/compare/run` builds and starts this.

mod engine;
mod measures;
mod mqtt;
mod saturation;
mod trial;

use std::io;
use std::path::PathBuf;

use engine::{EMBEDDED, Flow, MOSQUITTO, Places};
use measures::{Figures, Plan, measure};
use trial::{ANSWERS, Load, READINGS};

const KPI: Plan = Plan {
    rates: &[(5.0, 20.0), (100.0, 5.0), (1000.0, 10.0)],
    watched: 1000.0,
    from: 4000.0,
};
const FULL: Plan = Plan {
    rates: &[(5.0, 20.0), (40.0, 5.0), (100.0, 5.0), (1000.0, 5.0)],
    watched: 40.0,
    from: 40.0,
};

fn main() -> io::Result<()> {
    let variable = |name: &str| {
        std::env::var(name).map_err(|_| io::Error::other(format!("{name} is not set: start this by `run`")))
    };
    let here = std::env::args()
        .nth(1)
        .ok_or_else(|| io::Error::other("start this by `run`"))?;
    let places = Places {
        here: PathBuf::from(here),
        cache: PathBuf::from(variable("COMPARE_CACHE")?),
        twinflow: PathBuf::from(variable("TWINFLOW")?),
    };
    for log in ["twinflow.csv", "node-red.csv"] {
        // Of a run before this one.
        let _ = std::fs::remove_file(places.cache.join(log));
    }
    engine::ports_are_free()?;
    let _mosquitto = engine::mosquitto(&places)?;
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "Load of the machine before: {}",
        load.split(' ').next().unwrap_or_default()
    );
    for (title, flow, plan) in [
        ("KPI flow: MQTT in, five KPIs, MQTT out", Flow::Kpi, KPI),
        (
            "Full flow: KPIs, fault model, CSV, dashboard, MQTT out",
            Flow::Full,
            FULL,
        ),
    ] {
        eprintln!("{title}: Node-RED");
        let theirs = measure(|| engine::node_red(&places, flow), &plan)?;
        eprintln!("{title}: twinflow");
        let ours = measure(|| engine::twinflow(&places, flow, MOSQUITTO), &plan)?;
        print_comparison(title, &theirs, &ours);
    }
    brokers(&places)
}

fn print_comparison(title: &str, theirs: &Figures, ours: &Figures) {
    println!("\n| {title} | Node-RED | twinflow | ratio |\n| --- | --- | --- | --- |");
    let shown = |figure: Option<f64>| figure.map_or("not sustained".to_owned(), rounded);
    for ((name, theirs), (_, ours)) in theirs.iter().zip(ours) {
        let ratio = match (theirs, ours) {
            // More is better of a rate, less of everything else; a ratio over 1 is for twinflow either way.
            (Some(theirs), Some(ours)) if name.contains("rate") => format!("{:.1}", ours / theirs),
            (Some(theirs), Some(ours)) => format!("{:.1}", theirs / ours),
            _ => "–".to_owned(),
        };
        println!("| {name} | {} | {} | {ratio} |", shown(*theirs), shown(*ours));
    }
}

fn rounded(figure: f64) -> String {
    match figure {
        figure if figure >= 100.0 => format!("{figure:.0}"),
        figure if figure >= 10.0 => format!("{figure:.1}"),
        figure => format!("{figure:.2}"),
    }
}

/// The brokers alone, which hand readings back as they are, and twinflow with its own.
fn brokers(places: &Places) -> io::Result<()> {
    println!("\n| brokers | p50 at 1000 Hz, ms | p99 at 1000 Hz, ms | highest sustained rate, /s |");
    println!("| --- | --- | --- | --- |");
    let alone = |port| Load {
        port,
        answers: READINGS,
        at_least_once: false,
        rate: 1000.0,
        seconds: 5.0,
    };
    row("Mosquitto alone, QoS 0", alone(MOSQUITTO))?;
    let broker = engine::twinflow(places, Flow::Broker, EMBEDDED)?;
    row("the embedded broker alone, QoS 0", alone(broker.port))?;
    drop(broker);
    let engine = engine::twinflow(places, Flow::Kpi, EMBEDDED)?;
    let through = Load {
        answers: ANSWERS,
        ..alone(engine.port)
    };
    row("twinflow with its embedded broker, QoS 0", through)?;
    row(
        "twinflow with its embedded broker, QoS 1",
        Load {
            at_least_once: true,
            ..through
        },
    )
}

fn row(name: &str, load: Load) -> io::Result<()> {
    eprintln!("{name}");
    let outcome = trial::run(load)?;
    let highest = saturation::search(load, 4000.0)?;
    let latency = |part| outcome.latency(part).map_or("none".to_owned(), rounded);
    println!("| {name} | {} | {} | {highest:.0} |", latency(0.5), latency(0.99));
    Ok(())
}
