//! A flow that runs for long takes no more memory than at the beginning, and stops in order.
//!
//! `TWINFLOW_SOAK_SECONDS=3600 cargo test --release --test all soak::` runs it for an hour.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::program::Program;

/// Forty machines, four hundred readings a second.
fn flow(version: u32) -> String {
    let machine = |number| {
        format!(
            "  machine-{number}: {{ type: virtual-fan, broker: plant, topic: fan, rate: 10 Hz, asset_id: fan-{number} }}\n"
        )
    };
    let machines: String = (0..40).map(machine).collect();
    format!(
        "
twinflow: 1
name: Soak
brokers: {{ plant: 'embedded://127.0.0.1:0' }}
nodes:
{machines}  fan:
    type: mqtt-in
    broker: plant
    topic: fan
    time: timestamp
    key: asset_id
    fields: {{ temp: {{ unit: °C }}, rpm: {{ unit: rpm }}, current: {{ unit: A }}, vibration: {{ unit: g }} }}
  kpis: {{ type: kpi, from: fan, values: {{ power: 230 V * current, energy: integral(power) in Wh, slope: rate(temp) }} }}
  average: {{ type: rhai-function, from: kpis, outputs: {{ mean: {{ unit: W }} }}, script: 'state.m = (state.m ?? power) * 0.99 + power * 0.01; mean = state.m;' }}
  log: {{ type: csv-sink, from: average, file: data/soak.csv }}
  out: {{ type: mqtt-out, from: average, broker: plant, topic: out }}
  show: {{ type: dashboard-widget, from: average, widget: chart, fields: [power, mean], title: Version {version} }}
"
    )
}

fn resident_kb(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn write(folder: &Path, version: u32) {
    fs::write(folder.join("flow.yaml"), flow(version)).unwrap();
}

#[test]
fn memory_is_flat() {
    let seconds: u64 = std::env::var("TWINFLOW_SOAK_SECONDS").map_or(20, |seconds| seconds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 0);
    let program = Program::start(folder.path(), &["run", "flow.yaml", "--listen", "0"]);
    let begin = Instant::now();
    let mut samples: Vec<u64> = Vec::new();
    let mut version = 0;
    while begin.elapsed() < Duration::from_secs(seconds) {
        // An edit each second: nothing of the versions before may stay.
        version += 1;
        write(folder.path(), version);
        thread::sleep(Duration::from_secs(1));
        samples.push(resident_kb(program.id()));
    }
    let status = program.wait_for_status(|status| status["fault"].is_null());
    let readings = status["nodes"]["log"]["out"].as_u64().unwrap();
    assert!(readings > 100 * seconds, "{readings} readings in {seconds} s");
    // The first half fills what is bounded, such as the dashboard's rings; the second may not need more.
    let (first, second) = samples.split_at(samples.len() / 2);
    let most = |samples: &[u64]| samples.iter().copied().max().unwrap();
    let (first, second) = (most(first), most(second));
    println!(
        "{readings} readings, {version} edits: at most {first} kB in the first half, {second} kB in the second"
    );
    assert!(second < first + first / 5, "{first} kB, then {second} kB");
    let (code, stderr) = program.terminate();
    assert_eq!(code, Some(0), "{stderr}");
}
