//! A replay computes what the running flow computed: the files that a flow wrote live and those of a replay of its log are
//! the same, byte by byte.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use crate::program::{self, Program, run_in};

/// Everything that keeps something from record to record: a rate, an integral, a previous value, and a script's state.
const FLOW: &str = "twinflow: 1
name: Two fans
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: factory/fan/data
    time: timestamp
    key: asset_id
    fields:
      temp:      { unit: °C }
      rpm:       { unit: rpm }
      current:   { unit: A }
      vibration: { unit: g }
      run:       { type: integer, optional: true }
      mode:      { type: text, optional: true }
  kpis:
    type: kpi
    from: fan
    values:
      power:              230 V * current
      energy:             integral(power) in Wh
      cooling_rate:       -rate(temp)
      thermal_efficiency: abs(cooling_rate) / max(1 W, power) * 100000 W*s/°C
      shaken:             vibration > 0.05 g and previous(vibration) > 0.05 g
  faults: { type: classify, from: kpis, model: MODEL }
  changes:
    type: rhai-function
    from: faults
    outputs: { faults_seen: { type: integer }, longest: { unit: s } }
    script: |
      let seen = state.seen ?? 0;
      let since = state.since ?? time;
      if fault_code != state.fault {
          seen += if fault_code != 0 { 1 } else { 0 };
          since = time;
      }
      longest = max(state.longest ?? 0.0, time - since);
      faults_seen = seen;
      state = #{ seen: seen, since: since, fault: fault_code, longest: longest };
  hot: { type: rhai-function, from: changes, ports: [hot, rest], script: 'emit(if temp > 30.0 { \"hot\" } else { \"rest\" })' }
  all:    { type: csv-sink, from: changes, file: live/all.csv }
  by_day: { type: csv-sink, from: hot, fields: [temp, fault_label, energy], file: live/hot-%Y-%m-%d.csv }
  cool:   { type: dashboard-widget, from: hot.rest, widget: value, fields: [temp] }
  show:   { type: dashboard-widget, from: changes, widget: gauge, fields: [temp, power] }
";

const READINGS: u64 = 400;

/// The readings of two fans over midnight, one of which is out of balance for a while.
fn readings() -> String {
    let reading = |number: u64| {
        let fan = number % 2;
        let phase = number as f64 / 7.0;
        let is_shaken = fan == 1 && (120..260).contains(&number);
        let vibration = if is_shaken { 0.09 } else { 0.02 } + 0.004 * phase.sin();
        let rounded = |value: f64| (value * 1e3).round() / 1e3;
        let mut reading = json!({
            "asset_id": format!("fan-{fan}"),
            "timestamp": 1_772_409_580_000_u64 + number * 100 + number % 3,
            "temp": rounded(29.0 + 2.5 * (phase / 3.0).sin()),
            "rpm": rounded(1850.0 + 40.0 * phase.cos()),
            "current": rounded(1.0 + 0.05 * (phase * 1.7).sin()),
            "vibration": rounded(vibration),
        });
        if !number.is_multiple_of(5) {
            reading["run"] = json!(number / 100);
            reading["mode"] = json!(["auto", "by hand, \"slow\""][(number / 50 % 2) as usize]);
        }
        format!("{reading}\n")
    };
    (0..READINGS).map(reading).collect()
}

/// Publishes every line as a message, in order; when it returns, the broker has them all.
fn publish_lines(broker: SocketAddr, lines: &str) {
    let mut client = Command::new("mosquitto_pub")
        .args(["-h", &broker.ip().to_string(), "-p", &broker.port().to_string()])
        .args(["-q", "1", "-t", "factory/fan/data", "-l"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("mosquitto_pub is missing: install the package mosquitto-clients");
    client.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    assert!(client.wait().unwrap().success());
}

/// How many records a node got.
fn received(status: &Value, node: &str) -> u64 {
    status["nodes"][node]["in"].as_u64().unwrap()
}

/// Runs the flow live on the readings; its folder then has what the sinks wrote, in `live`.
fn live() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let model = format!("{}/models/fan-faults.json", env!("CARGO_MANIFEST_DIR"));
    fs::write(folder.path().join("flow.yaml"), FLOW.replace("MODEL", &model)).unwrap();
    let program = Program::start(folder.path(), &["run", "flow.yaml", "--listen", "0"]);
    // The flow subscribes on its own time: until then, readings of one and the same moment are tried.
    let first = r#"{"asset_id": "fan-0", "timestamp": 1772409559000, "temp": 29, "rpm": 1850, "current": 1, "vibration": 0.02}"#;
    let deadline = Instant::now() + program::PATIENCE;
    let tried = (1_u64..).find(|_| {
        assert!(Instant::now() < deadline, "no reading came through");
        publish_lines(program.broker(), &format!("{first}\n"));
        received(&program.wait_for_status(|_| true), "kpis") > 0
    });
    assert!(tried.is_some());
    publish_lines(program.broker(), &readings());
    program.wait_for_status(|status| received(status, "all") > READINGS);
    let (code, stderr) = program.terminate();
    assert_eq!(code, Some(0), "{stderr}");
    folder
}

/// The files of a folder with what is in them. A live sink opens the file of the day on which it runs, and leaves it empty
/// when no reading is of that day.
fn files(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<(String, String)> = entries
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    files.retain(|(_, text)| !text.is_empty());
    files.sort();
    files
}

#[test]
fn a_replay_writes_what_the_flow_wrote_live() {
    let folder = live();
    let written = files(&folder.path().join("live"));
    let names: Vec<&str> = written.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["all.csv", "hot-2026-03-01.csv", "hot-2026-03-02.csv"]);
    // The comparison means something: faults come and go, and rows have gaps.
    let all = &written[0].1;
    assert!(all.lines().count() as u64 > READINGS);
    assert!(all.contains("Mechanical Imbalance") && all.contains("fan-0") && all.contains(",,"));
    for out in ["again", "and-again"] {
        let arguments = ["replay", "flow.yaml", "--from", "live/all.csv", "--out", out];
        let ended = run_in(folder.path(), &arguments);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        for ((name, replayed), (_, live)) in files(&folder.path().join(out)).iter().zip(&written) {
            let lines = replayed.lines().zip(live.lines());
            let differing = lines.enumerate().find(|(_, (replayed, live))| replayed != live);
            assert_eq!(differing, None, "{out}/{name}");
        }
        assert_eq!(files(&folder.path().join(out)), written, "{out}");
    }
    // The live files were only read.
    assert_eq!(files(&folder.path().join("live")), written);

    let arguments = [
        "replay",
        "flow.yaml",
        "--from",
        "live/all.csv",
        "--speed",
        "1000x",
    ];
    let program = Program::start(folder.path(), &[&arguments[..], &["--listen", "0"]].concat());
    let rows = all.lines().count() as u64 - 1;
    let status = program.wait_for_status(|status| received(status, "show") == rows);
    assert_eq!(status["problems"], json!([]), "{status:#}");
    let (code, page) = program.request("GET", "/", &[], "");
    assert_eq!(code, 200, "{page}");
    let (code, stderr) = program.terminate();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(!stderr.contains("mqtt://"), "no broker is started:\n{stderr}");
    assert_eq!(files(&folder.path().join("live")), written);
    let mut beside: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    beside.sort();
    // What the live run remembered.
    assert_eq!(beside, ["again", "and-again", "data", "flow.yaml", "live"]);
}
